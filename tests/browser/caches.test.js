// Pages that come from a cache of the browser, and uniform delivery: pitfall 48, decision D6.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

const TAG = '<script data-consentry=marketing:meta-pixel type=text/plain>(window.ran = window.ran || []).push("ad");</script>';
const LIVE = '<script>(window.ran = window.ran || []).push("ad");</script>';
const tagged = (made) => page(made.answer?.granted.includes('marketing') ? LIVE : TAG)(made);

let browser;
// Playwright switches the back/forward cache off.
before(async () => { browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] }); });
after(() => browser.close());

async function visit(run, options = {}) {
  const at = await site({ '/': tagged, '/other': tagged, '/inert': page(TAG), ...options.pages }, options);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    // A page in the cache stays alive: each load of one is another `load`, each showing another `shown`.
    await tab.addInitScript(() => {
      window.load = Math.random();
      addEventListener('pageshow', (event) => { window.persisted = event.persisted; });
    });
    await tab.goto(`${at.origin}/`);
    await run({ tab, ui: widget(tab), at });
  } finally {
    await context.close();
    await at.close();
  }
}

const hits = (at, path) => at.log.hits.filter((hit) => hit === `site.localhost${path}`).length;
const away = async (ui) => ui.dialog.waitFor({ state: 'detached' });

test('p48 a page that comes back with an answer it was not made for is loaded again, once', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.waitFor();
  const first = await tab.evaluate(() => window.load);
  await tab.goto(`${at.origin}/other`);
  await ui.accept.click();
  await away(ui);
  await tab.goBack({ waitUntil: 'commit' });
  await tab.waitForFunction(() => window.ran?.[0] === 'ad' && window.persisted === false);
  assert.notEqual(await tab.evaluate(() => window.load), first);
  assert.equal(hits(at, '/'), 2);
  await tab.waitForTimeout(500);
  assert.equal(hits(at, '/'), 2);
}));

test('p48 a page that was unlocked in place is not stale when it comes back', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.click();
  await away(ui);
  const first = await tab.evaluate(() => window.load);
  await tab.goto(`${at.origin}/other`);
  await tab.goBack({ waitUntil: 'commit' });
  await tab.waitForFunction(() => window.persisted);
  await tab.waitForTimeout(300);
  assert.equal(await tab.evaluate(() => window.load), first);
  assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
  assert.equal(hits(at, '/'), 1);
}));

test('p48 a page from before a withdrawal does not come back alive', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.click();
  await away(ui);
  await tab.goto(`${at.origin}/other`);
  await ui.reopen.click();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  await tab.goBack({ waitUntil: 'commit' });
  await tab.waitForFunction(() => window.persisted === false && !window.ran && document.readyState === 'complete');
  assert.equal(hits(at, '/'), 2);
}));

test('p48 a server that disagrees with the companion cookie makes no loop', () => visit(async ({ tab, at, ui }) => {
  await ui.accept.waitFor();
  // The server takes nobody for answered, whatever this cookie says.
  await tab.evaluate(() => { document.cookie = 'euconsent_v=c.0.0badcafe; Path=/'; });
  await tab.goto(`${at.origin}/other`);
  await tab.goBack({ waitUntil: 'commit' });
  await tab.waitForTimeout(800);
  assert.equal(hits(at, '/'), 2);
  await ui.accept.waitFor();
}));

test('a page of before the answer, from a cache that nobody asks again, is unlocked by the server\'s word', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.click();
  await away(ui);
  await tab.goto(`${at.origin}/old`);
  await tab.waitForFunction(() => window.ran);
  assert.equal(await ui.dialog.count(), 0);
}, { pages: { '/old': (made) => page(TAG)({ snippet: () => made.snippet({ token: '0.0.0badcafe' }) }) } }));

test('D6 uniform delivery: the same page for everybody is unlocked for who allowed it, and asks who did not answer', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.click();
  await away(ui);
  assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
  await tab.goto(`${at.origin}/inert`);
  await tab.waitForFunction(() => window.ran);
  assert.equal(await ui.dialog.count(), 0);
  await ui.reopen.click();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  await tab.waitForTimeout(300);
  assert.equal(await tab.evaluate(() => window.ran), undefined);
}, { uniform: true, pages: { '/': page(TAG) } }));
