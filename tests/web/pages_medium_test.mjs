// The portal's pages in Debian's Chromium: signing in by a button, what waits for whom, the rpc console with its form, JSON,
// curl and answer, sessions, links, in both languages, by the keyboard too; axe finds nothing. With VIVIER_PICTURES=FOLDER
// it keeps pictures.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { Site } from '../edge/site.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LIST = '/vivier.enrolment.v1.CohortService/ListCohorts';
const site = new Site();
let browser, page, origin;
const problems = [];

before(async () => {
  await site.startServices();
  origin = `http://localhost:${site.web.split(':')[1]}`;
  await made('access.v1.InvitationService/CreateInvitation', { invitationId: 'zoe',
    invitation: { email: 'zoe@nancy.example', roles: [{ role: 'trainer' }] } });
  await made('curriculum.v1.CurriculumService/CreateProgramme', { programmeId: 'web', programme: { title: 'Web developer' } });
  await made('enrolment.v1.PeopleService/CreateCandidate', { candidateId: 'ada',
    candidate: { givenName: 'Ada', familyName: 'Byron', birthDate: { year: 2000, month: 1, day: 2 }, email: 'ada@nancy.example' } });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
});
after(async () => {
  await browser?.close();
  await site.stop();
});

// What the school's director has made.
async function made(rpc, message) {
  const answer = await fetch(`${origin}/vivier.${rpc}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: site.token },
    body: JSON.stringify({ parent: 'schools/nancy', requestId: randomUUID(), ...message }) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

const ready = (hash) => page.waitForFunction((wanted) => document.getElementById('page').dataset.ready === wanted, hash);

async function judged(name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html}`), []);
  if (process.env.VIVIER_PICTURES)
    await page.screenshot({ path: path.join(process.env.VIVIER_PICTURES, `${name}.png`), fullPage: true });
}

async function inBothLanguages(name) {
  for (const [language, button] of [['en', 'Français'], ['fr', 'English']]) {
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
    await judged(`${name}-${language}`);
    await page.getByRole('button', { name: button }).click();
  }
  await page.waitForFunction(() => document.documentElement.lang === 'en');
}

const cardsOf = () => page.locator('.card h3').allTextContents();

test('a person signs in by a button and sees what waits for them', async () => {
  await page.goto(origin);
  await ready('#/');
  await inBothLanguages('sign-in');
  await page.getByRole('button', { name: 'School director', exact: true }).click();
  await page.getByRole('heading', { name: 'What waits' }).waitFor();
  assert.deepEqual(await cardsOf(), ['Programmes to publish: 1', 'Invitations not accepted: 1']);
  await inBothLanguages('start');
});

test('what waits leads to its form, filled', async () => {
  await page.locator('.card').first().getByRole('link').click();
  await page.waitForFunction(() => document.querySelector('section h2')?.textContent === 'PublishProgramme');
  assert.equal(await page.getByLabel('name (required)').inputValue(), 'schools/nancy/programmes/web');
});

test('another role sees what is its own to do', async () => {
  const other = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  for (const [role, cards] of [['Trainer', ['Programmes to publish: 1']], ['Auditor', []]]) {
    await other.goto(origin);
    await other.getByRole('button', { name: role, exact: true }).click();
    await other.getByRole('heading', { name: 'What waits' }).waitFor();
    assert.deepEqual(await other.locator('.card h3').allTextContents(), cards, role);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  }
  await other.context().close();
});

test('who has no role that shows a list is told how one is given', async () => {
  const other = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await other.route('**/vivier.*/*', (route) => route.fulfill({ status: 403, json: { code: 'permission_denied', message: 'no' } }));
  await other.goto(origin);
  await other.getByRole('button', { name: 'Trainer', exact: true }).click();
  await other.getByRole('status').getByText('have no role at nancy').waitFor();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.context().close();
});

