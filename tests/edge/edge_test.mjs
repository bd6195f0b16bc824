// What the edge lets through, what it refuses and how, with a real nginx before a real `vivier serve all`, and, where
// it matters which headers arrive inside, before a server that sends them back.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { call, connect, framed, textField } from './grpc.mjs';
import { Site, until } from './site.mjs';

const ENROLMENT = '/vivier.enrolment.v1.';
const LIST = `${ENROLMENT}CohortService/ListCohorts`;
const SCHOOL = textField(1, 'schools/nancy');
const OK = 0, INVALID_ARGUMENT = 3, DEADLINE_EXCEEDED = 4, RESOURCE_EXHAUSTED = 8, UNIMPLEMENTED = 12, UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const KIB = 1024;

const site = new Site();
let edge, session;

before(async () => {
  await site.startServices();
  edge = await site.startEdge('edge', {});
  session = connect(edge);
});
after(async () => {
  session?.destroy();
  await site.stop();
});

const asDirector = () => ({ authorization: site.token });

test('a call passes with its answer', async () => {
  const answer = await call(session, LIST, SCHOOL, asDirector());
  assert.equal(answer.status, OK, answer.message);
  assert.equal(answer.http, 200);
});

test('an error of the service keeps its status, its message and its details', async () => {
  const rows = [
    [SCHOOL, {}, UNAUTHENTICATED, 'TOKEN_MISSING'],
    [textField(1, 'nobody'), asDirector(), INVALID_ARGUMENT, 'INVALID_FIELD'],
  ];
  for (const [request, headers, status, reason] of rows) {
    const answer = await call(session, LIST, request, headers);
    assert.equal(answer.status, status, answer.message);
    assert.notEqual(answer.message, '');
    assert.ok(Buffer.from(answer.details, 'base64').includes(reason), answer.details);
  }
});

// tests/command/documents_test.mjs asks in production, where a token is needed.
test('a tool asks which services there are, in both versions of the protocol', async () => {
  for (const version of ['v1', 'v1alpha']) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const answer = await call(session, path, textField(7, ''));  // list_services
    assert.equal(answer.status, OK, answer.message);
    for (const name of ['vivier.enrolment.v1.CohortService', 'vivier.statistics.v1.IndicatorService'])
      assert.ok(answer.bytes.includes(name), name);
    assert.ok(!answer.bytes.includes('LogService') && !answer.bytes.includes('SiteService'));
  }
});

test('what is for those inside is no rpc to those outside', async () => {
  for (const path of [
    '/vivier.log.v1.LogService/FollowEvents',
    '/vivier.site.v1.SiteService/VerifyInvariants',
    '/grpc.health.v1.Health/Check',
    '/',
    '/unknown',
    '/vivier.enrolment.v1.',
    '/vivier.enrolment.v1.Other/ListCohorts',
    '/VIVIER.enrolment.v1.CohortService/ListCohorts',
    '//vivier.log.v1.LogService/FollowEvents',
    `${ENROLMENT}CohortService/../vivier.log.v1.LogService/FollowEvents`,
    `${ENROLMENT}CohortService/..%2fvivier.site.v1.SiteService/VerifyInvariants`,
    `/vivier.log.v1.LogService/..${LIST}`,
  ]) {
    const answer = await call(session, path, SCHOOL, asDirector());
    assert.equal(answer.status, UNIMPLEMENTED, `${path}: ${JSON.stringify(answer)}`);
  }
  for (const above of ['../..', '%2e%2e/%2e%2e', '..%2f..']) {
    const path = `${ENROLMENT}CohortService/${above}/vivier.log.v1.LogService/FollowEvents`;
    assert.equal((await call(session, path, SCHOOL, asDirector())).http, 400);
  }
});

// An HTTP/1.1 call to the edge: {status, headers, body}.
function overHttp(door, path, { method = 'POST', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: door.port, path, method, ca: door.authority, headers });
    request.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (piece) => { text += piece; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    request.end(body);
  });
}
const json = { 'content-type': 'application/json' };

