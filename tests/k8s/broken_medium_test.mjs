// Each file of broken/ spoils an overlay that is in order, with patches as kustomize takes them, and says which rule
// has to find it:
//
//   # Rule: resources                   the one that must find it; others may, too
//   # Overlay: postgres + edge + redis  what is spoilt: an engine and components; postgres with everything by default
//   patches: …                          what kustomization.yaml has of it
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { all, overlay } from './combinations.mjs';
import { renderText } from './kustomize.mjs';
import { findings, RULES } from './rules.mjs';

const FOLDER = path.join(path.dirname(new URL(import.meta.url).pathname), 'broken');
const files = fs.readdirSync(FOLDER).sort();
const everythingWith = (engine) =>
  all()
    .filter((one) => one.engine === engine)
    .at(-1)
    .chosen.filter((name) => name !== 'autoscaling');

const rulesShown = new Set();

for (const file of files) {
  test(file, () => {
    const text = fs.readFileSync(path.join(FOLDER, file), 'utf8');
    const [, rule] = /^# Rule: (.+)$/m.exec(text);
    const [engine, ...named] = (/^# Overlay: (.+)$/m.exec(text)?.[1] ?? 'postgres').split(' + ');
    const chosen = named.length > 0 ? named : everythingWith(engine);
    assert.ok(rule in RULES, `${rule} is no rule`);
    rulesShown.add(rule);
    const { kustomization, files: inputs } = overlay(engine, chosen);
    const found = findings(renderText(`${kustomization}${text}`, inputs));
    assert.ok(
      found.some((one) => one.startsWith(`${rule}: `)),
      `found ${JSON.stringify(found, null, 1)}`,
    );
  });
}

test('each rule finds something in one of them', () => {
  assert.deepEqual(
    Object.keys(RULES).filter((rule) => !rulesShown.has(rule)),
    [],
  );
});
