// Makes of src/widget/ what assets.rs, rules.rs and snippet.rs make of it, byte for byte, so that the browser side can be tested
// without a gateway. The names carry hashes: a gateway's page that refers to `widgetName` has the same bundle.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

const SOURCE = new URL('../../../src/widget/', import.meta.url);
const read = (name) => readFileSync(new URL(name, SOURCE), 'utf8');

/** What is served: without whole-line comments, indentation and empty lines. */
export function compact(text) {
  return text.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('//')).map((line) => line + '\n').join('');
}

const hashed = (name, ext, bytes) => `${name}.${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.${ext}`;

export const guard = read('guard.min.js');
export const guardHash = `'sha256-${createHash('sha256').update(guard).digest('base64')}'`;

/** Every asset by its file name below /_c/a/, and the name of the widget's bundle. */
export const assets = new Map();
export let widgetName;
export let activateName;

const css = read('widget.css').replace(/\/\*.*?\*\/\s*/gs, '').split('\n').map((l) => l.trim()).filter(Boolean).join('\n');
const languages = {};
for (const file of readdirSync(new URL('i18n/', SOURCE)).sort()) {
  const language = file.replace('.json', '');
  const text = read(`i18n/${file}`);
  const name = hashed(language, 'json', text);
  if (language === 'en') continue;
  assets.set(name, { type: 'application/json', body: text });
  languages[language] = { file: name, reopen: JSON.parse(text).reopen };
}
const fill = (text) => text
  .replace("'@@widget.css@@'", () => JSON.stringify(css))
  .replace("'@@en.json@@'", () => JSON.stringify(JSON.parse(read('i18n/en.json'))))
  .replace("'@@languages@@'", () => JSON.stringify(languages));
const script = (name, files) => {
  const body = files.map((file) => fill(compact(read(file)))).join('');
  const full = hashed(name, 'js', body);
  assets.set(full, { type: 'text/javascript; charset=utf-8', body });
  return full;
};
activateName = script('activate', ['stubs.js', 'activate.js']);
widgetName = script('widget', ['stubs.js', 'activate.js', 'answers.js', 'panel.js', 'widget.js']);

// A gateway has it behind the rules.
const honourName = script('honour', ['honour.js']);

/** The markup that stands first in a page's head; without rules nothing is judged at run time. */
export function snippet({ token = '0.0.0badcafe', globals = '', prefix = '/_c/', cookie = 'euconsent', site = 'fixture' } = {}) {
  return `<script id="consentry-guard" data-cfasync="false" data-token="${token}" data-apart="" data-rules="" data-prefix="${prefix}" data-cookie="${cookie}" ` +
    `data-site="${site}" data-globals="${globals}">${guard}</script>` +
    `<script data-cfasync="false" async src="${prefix}a/${honourName}"></script>` +
    `<script data-cfasync="false" async src="${prefix}a/${widgetName}"></script>`;
}

// The stable address, for snippets that were pasted by hand.
assets.set('widget.js', assets.get(widgetName));
