// Objects against the schemas of Kubernetes, cert-manager and the Prometheus operator, unknown fields included: an API
// server drops a misspelt field without a word.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const PACKAGES = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

function modelOf({ apiVersion, kind }) {
  const [group] = apiVersion.split('/');
  try {
    return require(`${PACKAGES[group] ?? 'kubernetes-models'}/${apiVersion}/${kind}`)[kind];
  } catch (error) {
    if (['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) return undefined;
    throw error;
  }
}

// The schemas are compiled to functions that say nothing of fields that they do not know. But they look at those that
// they know, so a field at which nobody looked is unknown. Where a schema takes any field it lists them.
class Watched {
  #asked = false;
  #looked = new Set();
  #inner = new Map();
  #listed = false;

  constructor(value) {
    this.value = value;
    this.proxy = new Proxy(value, {
      get: (target, key) => this.#look(target, key),
      ownKeys: (target) => {
        this.#listed = true;
        return Reflect.ownKeys(target);
      },
    });
  }

  #look(target, key) {
    const field = target[key];
    if (typeof key !== 'string') return field;
    this.#asked = true;
    if (!Object.hasOwn(target, key)) return field;
    this.#looked.add(key);
    if (typeof field !== 'object' || field === null) return field;
    if (!this.#inner.has(key)) this.#inner.set(key, new Watched(field));
    return this.#inner.get(key).proxy;
  }

  // Of an object that was asked for no field every field is free.
  unknown(path = '') {
    const keys = Object.keys(this.value);
    const free = this.#listed || !this.#asked || Array.isArray(this.value);
    const unknown = free ? [] : keys.filter((key) => !this.#looked.has(key)).map((key) => `${path}/${key}`);
    for (const [key, inner] of this.#inner) unknown.push(...inner.unknown(`${path}/${key}`));
    return unknown;
  }
}

// What is wrong with an object, in words.
export function schemaFindings(object) {
  const model = modelOf(object);
  if (!model) return [`no schema knows ${object.apiVersion} ${object.kind}`];
  const watched = new Watched(object);
  try {
    model.prototype.validate.call(watched.proxy);
  } catch (error) {
    return [error.message];
  }
  return watched.unknown().map((path) => `unknown field ${path}`);
}
