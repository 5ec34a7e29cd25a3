// The guard while its rules are on their way, without them, and under a page's own policies; what the page sees of it; its
// size. The ways in which a script can send something are in ways.test.js.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { launch, recordProblems, widget } from './lib/browser.js';
import { guard, guardHash } from './lib/bundle.js';
import { build } from './lib/guard.js';
import { withThird } from './lib/third.js';

const page = (script, head = '') => `<!doctype html><html lang="en"><head>${head}<title>Guard</title></head><body><h1>Guard</h1><script>${script}</script></body></html>`;
const own = (code) => `var s = document.createElement('script'); s.async = false; s.src = '@third@/${code}'; document.body.append(s);`;

const READ = `
  var s = document.createElement('script'), i = new Image(), a = document.createElement('a'), div = document.createElement('div');
  s.src = '@third@/read'; i.setAttribute('src', '//third.localhost:1/read'); a.href = '@third@/link'; document.body.append(a, div);
  div.innerHTML = null;
  window.seen = { src: s.src, base: i.src.replace(/:\\d+/g, ''), link: a.getAttribute('href'), text: div.innerHTML, name: s.getAttribute('id') };
  i.src = '/own.gif';
  setTimeout(function () { window.seen.attribute = s.getAttribute('src'); window.seen.own = i.getAttribute('src'); s.removeAttribute('src'); window.seen.gone = s.getAttribute('src'); document.body.append(s); }, 800);`;

const POLICY = `var p = trustedTypes.createPolicy('page', { createHTML: (x) => x, createScriptURL: (x) => x });
  var s = document.createElement('script'); s.src = p.createScriptURL('@third@/typed'); document.body.append(s);
  document.body.appendChild(document.createElement('div')).innerHTML = p.createHTML('<img src="@third@/typed-image">');`;
const TYPES = "require-trusted-types-for 'script'";

const STRICT = (third) => page(own('strict').replaceAll('@third@', third));
const hash = (html) => `'sha256-${createHash('sha256').update(/<script>([^]*)<\/script>/.exec(html)[1]).digest('base64')}'`;

const pages = {
  '/order': page(own('one') + own('two') + 'var i = new Image(); i.src = "@third@/three";' + own('four')),
  '/read': page(READ),
  '/typed': (third) => ({ html: page(POLICY.replaceAll('@third@', third)), headers: { 'content-security-policy': TYPES } }),
  '/typed-other': (third) => ({ html: page(POLICY.replaceAll('@third@', third)), headers: { 'content-security-policy': `${TYPES}; trusted-types page consentry` } }),
  '/strict': (third) => ({ html: STRICT(third), headers: { 'content-security-policy': `default-src 'none'; script-src 'self' ${guardHash} ${hash(STRICT(third))} ${third}; connect-src 'self'; style-src 'self' 'unsafe-inline'` } }),
  '/waits': page(`
    window.log = [];
    fetch('/own').then(function () { log.push('own'); });
    fetch('@free@/free', { mode: 'no-cors' }).then(function (r) { log.push('free ' + r.status); });
    fetch('@third@/blocked', { mode: 'no-cors' }).then(function (r) { log.push(r.status); });
    var x = new XMLHttpRequest(); x.open('GET', '/own-sync', false); x.send(); log.push('sync ' + x.status);
    try { x.open('GET', '@third@/sync', false); x.send(); } catch (e) { log.push(e.name); }
    x = new XMLHttpRequest(); x.open('GET', '/own-aborted'); x.send(); x.abort();
    log.push('beacon ' + navigator.sendBeacon('@third@/beacon', 'x'));
    var s = new WebSocket('ws://third.localhost:1/x'); log.push('socket ' + typeof s.addEventListener);
    document.write('<b id=written>written</b><img id=image src="@third@/image"><img src="/own-image">');
    log.push('written ' + !!document.getElementById('written'));
    window.image = new Image(); image.src = '@free@/picture';
    document.body.append(new DOMParser().parseFromString('<img src="@third@/parsed">', 'text/html').body.firstChild);`),
  '/mixed': (third) => page(`function helper() { window.helped = 1; } var s = document.createElement('script'); s.src = 'http://www' + '.fifth.localhost:${new URL(third).port}/mixed'; document.body.append(s);`)
    .replace('</body>', '<script>helper();</script></body>'),
  '/live': page('window.third && third();', '<script src="/own.js"></script>'),
  '/frame': page(`var f = document.createElement('iframe'); f.id = 'f'; f.src = '@third@/frame'; document.body.append(f); f.remove(); document.body.append(f.cloneNode(true));`),
};
for (const [path, html] of Object.entries(pages)) if (typeof html === 'string') pages[path] = (third) => html.replaceAll('@free@', third.replace('third', 'free'));

