// The README's first command, seen by a visitor: nothing before the answer, nothing after a refusal, everything in order after yes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, recordRequests, widget } from './lib/browser.js';
import { start } from './lib/gateway.js';

const PAGES = ['/', '/article', '/shop'];
const THIRD = ['analytics.localhost', 'ads.localhost'];

let browser;
let demo;
before(async () => { [browser, demo] = await Promise.all([launch(), start('demo')]); });
after(async () => { await browser.close(); await demo.stop(); });

const counters = async () => (await fetch(`${demo.base}/demo/counters`)).json();

async function visit(run, options) {
  const context = await browser.newContext(options);
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const requests = recordRequests(tab);
    await run({ tab, ui: widget(tab), requests, problems, context });
  } finally {
    await context.close();
  }
}

const open = async (tab, path) => { await tab.goto(demo.base + path); await tab.waitForTimeout(300); };
const third = (requests) => THIRD.flatMap((host) => requests.to(host));

test('before the answer no request reaches a third party, on any page, with script or without', async () => {
  const before = await counters();
  for (const javaScriptEnabled of [true, false]) {
    await visit(async ({ tab, requests, problems }) => {
      for (const path of PAGES) await open(tab, path);
      assert.deepEqual(third(requests), []);
      assert.deepEqual(problems, []);
    }, { javaScriptEnabled });
  }
  assert.deepEqual(await counters(), before);
});

test('after a refusal no request reaches a third party on three pages, and the page works on', () => visit(async ({ tab, ui, requests, problems }) => {
  const before = await counters();
  await open(tab, '/');
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  for (const path of PAGES) await open(tab, path);
  await tab.getByRole('button', { name: 'Buy a lamp' }).click();
  await tab.getByText('Bought.').waitFor();
  assert.deepEqual(third(requests), []);
  assert.deepEqual(problems, []);
  assert.deepEqual(await counters(), before);
}));

test('after accepting, every tag of the page comes alive without a reload, scripts in document order', () => visit(async ({ tab, ui, requests, problems }) => {
  await open(tab, '/');
  let loads = 0;
  tab.on('load', () => { loads += 1; });
  await ui.accept.click();
  await tab.waitForFunction(() => document.getElementById('list').textContent.includes('insight.js'));
  await tab.waitForTimeout(500);
  assert.equal(loads, 0);
  const paths = third(requests).map((url) => new URL(url).pathname);
  for (const path of ['/gtm.js', '/en_US/fbevents.js', '/lib/insight.js', '/pixel.gif']) assert.ok(paths.includes(path), `${path} of ${paths}`);
  assert.ok(paths.indexOf('/gtm.js') < paths.indexOf('/en_US/fbevents.js'), 'in document order');
  assert.deepEqual(problems, []);
  const replayed = await tab.evaluate(() => [window.dataLayer.some((e) => e.event === 'demo'), window.fbq.seen.some((a) => a[1] === 'Demo')]);
  assert.deepEqual(replayed, [true, true], "the page's own calls, made before consent, reached both tags");
}));

test('a visitor who accepted gets live pages from the server', () => visit(async ({ tab, ui, requests, problems }) => {
  await open(tab, '/');
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  requests.clear();
  await open(tab, '/article');
  assert.ok(requests.to('ads.localhost').some((url) => url.endsWith('/embed/crossing')));
  const html = await (await tab.request.get(`${demo.base}/article`)).text();
  assert.ok(html.includes('<iframe src="http://ads.localhost'), 'the frame came live');
  assert.ok(!html.includes('data-consentry='), 'nothing is neutralised');
  await tab.getByText('inline script labelled marketing').waitFor();
  await open(tab, '/shop');
  assert.ok(requests.to('ads.localhost').some((url) => url.endsWith('/shop/recommend.mjs')));
  assert.deepEqual(problems, []);
}));

test('choosing statistics alone runs statistics alone, here and on the next page', () => visit(async ({ tab, ui, requests }) => {
  await open(tab, '/article');
  await ui.choose.click();
  await ui.box('Statistics').check();
  await ui.save.click();
  await tab.waitForFunction(() => document.getElementById('list').textContent.includes('reader.js'));
  await open(tab, '/shop');
  assert.deepEqual(requests.to('ads.localhost'), []);
  assert.ok(requests.to('analytics.localhost').length >= 2);
}));

test('a withdrawal takes effect at once and on the next page', () => visit(async ({ tab, ui, requests }) => {
  await open(tab, '/');
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await open(tab, '/article');
  await tab.getByRole('link', { name: 'open your choices again' }).click();
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.waitForTimeout(800);
  requests.clear();
  for (const path of PAGES) await open(tab, path);
  assert.deepEqual(third(requests), []);
}));
