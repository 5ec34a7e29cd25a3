// What a data protection officer checks and could sign, against the demo site behind the real gateway and, where an origin's own log or
// its rules are needed, a small site of this test's: `make check-dpo`. Each check has its control: what it looks for is found where
// it is allowed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, recordRequests, widget } from './lib/browser.js';
import { start } from './lib/gateway.js';
import { built } from './lib/own-origin.js';

const PAGES = ['/', '/article', '/shop'];
const THIRD = ['analytics.localhost', 'ads.localhost'];
const DAY = 86400;
const skip = built ? false : 'the gateway has not been built';
const BINARY = process.env.CONSENTRY_BIN || new URL('../../target/debug/consentry', import.meta.url).pathname;

let browser;
let demo;
let own;
before(async () => {
  if (skip) return;
  [browser, demo, own] = await Promise.all([launch(), start('demo'), ownSite()]);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  await own?.close();
});

/** A site with tags of services that the catalogue knows, whose log has the cookies that reach it, and rules that can be edited. */
async function ownSite() {
  const log = [];
  const origin = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (request.headers['sec-fetch-dest'] === 'document') log.push(request.headers.cookie || '');
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (path === '/') response.setHeader('set-cookie', ['session=1; HttpOnly; Path=/', '_ga=GA1.1.0.0; Path=/; Max-Age=63072000', '_fbp=fb.1.0.0; HttpOnly; Path=/']);
    response.end('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Own</title></head><body><h1>Own</h1><p>text</p><a href="/two">two</a></body></html>');
  });
  await new Promise((done) => origin.listen(0, '127.0.0.1', done));
  const directory = await mkdtemp(join(tmpdir(), 'consentry-dpo-'));
  await mkdir(join(directory, 'rules/sites'), { recursive: true });
  const rules = (more = '') => writeFile(join(directory, 'rules/sites/own.toml'), `format = 1\nhosts = ["*"]\n${more}`);
  await rules();
  const store = join(directory, 'proofs.sqlite');
  const gateway = await start('run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${origin.address().port}`, '--rules', join(directory, 'rules'), '--admin', 'off', '--store', store);
  return {
    base: gateway.base, log, rules,
    proofs: () => execFileSync(BINARY, ['proofs', '--store', store, 'export'], { encoding: 'utf8' }).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)),
    verify: () => execFileSync(BINARY, ['proofs', '--store', store, 'verify'], { encoding: 'utf8' }),
    close: async () => {
      await gateway.stop();
      origin.closeAllConnections();
      await new Promise((done) => origin.close(done));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function visit(run, options) {
  const context = await browser.newContext(options);
  try {
    const tab = await context.newPage();
    const requests = recordRequests(tab);
    await run({ tab, ui: widget(tab), requests, context });
  } finally {
    await context.close();
  }
}

const open = async (tab, url) => { await tab.goto(url); await tab.waitForTimeout(300); };
const gone = (ui) => ui.dialog.waitFor({ state: 'detached' });
const third = (requests) => THIRD.flatMap((host) => requests.to(host));
const counters = async () => (await fetch(`${demo.base}/demo/counters`)).json();
const names = async (context) => (await context.cookies()).map((cookie) => cookie.name).sort();

test('check 1: a first visit contacts no third party: no request, no connection, not even a name is looked up; with script and without', { skip }, async () => {
  // A browser of its own, which writes down all that its network stack does.
  const seen = async (act) => {
    const directory = await mkdtemp(join(tmpdir(), 'consentry-netlog-'));
    const file = join(directory, 'net.json');
    const alone = await launch({ args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', `--log-net-log=${file}`] });
    for (const javaScriptEnabled of [true, false]) {
      const context = await alone.newContext({ javaScriptEnabled });
      const tab = await context.newPage();
      for (const path of PAGES) await open(tab, demo.base + path);
      if (javaScriptEnabled && act) await act(widget(tab), tab);
      await context.close();
    }
    await alone.close();
    const text = await readFile(file, 'utf8');
    await rm(directory, { recursive: true });
    assert.ok(text.includes(new URL(demo.base).host), 'the log has what is there');
    return THIRD.filter((host) => text.includes(host));
  };
  const before = await counters();
  assert.deepEqual(await seen(), []);
  assert.deepEqual(await counters(), before);
  assert.deepEqual(await seen(async (ui, tab) => { await ui.accept.click(); await gone(ui); await tab.waitForTimeout(500); }), THIRD, 'the control: after accepting, both are in the log');
});

test('check 2: after a refusal, three pages later: no third party, and the origin is sent no cookie that is not exempt', { skip }, async () => {
  await visit(async ({ tab, ui, requests }) => {
    await open(tab, demo.base);
    await ui.refuse.click();
    await gone(ui);
    for (const path of PAGES) await open(tab, demo.base + path);
    assert.deepEqual(third(requests), []);
  });
  await visit(async ({ tab, ui, context }) => {
    await open(tab, own.base);
    await ui.refuse.click();
    await gone(ui);
    // As a script of a former tool may have left them.
    await context.addCookies(['_ga', '_gid', '_fbp'].map((name) => ({ name, value: '1', url: own.base })));
    own.log.length = 0;
    for (const path of ['/', '/two', '/three']) await open(tab, own.base + path);
    assert.equal(own.log.length, 3);
    for (const cookies of own.log) assert.ok(!/_ga|_gid|_fbp/.test(cookies), cookies);
    assert.ok(own.log.every((cookies) => cookies.includes('session=1')), 'the control: what the site needs arrives');
  });
});

test('check 3: accept, browse, withdraw, browse: what is left is what a first visit left, and the consent', { skip }, () => visit(async ({ tab, ui, context }) => {
  await open(tab, own.base);
  const first = await names(context);
  assert.deepEqual(first, ['session']);
  await ui.accept.click();
  await gone(ui);
  await open(tab, own.base);
  await tab.evaluate(() => { document.cookie = '_gid=1'; document.cookie = '_ga_ABC=1; path=/'; localStorage._fbp = '1'; localStorage.own = '1'; });
  await open(tab, `${own.base}/two`);
  assert.ok((await names(context)).includes('_fbp') && (await names(context)).includes('_ga'), 'the control: after accepting they are there');
  await ui.reopen.click();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  own.log.length = 0;
  for (const path of ['/two', '/', '/three']) await open(tab, own.base + path);
  assert.deepEqual(await names(context), [...first, 'euconsent', 'euconsent_v'].sort());
  assert.deepEqual(await tab.evaluate(() => Object.keys(localStorage).sort()), ['consentry-consent-id', 'own']);
  for (const cookies of own.log) assert.ok(!/_ga|_gid|_fbp/.test(cookies), cookies);
}));

test('check 4: refusing is as easy as accepting: one click, the same layer, element, size and contrast; nothing is ticked; Escape, scrolling and closing answer nothing', { skip }, async () => {
  await visit(async ({ tab, ui, context }) => {
    await open(tab, demo.base);
    const looks = await Promise.all([ui.accept, ui.refuse].map((button) => button.evaluate((b) => {
      const style = getComputedStyle(b);
      const channel = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
      const light = (colour) => { const [r, g, bl] = colour.match(/\d+/g).map(Number).map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * bl; };
      const [one, other] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
      return { element: b.localName, size: [b.offsetWidth, b.offsetHeight], contrast: (one + 0.05) / (other + 0.05), font: style.font, colours: [style.color, style.backgroundColor] };
    })));
    assert.deepEqual(looks[0], looks[1]);
    assert.ok(looks[0].contrast >= 4.5, `${looks[0].contrast}:1`);
    await tab.keyboard.press('End');
    await tab.mouse.wheel(0, 2000);
    await ui.choose.click();
    assert.deepEqual(await ui.dialog.getByRole('checkbox', { disabled: false }).evaluateAll((boxes) => boxes.filter((box) => box.checked).length), 0);
    await tab.keyboard.press('Escape');
    await tab.keyboard.press('Escape');
    await gone(ui);
    assert.deepEqual((await names(context)).filter((name) => name.startsWith('euconsent')), []);
    await open(tab, `${demo.base}/shop`);
    await ui.refuse.click();
    await gone(ui);
    assert.ok((await names(context)).includes('euconsent'), 'one click refuses');
  });
});

test('check 5: the choices, and in them the withdrawal, are one click away on every page', { skip }, () => visit(async ({ tab, ui }) => {
  await open(tab, demo.base);
  await ui.accept.click();
  await gone(ui);
  for (const path of PAGES) {
    await open(tab, demo.base + path);
    await ui.reopen.click();
    await ui.refuse.waitFor();
    await ui.close.click();
  }
}));

test('check 6: a refusal is kept as long as an acceptance, 180 days, and is not asked again', { skip }, async () => {
  for (const button of ['refuse', 'accept']) {
    await visit(async ({ tab, ui, context }) => {
      await open(tab, demo.base);
      await ui[button].click();
      await gone(ui);
      const cookie = (await context.cookies()).find(({ name }) => name === 'euconsent');
      const days = (cookie.expires - Date.now() / 1000) / DAY;
      assert.ok(days > 179.9 && days <= 180, `${button}: ${days} days`);
      for (const path of PAGES) {
        await open(tab, demo.base + path);
        assert.equal(await ui.dialog.count(), 0, `${button} ${path}`);
      }
    });
  }
});

test('check 7: without an answer, and with our parts blocked or hidden, the content can be read, scrolled and used', { skip }, async () => {
  for (const hide of [
    (tab) => tab.route('**/_c/**', (route) => route.abort()),
    (tab) => tab.addInitScript(() => addEventListener('DOMContentLoaded', () => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('consentry-panel { display: none !important }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    })),
  ]) {
    await visit(async ({ tab, requests }) => {
      await hide(tab);
      await open(tab, demo.base);
      await tab.evaluate(() => { document.querySelector('main').append(Object.assign(document.createElement('div'), { style: 'height: 3000px' })); });
      await tab.mouse.wheel(0, 600);
      await tab.waitForFunction(() => scrollY > 300);
      await tab.getByRole('link', { name: 'Article' }).click();
      await tab.waitForURL('**/article');
      assert.ok((await tab.locator('main').innerText()).length > 100);
      assert.deepEqual(third(requests), []);
    });
  }
});

test('check 8 and 9: every answer leaves a proof in an unbroken chain; new questions are asked, and the proof from before still says what was said', { skip }, () => visit(async ({ tab, ui }) => {
  await open(tab, own.base);
  const count = own.proofs().length;
  await ui.refuse.click();
  await gone(ui);
  await open(tab, `${own.base}/two`);
  assert.equal(await ui.dialog.count(), 0, 'the control: the same questions are not asked again');
  const before = own.proofs().at(-1);
  assert.equal(own.proofs().length, count + 1);
  await own.rules('[[category]]\nname = "fitting-room"\nnumber = 32\nlabel = "Fitting room"\n');
  for (let i = 0; i < 30 && await ui.dialog.count() === 0; i++) await open(tab, `${own.base}/two`);
  await ui.choose.click();
  await ui.box('Fitting room').check();
  await ui.save.click();
  await gone(ui);
  const proofs = own.proofs();
  assert.equal(proofs.length, count + 2);
  assert.deepEqual(proofs.find((proof) => proof.seq === before.seq), before);
  const versions = proofs.slice(-2).map((proof) => JSON.stringify(proof).match(/"siteVersion\\*":\\*"(\w+)/)?.[1]);
  assert.ok(versions[0] && versions[1] && versions[0] !== versions[1], JSON.stringify(proofs.slice(-2)));
  assert.match(own.verify(), /\d/);
  await own.rules();
  const asks = async () => (await (await fetch(`${own.base}/_c/services`)).text()).includes('fitting-room');
  for (let i = 0; i < 100 && await asks(); i++) await tab.waitForTimeout(100);
  assert.equal(await asks(), false);
}));

test('check 10: Sec-GPC is a refusal of what is sold, is stored as no choice, and a choice of the visitor\'s wins', { skip }, () => visit(async ({ tab, ui, context }) => {
  const state = () => tab.evaluate(() => window.consentry.get());
  await open(tab, own.base);
  const before = await state();
  assert.deepEqual([before.gpc, before.answered, before.refused, before.granted], [true, false, ['marketing'], []]);
  assert.deepEqual((await names(context)).filter((name) => name.startsWith('euconsent')), []);
  await ui.accept.click();
  await gone(ui);
  await open(tab, own.base);
  const now = await state();
  assert.deepEqual([now.answered, now.refused], [true, []]);
  const proof = JSON.stringify(own.proofs().at(-1));
  assert.match(proof, /gpc\\*":true/);
}, { extraHTTPHeaders: { 'sec-gpc': '1' } }));
