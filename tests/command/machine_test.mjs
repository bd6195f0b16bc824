// A node and a school on one machine, in development: the block of docs/node.md as it stands, but for its port.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, test } from 'node:test';
import { freePort } from '../edge/site.mjs';
import { blocksOf } from './documents.mjs';
import { BINARY, Shell, SOURCE } from './shell.mjs';

const shell = new Shell();
after(() => shell.end());

test('a school joins a node on the same machine, as the page says', async () => {
  const blocks = blocksOf(SOURCE, 'docs/node.md', 'machine');
  assert.equal(blocks.length, 1);
  assert.ok(blocks[0].includes(':7500'));
  fs.mkdirSync(shell.file('bin'));
  fs.symlinkSync(BINARY, shell.file('bin/vivier')); // a program, so that what runs in the background is ended with it
  const said = await shell.must(`unset -f vivier; PATH="$PWD/bin:$PATH"; set -e\n${blocks[0].replaceAll(':7500', `:${await freePort()}`)}`);
  assert.match(said, /OK +parent schools\/france, nancy: is known there until/);
  assert.match(said, /"member": "schools\/france\/members\/nancy"/);
  assert.doesNotMatch(said, /to open a cohort/, 'a node is asked for what a node needs');
});
