// What a node above schools takes of memory: access and statistics, each a process, with so many members, each of whom has
// submitted the cells of fifteen years, and then sends others while coordinators ask. Prints the members, what the two
// take when they have started (PSS and resident), and what they took at most (VmHWM), in MiB. From the repository:
//
//   node tests/bench/node.mjs [MEMBERS] [--postgres CONNINFO]
//
// The limits of memory in k8s/ are judged by it (docs/node.md).
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.VIVIER_BINARY ?? path.join(SOURCE, 'build/vivier');
execFileSync(path.join(SOURCE, 'tests/npm-packages'), { stdio: 'ignore' });
const require = createRequire(path.join(SOURCE, 'tests/package.json'));
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const words = process.argv.slice(2);
const MEMBERS = Number(words.find((word) => /^\d+$/.test(word)) ?? 300);
const engine = words.includes('--postgres')
  ? `engine: POSTGRES\npostgres: "${words[words.indexOf('--postgres') + 1]}"\n` : '';
const AT_ONCE = 16, ROUNDS = 3, YEARS = 15;
const REGIONS = '01 02 03 04 06 11 24 27 28 32 44 52 53 75 76 84 93 94'.split(' ');
const NODE = 'schools/france';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-node-'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

async function start(service) {
  const socket = path.join(folder, `${service}.sock`);
  const child = spawn(BINARY, ['serve', service, '--data', folder, '--listen_address', `unix:${socket}`],
    { stdio: 'ignore' });
  children.push(child);
  while (!fs.existsSync(socket)) await sleep(10);
  return child;
}

function memory({ pid }) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (text, name) => (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1024).toFixed(0);
  return `PSS ${mebibytes(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss')}, resident ${
    mebibytes(status, 'VmRSS')}, at most ${mebibytes(status, 'VmHWM')}`;
}

// The same order and form as services/statistics/network/submission.cc.
function cellsOf(count) {
  const cells = [];
  for (let year = 2020; year < 2020 + YEARS; ++year)
    for (const region of REGIONS)
      cells.push({ tableId: 'applications-by-region', year, dimensionValues: [region], count });
  const text = cells.map((cell) => `${cell.tableId}\t${cell.year}\t${cell.dimensionValues[0]}\t${cell.count}\n`);
  return { cells, contentHash: createHash('sha256').update(text.join('')).digest('hex') };
}

async function inTurns(count, act) {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (next < count) await act(next++); }));
}

fs.writeFileSync(path.join(folder, 'config.textproto'),
  `schools: "france"\nnetwork: "bench"\ndevelopment: true\n${engine}${['access', 'statistics'].map((service) =>
    `peers { service: "${service}" address: "unix:${path.join(folder, service)}.sock" }\n`).join('')}`);
execFileSync(BINARY, ['migrate', '--data', folder], { stdio: 'ignore' });
const access = await start('access'), statistics = await start('statistics');
const token = execFileSync(BINARY, ['token', '--data', folder], { encoding: 'utf8' }).trim();
const { NetworkService, IndicatorService } = grpc.loadPackageDefinition(loader.loadSync(
  'vivier/statistics/v1/statistics.proto',
  { includeDirs: [path.join(SOURCE, 'protos'), '/usr/include'], longs: Number })).vivier.statistics.v1;
const address = `unix:${path.join(folder, 'statistics.sock')}`;
const metadata = new grpc.Metadata();
metadata.set('authorization', token);
const clients = { network: new NetworkService(address, grpc.credentials.createInsecure()),
  indicators: new IndicatorService(address, grpc.credentials.createInsecure()) };
const askOnce = (client, method, request) => new Promise((resolve, reject) => {
  clients[client][method](request, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
});
// Who is told that more is asked than can be done comes back later.
async function ask(client, method, request) {
  for (;;) {
    try {
      return await askOnce(client, method, request);
    } catch (error) {
      if (error.code !== grpc.status.RESOURCE_EXHAUSTED) throw error;
      await sleep(200);
    }
  }
}

console.log(`${MEMBERS} members, ${YEARS * REGIONS.length} cells each`);
console.log(`started    access ${memory(access)}; statistics ${memory(statistics)}`);
await inTurns(MEMBERS, (i) => ask('network', 'createMember', { parent: NODE, memberId: `s-${i}`, requestId: randomUUID(),
  member: { title: `S ${i}`, agreementStartDate: { year: 2026, month: 1, day: 1 } } }));
const accepted = [];
for (let round = 1; round <= ROUNDS; ++round) {
  const figures = cellsOf(20 + round);
  await Promise.all([
    inTurns(MEMBERS, async (i) => accepted.push(await ask('network', 'submitCells', { parent: NODE, site: `s-${i}`,
      revision: round, requestId: randomUUID(), ...figures }))),
    inTurns(8, () => ask('indicators', 'computeIndicators', { parent: NODE, year: 2026 })),
  ]);
}
if (accepted.some(({ state }) => state !== 'ACCEPTED' && state !== 1)) throw new Error(JSON.stringify(accepted[0]));
console.log(`at the end access ${memory(access)}; statistics ${memory(statistics)}`);
process.exit();
