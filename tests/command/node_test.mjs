// A node above schools in production, of what `vivier node create` writes and the components of k8s/ say: every command
// that the documents have for one is run, and a coordinator signs in at the node's own portal, by the edge.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, Site } from '../edge/site.mjs';
import { commandLines } from './documents.mjs';
import { Person, PORTAL_SECRET, startIssuer } from './person.mjs';
import { BINARY, Shell, SOURCE } from './shell.mjs';

const PATIENCE_MS = 15_000;  // until a service follows what another one has decided
const OVERLAY = 'k8s/overlays/node-france';
const OF_THE_COORDINATOR = /AcceptInvitation|ComputeIndicators|GetFreshness|export statistics/;
const SAME_ORIGIN = { 'content-type': 'application/json', 'connect-protocol-version': '1', 'sec-fetch-site': 'same-origin' };

const shell = new Shell();
const edges = new Site();
const portal = () => `https://localhost:${ports.edge}`;
let issuer, edge, gateway;
const ports = {};
let secret = '';

before(async () => {
  for (const name of ['access', 'statistics', 'web', 'edge']) ports[name] = await freePort();
  issuer = await startIssuer({ comesBackTo: `${portal()}/-/signed-in` });
  execFileSync(path.join(SOURCE, 'deploy/certificates'),
    [shell.file('certificates'), '--network', 'free-schools', '--school', 'france'], { stdio: 'ignore' });
});

after(async () => {
  await edges.stop();
  issuer.stop();
  shell.end();
});

const manifest = (name) => fs.readFileSync(path.join(SOURCE, 'k8s', name), 'utf8');

// The text with each of these replaced, of which none may be absent.
function moved(text, places) {
  for (const [from, to] of places) {
    assert.ok(text.includes(from), `there is no ${from} in ${text}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

// As the ConfigMap and the Secrets of the overlay have it; nothing is replaced but addresses and folders.
async function startNode() {
  const keys = shell.file('portal-keys');
  fs.mkdirSync(keys);
  fs.writeFileSync(path.join(keys, 'web.key'), `${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
  fs.writeFileSync(path.join(keys, 'client.secret'), `${PORTAL_SECRET}\n`, { mode: 0o600 });
  const text = [
    moved(manifest('base/services.textproto'), [['0.0.0.0:7400', '127.0.0.1:0'], ['0.0.0.0:7401', '127.0.0.1:0'],
      ['0.0.0.0:9464', '127.0.0.1:0'], ['"/certificates"', `"${shell.file('certificates/current')}"`]]),
    moved(manifest('components/parent-node/peers.textproto'),
      ['access', 'statistics'].map((name) => [`dns:///${name}:7400`, `127.0.0.1:${ports[name]}`])),
    moved(fs.readFileSync(shell.file(`${OVERLAY}/site.textproto`), 'utf8'), [['"/portal-keys/', `"${keys}/`]]),
  ].join('');
  assert.ok(!text.includes('development'));
  fs.mkdirSync(shell.file('data'));
  fs.writeFileSync(shell.file('data/config.textproto'), text);
  for (const name of ['access', 'statistics'])
    await shell.serve(name, `vivier serve ${name} --listen_address 127.0.0.1:${ports[name]}`, `${name}.PID.address`);
  gateway = await shell.serve('portal', `vivier serve portal --web_listen_address 127.0.0.1:${ports.web}`, 'portal.PID.web');
  const inside = moved(manifest('components/parent-node/inside.conf'), [
    ['to-access:7400', `127.0.0.1:${ports.access}`], ['to-statistics:7400', `127.0.0.1:${ports.statistics}`],
    ['127.0.0.1:7480', `127.0.0.1:${ports.web}`], ['/certificates/', `${shell.file('certificates/current')}/`]]);
  edge = await edges.startEdge('edge', { insideFile: inside, port: ports.edge });
  fs.writeFileSync(shell.file('edge.pem'), edge.authority);
}

const standIn = (text) => text.replaceAll('https://id.example/realms/france', issuer.url)
  .replaceAll('france.example', `localhost:${ports.edge}`).replaceAll('#f3b1c0de', '#head').replaceAll('vivier_…', secret);

// What a person may do who has just been given it, services learn within a moment.
async function runOnceAllowed(line, who) {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    const { status, said } = await shell.run(line, { config: who });
    if (status === 0) return said;
    assert.ok(/NOT_ALLOWED/.test(said) && Date.now() < end, `${line}\n${said}`);
  }
}

test('the documented commands, from nothing to a coordinator who asks', async () => {
  const lines = commandLines(SOURCE).filter(({ when }) => when === 'node');
  fs.writeFileSync(shell.file('cci.csv'), 'Siret;Enseigne\n73282932000074;Atelier\n');
  assert.ok(lines.length >= 9, `${lines.length} command lines`);
  for (const { document, line, text } of lines) {
    const command = standIn(text.replace(/^build\//, ''));
    const who = OF_THE_COORDINATOR.test(command) ? 'claire' : 'head';
    const said = await runOnceAllowed(command, who);
    console.log(`${document}:${line}  as ${who}  ${text.replace(/\s+/g, ' ')}`);
    secret = /"secret": *"(vivier_[^"]+)"/.exec(said)?.[1] ?? secret;
    if (!/ node create /.test(command)) continue;
    await startNode();
    for (const name of ['head', 'claire'])
      await shell.must('vivier login --browser', { person: new Person(name), config: name });
  }
});

const ask = (person, method, body) => person.ask(`${portal()}/vivier.statistics.v1.${method}`,
  { method: 'POST', headers: SAME_ORIGIN, body: JSON.stringify(body) });

// The edge's certificate signs itself.
async function withoutAuthorities(body) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try { await body(); } finally { delete process.env.NODE_TLS_REJECT_UNAUTHORIZED; }
}

test('a coordinator signs in at the portal and asks; a stranger who does gets nothing', async () => {
  await withoutAuthorities(async () => {
    const [claire, stranger] = [new Person('claire'), new Person('mallory')];
    for (const person of [claire, stranger]) await person.signIn(`${portal()}/-/sign-in`);
    const figures = await ask(claire, 'IndicatorService/ComputeIndicators', { parent: 'schools/france', year: 2026 });
    assert.equal(figures.status, 200, await figures.text());
    const members = await (await ask(claire, 'NetworkService/ListMembers', { parent: 'schools/france' })).json();
    assert.deepEqual(members.members.map(({ name }) => name), ['schools/france/members/metz']);
    assert.equal((await ask(stranger, 'NetworkService/ListMembers', { parent: 'schools/france' })).status, 403);
    assert.equal((await ask(new Person('nobody'), 'NetworkService/ListMembers', { parent: 'schools/france' })).status, 401);
    const elsewhere = await claire.ask(`${portal()}/vivier.enrolment.v1.CohortService/ListCohorts`,
      { method: 'POST', headers: SAME_ORIGIN, body: '{"parent": "schools/france"}' });
    assert.equal(elsewhere.status, 404, 'a node has no cohorts');
  });
});

test('the portal is in vivier status, also when it has ended by itself', async () => {
  assert.match(await shell.must('vivier status'), new RegExp(`^portal +serving +0\\S+ .*http://127.0.0.1:${ports.web}$`, 'm'));
  const gone = new Promise((resolve) => { gateway.child.on('exit', resolve); });
  gateway.child.kill('SIGKILL');
  await gone;
  const { status, said } = await shell.run('vivier status');
  assert.equal(status, 1);
  assert.match(said, /^portal +DOWN +its process [0-9]+ ended by itself$/m);
});
