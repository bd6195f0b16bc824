// People sign in with a real issuer, through a browser's steps: the authorization code flow with PKCE, the sealed cookie,
// its renewal and its end; and what another site's page, a thief of a cookie or of a code gets: nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, Site, until } from '../edge/site.mjs';
import { Browser } from './browser.mjs';
import { AUDIENCE, PERSON, RESOURCE, startIssuer } from './issuer.mjs';

const LIST = '/vivier.enrolment.v1.CohortService/ListCohorts';
const BODY = '{"parent": "schools/nancy"}';
const SESSION = '__Host-vivier';
const OURS = { 'content-type': 'application/json', 'connect-protocol-version': '1', 'sec-fetch-site': 'same-origin' };

const site = new Site();
let issuer, portal;

before(async () => {
  const [webPort, issuerPort] = [await freePort(), await freePort()];
  portal = `http://127.0.0.1:${webPort}`;
  issuer = await startIssuer(issuerPort, `${portal}/-/signed-in`);
  const secret = path.join(site.folder, 'client.secret');
  fs.writeFileSync(secret, 'secret\n', { mode: 0o600 });
  const key = path.join(site.folder, 'web.key');
  fs.writeFileSync(key, `${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
  const config = path.join(site.folder, 'config.textproto');
  fs.writeFileSync(config, `issuers { issuer: "${issuer.url}" audience: "${AUDIENCE}" jwks: "${issuer.url}/jwks" }
    web { session_key_file: "${key}" sign_in {
      authorization_endpoint: "${issuer.url}/auth" token_endpoint: "${issuer.url}/token" client_id: "portal"
      client_secret_file: "${secret}" redirect_url: "${portal}/-/signed-in" resource: "${RESOURCE}"
      scope: "openid offline_access" } }`);
  await site.startServices(['--config', config, '--web_listen_address', `127.0.0.1:${webPort}`]);
  execFileSync(process.env.VIVIER_BINARY, ['grant-admin', `${issuer.url}#${PERSON}`, '--data', site.data, '--development', '--config', config]);
});
after(async () => {
  await issuer?.stop();
  await site.stop();
});

async function signedIn() {
  const browser = new Browser();
  const seen = [];
  const end = await browser.visit(`${portal}/-/sign-in`, seen);
  assert.equal(end.url, `${portal}/`, end.body);
  assert.equal(end.status, 200);
  return { browser, seen };
}
const list = (browser, headers = OURS, cookie) =>
  browser.ask(`${portal}${LIST}`, { method: 'POST', body: BODY, headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) } });
const sessionOf = (browser) => browser.cookies.get(portal)?.get(SESSION);

test('a person signs in, asks, renews and signs out; the browser sees no token', async () => {
  const { browser, seen } = await signedIn();
  const callback = seen.find((url) => url.startsWith(`${portal}/-/signed-in`));
  assert.ok(new URL(callback).searchParams.get('code'));
  assert.ok(!sessionOf(browser).includes('eyJ'), 'the cookie is sealed');
  assert.equal((await list(browser)).status, 200);
  const told = JSON.parse((await browser.ask(`${portal}/-/session`)).body);
  assert.ok(told.signedIn && told.renews && told.secondsLeft > 200, JSON.stringify(told));
  const before = sessionOf(browser);
  const renewed = await browser.ask(`${portal}/-/renew`, { method: 'POST', headers: OURS, body: '{}' });
  assert.equal(renewed.status, 200, renewed.body);
  assert.notEqual(sessionOf(browser), before);
  assert.equal((await list(browser)).status, 200);
  await browser.ask(`${portal}/-/sign-out`, { method: 'POST', headers: OURS, body: '{}' });
  assert.equal(sessionOf(browser), undefined);
  assert.equal((await list(browser)).status, 401);
});

const SESSIONS = '/vivier.access.v1.PortalSessionService';
const asJson = (browser, rpc, message, cookie) => browser.ask(`${portal}${rpc}`, { method: 'POST', body: JSON.stringify(message),
  headers: { ...OURS, ...(cookie === undefined ? {} : { cookie }) } });
const nameOf = async (browser) => JSON.parse((await browser.ask(`${portal}/-/session`)).body).name;

