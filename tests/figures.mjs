// Figures of a checkout's sources, so that before and after come from one script:
//
//   node tests/figures.mjs [--json] [--service=curriculum] [FOLDER]
//
// FOLDER is the root of a checkout, this one by default. Counted are the .h and .cc files below
// shared, services, demo and tests that git knows there (all of them where it is no repository),
// and .proto and .sql files for columns; what is vendored, built or installed is not ours.
//
//   units       a .cc with its .h and its tests is one unit of its folder
//   functions   bodies at the level of a namespace or a class, signature and braces with them; those
//               of tests are counted apart. Initializers and lambdas in tables are none
//   classes     functions that the body declares, defined there or not; constructors, destructors
//               and operators do not count
//   comments    lines that are nothing but a comment, of all lines with text; code, then tests
//   circles     folders that include each other, by whatever way; tests beside the code left out,
//               for each is a program of its own
//   tests       lines with text of *_test.cc and of tests/, over those of the rest
//   places      the files that name a service outside of its folders: by its word, in any spelling
//               that a file's name or text has (curriculum, Curriculum)
//
// C++ is not parsed but counted, as tests/tidy/shapes.cc does: clang-format has laid it out. Reads
// files and git's list of them; it takes seconds, writes nothing, and gives up after a minute.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SECONDS_MAX = 60;
const FILE_BYTES_MAX = 4 << 20; // what is larger is data
const LIMITS = { units: 15, functions: 20, lines: 60, columns: 100 };

// ---- the files ----------------------------------------------------------------------------------

const SKIPPED = /(^|\/)(\.git|\.vivier|node_modules|build[^/]*)\//;
const VENDORED = /^protos\/(google|grpc)\//;

