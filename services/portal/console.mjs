// The rpc console, made from the descriptors: a form of the request, the same as JSON and as a line of curl, and the answer.
import { ask, currentSession, readSchema, Refusal } from './api.mjs';
import { element } from './dom.mjs';
import { say } from './words.mjs';

let schema;
const DEPTH_MAX = 4; // of messages in messages that the form shows; JSON has no bound

// ---- the form -------------------------------------------------------------------------------------------------------

const label = (field, input) => element('label', {}, element('span', {}, field.name, field.required ? ` (${say('required')})` : ''), input);

function leaf(field, value, change) {
  if (field.kind === 'bool')
    return element('input', { type: 'checkbox', checked: value === true, onchange: (event) => change(event.target.checked || undefined) });
  if (field.kind === 'enum')
    return element('select', { onchange: (event) => change(event.target.value || undefined) }, element('option', { value: '' }, ''),
      schema.enums[field.type].map((name) => element('option', { value: name, selected: name === value }, name)));
  const parse = (text) => {
    if (text === '') return undefined;
    if (field.kind === 'number' && /^-?\d+(\.\d+)?$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    if (field.kind !== 'json' && field.kind !== 'map') return text;
    try { return JSON.parse(text); } catch { return text; }
  };
  const text = value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return element('input', { type: 'text', value: text, required: field.required, inputmode: field.kind === 'number' ? 'numeric' : undefined,
    onchange: (event) => change(parse(event.target.value)) });
}

function fieldForm(field, message, changed, depth) {
  const set = (value) => {
    if (value === undefined) delete message[field.name]; else message[field.name] = value;
    changed();
  };
  if (field.kind !== 'message' && !field.repeated) return label(field, leaf(field, message[field.name], set));
  if (depth >= DEPTH_MAX) return undefined;
  const box = element('fieldset', {}, element('legend', {}, field.name, field.required ? ` (${say('required')})` : ''));
  const draw = () => {
    const parts = [];
    if (!field.repeated) {
      if (message[field.name]) parts.push(...messageForm(field.type, message[field.name], changed, depth + 1));
    } else
      (message[field.name] ?? []).forEach((one, i) => parts.push(field.kind === 'message'
        ? element('fieldset', {}, element('legend', {}, `${field.name}[${i}]`), ...messageForm(field.type, one, changed, depth + 1))
        : label({ name: `${field.name}[${i}]` }, leaf({ ...field, repeated: false }, one, (value) => {
          if (value === undefined) message[field.name].splice(i, 1); else message[field.name][i] = value;
          changed();
          draw();
        }))));
    if (field.repeated || !message[field.name])
      parts.push(element('button', { type: 'button', onclick: () => {
        if (field.repeated) (message[field.name] ??= []).push(field.kind === 'message' ? {} : ''); else message[field.name] = {};
        changed();
        draw();
      } }, say('add', field.name)));
    box.replaceChildren(box.firstChild, ...parts.filter(Boolean));
  };
  draw();
  return box;
}

const messageForm = (type, message, changed, depth = 0) =>
  (schema.messages[type] ?? []).map((field) => fieldForm(field, message, changed, depth)).filter(Boolean);

// ---- one rpc --------------------------------------------------------------------------------------------------------

function template(rpc) {
  const message = {};
  for (const field of schema.messages[rpc.input] ?? []) {
    if (field.name === 'requestId') message.requestId = crypto.randomUUID();
    if (field.name === 'parent' || (field.name === 'name' && field.required)) message[field.name] = `schools/${currentSession().schools?.[0] ?? ''}`;
  }
  return message;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const curlOf = (rpc, message) => `curl ${location.origin}${rpc.path} -H 'content-type: application/json' -H "authorization: $TOKEN" -d ${quoted(JSON.stringify(message))}`;

function rpcForm(rpc, filled) {
  const message = { ...template(rpc), ...filled };
  const json = element('textarea', { rows: 10, spellcheck: 'false', id: 'json' });
  const curl = element('pre', { id: 'curl', tabindex: '0', 'aria-label': say('curl') });
  const wrong = element('p', { class: 'wrong', role: 'alert' });
  const answer = element('pre', { id: 'answer', tabindex: '0', 'aria-live': 'polite', 'aria-label': say('answer') }, say('notYet'));
  const form = element('div', {});
  const shown = () => { json.value = JSON.stringify(message, null, 2); curl.textContent = curlOf(rpc, message); wrong.textContent = ''; };
  const draw = () => { form.replaceChildren(...messageForm(rpc.input, message, shown)); shown(); };
  json.addEventListener('change', () => {
    try {
      const read = JSON.parse(json.value);
      for (const key of Object.keys(message)) delete message[key];
      Object.assign(message, read);
      draw();
    } catch (error) { wrong.textContent = say('wrongJson', error.message); }
  });
  const submit = async (event) => {
    event.preventDefault();
    answer.textContent = say('asking');
    const start = performance.now();
    try {
      const got = await ask(rpc.path, message);
      answer.textContent = `${JSON.stringify(got, null, 2)}\n\n${say('milliseconds', Math.round(performance.now() - start))}`;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer.textContent = `${say('refused', error.message)}\n\n${JSON.stringify(error.body, null, 2)}`;
    }
  };
  const copy = element('button', { type: 'button', onclick: async () => { await navigator.clipboard.writeText(curl.textContent); copy.textContent = say('copied'); } }, say('copy'));
  draw();
  const kind = rpc.streams ? 'streams' : rpc.reads ? 'reads' : 'writes';
  return [
    element('h2', {}, rpc.name),
    element('p', { class: 'quiet' }, `${rpc.service} · ${say(kind)} · ${say('permission', rpc.permission)}`),
    element('form', { onsubmit: submit }, form, element('label', {}, element('span', {}, say('json')), json), wrong,
      element('button', { class: 'first', type: 'submit', disabled: rpc.streams }, say('ask'))),
    element('h2', {}, say('curl')), curl, copy, element('h2', {}, say('answer')), answer,
  ];
}

// ---- all of them ----------------------------------------------------------------------------------------------------

// What a link of ours says that the form holds; nothing is asked before somebody says so.
function filledBy(text) {
  try { return JSON.parse(decodeURIComponent(text)); } catch { return {}; }
}

export async function consolePage(page, place) {
  const [path, filled] = place.split('?');
  schema = await readSchema();
  const list = element('div', { class: 'rpcs', tabindex: '0', role: 'region', 'aria-label': say('console') });
  const draw = (wanted) => {
    const services = Map.groupBy ? Map.groupBy(schema.rpcs, (rpc) => rpc.service) : new Map([['', schema.rpcs]]);
    list.replaceChildren(...[...services].flatMap(([service, rpcs]) => {
      const found = rpcs.filter((rpc) => rpc.path.toLowerCase().includes(wanted.toLowerCase()));
      return found.length === 0 ? [] : [element('h2', {}, service), element('ul', {}, found.map((rpc) =>
        element('li', {}, element('a', { href: `#/console${rpc.path}`, 'aria-current': rpc.path === path ? 'page' : undefined }, rpc.name))))];
    }));
  };
  const search = element('input', { type: 'search', id: 'search', oninput: (event) => draw(event.target.value) });
  const chosen = schema.rpcs.find((rpc) => rpc.path === path);
  draw('');
  page.replaceChildren(element('h1', {}, say('console')), element('div', { class: 'console' },
    element('div', {}, element('label', {}, element('span', {}, say('search')), search), list),
    element('section', { 'aria-label': say('request') }, chosen ? rpcForm(chosen, filledBy(filled)) : element('p', {}, say('choose')))));
}
