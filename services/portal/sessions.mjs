// Where the person is signed in, and how it is ended; whoever may change memberships sees everybody's.
import { ask, currentSession, post, readSchema } from './api.mjs';
import { element } from './dom.mjs';
import { say, timeOf } from './words.mjs';

const PAGE_SIZE = 100;

const schoolOf = (name) => name.split('/').slice(0, 2).join('/');

export async function sessionsPage(page, changed) {
  const { rpcs } = await readSchema();
  const pathOf = (name) => rpcs.find((rpc) => rpc.name === name)?.path;
  const own = currentSession().name;
  if (!own || !pathOf('ListPortalSessions'))
    return page.replaceChildren(element('h1', {}, say('sessions')), element('p', {}, say('sessionsNone')));
  const { portalSessions = [], nextPageToken } = await ask(pathOf('ListPortalSessions'), { parent: schoolOf(own), pageSize: PAGE_SIZE });
  const subject = portalSessions.find((one) => one.name === own)?.subject;
  const end = async (name) => {
    if (name === own) await post('/-/sign-out');
    else await ask(pathOf('EndPortalSession'), { name, requestId: crypto.randomUUID() });
    await changed();
  };
  const endOthers = async () => {
    await ask(pathOf('EndPortalSessions'), { parent: schoolOf(own), except: own, requestId: crypto.randomUUID() });
    await changed();
  };
  const everybody = portalSessions.some((one) => one.subject !== subject);
  const row = (one) => element('tr', {},
    everybody ? element('td', {}, one.subject) : undefined,
    element('th', { scope: 'row' }, one.name === own ? say('sessionHere', one.device) : one.device),
    element('td', {}, one.network), element('td', {}, timeOf(one.createTime)), element('td', {}, timeOf(one.lastUseTime)),
    element('td', {}, element('button', { type: 'button', 'aria-label': say('sessionEnd', one.device, timeOf(one.createTime)), onclick: () => end(one.name) }, say('end'))));
  const heads = [...(everybody ? ['sessionWho'] : []), 'sessionDevice', 'sessionNetwork', 'sessionSince', 'sessionUsed', 'sessionEnds'];
  page.replaceChildren(...[element('h1', {}, say('sessions')), element('p', {}, say('sessionsText')),
    element('div', { class: 'table' }, element('table', {}, element('thead', {}, element('tr', {}, heads.map((key) => element('th', { scope: 'col' }, say(key))))),
      element('tbody', {}, portalSessions.map(row)))),
    nextPageToken ? element('p', {}, say('more', PAGE_SIZE)) : undefined,
    element('button', { class: 'first', type: 'button', onclick: endOthers }, say('sessionsEndOthers'))].filter(Boolean));
}
