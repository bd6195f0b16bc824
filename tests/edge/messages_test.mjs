// Messages that are far too large, straight at a process: they are refused, and cost it no memory to speak of, though
// gRPC takes in the whole of a message before it looks at its size.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { call } from './grpc.mjs';
import { OK, PATH, SCHOOL } from './honest.mjs';
import { Site } from './site.mjs';

const MiB = 1 << 20;
const MESSAGE_BYTES = 200 * MiB;
const CALLERS = 64;
const ENOUGH_BYTES = 600 * MiB;  // sent in all: several times what the process may keep
// kReceivedBytesMax of shared/transport/server.cc is 64 MiB; gRPC looks at it a little late.
const GROWS_MAX = 300 * MiB;

const site = new Site();
before(() => site.startServices());
after(() => site.stop());

function peakBytes() {
  const status = fs.readFileSync(`/proc/${site.services.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

const connect = () => http2.connect(`http://${site.address}`).on('error', () => {});

// Sends what it says until it is refused; how many bytes went.
function tooLarge(session) {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(MESSAGE_BYTES, 1);
    stream.write(head);
    let sent = 0;
    const go = () => {
      while (sent < MESSAGE_BYTES && !stream.destroyed) {
        sent += MiB;
        if (!stream.write(Buffer.alloc(MiB))) return stream.once('drain', go);
      }
      return stream.destroyed ? undefined : stream.end();
    };
    go();
    stream.on('error', () => {}).on('close', () => resolve(sent)).resume();
  });
}

// A call on a connection of its own: gRPC may close those that are idle when memory is short.
async function ask() {
  const session = connect();
  const answer = await call(session, PATH, SCHOOL, { authorization: site.token });
  session.destroy();
  return answer.status;
}

test('messages of 200 MiB from 64 callers cost no memory to speak of', async (context) => {
  assert.equal(await ask(), OK);
  const before = peakBytes();
  let sent = 0;
  const attack = async () => {
    while (sent < ENOUGH_BYTES) {
      const session = connect();
      const callers = Array.from({ length: CALLERS }, () => tooLarge(session));
      for (const bytes of await Promise.all(callers)) sent += bytes;
      session.destroy();
    }
  };
  let running = true;
  const attacking = attack().finally(() => { running = false; });
  const answers = new Map();
  while (running) {
    const status = await ask();
    answers.set(status, (answers.get(status) ?? 0) + 1);
  }
  await attacking;
  const grown = peakBytes() - before;
  context.diagnostic(`${Math.round(sent / MiB)} MiB sent, the process grew by ${Math.round(grown / MiB)} MiB; ` +
    `honest answers by status: ${JSON.stringify([...answers])}`);
  assert.ok(grown < GROWS_MAX, `${Math.round(grown / MiB)} MiB`);
  assert.equal(await ask(), OK);
});
