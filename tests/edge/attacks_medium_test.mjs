// Hostile bytes at the edge while honest callers call through it. Every honest call succeeds, and the services hardly
// notice: their CPU time stays what it is without an attack, but for a stated little. Each attack must be seen to have
// happened, or the test is void and fails. The honest callers' p99 is printed beside that of a quiet run; what it is
// over many rounds is a matter for a benchmark, tests/bench/edge.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, connect } from './grpc.mjs';
import { OK, PATH, QUIET_SECONDS, SCHOOL, attack, honest, measured, p99 } from './honest.mjs';
import { Site } from './site.mjs';

const RESOURCE_EXHAUSTED = 8;
// What an attack may cost the services: CPU seconds in each second of it. The edge lets 100 calls a second through from
// one address, and a call that is cancelled costs them a connection, which is less than a millisecond.
const CPU_SHARE_MAX = 0.1;

const site = new Site();
let edge;

before(async () => {
  await site.startServices();
  edge = await site.startEdge('edge', {});
  await honest(site, edge, sleep(1000));  // what happens once happens now
});
after(() => site.stop());

// What the attack tells, after a quiet run and the attack were held against each other.
async function under(context, name, door = edge) {
  const quiet = await measured(site, door, sleep(QUIET_SECONDS * 1000));
  const attacking = attack(name, door);
  const [told, seen] = await Promise.all([attacking, measured(site, door, attacking)]);
  context.diagnostic(`${name}: ${JSON.stringify(told)}`);
  const milliseconds = (run) => (1000 * p99(run.seconds)).toFixed(1);
  const percent = (run) => (100 * run.cpuShare).toFixed(1);
  context.diagnostic(`${seen.seconds.length} honest calls; p99 ${milliseconds(seen)} ms, quiet ${milliseconds(quiet)} ms, ` +
    `ratio ${(p99(seen.seconds) / p99(quiet.seconds)).toFixed(1)}; services' CPU ${percent(seen)} %, quiet ${percent(quiet)} %`);
  assert.deepEqual([...quiet.failed, ...seen.failed], []);
  assert.ok(seen.seconds.length >= QUIET_SECONDS, 'honest callers called all along');
  assert.ok(seen.cpuShare - quiet.cpuShare < CPU_SHARE_MAX, `${seen.cpuShare} against ${quiet.cpuShare}`);
  return told;
}

test('8 MiB of headers that never end', async (context) => {
  const told = await under(context, 'unfinishedHeaders');
  assert.ok(told.sent >= 8 * 1024 * 1024);
  assert.equal(told.closedByEdge, told.connections);
});

test('a hundred connections whose headers come a byte at a time', async (context) => {
  const told = await under(context, 'slowHeaders');
  assert.equal(told.refused, told.connections);
  assert.ok(told.secondsMin > 5 && told.secondsMax < 15, 'client_header_timeout ended them, not a fault in the bytes');
});

test('a thousand calls begun on one connection', async (context) => {
  const told = await under(context, 'tooManyStreams');
  assert.ok(told.begun > 1000);
  assert.ok(told.refused > 0 && told.goaways > 0);
});

test('calls that are cancelled in the moment they are made', async (context) => {
  const lines = () => edge.log().split('\n').length;
  const before = lines();
  const told = await under(context, 'rapidResets');
  assert.ok(told.resets > 10_000);
  assert.ok(told.goaways > 0);
  context.diagnostic(`${lines() - before} lines of log`);
  assert.ok(lines() - before < told.resets / 4, 'the log is not flooded');
});

test('two hundred idle connections before an edge with few descriptors', async (context) => {
  const few = await site.startEdge('few', { instead: { worker_connections: 64, worker_rlimit_nofile: 128 } });
  const told = await under(context, 'idleConnections', few);
  assert.ok(told.opened > 100);
  assert.ok(told.closedByEdge > 0);
});

// Calls at an even pace from an address that nobody else here has; in how many seconds, and what was answered. Over
// one connection no more than http2_max_concurrent_streams are ever in flight, so that none is refused but all wait.
async function paced(from, connections, callsASecond, seconds) {
  const sessions = Array.from({ length: connections }, () => connect(edge, { from }));
  const calls = [];
  const start = performance.now();
  while (calls.length < callsASecond * seconds) {
    const due = Math.min(callsASecond * seconds, ((performance.now() - start) / 1000) * callsASecond);
    while (calls.length < due) {
      calls.push(call(sessions[calls.length % connections], PATH, SCHOOL, { authorization: site.token }));
    }
    await sleep(2);
  }
  const answers = await Promise.all(calls);
  for (const session of sessions) session.destroy();
  return { answers, seconds: (performance.now() - start) / 1000 };
}

test('an address above its rate is told so, one below never, and one does not pay for the other', async (context) => {
  const [below, above] = await Promise.all([paced('127.0.0.2', 1, 80, 4), paced('127.0.0.3', 4, 400, 4)]);
  for (const answer of below.answers) assert.equal(answer.status, OK, answer.message);
  const refused = above.answers.filter((answer) => answer.status !== OK);
  for (const answer of refused) {
    assert.equal(answer.status, RESOURCE_EXHAUSTED, JSON.stringify(answer));
    assert.match(answer.message, /too many calls/);
  }
  const passed = above.answers.length - refused.length;
  context.diagnostic(`${passed} of ${above.answers.length} calls in ${above.seconds.toFixed(1)} s passed`);
  assert.ok(refused.length > 0);
  assert.ok(passed > 200 && passed <= 201 + 100 * above.seconds, '100 a second, and what waits at the end');
});
