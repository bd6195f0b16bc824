// The start page: the ways to sign in; or what waits, by what the caller may do, each a link to the form that deals with it.
import { ask, currentSession, post, readSchema, Refusal } from './api.mjs';
import { element } from './dom.mjs';
import { pendingInvitation } from './link.mjs';
import { BY_LINK, WAITS } from './waits.mjs';
import { named, say } from './words.mjs';

const SHOWN = 5; // of one kind: who sees more than they can do today asks the list itself
const COHORTS = 10; // below which is looked
const LOOKED = 500; // of a list that is looked through: the most that a page has

const formOf = (path, message) => `#/console${path}?${encodeURIComponent(JSON.stringify(message))}`;

async function pathsByName() {
  const { rpcs } = await readSchema();
  const paths = new Map(rpcs.map((rpc) => [rpc.name, rpc.path]));
  return (name) => paths.get(name);
}

// Undefined for what is not the caller's to see or to do.
async function allowed(asked) {
  try {
    return await asked();
  } catch (error) {
    if (error instanceof Refusal && error.status !== 401) return error.status === 403 ? undefined : null;
    throw error;
  }
}

// Whether the caller may call it: a write without a request_id is refused for that, unless for whoever asks it.
const mayCall = async (path, school) => (await allowed(() => ask(path, { name: `schools/${school}` }))) !== undefined;

function questions(wait, school, cohorts) {
  const today = new Date().toISOString().slice(0, 10);
  const filter = [wait.until && `${wait.until} <= "${today}"`, wait.filter].filter(Boolean).join(' AND ');
  const parents = wait.within ? cohorts.filter((cohort) => cohort.state === wait.within).slice(0, COHORTS).map((cohort) => cohort.name)
    : [`schools/${school}`];
  return parents.map((parent) => ({ [wait.about ?? 'parent']: parent, pageSize: wait.where || wait.without ? LOOKED : SHOWN, ...(filter ? { filter } : {}), ...(wait.until ? { orderBy: wait.until } : {}) }));
}

const nameOf = (row) => row.name ?? row.member;
const idOf = (row) => nameOf(row).split('/').at(-1);

// The rows that wait, of what the list answered.
async function waiting(wait, pages, pathOf, school) {
  const rows = pages.flatMap((page) => page?.[wait.field] ?? []).filter(wait.where ?? Boolean);
  if (!wait.without || rows.length === 0) return rows;
  const others = await allowed(() => ask(pathOf(wait.without.list), { parent: `schools/${school}`, pageSize: LOOKED }));
  const ids = new Set((others?.[wait.without.field] ?? []).map(idOf));
  return others ? rows.filter((row) => !ids.has(idOf(row))) : [];
}

// What came of asking, besides what waits: the site has no such list, or nothing to ask it about; it is not the caller's to
// see; nothing waits that they may deal with.
const ABSENT = 'absent', REFUSED = 'refused', NOTHING = 'nothing';

async function found(wait, pathOf, school, cohorts) {
  const misplaced = wait.nodes && pathOf('ListCohorts') !== undefined;
  const asked = misplaced || !pathOf(wait.list) || !pathOf(wait.act) ? [] : questions(wait, school, cohorts);
  if (asked.length === 0) return ABSENT;
  const pages = await Promise.all(asked.map((one) => allowed(() => ask(pathOf(wait.list), one))));
  if (pages.every((page) => page === undefined)) return REFUSED;
  const rows = await waiting(wait, pages, pathOf, school);
  if (rows.length === 0 || !(await mayCall(pathOf(wait.act), school))) return NOTHING;
  return { wait, rows: rows.slice(0, SHOWN), more: rows.length > SHOWN || pages.some((page) => page?.nextPageToken), path: pathOf(wait.act) };
}

function card({ wait, rows, more, path }, school) {
  const link = (row) => element('li', {}, element('a', { href: formOf(path, wait.message?.(row) ?? { name: row.name }) },
    nameOf(row).slice(`schools/${school}/`.length).split('/').filter((_, i) => i % 2 === 1).join(' · ')));
  return element('section', { class: 'card', 'aria-label': say(wait.key) },
    element('h3', {}, say('counted', say(wait.key), more ? say('more', rows.length) : String(rows.length))), element('ul', {}, rows.map(link)));
}

async function cards(school) {
  const pathOf = await pathsByName();
  const list = pathOf('ListCohorts');
  const open = list && await allowed(() => ask(list, { parent: `schools/${school}`, pageSize: 100, filter: 'state = "OPEN" OR state = "RUNNING"' }));
  const all = await Promise.all(WAITS.map((wait) => found(wait, pathOf, school, open?.cohorts ?? [])));
  const shown = all.filter((one) => one.wait).map((one) => card(one, school));
  if (shown.length > 0) return element('div', { class: 'cards' }, shown);
  const stranger = all.every((one) => one === ABSENT || one === REFUSED);
  return element('p', { role: 'status' }, stranger ? say('stranger', school) : say('nothing'));
}

async function byLink({ purpose, resource }) {
  const pathOf = await pathsByName();
  const message = (name) => (name === 'SubmitApplication' ? { parent: resource } : { name: resource });
  return [element('p', {}, say(purpose)), element('ul', {}, BY_LINK[purpose].map((name) =>
    element('li', {}, element('a', { href: formOf(pathOf(name), message(name)) }, name))))];
}

function entrances(changed) {
  const session = currentSession();
  const enter = (role) => async () => { await post('/-/sign-in', { role }); await changed(); };
  return [
    element('p', {}, say('nobody')),
    session.issuer ? element('p', {}, element('a', { href: '/-/sign-in' }, say('signIn'))) : undefined,
    session.roles?.length ? element('p', { class: 'quiet' }, say('development')) : undefined,
    session.roles?.length ? element('div', { class: 'buttons', role: 'group', 'aria-label': say('signInAs') },
      session.roles.map((role) => element('button', { type: 'button', onclick: enter(role) }, named(role)))) : undefined,
  ];
}

export async function startPage(page, changed) {
  const session = currentSession();
  if (!session.signedIn) return page.replaceChildren(...[element('h1', {}, say('signIn')), ...entrances(changed)].filter(Boolean));
  const sections = pendingInvitation() ? [element('p', {}, element('a', { href: '#/invitation' }, say('invited')))] : [];
  if (session.purpose) sections.push(...await byLink(session));
  for (const school of session.purpose ? [] : session.schools ?? []) {
    sections.push(element('h2', {}, say('counted', say('school'), school)), await cards(school));
  }
  page.replaceChildren(element('h1', {}, say('welcome')), ...sections);
}
