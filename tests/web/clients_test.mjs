// Clients that nobody here wrote, with descriptors and no generated code: connect-node and connect-web in JSON, in bytes
// and as gRPC-Web, `buf curl` in its three protocols, straight and through a real nginx, and curl.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import { Site } from '../edge/site.mjs';

const SOURCE = process.env.VIVIER_SOURCE;
const LIST = 'vivier.enrolment.v1.CohortService/ListCohorts';
const BUF = fs.readdirSync(path.join(SOURCE, 'tests/node_modules/@bufbuild'))
  .filter((name) => name.startsWith('buf-linux'))
  .map((name) => path.join(SOURCE, 'tests/node_modules/@bufbuild', name, 'bin/buf'))[0];
const run = promisify(execFile);

const site = new Site();
let registry, edge, schema;

before(async () => {
  await site.startServices();
  edge = await site.startEdge('edge', {});
  schema = path.join(site.folder, 'schema.binpb');
  execFileSync('protoc', ['--include_imports', `--descriptor_set_out=${schema}`, '-I', path.join(SOURCE, 'protos'), '-I',
    '/usr/include', 'vivier/services.proto', 'google/rpc/error_details.proto'],
    { cwd: path.join(SOURCE, 'protos') });
  registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(schema)));
});
after(() => site.stop());

const service = (name) => registry.getService(`vivier.enrolment.v1.${name}`);
const asDirector = () => ({ headers: { authorization: site.token } });

const TRANSPORTS = {
  'connect-node, JSON': (baseUrl) => node.createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
  'connect-node, bytes': (baseUrl) => node.createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
  'connect-node, bytes that are compressed': (baseUrl) => node.createConnectTransport({ baseUrl, httpVersion: '1.1',
    useBinaryFormat: true, sendCompression: node.compressionGzip, compressMinBytes: 1 }),
  'connect-node, GET': (baseUrl) => node.createConnectTransport({ baseUrl, httpVersion: '1.1', useHttpGet: true }),
  'connect-node, gRPC-Web': (baseUrl) => node.createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
  'connect-node, gRPC-Web that is compressed': (baseUrl) => node.createGrpcWebTransport({ baseUrl, httpVersion: '1.1',
    sendCompression: node.compressionGzip, compressMinBytes: 1 }),
  'connect-web, JSON': (baseUrl) => web.createConnectTransport({ baseUrl, useBinaryFormat: false }),
  'connect-web, bytes': (baseUrl) => web.createConnectTransport({ baseUrl, useBinaryFormat: true }),
  'connect-web, GET': (baseUrl) => web.createConnectTransport({ baseUrl, useBinaryFormat: false, useHttpGet: true }),
  'connect-web, gRPC-Web': (baseUrl) => web.createGrpcWebTransport({ baseUrl }),
};

