// The overlays of this repository, and that a new school's is one of a dozen lines: rendered as an operator would, and
// no rule finds anything. broken_medium_test.mjs shows that the rules find something where something is wrong.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { MANIFESTS, render, ROOT } from './kustomize.mjs';
import { named, ofKind, selects, title } from './objects.mjs';
import { findings, RULES } from './rules.mjs';
import { GIVEN_CONFIG_MAPS, GIVEN_SECRETS } from './wiring.mjs';

const OVERLAYS = path.join(MANIFESTS, 'overlays');

for (const name of fs.readdirSync(OVERLAYS)) {
  test(`${name} breaks no rule`, () => {
    const objects = render(path.join(OVERLAYS, name));
    for (const kind of ['StatefulSet', 'NetworkPolicy', 'Certificate'])
      assert.ok(ofKind(objects, kind).length > 0, kind);
    assert.deepEqual(findings(objects), []);
  });
}

test('a parent node runs access and statistics', () => {
  const sets = ofKind(render(path.join(OVERLAYS, 'national')), 'StatefulSet');
  assert.deepEqual(sets.map(title), ['StatefulSet access', 'StatefulSet statistics']);
});

test('what is said of each service is as deploy/manifests writes it', () => {
  execFileSync(path.join(ROOT, 'deploy/manifests'), ['--check'], { stdio: 'pipe' });
});

test('a new school is an overlay of a dozen lines', (context) => {
  const folder = path.join(OVERLAYS, 'site-of-this-test');
  const script = (...words) =>
    execFileSync(path.join(ROOT, 'deploy/new-site'), words, { encoding: 'utf8', stdio: 'pipe' });
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  script('of-this-test');
  const lines = fs
    .readFileSync(path.join(folder, 'kustomization.yaml'), 'utf8')
    .split('\n')
    .filter((line) => !/^(#|$)/.test(line));
  assert.ok(lines.length <= 16, `${lines.length} lines`);
  const objects = render(folder);
  assert.deepEqual(findings(objects), []);
  assert.deepEqual(ofKind(objects, 'StatefulSet').map(title), ['StatefulSet all']);
  assert.throws(() => script('of-this-test'), /is there already/);
  assert.throws(() => script('Of_This'), /lower case/);
});

// An issuer's discovery document, and nothing else of one.
async function startIssuer(context) {
  const server = http.createServer((request, response) => {
    const paths = { issuer: '', authorization_endpoint: '/auth', token_endpoint: '/token', jwks_uri: '/certs' };
    const told = Object.entries(paths).map(([name, where]) => [name, url + where]);
    response.end(JSON.stringify(Object.fromEntries(told)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  return url;
}
const createNode = (...words) => promisify(execFile)(process.env.VIVIER_BINARY, ['node', 'create', ...words]);

test('a new node is one too', async (context) => {
  const folder = path.join(OVERLAYS, 'node-of-this-test');
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const issuer = await startIssuer(context);
  const parent = '--parent=schools/europe=europe.example';
  await createNode('of-this-test', folder, '--address=of.example', `--issuer=${issuer}`, parent);
  const objects = render(folder);
  assert.deepEqual(findings(objects), []);
  assert.deepEqual(ofKind(objects, 'StatefulSet').map(title).sort(), [
    'StatefulSet access',
    'StatefulSet postgres',
    'StatefulSet statistics',
  ]);
  // And with the Job that makes its first head.
  const file = path.join(folder, 'kustomization.yaml');
  const text = fs
    .readFileSync(file, 'utf8')
    .replace('components:\n', 'components:\n  - ../../components/administrator\n')
    .replace(
      'configMapGenerator:\n',
      'configMapGenerator:\n  - {name: administrator, literals: ["subject=https://id.example#claire"]}\n',
    );
  fs.writeFileSync(file, text);
  const more = render(folder);
  assert.deepEqual(findings(more), []);
  assert.ok(ofKind(more, 'Job').map(title).includes('Job administrator'));
});

test('the national overlay is what the program writes', async (context) => {
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-node-'));
  context.after(() => fs.rmSync(fresh, { recursive: true }));
  const issuer = await startIssuer(context);
  const national = (file) => fs.readFileSync(path.join(OVERLAYS, 'national', file), 'utf8');
  const [, postgres] = /^postgres: "(.*)"$/m.exec(national('site.textproto'));
  const folder = path.join(fresh, 'france');
  await createNode('france', folder, '--address=france.example', `--issuer=${issuer}`, `--postgres=${postgres}`);
  for (const file of fs.readdirSync(folder))
    assert.equal(
      fs.readFileSync(path.join(folder, file), 'utf8').replaceAll(issuer, 'https://id.example/realms/france'),
      national(file),
    );
  assert.deepEqual(fs.readdirSync(folder).sort(), fs.readdirSync(path.join(OVERLAYS, 'national')).sort());
});

test('a portal where people sign in has its keys, and may ask the issuer', () => {
  const objects = render(path.join(OVERLAYS, 'national'));
  const { template } = named(objects, 'Deployment', 'edge').spec;
  const portal = template.spec.containers.find(({ name }) => name === 'portal');
  assert.ok(portal.volumeMounts.some(({ mountPath }) => mountPath === '/portal-keys'));
  const policy = named(objects, 'NetworkPolicy', 'sign-in').spec;
  assert.ok(selects(policy.podSelector, template.metadata.labels));
  assert.deepEqual(policy.egress, [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443 }] }]);
});

test('the image is built from what the build needs', () => {
  const named = (file) =>
    fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n').map((line) => line.split(/ +/))
      .filter(([need]) => need === 'build').map(([, name]) => name);
  const pinned = named('deploy/image.pins');
  assert.ok(pinned.length > 20);
  assert.deepEqual(named('deploy/packages').filter((name) => !pinned.includes(name)), []);
});

test("the words of compose.yaml are the program's", () => {
  const { services } = parse(fs.readFileSync(path.join(ROOT, 'deploy/compose.yaml'), 'utf8'));
  const container = { name: 'school', image: services.school.image, args: services.school.command };
  const pod = { kind: 'Pod', metadata: { name: 'compose' }, spec: { containers: [container] } };
  assert.deepEqual(RULES['command-line']([pod]), []);
});

test('what an operator has to put there is told to him', () => {
  const page = fs.readFileSync(path.join(ROOT, 'docs/kubernetes.md'), 'utf8');
  for (const name of [...GIVEN_SECRETS, ...GIVEN_CONFIG_MAPS]) assert.ok(page.includes(`\`${name}\``), name);
});
