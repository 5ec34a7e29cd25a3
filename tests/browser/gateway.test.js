// The whole way with a real gateway: its pages, its answers, its cookies, and the browser. Row 42, checks 1 to 5.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { widgetName } from './lib/bundle.js';
import { built, fence, gateway } from './lib/own-origin.js';

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?n.callMethod.apply(n,arguments):n.queue.push(arguments)};
n.queue=[];t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}
(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');fbq('track','PageView');</script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
</head><body><h1>Shop</h1>
<script>fbq('track','Lead');</script>
<img src="https://www.facebook.com/tr?id=1&amp;ev=PageView" alt="">
<iframe src="https://www.youtube.com/embed/1" title="Video"></iframe>
<noscript><img src="https://www.facebook.com/tr?id=1&amp;noscript=1" alt=""></noscript></body></html>`;
const HOSTS = ['connect.facebook.net', 'www.facebook.com', 'www.googletagmanager.com', 'www.youtube.com'];
const skip = built ? false : 'the gateway has not been built';

let browser;
let at;
before(async () => {
  if (skip) return;
  browser = await launch();
  at = await gateway({ '/': PAGE, '/two': PAGE, '/three': PAGE });
});
after(async () => {
  await browser?.close();
  await at?.close();
});

async function visit(run) {
  const context = await browser.newContext();
  try {
    const outside = await fence(context);
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const settled = () => tab.waitForTimeout(400);
    const hosts = () => [...new Set(outside.map((url) => new URL(url).hostname))].sort();
    await tab.goto(`${at.base}/`);
    await run({ tab, ui: widget(tab), hosts, settled, clear: () => outside.splice(0) });
    assert.deepEqual(problems.filter((problem) => problem.startsWith('uncaught')), []);
  } finally {
    await context.close();
  }
}

test('the page carries the bundle that these tests test', { skip }, async () => {
  const html = await (await fetch(`${at.base}/`)).text();
  assert.ok(html.includes(`/_c/a/${widgetName}"`), 'rebuild the gateway: its bundle is not that of src/widget');
});

test('nothing leaves before the answer, nothing after a refusal on three pages', { skip }, () => visit(async ({ tab, ui, hosts, settled }) => {
  await ui.accept.waitFor();
  await settled();
  assert.deepEqual(hosts(), []);
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  for (const path of ['/', '/two', '/three']) {
    await tab.goto(at.base + path);
    await settled();
  }
  assert.deepEqual(hosts(), []);
  assert.equal(await ui.dialog.count(), 0);
}));

test('accepting brings everything alive without a reload, the next page comes live, withdrawing ends it', { skip }, () => visit(async ({ tab, ui, hosts, settled, clear }) => {
  await tab.evaluate(() => { window.same = true; });
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await settled();
  assert.deepEqual(hosts(), HOSTS);
  const queued = await tab.evaluate(() => window.fbq.queue.map((call) => [...call].join(' ')));
  assert.deepEqual(queued, ['init 1', 'track PageView', 'track Lead']);
  assert.equal(await tab.evaluate(() => window.same), true);
  clear();
  await tab.goto(`${at.base}/two`);
  await settled();
  assert.deepEqual(hosts(), HOSTS);
  assert.equal(await tab.evaluate(() => document.querySelectorAll('[data-consentry]').length), 0);
  await ui.reopen.click();
  assert.equal(await ui.box('Marketing').isChecked(), true);
  clear();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  await settled();
  assert.deepEqual(hosts(), []);
  const answer = await tab.evaluate(() => window.consentry.get());
  assert.deepEqual([answer.granted, answer.refused], [[], ['preferences', 'statistics', 'marketing']]);
}));

test('one service of a granted category can be refused, and stays refused on the next page', { skip }, () => visit(async ({ tab, ui, hosts, settled, clear }) => {
  await ui.choose.click();
  await ui.box('Marketing').check();
  await tab.locator('.group', { hasText: 'Marketing' }).locator('summary').click();
  await ui.dialog.getByRole('checkbox', { name: /Meta Pixel|Facebook/ }).first().uncheck();
  await ui.save.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await settled();
  assert.deepEqual(hosts().filter((host) => host.includes('facebook')), []);
  clear();
  await tab.goto(`${at.base}/two`);
  await settled();
  assert.deepEqual(hosts().filter((host) => host.includes('facebook')), []);
  assert.deepEqual(Object.values((await tab.evaluate(() => window.consentry.get())).services), [false]);
}));
