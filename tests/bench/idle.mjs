// What an idle school costs: its services and Redis, beside as many idle servers of Node.js with grpc-js, started in the
// same run, one after the other, each on a port of its own. Prints memory (the proportional set size, PSS: what is
// shared between processes is divided among them) and the time from the start of a process until its port takes
// connections. `--json` prints one object of name → number. From the repository: node tests/bench/idle.mjs [ROUNDS]
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
const SETTLED_SECONDS = 3; // what a start leaves to do is done: followers are connected, heaps collected
const PATIENCE_SECONDS = 30;
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

// Memory in MiB once all is quiet, and the mean start in milliseconds.
async function measured(started) {
  await sleep(SETTLED_SECONDS * 1000);
  const kibibytes = started.map(({ child }) => pssKibibytes(child));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  return { mebibytes: sum(kibibytes) / 1024, milliseconds: sum(started.map((one) => one.milliseconds)) / started.length };
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
    return { ...ours, node: await node() };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const words = process.argv.slice(2);
const rounds = [];
for (let i = 0; i < Number(words.find((word) => /^\d+$/.test(word)) ?? 3); ++i) rounds.push(await round());
const of = (pick) => Number(median(rounds.map(pick)).toFixed(1));
const report = {
  services_pss_mib: of((one) => one.services.mebibytes),
  redis_pss_mib: of((one) => one.redis),
  node_pss_mib: of((one) => one.node.mebibytes),
  services_over_node_pss: Number(median(rounds.map((one) => one.services.mebibytes / one.node.mebibytes)).toFixed(2)),
  service_start_ms: of((one) => one.services.milliseconds),
  node_start_ms: of((one) => one.node.milliseconds),
};
if (words.includes('--json')) console.log(JSON.stringify(report));
else for (const [name, number] of Object.entries(report)) console.log(name.padEnd(28), String(number).padStart(8));