test('a person sees their sessions and ends one', async () => {
  const other = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await other.goto(origin);
  await other.getByRole('button', { name: 'School director', exact: true }).click();
  await other.getByRole('heading', { name: 'What waits' }).waitFor();
  await page.goto(`${origin}/#/sessions`);
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
  await page.getByRole('rowheader', { name: 'Chrome, Linux (this browser)' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 2);
  await inBothLanguages('sessions');
  await page.getByRole('button', { name: 'End my other sessions' }).click();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await other.waitForFunction(async () => !(await (await fetch('/-/session')).json()).signedIn);
  await other.context().close();
});

test('a link has one button, and a second use is refused in words', async () => {
  const reader = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  const { secret } = await made('enrolment.v1.AccessLinkService/CreateAccessLink', { accessLinkId: 'ada',
    accessLink: { purpose: 'OWN_DATA', resource: 'schools/nancy/candidates/ada' } });
  const open = async () => {
    await reader.goto('about:blank');
    await reader.goto(`${origin}/#/link/nancy/${secret}`);
    await reader.getByRole('heading', { name: 'You were sent a link' }).waitFor();
    assert.equal(await reader.evaluate(() => location.href), `${origin}/#/link`, 'the secret is out of sight');
  };
  await open();
  await reader.evaluate(AXE);
  assert.deepEqual((await reader.evaluate(() => globalThis.axe.run())).violations, []);
  await reader.getByRole('button', { name: 'Open' }).click();
  await reader.getByText('Your link is for your own file.').waitFor();
  await reader.getByRole('link', { name: 'GetCandidate' }).click();
  await reader.getByRole('button', { name: 'Ask', exact: true }).click();
  await reader.waitForFunction(() => document.getElementById('answer').textContent.includes('"givenName": "Ada"'));
  await open();
  await reader.getByRole('button', { name: 'Open' }).click();
  await reader.getByText('Ask the school for another one.').waitFor();
  await reader.context().close();
});

test('an invitation waits while its reader signs in', async () => {
  const reader = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await reader.goto(`${origin}/#/invitation/nancy/vivier_${'A'.repeat(43)}`);
  await reader.getByText('Sign in first; then accept here.').waitFor();
  await reader.getByRole('main').getByRole('link', { name: 'Start' }).click();
  await reader.getByRole('button', { name: 'Candidate', exact: true }).click();
  await reader.getByRole('link', { name: 'You were invited' }).click();
  await reader.getByRole('button', { name: 'Accept' }).click();
  await reader.getByText('Ask the school for another one.').waitFor();
  await reader.context().close();
});

test('the console asks an rpc by its form, as JSON, and says how with curl', async () => {
  await page.getByRole('link', { name: 'Rpc console' }).click();
  await ready('#/console');
  await page.getByLabel('Search rpcs').fill('ListCohorts');
  await page.getByRole('link', { name: 'ListCohorts', exact: true }).click();
  await ready(`#/console${LIST}`);
  assert.equal(await page.getByLabel('parent (required)').inputValue(), 'schools/nancy');
  await page.getByLabel('pageSize').fill('7');
  await page.getByLabel('pageSize').blur();
  assert.deepEqual(JSON.parse(await page.locator('#json').inputValue()), { parent: 'schools/nancy', pageSize: 7 });
  assert.match(await page.locator('#curl').textContent(), /^curl http:\/\/localhost:\d+\/vivier\.enrolment.* -d '\{"parent":"schools\/nancy","pageSize":7\}'$/);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.waitForFunction(() => / ms$/.test(document.getElementById('answer').textContent));
  await page.locator('#json').fill('{"parent": "nobody"}');
  await page.locator('#json').blur();
  await page.getByRole('button', { name: 'Ask', exact: true }).press('Enter');
  await page.waitForFunction(() => document.getElementById('answer').textContent.includes('INVALID_FIELD'));
  await inBothLanguages('console');
});

test('every rpc has a form', async () => {
  const { rpcs } = await page.evaluate(async () => (await fetch('/-/schema')).json());
  assert.ok(rpcs.length > 150, String(rpcs.length));
  for (const rpc of rpcs) {
    await page.goto(`${origin}/#/console${rpc.path}`);
    await page.waitForFunction((name) => document.querySelector('section h2')?.textContent === name, rpc.name);
  }
});

test('who signs out is nobody, also while a page still asks, and no page had a fault', async () => {
  let answer;
  const signedOut = new Promise((done) => { answer = done; });
  await page.route('**/*ListCohorts*', async (route) => { await signedOut; await route.continue(); });
  const asked = page.waitForRequest(/ListCohorts/);
  await page.goto(`${origin}/#/`);
  await asked;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const late = page.waitForResponse(/ListCohorts/);
  answer();
  await late;
  await page.evaluate(async () => (await fetch('/-/session')).json());
  assert.equal(await page.locator('h1').last().textContent(), 'Sign in', 'the late page covers nothing');
  // A refusal is an answer; browsers call it an error all the same.
  assert.deepEqual(problems.filter((problem) => !/Failed to load resource/.test(problem)), []);
});

test('both languages say the same things', async () => {
  const source = new URL('../../services/portal/words.mjs', import.meta.url);
  const { WORDS } = await import(pathToFileURL(source.pathname).href);
  assert.deepEqual(Object.keys(WORDS.fr).sort(), Object.keys(WORDS.en).sort());
  for (const [key, text] of Object.entries(WORDS.en))
    assert.deepEqual(WORDS.fr[key].match(/\{\d\}/g), text.match(/\{\d\}/g), key);
});
