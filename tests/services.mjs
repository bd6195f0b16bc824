// The services of the house, as protos/vivier/services.proto lists them.
import fs from 'node:fs';
import path from 'node:path';

const LIST = path.join(path.dirname(new URL(import.meta.url).pathname), '../protos/vivier/services.proto');

export const SERVICES = [...fs.readFileSync(LIST, 'utf8').matchAll(/^import public "vivier\/([a-z]+)\//gm)].map(
  (found) => found[1],
);