test('what is not gRPC over HTTP/2 is the portal\'s', async () => {
  const asked = { headers: { ...json, authorization: site.token }, body: '{"parent": "schools/nancy"}' };
  const answer = await overHttp(edge, LIST, asked);
  assert.equal(answer.status, 200, answer.body);
  assert.ok(answer.headers['strict-transport-security']);
  assert.equal((await overHttp(edge, LIST, { ...asked, headers: json })).status, 401);
  for (const [path, type, method] of [[LIST, 'text/plain', 'POST'], [LIST, 'application/grpc', 'POST']])
    assert.equal((await overHttp(edge, path, { method, headers: { 'content-type': type } })).status, 415);
  assert.equal((await overHttp(edge, LIST, { method: 'PUT' })).status, 405);
  assert.equal((await call(session, LIST, SCHOOL, { 'content-type': 'application/json' })).http, 400);
  for (const path of ['/-portal', '/-/nothing', '/vivier.log.v1.LogService/FollowEvents', `${LIST}/`, `/x/..${LIST}`,
    LIST.replace('Service/', 'Service%2f'), `/${LIST}`, `${LIST}%00`])
    assert.ok([400, 404].includes((await overHttp(edge, path, asked)).status), path); // nginx itself reads no NUL
});

test('the edge refuses HTTP in the portal\'s words', async () => {
  const large = await overHttp(edge, LIST, { headers: json, body: 'x'.repeat(6 * KIB * KIB) });
  assert.deepEqual([large.status, JSON.parse(large.body).code], [413, 'resource_exhausted']);
  const away = await overHttp(await site.startEdge('no-portal', { portal: '127.0.0.1:1' }), LIST, { headers: json });
  assert.deepEqual([away.status, JSON.parse(away.body).code], [503, 'unavailable']);
  const none = await overHttp(await site.startEdge('without', { portal: '' }), LIST, { headers: json });
  assert.deepEqual([none.status, JSON.parse(none.body).code], [503, 'unavailable']);
});

test('a request is as large as the house allows, and no larger', async () => {
  const text = (bytes) => textField(1, 'x'.repeat(2 * bytes - textField(1, 'x'.repeat(bytes)).length));
  const answer = async (rpc, bytes) => {
    assert.equal(text(bytes).length, bytes);
    return call(session, ENROLMENT + rpc, text(bytes), asDirector());
  };
  assert.equal((await answer('CohortService/ListCohorts', 64 * KIB)).status, INVALID_ARGUMENT);
  const refused = await answer('CohortService/ListCohorts', 64 * KIB + 1);
  assert.equal(refused.status, RESOURCE_EXHAUSTED, JSON.stringify(refused));
  assert.match(refused.message, /larger/);
  assert.equal((await answer('SelectionService/ImportApplications', 4 * KIB * KIB)).status, INVALID_ARGUMENT);
  assert.equal((await answer('SelectionService/ImportApplications', 4 * KIB * KIB + 1)).status, RESOURCE_EXHAUSTED);
  assert.equal((await call(session, LIST, SCHOOL, asDirector())).status, OK, 'the connection goes on');
});

// Sends back the headers that came in, as text.
function echo(stream, headers) {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume().on('end', () => stream.end(framed(Buffer.from(JSON.stringify(headers)))));
}

