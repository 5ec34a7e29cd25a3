// What law and browser say without the visitor, as the widget shows it: nothing is asked where silence allows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, recordProblems, widget } from './lib/browser.js';
import { built, fence, gateway } from './lib/own-origin.js';

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
</head><body><h1>Shop</h1><a href="/two">Two</a></body></html>`;
const ADS = 'connect.facebook.net';
const STATISTICS = 'www.googletagmanager.com';
const skip = built ? false : 'the gateway has not been built';

let browser;
let rules;
let optIn;
let optOut;
before(async () => {
  if (skip) return;
  browser = await launch();
  rules = await mkdtemp(join(tmpdir(), 'consentry-regimes-'));
  await writeFile(join(rules, 'regimes.toml'), 'format = 1\n[[regime]]\nname = "opt-out"\nsilence = "opt-out"\n');
  const pages = { '/': PAGE, '/two': PAGE };
  optIn = await gateway(pages);
  optOut = await gateway(pages, '--rules', rules);
});
after(async () => {
  await browser?.close();
  await optIn?.close();
  await optOut?.close();
  if (rules) await rm(rules, { recursive: true });
});

async function visit(at, gpc, run) {
  const context = await browser.newContext({ extraHTTPHeaders: gpc ? { 'sec-gpc': '1' } : {} });
  try {
    const outside = await fence(context);
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const loads = [];
    tab.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()));
    const hosts = () => [...new Set(outside.map((url) => new URL(url).hostname))].sort();
    await tab.goto(`${at.base}/`);
    await run({ tab, ui: widget(tab), hosts, loads, settled: () => tab.waitForTimeout(500), clear: () => outside.splice(0) });
    assert.deepEqual(problems.filter((problem) => problem.startsWith('uncaught')), []);
  } finally {
    await context.close();
  }
}

test('where silence allows, tags run and nothing is asked; the choices show it, and a no is obeyed', { skip }, () =>
  visit(optOut, false, async ({ tab, ui, hosts, settled, clear }) => {
    await ui.reopen.waitFor();
    await settled();
    assert.deepEqual(hosts(), [ADS, STATISTICS]);
    assert.equal(await ui.dialog.count(), 0);
    await ui.reopen.click();
    assert.deepEqual([await ui.box('Statistics').isChecked(), await ui.box('Marketing').isChecked()], [true, true]);
    clear();
    await ui.box('Marketing').uncheck();
    await Promise.all([tab.waitForEvent('load'), ui.save.click()]);
    await settled();
    assert.deepEqual(hosts(), [STATISTICS]);
    assert.equal(await ui.dialog.count(), 0);
  }));

test('going back loads nothing twice', { skip }, () => visit(optOut, false, async ({ tab, settled, loads }) => {
  await tab.click('a[href="/two"]');
  await tab.waitForURL('**/two');
  await settled();
  await tab.goBack();
  await settled();
  assert.ok(loads.length <= 3, `${loads}`);
}));

test('check 10: the signal refuses what is sold, and an explicit yes wins', { skip }, () =>
  visit(optOut, true, async ({ tab, ui, hosts, settled, clear }) => {
    await ui.reopen.waitFor();
    await settled();
    assert.deepEqual(hosts(), [STATISTICS]);
    assert.equal(await ui.dialog.count(), 0);
    assert.equal(await tab.evaluate(() => document.cookie), '');
    await ui.reopen.click();
    assert.deepEqual([await ui.box('Statistics').isChecked(), await ui.box('Marketing').isChecked()], [true, false]);
    await ui.box('Marketing').check();
    await ui.save.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await settled();
    assert.deepEqual(hosts(), [ADS, STATISTICS]);
    clear();
    await tab.goto(`${optOut.base}/two`);
    await settled();
    assert.deepEqual(hosts(), [ADS, STATISTICS]);
  }));

test('where silence refuses, the rest is asked although the signal has answered for marketing', { skip }, () =>
  visit(optIn, true, async ({ tab, ui, hosts, settled }) => {
    await ui.accept.waitFor();
    await settled();
    assert.deepEqual(hosts(), []);
    const said = await tab.evaluate(() => window.consentry.get());
    assert.deepEqual([said.answered, said.gpc, said.regime, said.refused], [false, true, 'opt-in', ['marketing']]);
    await ui.refuse.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await settled();
    assert.deepEqual(hosts(), []);
  }));
