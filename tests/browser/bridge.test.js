// The bridge: answers that Usercentrics and Osano keep in the browser reach the gateway, and the next page is right on the
// server. The tools are played by the few functions of theirs that the bridge reads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, recordProblems, widget } from './lib/browser.js';
import { built, fence, gateway } from './lib/own-origin.js';

const TAGS = `<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>`;
const page = (tool) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>${TAGS}
<script>${tool}</script></head><body><h1>Shop</h1></body></html>`;
const STATISTICS = 'www.googletagmanager.com';
const skip = built ? false : 'the gateway has not been built';

// Version 3: nothing is explicit before the visitor says something.
const UC3 = `window.__ucCmp = { getConsentDetails: function () {
  var said = localStorage.getItem('said');
  return Promise.resolve({ consent: { type: said ? 'EXPLICIT' : 'IMPLICIT' }, categories: { marketing: { state: 'ALL_DENIED' } },
    services: { abc: { name: 'Google Analytics', consent: { given: said == 'yes' } }, def: { name: 'Meta Pixel', consent: { given: false } } } });
} };
window.say = function (what) { localStorage.setItem('said', what); dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', { detail: { type: 'SAVE' } })); };`;

// Version 2 without its script: what it left in localStorage, by ids that the site maps.
const UC2 = `window.say = function (what) {
  localStorage.setItem('uc_user_interaction', 'true');
  localStorage.setItem('uc_settings', JSON.stringify({ services: [{ id: 'HkocEodjb7', status: what == 'yes' }, { id: 'x', status: true }] }));
  dispatchEvent(new Event('UC_UI_CMP_EVENT'));
};`;

const OSANO = `var saved = [];
window.Osano = { cm: { getConsent: function () { return JSON.parse(localStorage.getItem('osano') || '{"ANALYTICS":"ACCEPT","MARKETING":"ACCEPT"}'); },
  addEventListener: function (name, fn) { if (name == 'osano-cm-consent-saved') saved.push(fn); } } };
window.say = function (what) {
  document.cookie = 'osano_consentmanager=opaque; path=/';
  localStorage.setItem('osano', JSON.stringify({ ESSENTIAL: 'ACCEPT', ANALYTICS: what == 'yes' ? 'ACCEPT' : 'DENY', MARKETING: 'ACCEPT', OPT_OUT: 'ACCEPT' }));
  saved.forEach(function (fn) { fn(); });
};`;

let browser;
let rules;
const gateways = {};
before(async () => {
  if (skip) return;
  browser = await launch();
  rules = await mkdtemp(join(tmpdir(), 'consentry-bridge-'));
  for (const tool of ['usercentrics', 'osano']) {
    await mkdir(join(rules, tool, 'sites'), { recursive: true });
    const table = tool == 'usercentrics' ? '[usercentrics]\nservices = { HkocEodjb7 = "google-analytics" }\n' : '';
    await writeFile(join(rules, tool, 'sites', 'main.toml'), `format = 1\nhosts = ["*"]\nbridge = "${tool}"\n${table}`);
    const pages = { '/3': page(UC3), '/2': page(UC2), '/osano': page(OSANO) };
    gateways[tool] = await gateway(pages, '--rules', join(rules, tool));
  }
});
after(async () => {
  await browser?.close();
  for (const running of Object.values(gateways)) await running.close();
  if (rules) await rm(rules, { recursive: true });
});

async function visit(tool, path, run) {
  const context = await browser.newContext();
  try {
    const outside = await fence(context);
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const posts = [];
    tab.on('request', (request) => request.method() == 'POST' && posts.push(request.url()));
    const url = gateways[tool].base + path;
    await tab.goto(url);
    const hosts = () => [...new Set(outside.map((to) => new URL(to).hostname))].sort();
    await run({ tab, ui: widget(tab), url, hosts, posts, settled: () => tab.waitForTimeout(600), clear: () => outside.splice(0) });
    assert.deepEqual(problems.filter((problem) => problem.startsWith('uncaught')), []);
  } finally {
    await context.close();
  }
}

for (const [name, tool, path] of [['Usercentrics 3', 'usercentrics', '/3'], ['Usercentrics 2', 'usercentrics', '/2'], ['Osano', 'osano', '/osano']]) {
  test(`${name}: an answer is told once, obeyed at once, and right on the server from the next page on`, { skip }, () =>
    visit(tool, path, async ({ tab, ui, url, hosts, posts, settled, clear }) => {
      await settled();
      assert.deepEqual([hosts(), posts.length, await ui.dialog.count(), await ui.reopen.count()], [[], 0, 0, 0]);
      await tab.evaluate(() => window.say('yes'));
      await settled();
      assert.deepEqual([hosts(), posts.length], [[STATISTICS], 1]);
      assert.match(await tab.evaluate(() => document.cookie), /euconsent=/);
      clear();
      await tab.goto(url);
      await settled();
      const html = await (await tab.request.get(url)).text();
      assert.ok(html.includes(' src="https://www.googletagmanager.com/gtag/js?id=G-1"'), html);
      assert.deepEqual([hosts(), posts.length], [[STATISTICS], 1]);
      await tab.evaluate(() => window.say('no'));
      await settled();
      clear();
      await tab.goto(url);
      await settled();
      assert.deepEqual([hosts(), posts.length], [[], 2]);
    }));
}
