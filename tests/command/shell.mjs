// A shell with the program under test, in a folder of its own; who asks for a sign-in there gets a person.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const SOURCE = process.env.VIVIER_SOURCE;
export const BINARY = process.env.VIVIER_BINARY;
const PATIENCE_MS = 60_000;

export class Shell {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-documents-'));
  #children = new Map();  // by name

  file(name) { return path.join(this.folder, name); }

  // Of whoever keeps their sign-in in that folder.
  #environment(config = 'config') {
    return { ...process.env, HOME: this.folder, XDG_CONFIG_HOME: this.file(config), SHELL: '/bin/bash' };
  }

  // A command line as a shell runs it; `person` signs in where it asks for that.
  async run(line, { person = null, config } = {}) {
    const shell = `vivier() { "${BINARY}" "$@"; }; build() { :; }; set -o pipefail; ${line}`;
    const child = spawn('bash', ['-c', shell], { cwd: this.folder, env: this.#environment(config) });
    let said = '';
    let signedIn = null;
    const hear = (bytes) => {
      said += bytes;
      const address = said.match(/Open\D*? (http\S+)\n/)?.[1];
      if (person && address && !signedIn) signedIn = person.signIn(address);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const timer = setTimeout(() => child.kill('SIGTERM'), PATIENCE_MS);
    const status = await new Promise((resolve) => { child.on('close', resolve); });
    clearTimeout(timer);
    await signedIn;
    return { status, said };
  }

  async must(line, options) {
    const { status, said } = await this.run(line, options);
    assert.equal(status, 0, `${line}\n${said}`);
    return said;
  }

  // `vivier serve …` as a process of that name, once it has left the note DATA/run/NOTE.PID.KIND.
  async serve(name, line, note) {
    const log = fs.openSync(this.file(`${name}.log`), 'a');
    const child = spawn('bash', ['-c', `exec "${BINARY}" ${line.replace(/^(build\/)?vivier /, '')}`],
      { cwd: this.folder, env: this.#environment(), stdio: ['ignore', log, log] });
    this.#children.set(name, child);
    const left = this.file(`data/run/${note.replace('PID', child.pid)}`);
    for (const end = Date.now() + PATIENCE_MS; !fs.existsSync(left); await sleep(20))
      assert.ok(Date.now() < end && child.exitCode === null, fs.readFileSync(this.file(`${name}.log`), 'utf8').slice(-2000));
    const [pid, address] = fs.readFileSync(left, 'utf8').split(' ');
    return { pid, address, child };
  }

  async stop(name) {
    const child = this.#children.get(name);
    this.#children.delete(name);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => { child.on('exit', resolve); });
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  }

  end() {
    for (const child of this.#children.values()) child.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true });
  }
}
