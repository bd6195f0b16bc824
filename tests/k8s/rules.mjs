// Every rule by its name, and what they find in the objects of an overlay.
import { CERTIFICATES } from './certificates.mjs';
import { CONFIGURATION } from './configuration.mjs';
import { NETWORK } from './network.mjs';
import { OPERATION } from './operation.mjs';
import { title } from './objects.mjs';
import { PROGRAM } from './program.mjs';
import { schemaFindings } from './schema.mjs';
import { SECURITY } from './security.mjs';
import { WIRING } from './wiring.mjs';

const schema = (objects) =>
  objects.flatMap((object) => schemaFindings(object).map((what) => `${title(object)}: ${what}`));

export const RULES = {
  schema,
  ...SECURITY,
  ...WIRING,
  ...OPERATION,
  ...NETWORK,
  ...PROGRAM,
  ...CONFIGURATION,
  ...CERTIFICATES,
};

// "rule: finding" of all rules. What a schema refuses no other rule can read.
export function findings(objects) {
  const first = schema(objects).map((what) => `schema: ${what}`);
  if (first.length > 0) return first;
  return Object.entries(RULES).flatMap(([name, rule]) => [...new Set(rule(objects))].map((what) => `${name}: ${what}`));
}
