// Each engine with every subset of the other components: rendered, and no rule finds anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlay, all } from './combinations.mjs';
import { renderText } from './kustomize.mjs';
import { findings } from './rules.mjs';

for (const { engine, chosen } of all()) {
  test(`${engine} with ${chosen.join(', ') || 'nothing else'}`, () => {
    const { kustomization, files } = overlay(engine, chosen);
    assert.deepEqual(findings(renderText(kustomization, files)), []);
  });
}
