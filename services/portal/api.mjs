// Calls of our own gateway. The cookie that says who asks is out of reach of scripts; the header says that a page of ours does.
const HEADERS = { 'content-type': 'application/json', 'connect-protocol-version': '1' };

export class Refusal extends Error {
  constructor(status, body) {
    super(body.message ?? body.code ?? `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

async function read(response) {
  const text = await response.text();
  let body = {};
  try { body = JSON.parse(text); } catch { body = { message: text }; }
  if (!response.ok) throw new Refusal(response.status, body);
  return body;
}

export const get = async (path) => read(await fetch(path, { credentials: 'same-origin' }));
export const post = async (path, body = {}) =>
  read(await fetch(path, { method: 'POST', credentials: 'same-origin', headers: HEADERS, body: JSON.stringify(body) }));

let session = { signedIn: false, roles: [], schools: [], issuer: false };
export const currentSession = () => session;
export async function readSession() { session = await get('/-/session'); return session; }

let schema;
// The rpcs that this site serves, and the messages of their requests.
export const readSchema = async () => (schema ??= await get('/-/schema'));

// A token that ends soon is renewed first, where the issuer lets us.
export async function ask(path, body) {
  if (session.signedIn && session.renews && session.secondsLeft < 30) {
    await post('/-/renew');
    await readSession();
  }
  return post(path, body);
}
