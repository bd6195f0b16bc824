// Honest callers at an edge, how long they wait and what it costs the services; and the attacks that run beside them.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { call, connect, textField } from './grpc.mjs';

export const PATH = '/vivier.enrolment.v1.CohortService/ListCohorts';
export const SCHOOL = textField(1, 'schools/nancy');
export const OK = 0;
export const QUIET_SECONDS = 3;
const HONEST_CALLS_A_SECOND = 50;

// Calls at an even pace until `end`, a new connection each second; how long each took, and those that failed.
export async function honest(site, door, end) {
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

// The same, with the services' CPU seconds in each second of it.
export async function measured(site, door, end) {
  const [cpu, clock] = [site.servicesCpuSeconds(), performance.now()];
  const { seconds, failed } = await honest(site, door, end);
  return { seconds, failed, cpuShare: (site.servicesCpuSeconds() - cpu) / ((performance.now() - clock) / 1000) };
}

export function p99(seconds) {
  return [...seconds].sort((one, other) => one - other)[Math.floor(seconds.length * 0.99)];
}

// What the attack tells at its end.
export function attack(name, door) {
  const workerData = { attack: name, port: door.port, path: PATH };
  const worker = new Worker(new URL('./attacks.mjs', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve).on('error', reject);
  });
}
