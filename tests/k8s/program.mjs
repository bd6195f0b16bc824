// What the manifests say to the program, held against the program itself: its commands and flags as it lists them, its
// configuration as it reads it; and what that configuration says of the other objects.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CALLS } from './network.mjs';
import { containersOf, filesIn, flagOf, isVivier, named, ofKind, podsOf, selects, servesOf, SERVICES, title } from './objects.mjs';

const BINARY = process.env.VIVIER_BINARY;
const unless = (holds, what) => (holds ? [] : [what]);
const run = (words) => {
  const { stdout, stderr } = spawnSync(BINARY, words, { encoding: 'utf8' });
  return stdout + stderr;
};

const commands = new Set([...run([]).matchAll(/^ {2}([a-z-]+)/gm)].map((found) => found[1]));
// Without those of the libraries.
const flags = new Set(run(['--helpfull']).split(/^ *Flags from /m).filter((part) => /^\S*(services|shared)\/\S+\.cc:/.test(part))
  .flatMap((part) => [...part.matchAll(/^ {4}--([a-z_]+) \(/gm)].map((found) => found[1])));

const eachOwn = (objects, check) =>
  podsOf(objects).flatMap((pod) => containersOf(pod).filter(isVivier).flatMap((container) =>
    check(container, pod).map((what) => `${pod.title} ${what}`)));

const commandLines = (objects) =>
  eachOwn(objects, ({ args = [], command }) => {
    const [first, ...rest] = args.map(String);
    if (first === 'backup' && !commands.has(first)) return [];  // a program that is older than its backups
    const given = rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/^--?/, '').split('=')[0]);
    return [
      ...unless(!command, 'starts something else than the program'),
      ...unless(commands.has(first), `runs ${first}, which is no command`),
      ...given.filter((flag) => !flags.has(flag)).map((flag) => `gives --${flag}, which is no flag`),
      ...given.filter((flag, i) => given.indexOf(flag) < i).map((flag) => `gives --${flag} twice`),
      ...rest.filter((word) => /^--(config|data|engine|postgres|redis)$/.test(word)).map((word) => `gives ${word} no value`),
      ...unless(first !== 'serve' || rest.filter((word) => !word.startsWith('-')).length === 1, 'serves none or several'),
    ];
  });

// $(NAME) stands for a variable of the container's.
const variables = (objects) =>
  podsOf(objects).flatMap((pod) => containersOf(pod).flatMap(({ args = [], env = [], name }) =>
    args.flatMap((word) => [...String(word).matchAll(/\$\(([A-Za-z_]+)\)/g)].map((found) => found[1]))
      .filter((variable) => !env.some((one) => one.name === variable))
      .map((variable) => `${pod.title}: ${name} has no ${variable}`)));

