// The policy that is made of the visitor's answer, in a browser: it stops what a script sends by a way that the guard does not
// judge, says so to the gateway, and is in nobody's way otherwise.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, recordProblems, widget } from './lib/browser.js';
import { start } from './lib/gateway.js';
import { built, fence } from './lib/own-origin.js';

const RULES = `format = 1
hosts = ["*"]
shown = []
allow_hosts = ["cdn.example"]
[csp]
mode = "enforce"
[[service]]
slug = "ads"
number = 60001
category = "marketing"
hosts = ["ads.example"]
`;
// A typeface that a script makes is judged by nobody but the browser.
const sets = (host) => `new FontFace('x', 'url(http://${host}/face.woff2)').load().catch(function () {});`;
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body><h1 onclick="window.clicked = 1">Shop</h1>
<script>window.inline = eval('1'); ${['ads.example', 'stranger.example', 'cdn.example'].map(sets).join('')}</script>
<script src="/own.js"></script></body></html>`;
const skip = built ? false : 'the gateway has not been built';

let at;
let browser;
let directory;
const origin = createServer((request, response) => {
  const isScript = request.url === '/own.js';
  response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
  response.end(isScript ? 'window.own = 1;' : PAGE);
});
before(async () => {
  if (skip) return;
  directory = mkdtempSync(join(tmpdir(), 'consentry-csp-'));
  mkdirSync(join(directory, 'sites'));
  writeFileSync(join(directory, 'sites/test.toml'), RULES);
  await new Promise((done) => origin.listen(0, '127.0.0.1', done));
  at = await start('run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${origin.address().port}`, '--rules', directory, '--admin', '127.0.0.1:0', '--store', 'off');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await at?.stop();
  origin.closeAllConnections();
  await new Promise((done) => origin.close(done));
  if (directory) rmSync(directory, { recursive: true });
});

const unknown = async () => {
  const admin = /operator listener is at (\S+)/.exec(at.output())[1];
  return (await (await fetch(`${admin}/unknown`)).json()).test?.hosts ?? {};
};
const eventually = async (look) => {
  for (let n = 0; n < 100; n += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  return assert.fail('it did not come');
};

test('what the guard does not judge is stopped after a refusal, is reported, and comes with consent', { skip }, async () => {
  const context = await browser.newContext();
  try {
    const outside = await fence(context);
    const hosts = () => [...new Set(outside.map((url) => new URL(url).hostname))].sort();
    const tab = await context.newPage();
    await recordProblems(tab);
    const visit = async (go) => {
      outside.length = 0;
      await go();
      await tab.waitForFunction(() => window.own);
      await tab.waitForLoadState('networkidle');
      await tab.click('h1');
      return { hosts: hosts(), runs: await tab.evaluate(() => [window.inline, window.own, window.clicked, typeof window.__consentry]) };
    };
    const runs = [1, 1, 1, 'object'];

    const silent = await visit(() => tab.goto(`${at.base}/`));
    assert.deepEqual(silent, { hosts: ['ads.example', 'cdn.example', 'stranger.example'], runs }, 'before an answer it is only reported');
    const reported = await eventually(async () => (await unknown())['stranger.example']);
    assert.deepEqual([reported.count, reported.reports.fetchedAs, Object.keys(reported.paths)], [0, ['font'], ['/face.woff2']]);

    const ui = widget(tab);
    await ui.refuse.click();
    await ui.dialog.waitFor({ state: 'detached' });
    const refused = await visit(() => tab.reload());
    assert.deepEqual(refused, { hosts: ['cdn.example'], runs }, 'after a refusal it is stopped');
    const stopped = await tab.evaluate(() => window.violations.map((one) => one.trim()).sort());
    assert.deepEqual(stopped, ['font-src http://ads.example/face.woff2', 'font-src http://stranger.example/face.woff2']);
    await eventually(async () => (await unknown())['stranger.example'].reports.count > reported.reports.count);
    assert.deepEqual(Object.keys(await unknown()), ['stranger.example'], 'what a rule knows is not unknown');

    await ui.reopen.click();
    const granted = await visit(async () => {
      const loaded = tab.waitForEvent('framenavigated');
      await ui.accept.click();
      await loaded;
    });
    assert.deepEqual(granted, { hosts: ['ads.example', 'cdn.example'], runs }, 'a new answer comes with a new page and its policy');
  } finally {
    await context.close();
  }
});