async function refusal(asked) {
  try {
    await asked();
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('it was not refused');
}

for (const [name, transportTo] of Object.entries(TRANSPORTS)) {
  test(`${name}: an answer, errors with their details, a write, a stream`, async () => {
    const transport = transportTo(`http://${site.web}`);
    const cohorts = createClient(service('CohortService'), transport);
    const answer = await cohorts.listCohorts({ parent: 'schools/nancy', pageSize: 10 }, { ...asDirector(), timeoutMs: 20_000 });
    assert.ok(Array.isArray(answer.cohorts));

    const anonymous = await refusal(() => cohorts.listCohorts({ parent: 'schools/nancy' }));
    assert.equal(anonymous.code, Code.Unauthenticated);
    const invalid = await refusal(() => cohorts.listCohorts({ parent: 'nobody' }, asDirector()));
    assert.equal(invalid.code, Code.InvalidArgument);
    const [info] = invalid.findDetails(registry.getMessage('google.rpc.ErrorInfo'));
    assert.equal(info.reason, 'INVALID_FIELD');
    const [bad] = invalid.findDetails(registry.getMessage('google.rpc.BadRequest'));
    assert.equal(bad.fieldViolations[0].field, 'parent');

    const candidates = createClient(service('PeopleService'), transport);
    const requestId = crypto.randomUUID();
    const request = { parent: 'schools/nancy', candidateId: `c-${requestId}`, requestId,
      candidate: { givenName: 'Zoé', familyName: "d'Arc", email: `${requestId}@example.org` } };
    const made = await candidates.createCandidate(request, asDirector());
    assert.equal(made.givenName, 'Zoé');
    assert.equal((await candidates.createCandidate(request, asDirector())).name, made.name, 'the first answer again');

    const files = createClient(service('FileService'), transport);
    const stream = await refusal(async () => {
      for await (const piece of files.downloadFile({ name: `${made.name}/files/none` }, asDirector())) assert.ok(piece);
    });
    assert.ok([Code.NotFound, Code.PermissionDenied, Code.InvalidArgument].includes(stream.code), stream.message);
    assert.ok(stream.findDetails(registry.getMessage('google.rpc.ErrorInfo')).length > 0);
  });
}

async function bufCurl(url, words, body) {
  const all = ['curl', '--schema', schema, '-H', `authorization: ${site.token}`, ...words, '-d', body, `${url}/${LIST}`];
  try {
    return { ...(await run(BUF, all)), failed: false };
  } catch (error) {
    return { stdout: error.stdout, stderr: error.stderr, failed: true };
  }
}

const PROTOCOLS = ['connect', 'grpcweb', 'grpc'];
for (const protocol of PROTOCOLS) {
  const ways = {
    straight: () => (protocol === 'grpc' ? [`http://${site.address}`, ['--http2-prior-knowledge']] : [`http://${site.web}`, []]),
    'through the edge': () => [`https://localhost:${edge.port}`, ['--cacert', path.join(site.folder, 'edge/edge.pem')]],
  };
  for (const [way, urlAndWords] of Object.entries(ways)) {
    test(`buf curl --protocol ${protocol}, ${way}`, async () => {
      const [url, words] = urlAndWords();
      const good = await bufCurl(url, ['--protocol', protocol, ...words], '{"parent": "schools/nancy"}');
      assert.ok(!good.failed, good.stderr);
      assert.equal(typeof JSON.parse(good.stdout), 'object');
      const bad = await bufCurl(url, ['--protocol', protocol, ...words], '{"parent": "nobody"}');
      assert.ok(bad.failed);
      assert.match(bad.stderr, /invalid_argument/);
      const { details } = JSON.parse(bad.stderr);
      assert.ok(Buffer.from(details.find(({ type }) => type === 'google.rpc.ErrorInfo').value, 'base64').includes('INVALID_FIELD'));
    });
  }
}

async function curl(...words) {
  const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', ...words]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

test('curl asks in JSON, compressed, by GET, over HTTP/1.0, and through the edge over HTTP/2', async () => {
  const json = ['-H', 'content-type: application/json', '-H', `authorization: ${site.token}`];
  const body = ['-d', '{"parent": "schools/nancy"}'];
  const url = `http://${site.web}/${LIST}`;
  for (const words of [[], ['--compressed'], ['-0'], ['-H', 'transfer-encoding: chunked'], ['-H', 'expect: 100-continue']]) {
    const answer = await curl(...json, ...words, ...body, url);
    assert.equal(answer.status, 200, `${words}: ${answer.body}`);
    assert.equal(typeof JSON.parse(answer.body), 'object');
  }
  const get = await curl('-G', ...json.slice(2), '--data-urlencode', 'message={"parent": "schools/nancy"}', '-d',
    'connect=v1&encoding=json', url);
  assert.equal(get.status, 200, get.body);
  const outside = await curl('--cacert', path.join(site.folder, 'edge/edge.pem'), '--http2', ...json, ...body,
    `https://localhost:${edge.port}/${LIST}`);
  assert.equal(outside.status, 200, outside.body);
});

test('a stream that was broken off goes on from its first byte that is missing, in each form, and with curl', async () => {
  const bytes = Buffer.from('Vivier, a pool of talent.\n'.repeat(40_000).slice(0, 983_040)); // 15 times 64 KiB
  const token = { authorization: site.token };
  const plain = node.createConnectTransport({ baseUrl: `http://${site.web}`, httpVersion: '1.1', useBinaryFormat: true });
  const parent = 'schools/nancy/candidates/streams';
  await createClient(service('PeopleService'), plain).createCandidate({ parent: 'schools/nancy', candidateId: 'streams',
    requestId: crypto.randomUUID(), candidate: { givenName: 'Zoé', familyName: 'Stream', email: 'streams@example.org' } }, { headers: token });
  const files = createClient(service('FileService'), plain);
  const { name } = await files.createFile({ parent, fileId: 'letter', requestId: crypto.randomUUID(), file: { kind: 4, format: 8,
    displayName: 'letter.txt', size: BigInt(bytes.length), sha256: createHash('sha256').update(bytes).digest('hex') } }, { headers: token });
  const sent = await files.uploadFileChunk({ name, offset: 0n, data: bytes, requestId: crypto.randomUUID() }, { headers: token });
  assert.equal(sent.state, 2, 'it is kept');
  for (const [way, transportTo] of Object.entries(TRANSPORTS)) {
    const reader = createClient(service('FileService'), transportTo(`http://${site.web}`));
    const pieces = [];
    let length = 0;
    for (let streams = 0; length < bytes.length; ++streams) {
      assert.ok(streams < 10, `${way}: ${length} bytes`);
      for await (const piece of reader.downloadFile({ name, offset: BigInt(length) }, { headers: token })) {
        assert.equal(Number(piece.offset), length, way);
        pieces.push(piece.data);
        length += piece.data.length;
        break; // each stream breaks after its first message
      }
    }
    assert.ok(pieces.length > 1 && Buffer.concat(pieces).equals(bytes), way);
  }
  const framed = (text) => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const body = path.join(site.folder, 'framed');
  fs.writeFileSync(body, framed(JSON.stringify({ name, offset: String(bytes.length - 5) })));
  const last = await curl('-H', 'content-type: application/connect+json', '-H', `authorization: ${site.token}`, '--data-binary', `@${body}`,
    `http://${site.web}/vivier.enrolment.v1.FileService/DownloadFile`);
  assert.equal(last.status, 200, last.body);
  assert.match(last.body, new RegExp(`"data":"${bytes.subarray(-5).toString('base64')}"`));
});
