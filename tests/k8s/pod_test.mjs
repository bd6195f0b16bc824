// The pod of a school on SQLite, started from its manifest without a cluster: the same words, the same configuration
// and volumes that are folders of this test. It answers its probes in plain text while its services want certificates,
// and ends in order when it is told to.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { call } from '../edge/grpc.mjs';
import { freePort, until } from '../edge/site.mjs';
import { overlay } from './combinations.mjs';
import { renderText, ROOT } from './kustomize.mjs';
import { filesIn, flagOf, podsOf, servesOf } from './objects.mjs';

const CHECK = '/grpc.health.v1.Health/Check';
const SERVING = 1; // of HealthCheckResponse.ServingStatus, the only field of the answer

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-pod-'));
const ports = {};
let child;

// What the manifest says of the pod's inside, said of this machine.
const here = (text) =>
  text
    .replaceAll('/etc/vivier', `${folder}/etc`)
    .replaceAll('/certificates', `${folder}/certificates/current`)
    .replaceAll('=/data', `=${folder}/data`)
    .replace(/0\.0\.0\.0:([0-9]+)/g, (_, port) => `127.0.0.1:${ports[port]}`);

before(async () => {
  for (const port of [7400, 7401, 9464]) ports[port] = await freePort();
  const { kustomization, files } = overlay('sqlite', []);
  const objects = renderText(kustomization, files);
  const pod = podsOf(objects).find(servesOf);
  const { container } = servesOf(pod);
  execFileSync(path.join(ROOT, 'deploy/certificates'), [
    `${folder}/certificates`,
    '--network',
    'free-schools',
    '--school',
    'nancy',
  ]);
  fs.mkdirSync(`${folder}/etc`);
  for (const [name, text] of Object.entries(filesIn(objects, pod, container, flagOf(container, 'config'))))
    fs.writeFileSync(`${folder}/etc/${name}`, here(text));
  child = spawn(process.env.VIVIER_BINARY, container.args.map(here), { stdio: ['ignore', 'inherit', 'inherit'] });
  await until('the pod is well', async () => (await health(ports[7401])) === SERVING);
});
after(() => {
  child?.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true });
});

// The status that health tells in plain text, undefined when nobody answers.
async function health(port) {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const { status, bytes } = await call(session, CHECK, Buffer.alloc(0));
  session.destroy();
  return status === 0 ? bytes[6] : undefined;
}

test('its services are not for who has no certificate', async () => {
  assert.equal(await health(ports[7400]), undefined);
});

test('it has metrics', async () => {
  const answer = await fetch(`http://127.0.0.1:${ports[9464]}/metrics`);
  assert.match(await answer.text(), /^# TYPE vivier_/m);
});

test('it ends when it is told to, in the time that the manifest gives', async () => {
  child.kill('SIGTERM');
  const [status] = await once(child, 'exit');
  assert.equal(status, 0);
  assert.equal(await health(ports[7401]), undefined);
});
