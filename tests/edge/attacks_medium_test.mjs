// Hostile bytes at the edge while honest callers call through it. Every honest call succeeds, and the services hardly
// notice: their CPU time stays what it is without an attack, but for a stated little. Each attack must be seen to have
// happened, or the test is void and fails. The honest callers' p99 is printed beside that of a quiet run; how fast the
// edge is on a machine is a matter for benchmarks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { call, connect, textField } from './grpc.mjs';
import { Site } from './site.mjs';

const PATH = '/vivier.enrolment.v1.EnrolmentService/ListCohorts';
const SCHOOL = textField(1, 'schools/nancy');
const OK = 0, RESOURCE_EXHAUSTED = 8;
const HONEST_CALLS_A_SECOND = 50;
const QUIET_SECONDS = 3;
// What an attack may cost the services: CPU seconds in each second of it. The edge lets 100 calls a second through from
// one address, and a call that is cancelled costs them a connection, which is less than a millisecond.
const CPU_SHARE_MAX = 0.1;

const site = new Site();
let edge;

before(async () => {
  await site.startServices();
  edge = await site.startEdge('edge', {});
  await honest(edge, sleep(1000));  // what happens once happens now
});
after(() => site.stop());

// Calls at an even pace until `end`, a new connection each second; how long each took, and those that failed.
async function honest(door, end) {
  let running = true;
  end.finally(() => { running = false; });
  const seconds = [], failed = [], ended = [];
  const one = async (session) => {
    const start = performance.now();
    const answer = await call(session, PATH, SCHOOL, { authorization: site.token });
    seconds.push((performance.now() - start) / 1000);
    if (answer.status !== OK) failed.push(answer);
  };
  while (running) {
    const session = connect(door);
    await one(session);
    const start = performance.now();
    const calls = [];
    while (running && calls.length < HONEST_CALLS_A_SECOND) {
      calls.push(one(session));
      await sleep(Math.max(0, (calls.length * 1000) / HONEST_CALLS_A_SECOND - (performance.now() - start)));
    }
    ended.push(Promise.all(calls).then(() => session.destroy()));
  }
  await Promise.all(ended);
  return { seconds, failed };
}

async function measured(door, end) {
  const [cpu, clock] = [site.servicesCpuSeconds(), performance.now()];
  const { seconds, failed } = await honest(door, end);
  const cpuShare = (site.servicesCpuSeconds() - cpu) / ((performance.now() - clock) / 1000);
  seconds.sort((one, other) => one - other);
  return { cpuShare, failed, calls: seconds.length, p99: seconds[Math.floor(seconds.length * 0.99)] };
}

function attack(name, parameters) {
  const worker = new Worker(new URL('./attacks.mjs', import.meta.url), { workerData: { attack: name, ...parameters } });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve).on('error', reject);
  });
}

// What the attack tells, after a quiet run and the attack were held against each other.
async function under(context, name, door = edge) {
  const quiet = await measured(door, sleep(QUIET_SECONDS * 1000));
  const attacking = attack(name, { port: door.port, path: PATH });
  const [told, seen] = await Promise.all([attacking, measured(door, attacking)]);
  context.diagnostic(`${name}: ${JSON.stringify(told)}`);
  const milliseconds = (run) => (1000 * run.p99).toFixed(1);
  const percent = (run) => (100 * run.cpuShare).toFixed(1);
  context.diagnostic(`${seen.calls} honest calls; p99 ${milliseconds(seen)} ms, quiet ${milliseconds(quiet)} ms, ` +
    `ratio ${(seen.p99 / quiet.p99).toFixed(1)}; services' CPU ${percent(seen)} %, quiet ${percent(quiet)} %`);
  assert.deepEqual([...quiet.failed, ...seen.failed], []);
  assert.ok(seen.calls >= QUIET_SECONDS, 'honest callers called all along');
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
