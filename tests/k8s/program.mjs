// What the manifests say to the program, held against the program itself: its commands and flags as it lists them, and
// its configuration as it reads it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { configurationOf, containersOf, eachOwn, field, filesIn, flagOf, podsOf } from './objects.mjs';

const BINARY = process.env.VIVIER_BINARY;
const unless = (holds, what) => (holds ? [] : [what]);
const run = (words) => {
  const { stdout, stderr } = spawnSync(BINARY, words, { encoding: 'utf8' });
  return stdout + stderr;
};

const commands = new Set([...run(['--help']).matchAll(/^ {2}([a-z-]+) {2}/gm)].map((found) => found[1]));
// Of any command; a manifest writes them with "_" or with "-".
const flags = new Set(
  [...commands].flatMap((command) =>
    [...run(['help', command]).matchAll(/^ {2}--([a-z-]+)/gm)].map((found) => found[1].replaceAll('-', '_')),
  ),
);

const commandLines = (objects) =>
  eachOwn(objects, ({ args = [], command }) => {
    const [first, ...rest] = args.map(String);
    const given = rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/^--/, '').split('=')[0].replaceAll('-', '_'));
    return [
      ...unless(!command, 'starts something else than the program'),
      ...unless(commands.has(first), `runs ${first}, which is no command`),
      ...given.filter((flag) => !flags.has(flag)).map((flag) => `gives --${flag}, which is no flag`),
      ...given.filter((flag, i) => given.indexOf(flag) < i).map((flag) => `gives --${flag} twice`),
      ...rest
        .filter((word) => /^--(config|data|engine|postgres|redis)$/.test(word))
        .map((word) => `gives ${word} no value`),
      ...unless(
        first !== 'serve' || rest.filter((word) => !word.startsWith('-')).length === 1,
        'serves none or several',
      ),
    ];
  });

// $(NAME) stands for a variable of the container's.
const variables = (objects) =>
  podsOf(objects).flatMap((pod) =>
    containersOf(pod).flatMap(({ args = [], env = [], name }) =>
      args
        .flatMap((word) => [...String(word).matchAll(/\$\(([A-Za-z_]+)\)/g)].map((found) => found[1]))
        .filter((variable) => !env.some((one) => one.name === variable))
        .map((variable) => `${pod.title}: ${name} has no ${variable}`),
    ),
  );

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
    read.set(
      key,
      withFiles(files, (folder) => {
        const said = run(['check', `--config=${folder}`, `--data=${path.join(folder, 'data')}`, ...words]);
        return /INVALID_FIELD|INVALID_ARGUMENT|See vivier help|ERROR: /.test(said)
          ? said.replaceAll(folder, '').trim().split('\n')[0]
          : '';
      }),
    );
  return read.get(key);
}

const configuration = (objects) =>
  eachOwn(objects, (container, pod) => {
    const files = filesIn(objects, pod, container, flagOf(container, 'config'));
    const words = FROM_FLAGS.map((name) => [name, flagOf(container, name)])
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `--${name}=${value}`);
    const text = configurationOf(objects, pod, container);
    return [
      ...unless(Object.keys(files).length > 0, `finds no file in ${flagOf(container, 'config')}`),
      ...unless(
        Object.keys(files).every((name) => name.endsWith('.textproto')),
        'has a file there that it does not read',
      ),
      ...unless(complaint(files, words) === '', `does not take its configuration: ${complaint(files, words)}`),
      ...unless(
        field(text, 'schools') && field(text, 'network'),
        'does not say which school of which network it serves',
      ),
      ...unless(
        !/^\s*development: *true|^--?development/m.test([text, ...(container.args ?? [])].join('\n')),
        "trusts anybody's tokens",
      ),
    ];
  });

export const PROGRAM = { 'command-line': commandLines, variables, configuration };
