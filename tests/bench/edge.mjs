// How long honest callers wait at the edge while it is attacked, beside how long without: for each attack of
// tests/edge/attacks.mjs a quiet turn and an attacked one by turns, and the 99th percentile over the calls of all
// rounds. The attacker and the callers share the machine with the edge and the services. `--json` prints one object of
// name → number. From the repository: node tests/bench/edge.mjs [ROUNDS]
import { setTimeout as sleep } from 'node:timers/promises';
import { QUIET_SECONDS, attack, honest, measured, p99 } from '../edge/honest.mjs';
import { Site } from '../edge/site.mjs';

const ATTACKS = ['unfinishedHeaders', 'slowHeaders', 'tooManyStreams', 'rapidResets', 'idleConnections'];
const RATIO_MAX = 2;

const words = process.argv.slice(2);
const rounds = Number(words.find((word) => /^\d+$/.test(word)) ?? 5);
const site = new Site();
const report = {};
try {
  await site.startServices();
  const edge = await site.startEdge('edge', {});
  const few = await site.startEdge('few', { instead: { worker_connections: 64, worker_rlimit_nofile: 128 } });
  for (const door of [edge, few]) await honest(site, door, sleep(1000));  // what happens once happens now
  for (const name of ATTACKS) {
    const door = name === 'idleConnections' ? few : edge;
    const quiet = [], attacked = [];
    for (let i = 0; i < rounds; ++i) {
      for (const [turns, end] of [[quiet, () => sleep(QUIET_SECONDS * 1000)], [attacked, () => attack(name, door)]]) {
        const turn = await measured(site, door, end());
        if (turn.failed.length > 0) throw new Error(`${name}: ${JSON.stringify(turn.failed[0])}`);
        turns.push(...turn.seconds);
      }
    }
    report[`${name}_calls`] = attacked.length;
    report[`${name}_quiet_p99_ms`] = Number((1000 * p99(quiet)).toFixed(1));
    report[`${name}_p99_ms`] = Number((1000 * p99(attacked)).toFixed(1));
    report[`${name}_p99_over_quiet`] = Number((p99(attacked) / p99(quiet)).toFixed(2));
  }
} finally {
  await site.stop();
}
if (words.includes('--json')) {
  console.log(JSON.stringify(report));
} else {
  for (const [name, number] of Object.entries(report)) {
    const target = !name.endsWith('_over_quiet') ? '' : `  target ${RATIO_MAX} ${number <= RATIO_MAX ? 'kept' : 'MISSED'}`;
    console.log(name.padEnd(36), String(number).padStart(8) + target);
  }
}
