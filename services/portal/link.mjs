// One-time links and invitations: "#/link/SCHOOL/SECRET" and "#/invitation/SCHOOL/SECRET". What stands behind "#" is sent
// to no server, stands in no log and in no Referer; opening the page changes nothing, so who looks at a mail's links before
// its reader does uses none of them up.
import { ask, currentSession, post, readSchema, readSession, Refusal } from './api.mjs';
import { element } from './dom.mjs';
import { say, timeOf } from './words.mjs';

const KEPT = 'invitation'; // for this tab alone, while its reader signs in
let link;

export function pendingInvitation() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
}
const keep = (invitation) => { try { sessionStorage.setItem(KEPT, JSON.stringify(invitation)); } catch { /* signed in already, or the link is opened again */ } };
const forget = () => { try { sessionStorage.removeItem(KEPT); } catch { /* nothing is kept */ } };

// The address without the secret, which goes out of sight as soon as it was read.
export function takeSecret(place) {
  const [, kind, school, secret] = place.split('/');
  if (!['link', 'invitation'].includes(kind) || !secret) return place;
  const taken = { school, secret, requestId: crypto.randomUUID() };
  if (kind === 'link') link = taken; else keep(taken);
  history.replaceState(null, '', `#/${kind}`);
  return `#/${kind}`;
}

// A fact of the refusal's ErrorInfo, for people who read it in their language.
const factOf = (error, key) => error.body.details?.find((detail) => detail.debug?.metadata)?.debug.metadata[key];

// A page with one button, and what became of it.
function oneButton(page, title, text, button, press) {
  const outcome = element('p', { role: 'alert' });
  const pressed = element('button', { class: 'first', type: 'button', onclick: async () => {
    pressed.disabled = true;
    try {
      await press();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const over = [401, 403, 409].includes(error.status);
      const since = factOf(error, 'since');
      outcome.className = 'wrong';
      outcome.textContent = since ? say('invitationOwn', timeOf(since)) : over && error.status !== 409 ? say('linkOver') : error.message;
      pressed.disabled = over;
    }
  } }, say(button));
  page.replaceChildren(element('h1', {}, say(title)), element('p', {}, say(text)),
    ...(title === 'link' && currentSession().signedIn ? [element('p', {}, say('linkSignsOut'))] : []), pressed, outcome);
}

export function linkPage(page) {
  if (!link) return page.replaceChildren(element('h1', {}, say('link')), element('p', {}, say('linkMissing')));
  return oneButton(page, 'link', 'linkText', 'linkOpen', async () => {
    await post('/-/link', link);
    link = undefined;
    await readSession();
    location.hash = '#/'; // which draws the page
  });
}

export function invitationPage(page) {
  const invitation = pendingInvitation();
  if (!invitation) return page.replaceChildren(element('h1', {}, say('invitation')), element('p', {}, say('linkMissing')));
  if (!currentSession().signedIn)
    return page.replaceChildren(element('h1', {}, say('invitation')), element('p', {}, say('invitationSignIn')),
      element('p', {}, currentSession().issuer ? element('a', { href: '/-/sign-in' }, say('signIn')) : element('a', { href: '#/' }, say('start'))));
  return oneButton(page, 'invitation', 'invitationText', 'invitationAccept', async () => {
    const { rpcs } = await readSchema();
    await ask(rpcs.find((rpc) => rpc.name === 'AcceptInvitation').path,
      { parent: `schools/${invitation.school}`, secret: invitation.secret, requestId: invitation.requestId });
    forget();
    page.replaceChildren(element('h1', {}, say('invitation')), element('p', { role: 'status' }, say('invitationDone')),
      element('p', {}, element('a', { href: '#/' }, say('start'))));
  });
}
