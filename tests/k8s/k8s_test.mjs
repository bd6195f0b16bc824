// The overlays of this repository, and that a new school's is one of a dozen lines: rendered as an operator would, and
// no rule finds anything. broken_medium_test.mjs shows that the rules find something where something is wrong.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { MANIFESTS, render, ROOT } from './kustomize.mjs';
import { ofKind, title } from './objects.mjs';
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
