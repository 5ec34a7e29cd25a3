// The bridge: answers that other tools took in the browser reach the gateway, and the next page is right on the server. The tools
// are played by the few functions of theirs that the bridge reads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, recordProblems, widget } from './lib/browser.js';
import { BINARY } from './lib/gateway.js';
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

// Defaults are on before anybody said anything; what the site maps beside the usual names is one vendor.
const DIDOMI = `var listeners = window.didomiEventListeners = window.didomiEventListeners || [], ready = window.didomiOnReady = window.didomiOnReady || [];
window.Didomi = {
  shouldUserStatusBeCollected: function () { return !localStorage.getItem('said'); },
  getCurrentUserStatus: function () {
    var yes = localStorage.getItem('said') != 'no';
    return { purposes: { cookies: { id: 'cookies', enabled: yes }, measure_ad_performance: { id: 'measure_ad_performance', enabled: yes },
      select_personalized_ads: { id: 'select_personalized_ads', enabled: false } }, vendors: { 'c:ga-abc': { id: 'c:ga-abc', enabled: yes }, facebook: { id: 'facebook', enabled: false } } };
  }
};
addEventListener('load', function () { ready.forEach(function (fn) { fn(window.Didomi); }); });
window.say = function (what) { localStorage.setItem('said', what); listeners.forEach(function (l) { if (l.event == 'consent.changed') l.listener({}); }); };`;

const ONETRUST = `window.OnetrustActiveGroups = localStorage.getItem('said') == 'yes' ? ',C0001,C0002,' : ',C0001,';
window.OneTrust = { IsAlertBoxClosed: function () { return !!localStorage.getItem('said'); },
  GetDomainData: function () { return { Groups: [{ CustomGroupId: 'C0001' }, { CustomGroupId: 'C0002' }, { CustomGroupId: 'C0004' }] }; } };
var wrapped = 0;
function OptanonWrapper() { wrapped++; }
window.say = function (what) {
  localStorage.setItem('said', what);
  window.OnetrustActiveGroups = what == 'yes' ? ',C0001,C0002,' : ',C0001,';
  if (what == 'no') return OptanonWrapper();
  dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: [] }));
};`;

// Strings of the right form, with the dates of this run: made by the program itself.
const TCF = (yes, no) => `var told, says = { yes: '${yes}', no: '${no}' };
function now() { var said = localStorage.getItem('said'); return { gdprApplies: true, tcString: says[said] || '', eventStatus: said ? 'useractioncomplete' : 'cmpuishown', listenerId: 1 }; }
window.__tcfapi = function (command, version, callback) { if (command == 'addEventListener') { told = callback; callback(now(), true); } };
window.say = function (what) { localStorage.setItem('said', what); told(now(), true); };`;

const GPP = (yes, no) => `var told, says = { yes: '${yes}', no: '${no}' };
function now() { var said = localStorage.getItem('said'); return { eventName: 'signalStatus', data: 'ready',
  pingData: { signalStatus: said ? 'ready' : 'not ready', gppString: says[said] || '', applicableSections: [2] } }; }
window.__gpp = function (command, callback) { if (command == 'addEventListener') { told = callback; callback(now(), true); } };
window.say = function (what) { localStorage.setItem('said', what); told(now(), true); };`;

/** A TC string of today with the purposes of statistics, or without any. */
function tcString(yes) {
  const day = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
  const said = { created: day, updated: day, cmp_id: 7, policy_version: 5, consent_language: 'EN', publisher_country: 'FR', is_service_specific: true,
    purposes: yes ? [1, 8, 9] : [], vendors: yes ? '755' : '', vendors_disclosed: '1-800' };
  const made = spawnSync(BINARY, ['encode', '--format', 'tcf'], { input: JSON.stringify(said), encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  return made.stdout.trim();
}

let browser;
let rules;
const gateways = {};
before(async () => {
  if (skip) return;
  browser = await launch();
  rules = await mkdtemp(join(tmpdir(), 'consentry-bridge-'));
  const tables = {
    usercentrics: '[usercentrics]\nservices = { HkocEodjb7 = "google-analytics" }\n',
    didomi: '[didomi_token]\nvendors = { "c:ga-abc" = "google-analytics" }\n',
  };
  const strings = ['yes', 'no'].map((said) => tcString(said == 'yes'));
  for (const tool of ['usercentrics', 'osano', 'didomi', 'onetrust', 'tcf', 'gpp']) {
    await mkdir(join(rules, tool, 'sites'), { recursive: true });
    const table = tables[tool] || '';
    await writeFile(join(rules, tool, 'sites', 'main.toml'), `format = 1\nhosts = ["*"]\nbridge = "${tool}"\n${table}`);
    const pages = {
      '/3': page(UC3), '/2': page(UC2), '/osano': page(OSANO), '/didomi': page(DIDOMI), '/onetrust': page(ONETRUST),
      '/tcf': page(TCF(...strings)), '/gpp': page(GPP(...strings.map((text) => `DBABMA~${text}`))),
    };
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

for (const [name, tool, path] of [['Usercentrics 3', 'usercentrics', '/3'], ['Usercentrics 2', 'usercentrics', '/2'], ['Osano', 'osano', '/osano'],
  ['Didomi', 'didomi', '/didomi'], ['OneTrust', 'onetrust', '/onetrust'], ['__tcfapi', 'tcf', '/tcf'], ['__gpp', 'gpp', '/gpp']]) {
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