function withFiles(files, body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-config-'));
  try {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
    return body(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const FROM_FLAGS = ['engine', 'postgres', 'redis'];
const read = new Map();

// What the program says of a configuration: nothing, when all that it misses is what only the cluster has.
function complaint(files, words) {
  const key = JSON.stringify([files, words]);
  if (!read.has(key))
    read.set(key, withFiles(files, (folder) => {
      const said = run(['check', `--config=${folder}`, `--data=${path.join(folder, 'data')}`, ...words]);
      return /INVALID_FIELD|INVALID_ARGUMENT|ERROR: /.test(said) ? said.replaceAll(folder, '').trim().split('\n')[0] : '';
    }));
  return read.get(key);
}

function configurationOf(objects, pod, container) {
  const files = filesIn(objects, pod, container, flagOf(container, 'config'));
  return Object.entries(files).filter(([name]) => name.endsWith('.textproto')).sort().map(([, text]) => text).join('\n');
}
const field = (text, name) => new RegExp(`^\\s*${name}: *"([^"]*)"`, 'm').exec(text)?.[1];

const configuration = (objects) =>
  eachOwn(objects, (container, pod) => {
    const files = filesIn(objects, pod, container, flagOf(container, 'config'));
    const words = FROM_FLAGS.map((name) => [name, flagOf(container, name)]).filter(([, value]) => value !== undefined)
      .map(([name, value]) => `--${name}=${value}`);
    const text = configurationOf(objects, pod, container);
    return [
      ...unless(Object.keys(files).length > 0, `finds no file in ${flagOf(container, 'config')}`),
      ...unless(Object.keys(files).every((name) => name.endsWith('.textproto')), 'has a file there that it does not read'),
      ...unless(complaint(files, words) === '', `does not take its configuration: ${complaint(files, words)}`),
      ...unless(field(text, 'schools') && field(text, 'network'), 'does not say which school of which network it serves'),
      ...unless(!/^\s*development: *true/m.test(text), 'trusts anybody\'s tokens'),
    ];
  });

// The ports of the pod are those that the process listens at.
const listens = (objects) =>
  eachOwn(objects, (container, pod) => {
    if (servesOf(pod)?.container !== container) return [];
    const text = configurationOf(objects, pod, container);
    return Object.entries({ grpc: 'listen_address', health: 'health_address', metrics: 'metrics_address' }).flatMap(
      ([name, key]) => {
        const port = container.ports?.find((one) => one.name === name)?.containerPort;
        return unless(field(text, key) === `0.0.0.0:${port}`, `has its port ${name} elsewhere than its ${key}`);
      });
  });

// A peer is a Service of the site with that port, and each service of the site knows all that it calls.
function peers(objects) {
  const processes = podsOf(objects).filter(servesOf);
  const served = processes.map((pod) => servesOf(pod).service);
  const serving = ({ spec }) =>
    processes.filter((pod) => selects({ matchLabels: spec.selector }, pod.labels)).map((pod) => servesOf(pod).service);
  return eachOwn(objects, (container, pod) => {
    const text = configurationOf(objects, pod, container);
    const known = [...text.matchAll(/^\s*peers *\{ *service: *"([^"]*)" *address: *"([^"]*)"/gm)].map((found) => found.slice(1));
    const needs = CALLS.filter(([caller, callee]) => caller === servesOf(pod)?.service && served.includes(callee));
    return [
      ...known.flatMap(([service, address]) => {
        const [, host, port] = /^dns:\/\/\/([a-z-]+):([0-9]+)$/.exec(address) ?? [];
        const there = named(objects, 'Service', host);
        return [
          ...unless(SERVICES.includes(service), `has a peer ${service}, which is no service`),
          ...unless(there?.spec.ports.some((one) => String(one.port) === port), `looks for ${service} at ${address}, where nobody is`),
          ...unless(!there || serving(there).some((one) => [service, 'all'].includes(one)), `takes ${host} for ${service}`),
        ];
      }),
      ...needs.filter(([, callee]) => !known.some(([service]) => service === callee))
        .map(([, callee]) => `calls ${callee}, and is not told where that is`),
    ];
  });
}

// redis and postgres of the flags are Services of the site as well.
const stores = (objects) =>
  eachOwn(objects, (container) => {
    const redis = flagOf(container, 'redis'), postgres = /\bhost=(\S+)/.exec(flagOf(container, 'postgres') ?? '')?.[1];
    const at = (host, port) => named(objects, 'Service', host)?.spec.ports.some((one) => one.port === Number(port));
    return [
      ...unless(!redis || at(...redis.split(':')), `looks for Redis at ${redis}, where none is`),
      ...unless(!postgres || at(postgres, 5432), `looks for PostgreSQL at ${postgres}, where none is`),
      ...unless(!flagOf(container, 'postgres') || /sslmode=verify-full/.test(flagOf(container, 'postgres')),
        'talks with PostgreSQL without knowing it'),
    ];
  });

// Each path that a process is told of lies in a volume. The token for a parent is read by statistics alone.
const paths = (objects) =>
  eachOwn(objects, (container, pod) => {
    const service = servesOf(pod)?.container === container ? servesOf(pod).service : undefined;
    const text = service ? configurationOf(objects, pod, container) : '';
    const told = [...`${['statistics', 'all'].includes(service) ? text : text.replace(/token_file: *"[^"]*"/g, '')}\n${container.args.join('\n')}`
      .matchAll(/[="](\/[^\s"]+)/g)].map((found) => found[1]);
    const mounted = (container.volumeMounts ?? []).map((mount) => mount.mountPath);
    return told.filter((one) => !mounted.some((mount) => one === mount || one.startsWith(`${mount}/`)))
      .map((one) => `is told of ${one}, which is in no volume`);
  });

const SCHOOL_KEYS = 'school-keys';

// What a service shows is its own certificate, named as the configuration says (docs/identity-of-services.md).
function certificates(objects) {
  const issued = ofKind(objects, 'Certificate');
  const serving = podsOf(objects).filter(servesOf);
  const text = serving.length > 0 ? configurationOf(objects, serving[0], servesOf(serving[0]).container) : '';
  const site = `spiffe://${field(text, 'network')}/school/${field(text, 'schools')}/service/`;
  return [
    ...serving.flatMap((pod) => {
      const { container, service } = servesOf(pod);
      const folder = field(configurationOf(objects, pod, container), 'certificates');
      const mount = container.volumeMounts?.find((one) => one.mountPath === folder);
      const sources = pod.spec.volumes?.find((one) => one.name === mount?.name)?.projected?.sources ?? [];
      const files = sources.flatMap((one) => (one.secret ?? one.configMap)?.items?.map((item) => item.path) ?? []);
      const secrets = sources.map((one) => one.secret?.name).filter(Boolean);
      const keys = container.volumeMounts?.find((one) => one.mountPath === `${flagOf(container, 'data')}/keys`);
      const secret = pod.spec.volumes?.find((one) => one.name === keys?.name)?.secret?.secretName;
      return [
        ...[`${service}.pem`, `${service}.key`, 'authorities.pem', 'revocations.pem'].filter((file) => !files.includes(file))
          .map((file) => `has no ${file} in ${folder}`),
        ...unless(secrets.every((name) => name === `${service}-certificate`), `shows the certificate ${secrets}`),
        ...unless(secret === SCHOOL_KEYS, 'has no keys of the school, and would make some of its own'),
      ].map((what) => `${pod.title} ${what}`);
    }),
    ...issued.flatMap((certificate) => {
      const { name } = certificate.metadata;
      const { uris = [], usages = [], secretName, commonName, privateKey, issuerRef, duration, renewBefore, dnsNames = [] } = certificate.spec;
      const isOurs = name !== 'postgres';
      return [
        ...unless(!isOurs || (uris.length === 1 && uris[0] === site + name), `is named ${uris}, not ${site}${name}`),
        ...unless(['server auth', 'client auth'].every((usage) => usages.includes(usage)), 'is not for both ends'),
        ...unless(secretName === `${name}-certificate` && commonName === name, 'is kept under another name'),
        ...unless(privateKey?.algorithm === 'ECDSA' && privateKey.rotationPolicy === 'Always', 'keeps its key'),
        ...unless(named(objects, issuerRef.kind ?? 'Issuer', issuerRef.name), 'has no issuer'),
        ...unless(parseInt(renewBefore, 10) >= 24 && parseInt(duration, 10) > parseInt(renewBefore, 10), 'is renewed too late'),
        ...unless(dnsNames.includes(isOurs ? 'localhost' : name), 'is not for the host name that it is asked by'),
      ].map((what) => `${title(certificate)} ${what}`);
    }),
    ...(issued.length === 0 ? [] : serving.map((pod) => servesOf(pod).service)
      .filter((service) => !issued.some((one) => one.metadata.name === service)).map((service) => `nobody issues ${service}'s certificate`)),
  ];
}

export const PROGRAM = {
  'command-line': commandLines, variables, configuration, listens, peers, stores, paths, certificates,
};
