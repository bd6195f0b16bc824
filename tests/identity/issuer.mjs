// An issuer of OpenID Connect on loopback, as a process: node issuer.mjs KIND FOLDER [PORT]
//
// KIND is "oauth2-mock-server" or "oidc-provider". FOLDER/keys.json keeps its signing keys, the newest first, so that it
// can be started again; with FOLDER/certificate.pem and FOLDER/certificate.key it serves https. Prints its address.
// Each line on standard input is a command, answered with "done":
//
//   rotate   signs with a new key, of the next algorithm, and publishes the one before it, too
//   revoke   signs with a new key, of the next algorithm, and publishes no other
//
// Ends when standard input does.
import { generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';

const [kind, folder, port = '0'] = process.argv.slice(2);
console.info = console.error;  // standard output is for the answers
// Debian's Node.js is older than oidc-provider wants.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
globalThis.crypto ??= webcrypto;
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const pairs = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

function newKey(alg) {
  return { ...pairs[alg]().privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() };
}

// By itself it signs with each published key in turn, and names no subject to clients. Here they say who they are.
async function mockServer(url, keys) {
  const { OAuth2Server } = await import('oauth2-mock-server');
  const { issuer, service } = new OAuth2Server();
  issuer.url = url;
  for (const key of keys) await issuer.keys.add(key);
  const buildToken = issuer.buildToken.bind(issuer);
  issuer.buildToken = (options) => buildToken({ ...options, kid: keys[0].kid });
  service.on('beforeTokenSigning', (token, request) => { token.payload.sub = request.body.sub ?? 'portal'; });
  return service.requestHandler;
}

// Signs with the newest key. Resource indicators (RFC 8707) are its way to access tokens that are JWT (RFC 9068).
async function provider(url, keys) {
  const { default: Provider } = await import('oidc-provider');
  const resource = (audience) => ({
    scope: '', audience, accessTokenTTL: 3600, accessTokenFormat: 'jwt', jwt: { sign: { alg: keys[0].alg } },
  });
  return new Provider(url, {
    jwks: { keys },
    clients: [{
      client_id: 'portal', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [],
      response_types: [], id_token_signed_response_alg: keys[0].alg,
    }],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, getResourceServerInfo: (_, name) => resource(name.replace('urn:', '')) },
    },
  }).callback();
}

const kinds = { 'oauth2-mock-server': mockServer, 'oidc-provider': provider };
const file = `${folder}/keys.json`;
let keys = existsSync(file) ? JSON.parse(readFileSync(file)) : [newKey(algorithms[0])];
let handle;
const serve = (request, response) => handle(request, response);
const secure = existsSync(`${folder}/certificate.pem`);
const server = secure
  ? https.createServer(
    { cert: readFileSync(`${folder}/certificate.pem`), key: readFileSync(`${folder}/certificate.key`) }, serve)
  : http.createServer(serve);

await new Promise((resolve) => { server.listen(Number(port), '127.0.0.1', resolve); });
const url = `${secure ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;

async function use(next) {
  handle = await kinds[kind](url, next);
  keys = next;
  writeFileSync(file, JSON.stringify(keys));
}

await use(keys);
console.log(url);
for await (const command of createInterface({ input: process.stdin })) {
  const next = newKey(algorithms[(algorithms.indexOf(keys[0].alg) + 1) % algorithms.length]);
  await use(command === 'rotate' ? [next, keys[0]] : [next]);
  console.log('done');
}
process.exit();