test('who signs out ends the session: a copy of the cookie, renewed or not, is good for nothing', async () => {
  const { browser } = await signedIn();
  const stolen = `${SESSION}=${sessionOf(browser)}`;
  const thief = new Browser();
  assert.equal((await list(thief, OURS, stolen)).status, 200);
  await browser.ask(`${portal}/-/renew`, { method: 'POST', headers: OURS, body: '{}' });
  const renewed = `${SESSION}=${sessionOf(browser)}`;
  assert.equal((await browser.ask(`${portal}/-/sign-out`, { method: 'POST', headers: OURS, body: '{}' })).status, 200);
  for (const cookie of [stolen, renewed]) {
    assert.equal((await list(thief, OURS, cookie)).status, 401);
    assert.equal((await thief.ask(`${portal}/-/renew`, { method: 'POST', body: '{}', headers: { ...OURS, cookie } })).status, 401);
    const told = JSON.parse((await thief.ask(`${portal}/-/session`, { headers: { cookie } })).body);
    assert.equal(told.signedIn, false);
  }
});

test('a person sees where they are signed in and ends it from elsewhere', async () => {
  const [{ browser: here }, { browser: lost }] = [await signedIn(), await signedIn()];
  const [own, other] = [await nameOf(here), await nameOf(lost)];
  const { portalSessions } = JSON.parse((await asJson(here, `${SESSIONS}/ListPortalSessions`, { parent: 'schools/nancy' })).body);
  const shown = portalSessions.filter(({ name }) => [own, other].includes(name));
  assert.equal(shown.length, 2, JSON.stringify(portalSessions));
  for (const session of shown) {
    assert.deepEqual([session.subject, session.device, session.network], [`${issuer.url}#${PERSON}`, 'another program', '127.0.0.0/24']);
    assert.ok(session.createTime && session.lastUseTime && session.expireTime);
  }
  assert.equal((await list(lost)).status, 200);
  assert.equal((await asJson(here, `${SESSIONS}/EndPortalSession`, { name: other, requestId: randomUUID() })).status, 200);
  await until('the session ends', async () => (await list(lost)).status === 401);
  assert.equal((await list(here)).status, 200);
  assert.equal((await asJson(lost, `${SESSIONS}/ListPortalSessions`, { parent: 'schools/nancy' })).status, 401);
});

test('who signs in again in one browser has one session', async () => {
  const { browser } = await signedIn();
  const before = await nameOf(browser);
  await browser.visit(`${portal}/-/sign-in`);
  const name = await nameOf(browser);
  assert.notEqual(name, before);
  const { portalSessions } = JSON.parse((await asJson(browser, `${SESSIONS}/ListPortalSessions`, { parent: 'schools/nancy' })).body);
  assert.ok(portalSessions.some((one) => one.name === name) && !portalSessions.some((one) => one.name === before));
});

