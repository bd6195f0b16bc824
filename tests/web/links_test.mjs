// One-time links and invitations in a browser: looking changes nothing, one press of the button uses a link up, a second is
// refused, and the secret stands in no log.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import { Site } from '../edge/site.mjs';
import { Browser } from './browser.mjs';

const OURS = { 'content-type': 'application/json', 'connect-protocol-version': '1', 'sec-fetch-site': 'same-origin' };
const ENROLMENT = '/vivier.enrolment.v1';
const site = new Site();
let portal, edge;

before(async () => {
  await site.startServices();
  portal = `http://${site.web}`;
  await call(`${ENROLMENT}.PeopleService/CreateCandidate`, { parent: 'schools/nancy', candidateId: 'ada',
    candidate: { givenName: 'Ada', familyName: 'Byron', birthDate: { year: 2000, month: 1, day: 2 }, email: 'ada@nancy.example' } });
});
after(() => site.stop());

// As the school's director, who made the links.
async function call(path, message) {
  const answer = await fetch(`${portal}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: site.token },
    body: JSON.stringify({ requestId: randomUUID(), ...message }) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}
const makeLink = (accessLinkId) => call(`${ENROLMENT}.AccessLinkService/CreateAccessLink`, { parent: 'schools/nancy', accessLinkId,
  accessLink: { purpose: 'OWN_DATA', resource: 'schools/nancy/candidates/ada' } });
const press = (browser, body, headers = OURS) => browser.ask(`${portal}/-/link`, { method: 'POST', headers, body: JSON.stringify(body) });
const own = (browser) => browser.ask(`${portal}${ENROLMENT}.PeopleService/GetCandidate`, { method: 'POST', headers: OURS,
  body: '{"name": "schools/nancy/candidates/ada"}' });
const reasonOf = (answer) => JSON.parse(answer.body).details[0].debug.reason;

test('a link is used up by its button and by nothing else', async () => {
  const { secret } = await makeLink('one');
  const scanner = new Browser();
  for (const url of [`${portal}/`, `${portal}/#/link/nancy/${secret}`, `${portal}/-/link`, `${portal}/-/link?secret=x`])
    for (const method of ['GET', 'HEAD']) await scanner.ask(url, { method });
  assert.equal((await scanner.ask(`${portal}/`)).headers.get('referrer-policy'), 'no-referrer');
  const browser = new Browser();
  const asked = { school: 'nancy', secret, requestId: randomUUID() };
  assert.equal((await press(browser, asked)).status, 200);
  const told = JSON.parse((await browser.ask(`${portal}/-/session`)).body);
  assert.deepEqual([told.signedIn, told.purpose, told.resource], [true, 'OWN_DATA', 'schools/nancy/candidates/ada']);
  assert.equal(JSON.parse((await own(browser)).body).givenName, 'Ada');
  const second = await press(new Browser(), { ...asked, requestId: randomUUID() });
  assert.deepEqual([second.status, reasonOf(second)], [401, 'TOKEN_INVALID']);
  assert.equal(site.log('services').includes(secret), false, 'the log has the secret');
});

test('another site\'s page, and a page of ours that was left, press no button', async () => {
  const { secret } = await makeLink('two');
  const asked = { school: 'nancy', secret, requestId: randomUUID() };
  const without = Object.fromEntries(Object.entries(OURS).filter(([name]) => name !== 'connect-protocol-version'));
  for (const headers of [{ ...OURS, 'sec-fetch-site': 'cross-site' }, { ...OURS, origin: 'https://evil.example' }, without])
    assert.equal((await press(new Browser(), asked, headers)).status, 403, JSON.stringify(headers));
  assert.equal((await press(new Browser(), asked)).status, 200, 'it was not used up');
});

test('what is no link, another school\'s or revoked is refused in one way', async () => {
  const made = await makeLink('three');
  await call(`${ENROLMENT}.AccessLinkService/DeleteAccessLink`, { name: made.accessLink.name });
  const unknown = `vivier_${'A'.repeat(43)}`;
  for (const [school, secret] of [['nancy', made.secret], ['nancy', unknown]]) {
    const answer = await press(new Browser(), { school, secret, requestId: randomUUID() });
    assert.deepEqual([answer.status, reasonOf(answer)], [401, 'TOKEN_INVALID']);
  }
  for (const body of [{ school: 'nancy', secret: 'x' }, { school: 'nancy', secret: `${unknown}\n` }, {}, { school: 'nancy', secret: site.token }, [1]])
    assert.equal((await press(new Browser(), body)).status, 400, JSON.stringify(body));
  assert.notEqual((await press(new Browser(), { school: '../metz', secret: unknown, requestId: randomUUID() })).status, 200);
});

test('a link signs out whoever was signed in before, and strangers press no more than their share', async () => {
  const browser = new Browser();
  await browser.ask(`${portal}/-/sign-in`, { method: 'POST', headers: OURS, body: '{"role": "trainer"}' });
  const before = JSON.parse((await browser.ask(`${portal}/-/session`)).body).name;
  const { secret } = await makeLink('four');
  assert.equal((await press(browser, { school: 'nancy', secret, requestId: randomUUID() })).status, 200);
  const { portalSessions = [] } = await call('/vivier.access.v1.PortalSessionService/ListPortalSessions', { parent: 'schools/nancy', requestId: undefined });
  assert.ok(before && !portalSessions.some(({ name }) => name === before));
  let refused = 0;
  for (let i = 0; i < 80; ++i) refused += (await press(new Browser(), { school: 'nancy', secret: 'x' })).status === 429 ? 1 : 0;
  assert.ok(refused > 0);
});

test('the edge logs no secret, and lets strangers ask what anybody may, in their share', async () => {
  edge = await site.startEdge('edge', {});
  const ask = (headers) => new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port: edge.port, ca: edge.authority, method: 'POST',
      path: `${ENROLMENT}.SchoolService/GetSchool`, headers: { 'content-type': 'application/json', ...headers } });
    request.on('error', reject).on('response', (answer) => { answer.resume(); resolve(answer.statusCode); });
    request.end('{"name": "schools/nancy"}');
  });
  const answers = [];
  for (let i = 0; i < 90; ++i) answers.push(await ask({}));
  assert.ok(answers.slice(0, 40).every((status) => status !== 429), answers.join(' '));
  assert.ok(answers.includes(429));
  assert.ok(!answers.includes(401) && !answers.includes(403));
  assert.notEqual(await ask({ authorization: site.token }), 429);
});
