// A school's one process and edges before it, real ones, in a folder of their own. What is started here ends with
// `stop`, or with the test's process at the latest.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '../services.mjs';

const SOURCE = process.env.VIVIER_SOURCE ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.VIVIER_BINARY ?? path.join(SOURCE, 'build/vivier');
const PATIENCE_SECONDS = 30;

export class Site {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-edge-'));
  #children = [];

  // `vivier serve all` on free ports of the loopback address, with its gateway.
  async startServices(more = []) {
    const data = path.join(this.folder, 'data');
    const flags = ['--data', data, '--development'];
    const addresses = ['--listen_address', '127.0.0.1:0', '--web_listen_address', '127.0.0.1:0'];
    this.services = this.#start(BINARY, ['serve', 'all', ...addresses, ...flags, ...more], 'services');
    const note = path.join(data, 'run', `enrolment.${this.services.pid}.address`);
    await until('the services serve', () => fs.existsSync(note));
    this.address = fs.readFileSync(note, 'utf8').trim().split(' ')[1];
    this.web = /"serving HTTP","address":"([^"]+)"/.exec(this.log('services'))[1];
    this.token = execFileSync(BINARY, ['token', ...flags], { encoding: 'utf8' }).trim();
    this.data = data;
  }

  // nginx with the repository's nginx.conf. `inside` is the address of the `services`; `outside` and `towards` are
  // further lines of the two files that a site writes, `insideFile` the first one whole; `instead` has other numbers for
  // nginx.conf, where a test cannot wait for those.
  async startEdge(name, { inside = this.address, portal = this.web, services = SERVICES, scheme = 'grpc', outside = '', towards = '',
    insideFile = null, port = null, instead = {} }) {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder, { mode: 0o755 });
    const certificate = this.certificate(folder, 'edge');
    port ??= await freePort();
    const write = (file, text) => fs.writeFileSync(path.join(folder, file), text);
    let nginx = fs.readFileSync(path.join(SOURCE, 'deploy/edge/nginx.conf'), 'utf8');
    for (const [directive, number] of Object.entries(instead)) {
      const line = new RegExp(`^( *${directive}) [0-9]+`, 'm');
      assert.match(nginx, line);
      nginx = nginx.replace(line, `$1 ${number}`);
    }
    write('nginx.conf', nginx);
    fs.copyFileSync(path.join(SOURCE, 'deploy/edge/locations.conf'), path.join(folder, 'locations.conf'));
    const upstream = (service, address) => `upstream ${service} { server ${address}; keepalive 32; }\n`;
    const upstreams = services.map((service) => upstream(service, inside));
    if (portal) upstreams.push(upstream('portal', portal));
    write('inside.conf', insideFile ?? `map "" $inside { default ${scheme}; }\n${towards}\n${upstreams.join('')}`);
    write('outside.conf', `listen 127.0.0.1:${port} ssl http2;\nssl_certificate edge.pem;\n` +
      `ssl_certificate_key edge.key;\n${outside}\n`);
    const words = ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-g', 'daemon off;'];
    const process = this.#start('nginx', words, name);
    await until(`${name} listens`, () => listens(port));
    return { port, process, authority: certificate.certificate, log: () => this.log(name) };
  }

  // A certificate for localhost that signs itself.
  certificate(folder, name) {
    const key = path.join(folder, `${name}.key`);
    const certificate = path.join(folder, `${name}.pem`);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
      '1', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out',
      certificate], { stdio: 'ignore' });
    return { key: fs.readFileSync(key), certificate: fs.readFileSync(certificate) };
  }

  log(name) { return fs.readFileSync(path.join(this.folder, `${name}.log`), 'utf8'); }

  // CPU time that the services have used so far, in seconds.
  servicesCpuSeconds() {
    const fields = fs.readFileSync(`/proc/${this.services.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  }

  async stop() {
    for (const child of this.#children) child.kill('SIGTERM');
    for (const child of this.#children) await child.ended;
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  #start(command, words, name) {
    const log = fs.openSync(path.join(this.folder, `${name}.log`), 'a');
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...words], { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    child.ended = new Promise((resolve) => child.on('close', resolve).on('error', resolve));
    this.#children.push(child);
    return child;
  }
}

const CLOCK_TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

// Waits for what cannot be waited for but by looking; an error when it does not come.
export async function until(what, holds) {
  for (const end = Date.now() + PATIENCE_SECONDS * 1000; Date.now() < end; await sleep(5)) {
    if (await holds()) return;
  }
  throw new Error(`in vain waited: ${what}`);
}

function listens(port) {
  return new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => resolve(true) ?? probe.destroy());
    probe.on('error', () => resolve(false));
  });
}

// Below those that the system gives to outgoing connections, of which other tests have thousands.
let nextPort = process.pid * 7919;
export function freePort() {
  return new Promise((resolve) => {
    const port = 10_000 + (nextPort++ % 22_000);
    const probe = net.createServer();
    probe.on('error', () => resolve(freePort()));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}
