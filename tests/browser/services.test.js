// Answers for single services of the catalogue, whose hosts the browser knows as hashes: they hold for what scripts insert, at once and
// on the next page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { built, fence, gateway } from './lib/own-origin.js';

const skip = built ? false : 'the gateway has not been built';
// In two parts: a script with a service's marker in it would not run at all.
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body><h1>Shop</h1><script>
  ['static.hot|jar.com/c/1.js', 'www.clar|ity.ms/tag/1', 'plain.example/own.js'].forEach(function (url) {
    var s = document.createElement('script'); s.src = 'https://' + url.replace('|', ''); document.body.append(s);
  });
</script></body></html>`;

test('a service of the catalogue has its own answer, at once and on the next page', { skip }, async () => {
  const at = await gateway({ '/': PAGE });
  const browser = await launch();
  try {
    const context = await browser.newContext();
    const outside = await fence(context);
    const hosts = () => [...new Set(outside.splice(0).map((url) => new URL(url).hostname))].sort().join(' ');
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const comes = async (host) => { for (let n = 0; n < 100 && !outside.some((url) => url.includes(host)); n += 1) await tab.waitForTimeout(50); };
    const open = async () => { await tab.goto(at.base); await comes('plain.example'); await tab.waitForTimeout(300); };
    await open();
    assert.equal(hosts(), 'plain.example', 'before the answer');
    await tab.evaluate(() => window.consentry.set({ categories: { statistics: false, marketing: false, preferences: false }, services: { hotjar: true } }));
    await widget(tab).dialog.waitFor({ state: 'detached' });
    await comes('hotjar');
    assert.equal(hosts(), 'static.hotjar.com', 'at once');
    await open();
    assert.equal(hosts(), 'plain.example static.hotjar.com', 'on the next page');
    // A withdrawal: the page is loaded again.
    await Promise.all([tab.waitForEvent('load'), tab.evaluate(() => { window.consentry.set({ categories: { statistics: true }, services: { hotjar: false } }); })]);
    hosts();
    await open();
    assert.equal(hosts(), 'plain.example www.clarity.ms', 'its category without it');
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await at.close();
  }
});

// The catalogue's hosts are a file of their own.
const ASKS = (code) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body><h1>Shop</h1><script>window.go = function () { ${code} };</script></body></html>`;

async function asking(code, run) {
  const at = await gateway({ '/': ASKS(code) });
  const browser = await launch();
  try {
    const context = await browser.newContext();
    const outside = await fence(context);
    const tab = await context.newPage();
    let fetched = 0;
    tab.on('request', (request) => { fetched += request.url().includes('/a/hosts.'); });
    await run({ tab, outside, fetched: () => fetched, open: async () => { await tab.goto(at.base); await widget(tab).accept.waitFor(); } });
  } finally {
    await browser.close();
    await at.close();
  }
}

test('the catalogue is asked for once a script asks for somebody, and not for the site itself', { skip }, () => asking(
  "fetch('/own').catch(function () {}); new Image().src = location.origin + '/own.png'; new Image().src = 'https://www.face' + 'book.com/tr?id=1';",
  async ({ tab, outside, fetched, open }) => {
    await open();
    await tab.evaluate("fetch('/own')");
    assert.equal(fetched(), 0);
    await tab.evaluate('go(); go()');
    await tab.evaluate("new Image().src = 'https://plain.example/x.png'");
    await tab.waitForTimeout(800);
    assert.equal(fetched(), 1);
    assert.deepEqual(outside, ['https://plain.example/x.png']);
  }));

test('what cannot wait is judged at once', { skip }, () => asking(
  "window.states = ['wss://plain.example/x', 'wss://ws.hotjar.com/x'].map(function (url) { return new WebSocket(url).readyState; });",
  async ({ tab, fetched, open }) => {
    await open();
    await tab.evaluate('go()');
    assert.deepEqual(await tab.evaluate('states'), [0, 3]);
    assert.equal(fetched(), 1);
  }));

test('without the catalogue what is the site\'s own goes, and nothing else', { skip }, () => asking(
  "window.done = []; new Image().src = 'https://plain.example/x.png'; fetch('https://plain.example/y').then(function (r) { done.push(r.status); }, function () {}); new WebSocket('wss://plain.example/x');",
  async ({ tab, outside, open }) => {
    await tab.route('**/a/hosts.*', (route) => route.abort());
    await open();
    await tab.evaluate('go()');
    await tab.waitForTimeout(800);
    assert.deepEqual(outside, []);
    // Told as for what is blocked: nobody waits for ever.
    assert.deepEqual(await tab.evaluate('done'), [200]);
    assert.equal(await tab.evaluate("fetch('/own').then(function (r) { return r.status; })"), 404);
  }));