let at, browser;
before(async () => { at = await withThird(pages); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

async function visit(path, run, route) {
  const context = await browser.newContext();
  at.hits.length = 0;
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    if (route) await tab.route(/\/a\/rules\./, route);
    await tab.goto(at.base + path, { waitUntil: 'commit' });
    await run({ tab, ui: widget(tab), problems });
    assert.deepEqual(problems.filter((p) => !/favicon|Failed to load resource/.test(p)), []);
    assert.deepEqual(await tab.evaluate(() => window.violations), []);
  } finally {
    await context.close();
  }
}

const accept = async ({ tab, ui }) => {
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.waitForTimeout(400);
};

test('what waited comes alive in the order in which it was made', () => visit('/order', async (has) => {
  await has.ui.accept.waitFor();
  assert.deepEqual(at.hits, []);
  await accept(has);
  assert.deepEqual(at.hits.filter((path) => path !== '/three'), ['/one', '/two', '/four']);
  assert.ok(at.hits.includes('/three'));
  assert.deepEqual(await has.tab.evaluate(() => window.ran), ['one', 'two', 'four']);
}));

test('the page reads back what it wrote, and what it took back stays away', () => visit('/read', async (has) => {
  await has.ui.accept.waitFor();
  await has.tab.waitForTimeout(1000);
  assert.deepEqual(await has.tab.evaluate(() => window.seen), {
    src: `${at.third}/read`, base: 'http://third.localhost/read', link: `${at.third}/link`, text: '', name: null,
    attribute: `${at.third}/read`, own: '/own.gif', gone: null,
  });
  await accept(has);
  assert.deepEqual(at.hits, []);
}));

for (const path of ['/typed', '/typed-other']) {
  test(`p49 ${path}: nothing of ours violates Trusted Types, before or after`, () => visit(path, async (has) => {
    await has.ui.accept.waitFor();
    assert.deepEqual(at.hits, []);
    await accept(has);
    assert.deepEqual([...at.hits].sort(), ['/typed', '/typed-image']);
  }));
}

test('p49 a strict policy that names our hash and its own host is enough', () => visit('/strict', async (has) => {
  await has.ui.accept.waitFor();
  assert.deepEqual(at.hits, []);
  await accept(has);
  assert.deepEqual(at.hits, ['/strict']);
}));

const LOG = ['sync 200', 'NetworkError', 'beacon true', 'socket function', 'written true'];
const state = (tab) => tab.evaluate(() => [window.log, window.image.getAttribute('src') !== null, document.getElementById('image').src]);

test('until the rules are there everything waits that can, and the rest is blocked if it leads elsewhere', () => {
  let go;
  const late = new Promise((done) => { go = done; });
  return visit('/waits', async ({ tab }) => {
    await tab.waitForFunction(() => window.image);
    await tab.waitForTimeout(500);
    assert.deepEqual(await state(tab), [LOG, false, `${at.third}/image`]);
    assert.deepEqual(at.hits, []);
    go();
    await tab.waitForFunction(() => window.log.length === 8 && window.image.complete);
    const [log, picture] = await state(tab);
    assert.deepEqual([...log].sort(), [...LOG, 'own', 'free 0', 200].sort());
    assert.equal(picture, true);
    assert.deepEqual(at.hits, []);
  }, async (route) => { await late; await route.continue(); });
});

test('without the rules what is the page\'s own goes, and nothing else', () => visit('/waits', async ({ tab }) => {
  await tab.waitForFunction(() => window.log?.includes('own') && window.log.includes(200), undefined, { timeout: 2500 });
  assert.deepEqual(at.hits, []);
  assert.ok(!(await tab.evaluate(() => window.log)).includes('free 0'));
}, (route) => route.abort()));

test('three seconds without an answer are as long', () => visit('/waits', async ({ tab }) => {
  await tab.waitForFunction(() => window.log?.includes(200), undefined, { timeout: 6000 });
  assert.deepEqual(at.hits, []);
}, () => {}));

test('a copy of what waits waits too', () => visit('/frame', async (has) => {
  await has.ui.accept.waitFor();
  assert.deepEqual(at.hits, []);
  await accept(has);
  assert.deepEqual(at.hits, ['/frame']);
}));

test('a script with functions of the page\'s own runs, and what it inserts waits', () => visit('/mixed', async (has) => {
  await has.ui.accept.waitFor();
  await has.tab.waitForTimeout(500);
  assert.equal(await has.tab.evaluate(() => window.helped), 1);
  assert.deepEqual(at.hits, []);
  const [text] = await has.tab.evaluate(() => [...document.scripts].map((s) => s.text).filter((t) => t.includes('function helper')));
  assert.match(text, /^if\(!self\.__consentry/);
  // Where the guard is not at work the script stops before its first statement.
  assert.equal(await has.tab.evaluate((code) => { try { new Function('self', '__consentry', code)({}); } catch (e) { return e; } return ''; }, text), 'consentry');
  await accept(has);
  assert.deepEqual(at.hits, ['/mixed']);
  await has.tab.reload();
  await has.tab.waitForTimeout(500);
  assert.deepEqual(at.hits, ['/mixed', '/mixed']);
}));

test('a page on which everything may run carries no rules', () => visit('/live', async (has) => {
  await has.ui.accept.waitFor();
  await accept(has);
  await has.tab.reload();
  const tag = await has.tab.evaluate(() => ({ ...document.getElementById('consentry-guard').dataset }));
  assert.equal(tag.rules, '');
  assert.equal(await has.tab.evaluate(() => document.querySelectorAll('script[src*="/a/rules."]').length), 0);
  assert.match(await has.tab.evaluate(() => String(fetch)), /native code/);
}));

test('only the service that was refused for itself waits', () => visit('/order', async ({ tab, ui }) => {
  await ui.choose.click();
  await ui.box('Marketing').check();
  await ui.dialog.locator('details').evaluateAll((all) => all.forEach((details) => { details.open = true; }));
  await ui.box('Third').uncheck();
  await ui.save.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.waitForTimeout(300);
  assert.deepEqual(at.hits, []);
  await tab.reload();
  await tab.waitForTimeout(500);
  assert.deepEqual(at.hits, []);
  assert.match(await tab.evaluate(() => document.getElementById('consentry-guard').dataset.apart), /(^| )-60001( |$)/);
}));

test('guard.min.js and rules.min.js are what their sources are built to', async () => {
  for (const [name, text] of Object.entries(await build())) {
    assert.equal(text, readFileSync(new URL(`../../src/widget/${name}`, import.meta.url), 'utf8'), 'run: node tests/browser/lib/guard.js');
  }
});

test('the guard is at most 2.5 kB', () => {
  const size = gzipSync(guard, { level: 9 }).length;
  assert.ok(size <= 2500, `${size}`);
});
