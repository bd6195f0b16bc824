// As much of a browser as signing in needs: it keeps cookies and follows where it is sent. A cookie of __Host- is kept by
// the rules that browsers have for it.
import assert from 'node:assert/strict';

export class Browser {
  cookies = new Map(); // by origin, name → value

  header(url) {
    return [...(this.cookies.get(new URL(url).origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(url, lines) {
    const origin = new URL(url).origin;
    const jar = this.cookies.get(origin) ?? new Map();
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const [name, ...value] = pair.split('=');
      const has = (wanted) => attributes.some((one) => one.toLowerCase() === wanted);
      if (name.startsWith('__Host-')) assert.ok(has('secure') && has('path=/') && has('httponly') && has('samesite=lax'), line);
      if (has('max-age=0')) jar.delete(name); else jar.set(name, value.join('='));
    }
    this.cookies.set(origin, jar);
  }

  // One request, as it is; {status, headers, body}.
  async ask(url, { method = 'GET', headers = {}, body } = {}) {
    const cookie = this.header(url);
    const response = await fetch(url, { method, redirect: 'manual', body, headers: { ...(cookie ? { cookie } : {}), ...headers } });
    this.#keep(url, response.headers.getSetCookie());
    return { status: response.status, headers: response.headers, body: await response.text(), url };
  }

  // Where it ends, at most ten steps on; `seen` hears of each address.
  async visit(url, seen = []) {
    for (let i = 0; i < 10; ++i) {
      seen.push(url);
      const answer = await this.ask(url, { headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' } });
      if (![301, 302, 303].includes(answer.status)) return answer;
      url = new URL(answer.headers.get('location'), url).href;
    }
    throw new Error(`too many steps: ${seen}`);
  }
}
