// Every `vivier …` command line of the documents is run: those for a school in production against one whose
// configuration says development: false, over TLS, with an issuer of OpenID Connect. Prints what it ran.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { commandLines } from './documents.mjs';
import { Site } from '../edge/site.mjs';
import { Person, startIssuer } from './person.mjs';
import { BINARY, Shell, SOURCE } from './shell.mjs';

// What a document names that is not there: it stands for what is.
const STANDS_FOR = [
  [/https:\/\/id\.example\/realms\/nancy/g, () => issuer.url],
  [/\/mnt\/elsewhere/g, () => path.join(folder, 'elsewhere')],
  [/\/usr\/local\/share\/man\/man1|~\/\.zfunc|~\/\.config\/fish\/completions/g, () => folder],
  [/certificates\/0f8c2b1e/g, () => `certificates/${certificate}`],
  [/localhost:7443/g, () => `localhost:${edge.port}`],
  [/--data \.vivier/g, () => ''],
  [/\.vivier\/edge\/edge\.pem/g, () => file('edge.pem')],
  [/cohorts\/ai-1/g, () => 'cohorts/ia-2027'],
  [/applications\/zoe/g, () => `applications/${application}`],
];
// What is refused of a school such as this one, and with what words.
const REFUSED = [
  [/^vivier clock 2027/, /reason=INVALID_FIELD/],  // the story may be later than that
  [/^vivier checklist/, /LACKING/],
  [/^vivier doctor/, /^FAIL/m],
  [/^vivier import applications/, /reason=COHORT_NOT_OPEN/],  // the story is over
  [/ExportKeptProof/, /reason=NOT_FOUND/],
  [/^vivier events --retry partners/, /0 applied|reason=/],
];

const shell = new Shell();
const { folder } = shell;
let issuer, site, edges, edge, certificate, application;
const all = commandLines(SOURCE);
const ran = [];

const file = (name) => shell.file(name);
const run = (...words) => shell.run(...words);
const must = (...words) => shell.must(...words);
const serve = async (line) => { site = await shell.serve('enrolment', line, 'enrolment.PID.address'); };
const stop = () => shell.stop('enrolment');

function configure(development) {
  fs.writeFileSync(file('data/config.textproto'), `schools: "nancy" network: "test" development: ${development}\n` +
    `certificates: "${file('certificates/current')}"\n` +
    `issuers { issuer: "${issuer.url}" audience: "vivier" jwks: "${issuer.url}/jwks" }\n`);
}

const standIn = (text) => STANDS_FOR.reduce((line, [what, stands]) => line.replace(what, stands), text);

// Each of them, and only then what went wrong.
async function runAll(lines) {
  const wrong = [];
  for (const line of lines) await runDocumented(line).catch((error) => wrong.push(error.message));
  assert.deepEqual(wrong, []);
}

