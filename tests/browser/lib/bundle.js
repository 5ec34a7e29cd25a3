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
export let doorName;
export let widgetName;
export let activateName;

const css = (file) => JSON.stringify(read(file).replace(/\/\*.*?\*\/\s*/gs, '').split('\n').map((l) => l.trim()).filter(Boolean).join('\n'));
const languages = [];
for (const file of readdirSync(new URL('i18n/', SOURCE)).sort().filter((name) => name !== 'en.json')) {
  const text = read(`i18n/${file}`);
  const name = hashed(file.replace('.json', ''), 'json', text);
  assets.set(name, { type: 'application/json', body: text });
  languages.push(name);
}
// Each English text is in the part that shows it.
const { reopen, ...english } = JSON.parse(read('i18n/en.json'));
const take = (...keys) => JSON.stringify(Object.fromEntries(keys.map((key) => { const text = english[key]; delete english[key]; return [key, text]; })));
const first = take('title', 'intro', 'accept', 'refuse', 'choose', 'saving', 'retrying', 'failed');
const inFrames = take('held', 'once', 'allow');
const script = (name, parts = {}) => {
  let body = read(`${name}.min.js`);
  for (const [mark, value] of Object.entries(parts)) body = body.replace(mark, () => value);
  const full = hashed(name, 'js', body);
  assets.set(full, { type: 'text/javascript; charset=utf-8', body });
  return full;
};
activateName = script('activate');
widgetName = script('widget', { $style: css('widget.css'), $english: first });
const held = script('held', { $held: css('held.css'), $english: inFrames });
const choices = script('choices', { $style: css('choices.css'), $english: JSON.stringify(english) });
const purge = script('purge');
const variant = script('variant');
doorName = script('door', {
  $dock: css('dock.css'),
  $languages: JSON.stringify(languages),
  $reopen: JSON.stringify(reopen),
  $files: JSON.stringify({ activate: activateName, widget: widgetName, choices, held, purge, variant }),
});

// The script for consent signals, with what the gateway says in its attributes.
const told = ({ to = 'google microsoft', set = 'ads_data_redaction', types, tags = '', granted = '', silence = '' }) => '<script id="consentry-signals" data-cfasync="false" ' +
  `data-to="${to}" data-set="${set}" data-types="${types}" data-default="${silence}" data-now="${granted}" data-tags="${tags}">${read('signals.min.js')}</script>`;

// A gateway has it behind the rules.
const honour = compact(read('honour.js'));
const honourName = hashed('honour', 'js', honour);
assets.set(honourName, { type: 'text/javascript; charset=utf-8', body: honour });

/** The markup that stands first in a page's head; without rules nothing is judged at run time. */
export function snippet({ token = '0.0.0badcafe', globals = '', prefix = '/_c/', cookie = 'euconsent', site = 'fixture', look = '', signals } = {}) {
  const escaped = look && ` data-look="${JSON.stringify(look).replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;
  const asked = /^0\.0\.[^~]*$/.test(token) ? `<link rel="modulepreload" href="${prefix}a/${widgetName}"><link rel="preload" as="fetch" crossorigin href="${prefix}config">` : '';
  return `<script id="consentry-guard" data-cfasync="false" data-token="${token}" data-apart="" data-rules="" data-prefix="${prefix}" data-cookie="${cookie}" ` +
    `data-site="${site}" data-globals="${globals}"${escaped}>${guard}</script>${signals ? told(signals) : ''}` +
    `<script data-cfasync="false" async src="${prefix}a/${honourName}"></script>` +
    `<script data-cfasync="false" async src="${prefix}a/${doorName}"></script>${asked}`;
}

// Everything in one, for snippets that were pasted by hand.
const signals = script('signals');
const pasted = read('pasted.min.js').replace('$signals', () => JSON.stringify(signals));
assets.set('widget.js', { type: 'text/javascript; charset=utf-8', body: [activateName, doorName, widgetName].map((name) => assets.get(name).body).join('') + pasted });
