// What idle schools cost: the services of one with Redis, each a process, beside as many idle servers of Node.js with
// grpc-js, started in the same run, one after the other, each on a port of its own; then 1, 50 and 1,000 schools in one
// process. Prints memory (the proportional set size, PSS: what is shared between processes is divided among them),
// threads, how often they sleep and wake (voluntary context switches a second), what they take of one core in percent,
// and the time from the start of a process until its port takes connections. `--json` prints one object of name → number.
// From the repository: node tests/bench/idle.mjs [ROUNDS]; the many schools are on PostgreSQL, in an empty database, with
// --postgres CONNINFO.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../services.mjs';

const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.VIVIER_BINARY ?? path.join(SOURCE, 'build/vivier');
execFileSync(path.join(SOURCE, 'tests/npm-packages'), { stdio: 'ignore' }); // grpc-js, where it is not there yet
const SETTLED_SECONDS = 15; // what a start leaves to do is done: followers are connected, the pool's threads have ended
const OBSERVED_SECONDS = 20;
const PATIENCE_SECONDS = 120;
const SCHOOLS = [1, 50, 1000];
const words = process.argv.slice(2);
const engine = words.includes('--postgres')
  ? `engine: POSTGRES\npostgres: "${words[words.indexOf('--postgres') + 1]}"\n` : '';
const GRPC_SERVER = `
  const grpc = require('@grpc/grpc-js');
  const bytes = { requestSerialize: (b) => b, requestDeserialize: (b) => b,
                  responseSerialize: (b) => b, responseDeserialize: (b) => b };
  const server = new grpc.Server();
  server.addService({ get: { path: '/idle.Idle/Get', requestStream: false, responseStream: false, ...bytes } },
                    { get: (call, done) => done(null, call.request) });
  server.bindAsync('127.0.0.1:' + process.argv[1], grpc.ServerCredentials.createInsecure(), () => {});`;

const children = [];
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

function connects(where) {
  return new Promise((answer) => {
    const socket = net.connect(where, () => { socket.destroy(); answer(true); });
    socket.once('error', () => answer(false));
  });
}

// Starts a program and waits until it takes connections; the milliseconds that took.
async function start(program, words, where, options = {}) {
  const begin = performance.now();
  const child = spawn(program, words, { stdio: 'ignore', ...options });
  children.push(child);
  while (!await connects(where)) {
    if (child.exitCode !== null) throw new Error(`${program} ${words.join(' ')} ended with ${child.exitCode}`);
    if (performance.now() - begin > PATIENCE_SECONDS * 1000) throw new Error(`${program} does not listen`);
    await sleep(1);
  }
  return { child, milliseconds: performance.now() - begin };
}

function pssKibibytes(child) {
  return Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8'))[1]);
}

async function stop(started) {
  for (const { child } of started) {
    const ended = new Promise((end) => child.once('exit', end));
    child.kill('SIGTERM');
    await ended;
  }
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// Of each thread of a process, by its number: how often it went to sleep by itself, and its nanoseconds on a core.
function threadsOf(child) {
  const folder = `/proc/${child.pid}/task`;
  return new Map(fs.readdirSync(folder).map((thread) => {
    const status = fs.readFileSync(`${folder}/${thread}/status`, 'utf8');
    const spent = Number(fs.readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return [thread, { switches: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]), spent }];
  }));
}

// All of them once all is quiet.
async function measured(started) {
  await sleep(SETTLED_SECONDS * 1000);
  const before = started.map(({ child }) => threadsOf(child)), begin = performance.now();
  await sleep(OBSERVED_SECONDS * 1000);
  const seconds = (performance.now() - begin) / 1000;
  const after = started.map(({ child }) => threadsOf(child));
  const grown = (what) => sum(after.map((threads, i) => sum([...threads].map(([thread, counts]) =>
    counts[what] - (before[i].get(thread)?.[what] ?? 0)))));
  return { mebibytes: sum(started.map(({ child }) => pssKibibytes(child))) / 1024,
    threads: sum(after.map((threads) => threads.size)), switches: grown('switches') / seconds,
    percent: grown('spent') / seconds / 1e7, milliseconds: sum(started.map((one) => one.milliseconds)) / started.length };
}

