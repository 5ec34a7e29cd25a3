// Scripts that come alive after the page is there find what they would have found while it was parsed: rows 44, 48 and 49.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const MARK = 'data-consentry=marketing:meta-pixel type=text/plain';
const inline = (code) => `<script ${MARK}>${code}</script>`;
const external = (name, more = '') => `<script ${MARK} data-consentry-src="/x.js?${name}" ${more}></script>`;

async function visit(body, run, options = {}) {
  const at = await site({ '/': page(body, options.head), ...options.pages }, options);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${at.origin}/`);
    const ui = widget(tab);
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await run({ tab, ui, at });
    assert.deepEqual(problems.filter((p) => !p.includes('favicon')), []);
  } finally {
    await context.close();
    await at.close();
  }
}

test('p86 document.write of external scripts is rendered where each stands, also what those write that were written', () =>
  visit(`<div id=ad>${external('writer')}</div><p id=kept>kept</p>${inline('window.after = document.getElementById("one") !== null;')}`, async ({ tab }) => {
    await tab.waitForFunction(() => document.getElementById('two'));
    const ad = await tab.evaluate(() => [...document.querySelectorAll('#ad *')].map((e) => e.id || e.localName));
    assert.deepEqual(ad, ['script', 'one', 'script', 'two']);
    assert.equal(await tab.locator('#kept').count(), 1);
    assert.equal(await tab.evaluate(() => window.after), true);
    assert.deepEqual(await tab.evaluate(() => [Object.hasOwn(document, 'write'), Object.hasOwn(document, 'addEventListener'), Object.hasOwn(window, 'addEventListener')]), [false, false, false]);
  }, { scripts: {
    writer: 'document.write("<b id=one>one</b><scr" + "ipt src=/x.js?inner></scr"); document.write("ipt>");',
    inner: 'document.writeln("<i id=two>two</i>");',
  } }));

const LISTENERS = `window.told = [];
document.addEventListener('DOMContentLoaded', (e) => told.push(['ready', e.type, e.target === document]));
window.addEventListener('DOMContentLoaded', { handleEvent: (e) => told.push(['object', e.type]) });
addEventListener('load', (e) => told.push(['load', e.currentTarget === window, e.target === document]));
document.addEventListener('readystatechange', () => told.push(['state', document.readyState]));
window.onload = () => told.push(['onload']);
document.addEventListener('click', () => told.push(['click']));
told.push(['script']);`;
const TOLD = [['script'], ['ready', 'DOMContentLoaded', true], ['object', 'DOMContentLoaded'], ['load', true, true], ['state', 'complete'], ['onload']];

for (const [kind, tag, scripts] of [['inline', inline(LISTENERS), {}], ['external', external('late'), { late: LISTENERS }]]) {
  test(`listeners of an ${kind} script for events that have been are called, once, after the script`, () => visit(tag, async ({ tab }) => {
    await tab.waitForFunction(() => window.told?.length >= 6);
    await tab.waitForTimeout(100);
    assert.deepEqual(await tab.evaluate(() => window.told), TOLD);
    await tab.evaluate(() => document.getElementsByTagName('h1')[0].click());
    assert.deepEqual(await tab.evaluate(() => window.told.at(-1)), ['click']);
  }, { scripts }));
}

test('listeners for events that are still to come are called by the browser, once', async () => {
  // The end of the page is held back until the answer has been given.
  const at = await site({ '/': page(`${inline('addEventListener("load", () => (window.loads = (window.loads || 0) + 1));')}<img alt="" src="/slow.gif">`) });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    let go;
    const held = new Promise((done) => { go = done; });
    await tab.route('**/slow.gif', async (route) => { await held; await route.fulfill({ body: '' }); });
    await tab.goto(`${at.origin}/`, { waitUntil: 'commit' });
    const ui = widget(tab);
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await tab.waitForFunction(() => !document.querySelector('[data-consentry]'));
    assert.equal(await tab.evaluate(() => window.loads), undefined);
    go();
    await tab.waitForFunction(() => window.loads);
    await tab.waitForTimeout(100);
    assert.equal(await tab.evaluate(() => window.loads), 1);
  } finally {
    await context.close();
    await at.close();
  }
});

test('an import map comes before the modules that need it, nomodule stays dead', () => visit(
  `<script ${MARK} data-consentry-type=importmap>{"imports": {"tool": "/x.js?tool"}}</script>` +
  `<script ${MARK} data-consentry-type=module>import "tool"; window.ran.push("module");</script>` +
  `<script ${MARK} nomodule>window.ran = ["nomodule"];</script>`, async ({ tab }) => {
    await tab.waitForFunction(() => window.ran?.length >= 2);
    assert.deepEqual(await tab.evaluate(() => window.ran), ['tool', 'module']);
  }));