async function runDocumented({ document, line, when, text }) {
  const command = standIn(text.replace(/^build\//, ''));
  const start = Date.now();
  let result = { status: 0, said: '' };
  if (/^vivier serve/.test(command)) {
    await stop();
    await serve(command);
  } else if (/^vivier migrate/.test(command)) {
    await stop();
    result = await run(command);
    await serve('vivier serve all');
  } else if (/--follow$/.test(command)) {
    result = await run(`timeout --preserve-status -s TERM 2 ${command.replace(/^vivier/, BINARY)} --interval 1s`);
  } else {
    result = await run(command, { person: new Person('director') });
  }
  const { status, said } = result;
  ran.push(`${document}:${line}  ${when}  ${status}  ${((Date.now() - start) / 1000).toFixed(1)} s  ${text.replace(/\s+/g, ' ')}`);
  const refused = REFUSED.find(([what]) => what.test(command));
  if (status !== 0 && refused) return assert.match(said, refused[1], command);
  assert.equal(status, 0, `${document}:${line}: ${command}\n${said}`);
  if (/^vivier rotate-keys --new/.test(command)) await serveAgain();
  if (/^vivier logout/.test(command)) await signIn();
}

async function serveAgain() { await stop(); await serve('vivier serve all'); }

async function signIn() {
  const { status, said } = await run('vivier login --browser', { person: new Person('director') });
  assert.equal(status, 0, said);
}

before(async () => {
  fs.symlinkSync(path.join(SOURCE, 'demo'), file('demo'));
  fs.mkdirSync(file('data'));
  issuer = await startIssuer();
  execFileSync(path.join(SOURCE, 'deploy/certificates'), [file('certificates'), '--network', 'test', '--school', 'nancy'],
    { stdio: 'ignore' });
});

after(async () => {
  if (edges) await edges.stop();
  issuer.stop();
  shell.end();
  console.log(ran.join('\n'));
});

const of = (when) => all.filter((line) => line.when === when);

test('the commands for development', async () => {
  configure(true);
  await must('vivier migrate');
  await runAll(of('development'));
  await stop();
});

test('the commands of a school in production', async () => {
  configure(false);
  fs.rmSync(file('data/clock'));  // the story moved it on; logs go on from where they are
  await serve('vivier serve all');
  await must(`vivier grant-admin '${issuer.url}#director'`);
  await signIn();
  await furnish();
  await runAll(of('production'));
});

// What documents speak of, besides what the story left.
async function furnish() {
  for (const [id, family] of [['c-17', 'Byron'], ['ada', 'Lovelace']])
    await must(`vivier call CreateCandidate '{"parent": "schools/nancy", "candidate_id": "${id}", "candidate": ` +
      `{"given_name": "Ada", "family_name": "${family}", "birth_date": {"year": 1999, "month": 12, "day": 10}}}'`);
  const cv = 'Ada, engines\n';
  const sha256 = createHash('sha256').update(cv).digest('hex');
  await must(`vivier call CreateFile '{"parent": "schools/nancy/candidates/ada", "file_id": "cv", "file": {"kind": "CV", ` +
    `"format": "PLAIN_TEXT", "display_name": "cv.txt", "size": ${cv.length}, "sha256": "${sha256}"}}'`);
  await must(`vivier call UploadFileChunk '{"name": "schools/nancy/candidates/ada/files/cv", ` +
    `"data": "${Buffer.from(cv).toString('base64')}"}'`);
  certificate = (await must(`vivier call ListCertificates '{"parent": "schools/nancy"}'`)).match(/certificates\/([^"]+)"/)?.[1];
  assert.ok(certificate, 'the story awarded certificates');
  application = (await must(`vivier call ListApplications '{"parent": "schools/nancy/cohorts/ia-2027"}'`))
    .match(/applications\/([^"]+)"/)?.[1];
  const [header, , row] = fs.readFileSync(path.join(SOURCE, 'demo/nancy/applications.csv'), 'utf8').split('\n');
  fs.writeFileSync(file('list.csv'), `${header}\n${row}\n`);
}

test('the commands that come in by the edge', async () => {
  const certificates = file('certificates/current');
  edges = new Site();
  edge = await edges.startEdge('edge', {
    inside: site.address,
    scheme: 'grpcs',
    towards: `grpc_ssl_certificate ${certificates}/edge.pem; grpc_ssl_certificate_key ${certificates}/edge.key;\n` +
      `grpc_ssl_trusted_certificate ${certificates}/authorities.pem; grpc_ssl_verify on; grpc_ssl_name localhost;`,
  });
  fs.writeFileSync(file('edge.pem'), edge.authority);
  await runAll(of('edge'));
});

// What it lists, or the refusal.
async function reflected(headers) {
  const [buf] = fs.readdirSync(path.join(SOURCE, 'tests/node_modules/@bufbuild')).filter((name) => name.startsWith('buf-linux'));
  const words = headers.map((header) => `--reflect-header '${header}'`).join(' ');
  return run(`${path.join(SOURCE, 'tests/node_modules/@bufbuild', buf, 'bin/buf')} curl --protocol grpc --cacert edge.pem ${words} ` +
    `--list-services https://localhost:${edge.port}`);
}

test('a tool of others learns by the edge which services there are, with a token', async () => {
  const [kept] = fs.readdirSync(file('config/vivier'));
  await must('vivier call GetSchool \'{"name": "schools/nancy"}\'');  // a token that has not ended
  const token = JSON.parse(fs.readFileSync(file(`config/vivier/${kept}`))).access_token;
  const { status, said } = await reflected([`authorization: Bearer ${token}`]);
  assert.equal(status, 0, said);
  const served = new Set((await must('vivier call --list')).trim().split('\n').map((line) => line.split('/')[0]));
  served.delete('vivier.site.v1.SiteService');
  assert.deepEqual(said.trim().split('\n').sort(), [...served].sort());
  for (const headers of [[], ['authorization: Bearer nothing'], [`authorization: Bearer vivier_${'A'.repeat(43)}`]]) {
    const refused = await reflected(headers);
    assert.notEqual(refused.status, 0, refused.said);
    assert.match(refused.said, /unauthenticated|token/i);
  }
});

test('the operator may not do what is the work of the school, and is told who may', async () => {
  await must('vivier logout');
  const { status, said } = await run('vivier call ListCohorts \'{"parent": "schools/nancy"}\'');
  assert.equal(status, 1);
  assert.match(said, /the operator of this machine may not ask it: `vivier login`, or --token-file FILE/);
  for (const line of ['status', 'verify', 'events --parked', 'audit schools/nancy']) await must(`vivier ${line}`);
});

test('a program shows the token of a file', async () => {
  await signIn();
  const [kept] = fs.readdirSync(file('config/vivier'));
  assert.equal(fs.statSync(file(`config/vivier/${kept}`)).mode & 0o777, 0o600);
  fs.writeFileSync(file('token'), `${JSON.parse(fs.readFileSync(file(`config/vivier/${kept}`))).access_token}\n`);
  await must('vivier logout');
  const asked = 'vivier call ListCohorts \'{"parent": "schools/nancy"}\' --token-file';
  await must(`${asked} token`);
  await must(`${asked} - <token`);
  assert.equal((await run(`${asked} /dev/null`)).status, 2);
});

test('the commands for a site that is stopped', async () => {
  await stop();
  await runAll(of('stopped'));
});

test('every document was looked at', () => {
  assert.ok(all.length >= 40, `${all.length} command lines`);
  const kinds = ['production', 'development', 'stopped', 'edge', 'node', 'machine'];  // node_test.mjs and machine_test.mjs run the last ones
  assert.deepEqual(all.filter(({ when }) => !kinds.includes(when)), []);
});