async function school(folder) {
  const ports = await Promise.all(SERVICES.map(freePort));
  const socket = path.join(folder, 'redis.sock');
  const peers = SERVICES.map((service, i) => `peers { service: "${service}" address: "127.0.0.1:${ports[i]}" }\n`);
  fs.writeFileSync(path.join(folder, 'config.textproto'),
    `schools: "nancy"\nnetwork: "idle"\ndevelopment: true\nredis: "unix:${socket}"\n${peers.join('')}`);
  execFileSync(BINARY, ['migrate', '--data', folder], { stdio: 'ignore' });
  const redis = await start('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder], socket);
  const services = [];
  for (const [i, service] of SERVICES.entries()) {
    const words = ['serve', service, '--data', folder, '--listen_address', `127.0.0.1:${ports[i]}`];
    services.push(await start(BINARY, words, { host: '127.0.0.1', port: ports[i] }));
  }
  const figures = { services: await measured(services), redis: pssKibibytes(redis.child) / 1024 };
  await stop([...services, redis]);
  return figures;
}

// So many schools in one process.
async function all(schools) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-idle-'));
  const port = await freePort();
  fs.writeFileSync(path.join(folder, 'config.textproto'), `network: "idle"\ndevelopment: true\n${engine}${
    Array.from({ length: schools }, (_, i) => `schools: "school-${i}"\n`).join('')}`);
  execFileSync(BINARY, ['migrate', '--data', folder], { stdio: 'ignore' });
  const words = ['serve', 'all', '--data', folder, '--listen_address', `127.0.0.1:${port}`];
  const process = await start(BINARY, words, { host: '127.0.0.1', port });
  const figures = await measured([process]);
  await stop([process]);
  fs.rmSync(folder, { recursive: true, force: true });
  return figures;
}

async function node() {
  const servers = [];
  for (const _ of SERVICES) {
    const port = await freePort();
    servers.push(await start(process.execPath, ['-e', GRPC_SERVER, String(port)], { host: '127.0.0.1', port },
      { cwd: path.join(SOURCE, 'tests') }));
  }
  const figures = await measured(servers);
  await stop(servers);
  return figures;
}

async function round() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-idle-'));
  try {
    const ours = await school(folder);
    const together = {};
    for (const schools of SCHOOLS) together[schools] = await all(schools);
    return { ...ours, node: await node(), together };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rounds = [];
for (let i = 0; i < Number(words.find((word) => /^\d+$/.test(word)) ?? 3); ++i) rounds.push(await round());
const of = (pick) => Number(median(rounds.map(pick)).toFixed(2));
const report = {
  services_pss_mib: of((one) => one.services.mebibytes),
  redis_pss_mib: of((one) => one.redis),
  node_pss_mib: of((one) => one.node.mebibytes),
  services_over_node_pss: Number(median(rounds.map((one) => one.services.mebibytes / one.node.mebibytes)).toFixed(2)),
  services_threads: of((one) => one.services.threads),
  services_switches_per_second: of((one) => one.services.switches),
  services_core_percent: of((one) => one.services.percent),
  service_start_ms: of((one) => one.services.milliseconds),
  node_start_ms: of((one) => one.node.milliseconds),
};
for (const schools of SCHOOLS) {
  const together = (pick) => of((one) => pick(one.together[schools]));
  report[`all_${schools}_pss_mib`] = together((one) => one.mebibytes);
  report[`all_${schools}_threads`] = together((one) => one.threads);
  report[`all_${schools}_switches_per_second`] = together((one) => one.switches);
  report[`all_${schools}_core_percent`] = together((one) => one.percent);
  report[`all_${schools}_start_ms`] = together((one) => one.milliseconds);
}
const many = SCHOOLS.at(-1);
report.school_kib = of((one) => (one.together[many].mebibytes - one.together[1].mebibytes) * 1024 / (many - 1));
if (words.includes('--json')) console.log(JSON.stringify(report));
else for (const [name, number] of Object.entries(report)) console.log(name.padEnd(32), String(number).padStart(8));
