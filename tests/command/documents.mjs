// The command lines of our documents: what stands in fenced blocks of shell in README.md and docs/, line by line.
//
//   ```sh               run against a school in production
//   ```sh development   in development only
//   ```sh stopped       while every process of the site is stopped
//   ```sh edge          where nginx stands before it
//   ```sh node          at a node above schools
//   ```sh machine       a node and a school on one machine: the block as it stands, in one shell
import fs from 'node:fs';
import path from 'node:path';

const WITHOUT_FENCE = /^ {4}(\$ )?(build\/)?vivier [a-z-]+( |$)/;
const IN_OTHER_FENCE = /^(\$ )?(build\/)?vivier [a-z-]+( |$)/;

// [{ document, line, when, text }], in the order of the documents.
export function commandLines(source) {
  const documents = ['README.md', ...fs.readdirSync(path.join(source, 'docs')).sort()
    .filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  return documents.flatMap((document) => linesOf(document, fs.readFileSync(path.join(source, document), 'utf8')));
}

function linesOf(document, text) {
  const found = [];
  let when = null;
  let open = '';
  for (const [i, whole] of text.split('\n').entries()) {
    const fence = whole.match(/^ *```(.*)$/);
    if (fence) {
      const [language, kind = 'production'] = fence[1].trim().split(' ');
      when = when === null && language === 'sh' ? kind : when === null ? '' : null;
      continue;
    }
    if (when === null && WITHOUT_FENCE.test(whole)) throw new Error(`${document}:${i + 1}: a command without a fence`);
    if (when === '' && IN_OTHER_FENCE.test(whole)) throw new Error(`${document}:${i + 1}: a command in no block of sh`);
    if (!when) continue;
    open = open ? `${open}\n${whole}` : whole;
    if (isOpen(open)) continue;
    const line = withoutComment(open).trim();
    open = '';
    if (/(^|\()(build\/)?vivier /.test(line)) found.push({ document, line: i + 1, when, text: line });
  }
  return found;
}

// The blocks of one kind in a document, each as a person copies it.
export function blocksOf(source, document, kind) {
  const text = fs.readFileSync(path.join(source, document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`sh ${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, block]) => block);
}

// Whether the shell would go on reading: within apostrophes, or after "\".
const isOpen = (text) => (text.match(/'/g) ?? []).length % 2 === 1 || text.endsWith('\\');

function withoutComment(text) {
  const at = text.search(/ {2,}#[^']*$/);
  return at < 0 ? text : text.slice(0, at);
}
