// The main flows in Firefox: nothing leaves before the answer and after a refusal, everything comes in its order after an
// acceptance, a withdrawal ends it, and the choices can be opened again. Rows 31, 42, 43 and 53, checks 1 to 5.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, widget } from './lib/firefox.js';
import { built } from './lib/own-origin.js';
import { withThird } from './lib/third.js';

const skip = built ? false : 'the gateway has not been built';
// In the markup, and by a script: what a bundle would do. Inline code with a service's marker waits as a whole.
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script defer src="@third@/late"></script><script src="@third@/first"></script>
<script data-category="marketing">(window.ran = window.ran || []).push('inline');</script><script src="@third@/second"></script></head>
<body><h1>Shop</h1><img src="@third@/picture" alt=""><iframe src="@third@/frame" width="400" height="200" title="Film"></iframe>
<script>
  var host = '@third@', made = document.createElement('script'); made.src = host + '/made'; document.body.append(made);
  new Image().src = host + '/pixel'; fetch(host + '/fetched').catch(function () {}); navigator.sendBeacon(host + '/beacon');
  document.body.insertAdjacentHTML('beforeend', '<img alt="" src="' + host + '/markup">');
  try { new WebSocket(host.replace('http', 'ws') + '/socket'); } catch (e) {}
</script></body></html>`;
const ALL = ['first', 'second', 'late', 'picture', 'frame', 'made', 'pixel', 'fetched', 'beacon', 'markup'].map((name) => `/${name}`);

let at, browser;
before(async () => {
  if (skip) return;
  at = await withThird({ '/': PAGE, '/two': PAGE });
  browser = await launch();
});
after(async () => { await browser?.close(); await at?.close(); });

async function visit(run) {
  const context = await browser.createBrowserContext();
  try {
    const tab = await context.newPage();
    const problems = [];
    // The third party takes no WebSocket.
    tab.on('pageerror', (error) => { if (!error.message.includes('/socket')) problems.push(error.message); });
    const open = async (path) => { await tab.goto(at.base + path); await settled(); };
    at.hits.length = 0;
    await open('/');
    await run({ tab, ui: widget(tab), open });
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

const settled = () => new Promise((done) => { setTimeout(done, 600); });
const arrived = async (names) => { for (let n = 0; n < 60 && !names.every((name) => at.hits.includes(name)); n += 1) await new Promise((done) => { setTimeout(done, 100); }); };

test('without the gateway all of it arrives in this browser', { skip }, async () => {
  const tab = await browser.newPage();
  at.hits.length = 0;
  await tab.goto(`${at.origin}/`);
  await arrived(ALL);
  assert.deepEqual(ALL.filter((name) => !at.hits.includes(name)), []);
  await tab.close();
});

test('nothing leaves before the answer, nothing after a refusal, and the page is whole', { skip }, () => visit(async ({ tab, ui, open }) => {
  await ui.accept.there();
  assert.deepEqual([await ui.accept.text(), await ui.refuse.text(), await ui.third.text()], ['Accept all', 'Refuse all', 'Choose']);
  await settled();
  assert.deepEqual(at.hits, [], 'before the answer');
  await ui.refuse.press();
  await ui.gone();
  await settled();
  for (const path of ['/', '/two']) {
    await open(path);
    assert.deepEqual(at.hits, [], path);
    await ui.reopen.there();
    assert.equal(await tab.evaluate(() => document.title + !!document.querySelector('consentry-panel').shadowRoot.querySelector('.box')), 'Shopfalse');
  }
}));

test('an acceptance brings all of it, in the order of the page, and a withdrawal ends it', { skip }, () => visit(async ({ tab, ui, open }) => {
  await ui.accept.press();
  await ui.gone();
  await arrived(ALL);
  assert.deepEqual(ALL.filter((name) => !at.hits.includes(name)), []);
  await tab.waitForFunction(() => (window.ran || []).includes('late'));
  const order = () => tab.evaluate(() => window.ran.filter((name) => name !== 'made'));
  assert.deepEqual(await order(), ['first', 'inline', 'second', 'late']);
  at.hits.length = 0;
  await open('/two');
  await arrived(ALL);
  assert.deepEqual(ALL.filter((name) => !at.hits.includes(name)), [], 'on the next page');
  assert.deepEqual(await order(), ['first', 'inline', 'second', 'late']);
  await ui.reopen.press();
  await ui.refuse.there();
  await Promise.all([tab.waitForNavigation(), ui.refuse.press()]);
  at.hits.length = 0;
  await open('/');
  assert.deepEqual(at.hits, [], 'after the withdrawal');
}));

test('a choice by category, opened by the first layer and by the button, holds on the next page', { skip }, () => visit(async ({ tab, ui, open }) => {
  await ui.third.press();
  await ui.box('category-2').there();
  assert.equal(await ui.third.text(), 'Save my choice');
  await ui.box('category-2').press();
  await ui.third.press();
  await ui.gone();
  await settled();
  assert.deepEqual(at.hits, [], 'another category');
  await open('/two');
  await ui.reopen.press();
  await ui.box('category-3').there();
  const ticked = (n) => tab.$eval(`consentry-panel >>> #category-${n}`, (box) => box.checked);
  assert.deepEqual([await ticked(2), await ticked(3)], [true, false]);
  await tab.keyboard.press('Escape');
  await ui.gone();
  assert.deepEqual(at.hits, []);
}));