test('another site\'s page gets nothing with the cookie', async () => {
  const { browser } = await signedIn();
  const without = (...names) => Object.fromEntries(Object.entries(OURS).filter(([name]) => !names.includes(name)));
  for (const headers of [{ ...OURS, 'sec-fetch-site': 'cross-site' }, { ...OURS, 'sec-fetch-site': 'same-site' },
    { ...OURS, origin: 'https://evil.example' }, without('connect-protocol-version'), without('sec-fetch-site')]) {
    const answer = await list(browser, headers);
    assert.equal(answer.status, 403, JSON.stringify(headers));
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    for (const door of ['renew', 'sign-out', 'sign-in'])
      assert.equal((await browser.ask(`${portal}/-/${door}`, { method: 'POST', headers, body: '{"role":"school_director"}' })).status, 403);
  }
  const get = `${portal}${LIST}?connect=v1&encoding=json&message=${encodeURIComponent(BODY)}`;
  assert.equal((await browser.ask(get, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
  assert.equal((await browser.ask(get, { headers: { 'sec-fetch-site': 'same-origin' } })).status, 200);
  assert.ok(sessionOf(browser), 'nobody was signed out');
});

test('a cookie that was changed, doubled or made elsewhere is nobody\'s', async () => {
  const { browser } = await signedIn();
  const cookie = sessionOf(browser);
  const other = new Browser();
  for (const wrong of [`${SESSION}=${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`, `${SESSION}=x`, `${SESSION}=`,
    `${SESSION}=${cookie}; ${SESSION}=${cookie}`, `${SESSION}-login=${cookie}`, `vivier=${cookie}`])
    assert.equal((await list(other, OURS, wrong)).status, 401, wrong.slice(0, 40));
  assert.equal((await list(other, OURS, `${SESSION}=${cookie}`)).status, 200);
});

test('an answer that this browser did not ask for signs nobody in, and a code is good once', async () => {
  const { seen } = await signedIn();
  const callback = seen.find((url) => url.startsWith(`${portal}/-/signed-in`));
  const thief = new Browser();
  assert.equal((await thief.ask(callback)).status, 401);
  assert.equal(sessionOf(thief), undefined);
  const begun = new Browser();
  const toIssuer = new URL((await begun.ask(`${portal}/-/sign-in`)).headers.get('location'));
  assert.equal(toIssuer.origin, issuer.url);
  assert.equal(toIssuer.searchParams.get('code_challenge_method'), 'S256');
  const state = toIssuer.searchParams.get('state');
  const code = new URL(callback).searchParams.get('code');
  for (const query of [`state=${state}&code=${code}`, `state=${state}&code=made-up`, `state=${state}`, `state=x&code=${code}`,
    `state=${state}&state=x&code=${code}`, `error=access_denied&state=${state}`]) {
    const answer = await begun.ask(`${portal}/-/signed-in?${query}`);
    assert.ok([400, 401].includes(answer.status), `${query}: ${answer.status}`);
    assert.equal(sessionOf(begun), undefined);
    assert.match(answer.headers.get('content-type'), /^text\/html/);
    for (const words of ['You are not signed in', 'Vous n’êtes pas connecté', 'href="/-/sign-in"', 'href="/"']) assert.ok(answer.body.includes(words), words);
    assert.ok(!answer.body.includes('made-up') && !answer.body.includes('access_denied') && !answer.body.includes(code), 'nothing of the query is shown');
    await begun.ask(`${portal}/-/sign-in`);
  }
});

test('signing in leads to our own page, wherever a link says', async () => {
  const browser = new Browser();
  for (const query of ['?return=https://evil.example', '?redirect_uri=https://evil.example', '?next=//evil.example']) {
    const location = new URL((await browser.ask(`${portal}/-/sign-in${query}`)).headers.get('location'));
    assert.equal(location.origin, issuer.url);
    assert.equal(location.searchParams.get('redirect_uri'), `${portal}/-/signed-in`);
    assert.ok(!location.href.includes('evil'));
  }
});

test('in development a role has a button, and no other role has one', async () => {
  const browser = new Browser();
  const press = (role) => browser.ask(`${portal}/-/sign-in`, { method: 'POST', headers: OURS, body: JSON.stringify({ role }) });
  const { roles } = JSON.parse((await browser.ask(`${portal}/-/session`)).body);
  assert.ok(roles.includes('trainer') && !roles.includes('partner') && !roles.includes('service'), roles);
  for (const role of ['service', 'king', '', 'school_director,service']) assert.equal((await press(role)).status, 400, role);
  assert.equal((await press('trainer')).status, 200);
  assert.equal((await list(browser)).status, 200);
});

test('pages say what a browser may do with them', async () => {
  const page = await new Browser().ask(`${portal}/`);
  const graded = {
    'content-security-policy': /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
    'x-content-type-options': /^nosniff$/, 'referrer-policy': /^no-referrer$/, 'x-frame-options': /^DENY$/,
    'cross-origin-opener-policy': /^same-origin$/, 'cross-origin-resource-policy': /^same-origin$/, 'permissions-policy': /camera=\(\)/,
    'cache-control': /^no-cache$/, 'content-type': /^text\/html; charset=utf-8$/,
  };
  for (const [name, expected] of Object.entries(graded)) assert.match(page.headers.get(name) ?? '', expected, name);
  assert.ok(!/unsafe/.test(page.headers.get('content-security-policy')));
  assert.ok(!/<script(?![^>]*src=)|<style| on[a-z]+=/.test(page.body), 'nothing inline');
  for (const file of page.body.matchAll(/(?:src|href)="(\/-\/[^"]+)"/g)) {
    const part = await new Browser().ask(`${portal}${file[1]}`);
    assert.equal(part.status, 200, file[1]);
    assert.match(part.headers.get('x-content-type-options'), /nosniff/);
  }
  assert.equal((await new Browser().ask(`${portal}/-/nothing`)).status, 404);
});
