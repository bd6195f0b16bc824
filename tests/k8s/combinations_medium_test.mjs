// Each engine with no further component, with all, with each alone and with all but each: rendered, and no rule finds
// anything. combinations_long_test.mjs takes every subset.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlay, pairs } from './combinations.mjs';
import { renderText } from './kustomize.mjs';
import { findings } from './rules.mjs';

for (const { engine, chosen } of pairs()) {
  test(`${engine} with ${chosen.join(', ') || 'nothing else'}`, () => {
    const { kustomization, files } = overlay(engine, chosen);
    assert.deepEqual(findings(renderText(kustomization, files)), []);
  });
}