async function listening(server, answer = echo) {
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${server.address().port}`;
}
const headersOf = (answer) => JSON.parse(answer.bytes.subarray(5).toString());

test('nobody outside claims to be inside, or to be at another address', async () => {
  const server = http2.createServer();
  const open = connect(await site.startEdge('echo', { inside: await listening(server) }));
  const claims = { 'vivier-in-process': 'key', 'x-real-ip': '10.0.0.1', forwarded: 'for=10.0.0.1' };
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const answer = await call(open, LIST, SCHOOL,
    { ...claims, 'x-forwarded-for': '10.0.0.1', authorization: 'token', traceparent, 'grpc-timeout': '5S' });
  open.destroy();
  server.close();
  assert.equal(answer.status, OK, answer.message);
  const arrived = headersOf(answer);
  for (const claim of Object.keys(claims)) assert.equal(arrived[claim], undefined, claim);
  assert.equal(arrived['x-forwarded-for'], '127.0.0.1');
  assert.equal(arrived.authorization, 'token');
  assert.equal(arrived.traceparent, traceparent);
  assert.equal(arrived['grpc-timeout'], '5S');
});

test('towards services with TLS the edge shows its certificate and checks theirs', async () => {
  const own = site.certificate(site.folder, 'edge-inside');
  const service = site.certificate(site.folder, 'service');
  const server = http2.createSecureServer({ key: service.key, cert: service.certificate, ca: own.certificate,
    requestCert: true, rejectUnauthorized: true });
  const inside = await listening(server);
  const towards = (trusted) => `grpc_ssl_certificate ../edge-inside.pem; grpc_ssl_certificate_key ../edge-inside.key;
    grpc_ssl_trusted_certificate ../${trusted}.pem; grpc_ssl_verify on; grpc_ssl_name localhost;`;
  const status = async (name, lines) => {
    const open = connect(await site.startEdge(name, { inside, scheme: 'grpcs', towards: lines }));
    const answer = await call(open, LIST, SCHOOL);
    open.destroy();
    return answer.status;
  };
  assert.equal(await status('tls', towards('service')), OK);
  assert.equal(await status('tls-strange', towards('edge-inside')), UNAVAILABLE);
  assert.equal(await status('tls-nameless', 'grpc_ssl_verify off;'), UNAVAILABLE);
  server.close();
});

test('where partners have certificates, a wrong one is refused and a right one is logged', async () => {
  const partner = site.certificate(site.folder, 'partner');
  const stranger = site.certificate(site.folder, 'stranger');
  const status = async (door, pair) => {
    const open = connect(door, pair && { key: pair.key, cert: pair.certificate });
    const answer = await call(open, LIST, SCHOOL, asDirector());
    open.destroy();
    return answer.status;
  };
  const outside = (verify) => ({ outside: `ssl_client_certificate ../partner.pem; ssl_verify_client ${verify};` });
  const optional = await site.startEdge('optional', outside('optional'));
  assert.equal(await status(optional), OK);
  assert.equal(await status(optional, partner), OK);
  assert.equal(await status(optional, stranger), UNAUTHENTICATED);
  const demanded = await site.startEdge('demanded', outside('on'));
  assert.equal(await status(demanded), UNAUTHENTICATED);
  assert.equal(await status(demanded, partner), OK);
  await until('the fingerprint is logged', () => /"certificate":"[0-9a-f]{40}"/.test(optional.log()));
});

test('a call that is given up is given up inside, whether by the caller or for him', async () => {
  const server = http2.createServer();
  const closed = [];
  const inside = await listening(server, (stream) => {
    stream.on('error', () => {});  // the edge may end it by closing its connection
    closed.push(new Promise((resolve) => stream.on('close', resolve)));
  });
  const silent = await site.startEdge('silent', { inside, instead: { grpc_read_timeout: 1 } });
  const open = connect(silent);
  const given = open.request({ ':method': 'POST', ':path': LIST, 'content-type': 'application/grpc' });
  given.end(framed(SCHOOL));
  const arrived = new Promise((resolve) => server.once('stream', resolve));
  await arrived;
  given.close(http2.constants.NGHTTP2_CANCEL);
  await closed[0];
  const late = await call(open, LIST, SCHOOL);
  await closed[1];
  open.destroy();
  server.close();
  assert.equal(late.status, DEADLINE_EXCEEDED, late.message);
});

test('a call whose body stops is broken off', async () => {
  const open = connect(await site.startEdge('impatient', { instead: { client_body_timeout: 1 } }));
  const stream = open.request({
    ':method': 'POST', ':path': LIST, 'content-type': 'application/grpc', te: 'trailers', ...asDirector(),
  });
  stream.write(framed(SCHOOL).subarray(0, 3));
  stream.on('error', () => {});
  await new Promise((resolve) => stream.on('close', resolve));
  assert.notEqual(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
  assert.equal((await call(open, LIST, SCHOOL, asDirector())).status, OK, 'the connection goes on');
  open.destroy();
});

test('a service that is away, or that a site does not run, is UNAVAILABLE, not a page', async () => {
  const open = connect(await site.startEdge('away', { inside: '127.0.0.1:1', services: ['enrolment'] }));
  for (const path of [LIST, '/vivier.funding.v1.FunderService/ListFunders']) {
    const answer = await call(open, path, SCHOOL);
    assert.deepEqual([answer.status, answer.http], [UNAVAILABLE, 200]);
  }
  open.destroy();
});

test('TLS below 1.2 is refused', async () => {
  const open = connect(edge, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' });
  assert.equal((await call(open, LIST, SCHOOL)).status, -1);
});

test('the log tells the rpc, its status, size and time, and nothing about the caller', async () => {
  await call(session, `${ENROLMENT}Marie.Curie@example.org?name=Curie`, SCHOOL, asDirector());
  const logged = (holds) => edge.log().split('\n').filter((line) => line).map((line) => JSON.parse(line)).some(holds);
  await until('the call is logged', () => logged((line) => line.rpc === LIST && line.grpc_status === '0'));
  await until('the refusal is logged', () => logged((line) => line.rpc === '' && line.grpc_status === '12'));
  for (const secret of [site.token.slice(0, 20), 'Curie', '127.0.0.1']) assert.ok(!edge.log().includes(secret), secret);
});
