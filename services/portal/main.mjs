// Which page is shown, by what stands behind "#" in the address.
import { currentSession, post, readSession, Refusal } from './api.mjs';
import { consolePage } from './console.mjs';
import { element } from './dom.mjs';
import { invitationPage, linkPage, takeSecret } from './link.mjs';
import { sessionsPage } from './sessions.mjs';
import { startPage } from './start.mjs';
import { currentLanguage, otherLanguage, say } from './words.mjs';

const page = document.getElementById('page');
const PAGES = { // by its place: the key of its title, and what draws it into an element; the start page is whatever is none of them
  '#/console': ['console', (into, place) => consolePage(into, place.slice('#/console'.length))],
  '#/sessions': ['sessions', (into) => sessionsPage(into, changed)],
  '#/link': ['link', linkPage],
  '#/invitation': ['invitation', invitationPage],
  '#/': ['start', (into) => startPage(into, changed)],
};

function frame(place) {
  document.documentElement.lang = currentLanguage();
  const link = (href, key) => element('a', { href, 'aria-current': href === place ? 'page' : undefined }, say(key));
  document.getElementById('places').replaceChildren(link('#/', 'start'), ' ', link('#/console', 'console'),
    ...(currentSession().name ? [' ', link('#/sessions', 'sessions')] : []));
  const leave = async () => { await post('/-/sign-out'); await changed(); };
  document.getElementById('tools').replaceChildren(...[
    element('button', { type: 'button', onclick: () => { otherLanguage(); show(); } }, say('language')),
    currentSession().signedIn ? element('button', { type: 'button', onclick: leave }, say('signOut')) : undefined,
  ].filter(Boolean));
}

// A page that takes its time to ask is shown only while it is still the one that is wanted.
let wanted = 0;
async function show() {
  const mine = ++wanted;
  const place = takeSecret(location.hash || '#/');
  const known = Object.keys(PAGES).find((one) => place.startsWith(one)) ?? '#/';
  const [title, draw] = PAGES[known];
  frame(known);
  document.title = `${say(title)} – Vivier`;
  const drawn = element('div');
  try {
    await draw(drawn, place);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    drawn.replaceChildren(element('p', { class: 'wrong', role: 'alert' }, error.status === 401 ? say('ended') : error.message));
  }
  if (mine !== wanted) return;
  page.replaceChildren(drawn);
  page.dataset.ready = place;
}

async function changed() { await readSession(); await show(); }
window.addEventListener('hashchange', show);
changed();