function walk(root, folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.test(`${path}/`) ? [] : walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function list(root) {
  if (!existsSync(join(root, '.git'))) return walk(root);
  const command = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const known = execFileSync('git', command, { maxBuffer: 64 << 20, timeout: SECONDS_MAX * 1000 });
  return [...new Set(known.toString().split('\0').filter(Boolean))];
}

function readTree(root) {
  const deadline = Date.now() + SECONDS_MAX * 1000;
  const files = new Map();
  for (const path of list(root).sort()) {
    if (Date.now() > deadline) throw new Error(`reading ${root} took more than ${SECONDS_MAX} s`);
    if (SKIPPED.test(path) || VENDORED.test(path) || !existsSync(join(root, path))) continue;
    const bytes = readFileSync(join(root, path));
    if (bytes.length <= FILE_BYTES_MAX && !bytes.includes(0)) files.set(path, bytes.toString());
  }
  return files;
}

const isCode = (path) => /^(shared|services|demo|tests)\/.*\.(h|cc)$/.test(path);
// shared/testing is what tests/support was before it moved.
const isTest = (path) => /_test\.cc$|^tests\/|^shared\/testing\//.test(path);

// ---- C++ ----------------------------------------------------------------------------------------

// Comments, literals and preprocessor lines become blanks; lines stay where they are.
const BLANK = new RegExp(
  [
    '//[^\\n]*',
    '/\\*[^]*?\\*/',
    'R"(\\w*)\\([^]*?\\)\\1"',
    '"(?:\\\\.|[^"\\\\\\n])*"',
    "(?<![0-9A-Za-z_])'(?:\\\\.|[^'\\\\\\n])*'",
    '^[ ]*#(?:\\\\\\n|[^\\n])*',
  ].join('|'),
  'gm',
);
const blanked = (text) => text.replace(BLANK, (piece) => piece.replace(/[^\n]/g, ' '));

function withoutTemplates(head) {
  for (let before = ''; before !== head; ) {
    before = head;
    head = head.replace(/([A-Za-z0-9_])\s*<[^<>;{}]*>/g, '$1 ');
  }
  return head;
}

function kindOf(head) {
  if (/^\s*(inline\s+)?namespace\b|^\s*extern\s*$/.test(head)) return 'namespace';
  if (/^\s*(template\s+)?(typedef\s+)?(class|struct|union)\b/.test(head)) return 'class';
  if (!head.includes('(') || /^\s*(enum|static_assert)\b/.test(head)) return 'other';
  return /^[^(]*[^=!<>(]=[^=]/.test(head) && !head.includes('operator') ? 'other' : 'function';
}

const calledIn = (head) =>
  /(operator\s*(?:\(\)|[^\s(]+)|~?[A-Za-z0-9_:~]+)\s*\(/.exec(head)?.[1] ?? '';

const NO_MEMBER =
  /^\s*(friend|using|typedef|static_assert|enum)\b|\boperator\b|^[^(]*=|_\s+ABSL_GUARDED/;

// The functions and classes of a text.
function shapesOf(text) {
  const code = blanked(text);
  const functions = [];
  const classes = [];
  const scopes = [];
  let head = '';
  let begin = 0; // of `head` in the text
  let kind = 'other';
  let inside = 0; // braces open in a body
  const scope = () => scopes[scopes.length - 1];
  const countMember = (bare) => {
    if (scope()?.kind !== 'class' || NO_MEMBER.test(bare)) return;
    const name = calledIn(bare);
    if (name !== '' && !name.includes('~') && name !== scope().name) scope().functions += 1;
  };
  const closeBody = (end) => {
    if (kind !== 'function') {
      if (/^\s*enum\b/.test(head)) head = '';
      return;
    }
    const bare = withoutTemplates(head);
    countMember(bare);
    const piece = text.slice(begin, end + 1);
    const owner = scope()?.kind === 'class' ? `${scope().name}::` : '';
    functions.push({
      name: owner + (/^TEST|^INSTANTIATE/.test(bare) ? bare.trim() : calledIn(bare)),
      lines: piece.split('\n').length,
      characters: [...piece].length,
    });
    head = '';
  };
  for (let at = 0; at < code.length; ++at) {
    const c = code[at];
    if (inside > 0) {
      inside += c === '{' ? 1 : c === '}' ? -1 : 0;
      if (inside === 0) closeBody(at);
    } else if (c === '{') {
      const bare = withoutTemplates(head);
      kind = kindOf(bare);
      if (kind === 'namespace' || kind === 'class') {
        const name = /(?:class|struct|union)\s+(?:alignas\([^)]*\)\s*)?(\w+)/.exec(bare)?.[1] ?? '';
        scopes.push({ kind, name, functions: 0 });
        head = '';
      } else {
        inside = 1;
      }
    } else if (c === '}') {
      const closed = scopes.pop();
      if (closed?.kind === 'class') classes.push({ name: closed.name, functions: closed.functions });
      head = '';
    } else if (c === ';') {
      countMember(withoutTemplates(head));
      head = '';
    } else if (head !== '' || !/\s/.test(c)) {
      if (head === '') begin = at;
      head += c;
      if (c === ':' && /^(public|protected|private):$/.test(head)) head = '';
    }
  }
  return { functions, classes };
}

// ---- the figures --------------------------------------------------------------------------------

function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, median: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 };
}

function above(pairs, limit) {
  return Object.fromEntries(pairs.filter(([, n]) => n > limit).sort((a, b) => b[1] - a[1]));
}

function unitsOf(paths) {
  const folders = new Map();
  for (const path of paths) {
    const unit = path.replace(/((_medium|_long)?_test)?\.(h|cc)$/, '');
    const folder = dirname(path);
    folders.set(folder, (folders.get(folder) ?? new Set()).add(unit));
  }
  const pairs = [...folders].map(([folder, units]) => [folder, units.size]);
  return { max: Math.max(0, ...pairs.map(([, n]) => n)), above: above(pairs, LIMITS.units) };
}

function columnsOf(files) {
  let max = 0;
  const wide = new Map();
  for (const [path, text] of files) {
    if (!/\.(h|cc|proto|sql)$/.test(path)) continue;
    for (const line of text.split('\n')) {
      const columns = [...line].length;
      max = Math.max(max, columns);
      const kind = path.slice(path.lastIndexOf('.'));
      if (columns > LIMITS.columns) wide.set(kind, (wide.get(kind) ?? 0) + 1);
    }
  }
  const lines = [...wide.values()].reduce((sum, n) => sum + n, 0);
  return { max, lines_above: lines, by_kind: Object.fromEntries(wide) };
}

function linesOf(files) {
  const count = { code: { text: 0, comment: 0 }, tests: { text: 0, comment: 0 } };
  for (const [path, text] of files) {
    if (!isCode(path)) continue;
    const kind = isTest(path) ? count.tests : count.code;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      kind.text += 1;
      if (line.trim().startsWith('//')) kind.comment += 1;
    }
  }
  const share = ({ text, comment }) => Number(((100 * comment) / text).toFixed(1));
  return {
    comments_percent: { code: share(count.code), tests: share(count.tests) },
    lines: { code: count.code.text, tests: count.tests.text },
    tests_to_code: Number((count.tests.text / count.code.text).toFixed(2)),
  };
}

// The strongly connected components of the folders (Tarjan).
function circlesOf(files) {
  const edges = new Map();
  for (const [path, text] of files) {
    if (!isCode(path) || isTest(path)) continue;
    const to = edges.get(dirname(path)) ?? new Set();
    for (const [, included] of text.matchAll(/^#include "([^"]+)"/gm))
      if (isCode(included) && dirname(included) !== dirname(path)) to.add(dirname(included));
    edges.set(dirname(path), to);
  }
  const number = new Map();
  const low = new Map();
  const stack = [];
  const circles = [];
  const visit = (folder) => {
    number.set(folder, number.size);
    low.set(folder, number.get(folder));
    stack.push(folder);
    for (const next of edges.get(folder) ?? []) {
      if (!number.has(next)) visit(next);
      if (stack.includes(next)) low.set(folder, Math.min(low.get(folder), low.get(next)));
    }
    if (low.get(folder) !== number.get(folder)) return;
    const circle = stack.splice(stack.indexOf(folder));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const folder of [...edges.keys()].sort()) if (!number.has(folder)) visit(folder);
  return circles;
}

// Where a service is named outside of what is its own.
function placesOf(files, service) {
  const word = new RegExp(service, 'i');
  const own = new RegExp(
    `^(services|protos/vivier)/${service}/|^tests/.*${service}[^/]*$|^services/.*/${service}[^/]*$`,
  );
  const kinds = { source: [], tests: [], build: [], deploy: [], k8s: [], docs: [] };
  for (const [path, text] of files) {
    if (own.test(path) || !(word.test(text) || word.test(path))) continue;
    if (/\.md$|^docs\//.test(path)) kinds.docs.push(path);
    else if (isTest(path)) kinds.tests.push(path);
    else if (path.startsWith('k8s/')) kinds.k8s.push(path);
    else if (path.startsWith('deploy/')) kinds.deploy.push(path);
    else if (/^(shared|services|demo|protos)\//.test(path)) kinds.source.push(path);
    else kinds.build.push(path);
  }
  const { docs, tests, ...places } = kinds;
  const named = Object.values(places).flat().length;
  const counts = Object.fromEntries(Object.entries(kinds).map(([kind, at]) => [kind, at.length]));
  return { service, places: named, of_which: counts, files: places };
}

function figures(root, service) {
  const files = readTree(root);
  const code = [...files].filter(([path]) => isCode(path));
  const ours = [];
  const tests = [];
  const classes = [];
  for (const [path, text] of code) {
    const shapes = shapesOf(text);
    for (const each of shapes.functions)
      (isTest(path) ? tests : ours).push({ ...each, name: `${path}:${each.name}` });
    for (const each of shapes.classes) classes.push([`${path}:${each.name}`, each.functions]);
  }
  const long = [...ours, ...tests].map(({ name, lines }) => [name, lines]);
  return {
    units_a_folder: unitsOf(code.map(([path]) => path)),
    functions_a_class: {
      ...spread(classes.map(([, n]) => n)),
      above: above(classes, LIMITS.functions),
    },
    lines_a_function: spread(ours.map((each) => each.lines)),
    characters_a_function: spread(ours.map((each) => each.characters)),
    lines_a_test_function: spread(tests.map((each) => each.lines)),
    functions_above: above(long, LIMITS.lines),
    lines_a_file: spread(code.map(([, text]) => text.split('\n').length - 1)),
    columns: columnsOf(files),
    ...linesOf(files),
    folder_circles: circlesOf(files),
    places_of_a_service: placesOf(files, service),
  };
}

// ---- what is printed ----------------------------------------------------------------------------

function plain(result) {
  const spreadText = ({ count, median, p95, max }) =>
    `median ${median}, p95 ${p95}, max ${max} (of ${count})`;
  const rows = (table) => Object.entries(table).map(([what, n]) => `    ${n}  ${what}`);
  const named = result.places_of_a_service;
  return [
    `units a folder: max ${result.units_a_folder.max}, above ${LIMITS.units}:`,
    ...rows(result.units_a_folder.above),
    `functions a class: ${spreadText(result.functions_a_class)}, above ${LIMITS.functions}:`,
    ...rows(result.functions_a_class.above),
    `lines a function: ${spreadText(result.lines_a_function)}`,
    `characters a function: ${spreadText(result.characters_a_function)}`,
    `lines a test's function: ${spreadText(result.lines_a_test_function)}`,
    `functions above ${LIMITS.lines} lines:`,
    ...rows(result.functions_above),
    `lines a file: ${spreadText(result.lines_a_file)}`,
    `columns: max ${result.columns.max}; lines above ${LIMITS.columns}: ` +
      `${result.columns.lines_above} ${JSON.stringify(result.columns.by_kind)}`,
    `comments: ${result.comments_percent.code} % of code, ${result.comments_percent.tests} % of tests`,
    `tests : code = ${result.lines.tests} : ${result.lines.code} = ${result.tests_to_code}`,
    `folder circles: ${result.folder_circles.length}`,
    ...result.folder_circles.map((circle) => `    ${circle.join(' ')}`),
    `places that name ${named.service}: ${named.places} ${JSON.stringify(named.of_which)}`,
    ...Object.entries(named.files).flatMap(([kind, at]) => at.map((path) => `    ${kind}  ${path}`)),
  ].join('\n');
}

function main(parameters) {
  const flags = parameters.filter((each) => each.startsWith('--'));
  const [folder, ...more] = parameters.filter((each) => !each.startsWith('--'));
  const service = flags.find((each) => /^--service=[a-z]+$/.test(each))?.slice(10) ?? 'curriculum';
  if (more.length > 0 || flags.some((each) => !/^--(json|service=[a-z]+)$/.test(each))) {
    console.error('usage: node tests/figures.mjs [--json] [--service=curriculum] [FOLDER]');
    return 2;
  }
  const root = resolve(folder ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
  if (!existsSync(join(root, 'services'))) {
    console.error(`figures: ${root} is no checkout, it has no folder services`);
    return 2;
  }
  const result = figures(root, service);
  console.log(flags.includes('--json') ? JSON.stringify(result, null, 2) : plain(result));
  return 0;
}

process.exitCode = main(process.argv.slice(2));
