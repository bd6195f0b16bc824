// An issuer of OpenID Connect with a public client for commands, in this process, and a person who signs in at it with
// a browser: pages, forms and cookies, and nothing of the protocol.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';

const FORMS_MAX = 8;

// Debian's Node.js is older than oidc-provider wants.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
globalThis.crypto ??= webcrypto;

export const PORTAL_SECRET = 'secret of the portal';

// Starts it on a free port of loopback, and gives its address; `stop` ends it. It knows a portal too, where `comesBackTo`
// says where people come back to.
export async function startIssuer({ comesBackTo } = {}) {
  let handle;
  const server = http.createServer((request, response) => handle(request, response));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${server.address().port}`;
  handle = providerAt(url, comesBackTo).callback();
  return { url, stop: () => { server.close(); server.closeAllConnections(); } };
}

// Access tokens end within a minute, so that each command has to get another one.
function providerAt(url, comesBackTo) {
  const key = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256',
    use: 'sig', kid: 'of-the-test' };
  const vivier = { scope: '', audience: 'vivier', accessTokenTTL: 50, accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } } };
  const provider = new Provider(url, {
    jwks: { keys: [key] },
    cookies: { keys: ['a key of the test'] },
    clients: [{
      client_id: 'vivier', token_endpoint_auth_method: 'none', application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: ['http://127.0.0.1/'], response_types: ['code'], id_token_signed_response_alg: 'ES256',
    }, ...(comesBackTo ? [{
      client_id: 'portal', client_secret: PORTAL_SECRET, token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [comesBackTo], response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    }] : [])],
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: {
        enabled: true, defaultResource: () => 'urn:vivier', useGrantedResource: () => true,
        getResourceServerInfo: () => vivier,
      },
    },
  });
  provider.use(async (context, next) => {
    await next();
    if (context.path === '/device/auth' && context.status === 200) context.body.interval = 1;  // 5 s without
  });
  return provider;
}

// Whoever it is that is called `name` at the issuer. A browser forgets all when it is closed, and so do we.
export class Person {
  #cookies = [];

  constructor(name) { this.name = name; }

  // Opens the address and fills in every form until there is none; gives the last page.
  async signIn(address) {
    let page = await this.#open(address);
    for (let forms = 0; forms < FORMS_MAX; forms += 1) {
      const form = page.text.match(/<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/);
      if (!form) return page.text;
      page = await this.#open(new URL(form[1], page.url).href, this.#filledIn(form[2], page.text));
    }
    throw new Error(`forms without an end: ${page.text}`);
  }

  #filledIn(form) {
    const fields = new URLSearchParams();
    for (const [input] of form.matchAll(/<(input|button)[^>]*>/g)) {
      const name = input.match(/name="([^"]+)"/)?.[1];
      if (!name || name === 'abort') continue;
      fields.set(name, name === 'login' ? this.name : (input.match(/value="([^"]*)"/)?.[1] ?? 'anything'));
    }
    return fields;
  }

  // One request with the cookies of its place.
  async ask(address, { headers = {}, ...request } = {}) {
    const url = new URL(address);
    const cookie = this.#cookies.filter((known) => known.origin === url.origin && url.pathname.startsWith(known.path))
      .map((known) => `${known.name}=${known.value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...request, headers: { ...headers, cookie } });
    for (const line of answer.headers.getSetCookie()) this.#keep(url.origin, line);
    return answer;
  }

  async #open(address, body) {
    const answer = await this.ask(address, { method: body ? 'POST' : 'GET', body });
    const next = answer.headers.get('location');
    return next ? this.#open(new URL(next, address).href) : { url: address, text: await answer.text() };
  }

  #keep(origin, line) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
    const path = line.match(/path=([^;]+)/i)?.[1] ?? '/';
    this.#cookies = this.#cookies.filter((known) => known.origin !== origin || known.name !== name || known.path !== path);
    if (value) this.#cookies.push({ origin, name, value, path });
  }
}
