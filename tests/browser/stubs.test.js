// The guard's stubs: decision D12.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

const GLOBALS = 'gtag:f:statistics:google-analytics,marketing:google-ads dataLayer:a:statistics:google-analytics ' +
  'fbq:f:marketing:meta-pixel _paq:a:statistics:matomo _cfg:o:marketing:meta-pixel late:f:marketing:meta-pixel ' +
  'slots.cmd:a:marketing:meta-pixel tt.page:f:marketing:meta-pixel tt.people.set:f:marketing:meta-pixel tt.list:a:marketing:meta-pixel';
const inert = (mark, code, attributes = '') => `<script data-consentry=${mark} type=text/plain ${attributes}>${code}</script>`;

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(body, run, options = {}) {
  const at = await site({ '/': page(body, options.head, { globals: GLOBALS }) }, options);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${at.origin}/`);
    await run({ tab, ui: widget(tab), problems, at });
    assert.deepEqual(problems.filter((p) => !p.includes('favicon')), []);
  } finally {
    await context.close();
    await at.close();
  }
}

const CALLS = `<script>
  window.before = { fbq: typeof fbq, gtag: typeof gtag, paq: Array.isArray(_paq), cfg: typeof _cfg };
  fbq('track', 'one'); gtag('event', 'one'); _paq.push(['trackEvent', 'one']); dataLayer.push({ event: 'one' });
  fbq('track', 'two'); late('one'); _cfg.uid = 7;
</script>`;

// As Meta's and Matomo's: the first tests its global and defines a queue of its own, the second takes the array over.
const BOOTSTRAPS = inert('marketing:meta-pixel', `
  (function (f) {
    if (f.fbq) return;
    f.fbq = function () { (f.fbqCalls = f.fbqCalls || []).push([].slice.call(arguments)); };
  })(window);
  fbq('init', '1');`) +
  inert('statistics:matomo', 'var _paq = window._paq = window._paq || []; window.paqCalls = _paq.slice(); window.paqOwnPush = Object.hasOwn(_paq, "push");') +
  inert('statistics:google-analytics', 'window.dataLayer = window.dataLayer || []; function gtag(){ dataLayer.push(arguments); } gtag("js", 1);');

test('calls before the answer do not throw, and are replayed in order', () => visit(CALLS + BOOTSTRAPS, async ({ tab, ui }) => {
  assert.deepEqual(await tab.evaluate(() => window.before), { fbq: 'function', gtag: 'function', paq: true, cfg: 'object' });
  await ui.accept.click();
  await tab.waitForFunction(() => window.dataLayer.length === 3 && window.fbqCalls?.length === 3);
  assert.deepEqual(await tab.evaluate(() => window.fbqCalls), [['init', '1'], ['track', 'one'], ['track', 'two']]);
  assert.deepEqual(await tab.evaluate(() => [window.paqCalls, window.paqOwnPush]), [[['trackEvent', 'one']], false]);
  assert.deepEqual(await tab.evaluate(() => JSON.stringify(window.dataLayer)),
    '[{"event":"one"},{"0":"js","1":1},{"0":"event","1":"one"}]');
  await tab.evaluate(() => { fbq('track', 'three'); });
  assert.deepEqual(await tab.evaluate(() => window.fbqCalls.at(-1)), ['track', 'three']);
}));

test('stubs of a service that stays refused stay', () => visit(CALLS + BOOTSTRAPS, async ({ tab, ui }) => {
  await ui.choose.click();
  await ui.box('Statistics').check();
  await ui.save.click();
  await tab.waitForFunction(() => window.paqCalls);
  await tab.evaluate(() => fbq('track', 'three'));
  assert.equal(await tab.evaluate(() => window.fbqCalls), undefined);
}));

test('a name that its script defines only later keeps its stub until then', () => {
  const body = CALLS + '<script data-consentry=marketing:meta-pixel type=text/plain async data-consentry-src="/x.js?slow%20late"></script>';
  return visit(body, async ({ tab, ui }) => {
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await tab.evaluate(() => setTimeout(() => late('two')));
    await tab.waitForFunction(() => window.lateCalls?.length === 2);
    assert.deepEqual(await tab.evaluate(() => window.lateCalls), ['one', 'two']);
  }, { scripts: { 'slow late': 'window.late = function (x) { (window.lateCalls = window.lateCalls || []).push(x); };' } });
});

test('a bootstrap that a tag manager inserts later finds the place empty, and the calls are replayed', () => visit(CALLS, async ({ tab, ui }) => {
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.evaluate(() => setTimeout(() => { window.fbq('track', 'three'); }));
  await tab.waitForTimeout(50);
  await tab.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'if (!window.fbq) window.fbq = function () { (window.fbqCalls = window.fbqCalls || []).push(arguments[1]); };';
    document.body.append(script);
  });
  await tab.waitForFunction(() => window.fbqCalls?.length === 3);
  assert.deepEqual(await tab.evaluate(() => window.fbqCalls), ['one', 'two', 'three']);
}));

const WAITING = `<script>
  window.called = [];
  var call = (name) => () => window.called.push(name);
  gtag('event', 'click', { event_callback: call('gtag') });
  dataLayer.push({ event: 'x', eventCallback: call('dataLayer') });
  (function () { dataLayer.push(arguments); })('event', 'x', { event_callback: call('arguments') });
  fbq('track', 'x', { hitCallback: call('fbq') });
  window.asynchronous = window.called.length === 0;
</script>`;

test('callbacks are called although nothing is sent: a link that waits for a tracker works after a refusal', () => visit(WAITING + BOOTSTRAPS, async ({ tab, ui }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(await tab.evaluate(() => window.called), ['gtag', 'dataLayer', 'arguments', 'fbq']);
  assert.equal(await tab.evaluate(() => window.asynchronous), true);
}));

test('a callback is called once, also when the call is replayed', () => {
  const real = inert('marketing:meta-pixel', 'window.fbq = function (a, b, options) { window.replayed = 1; options.hitCallback(); };');
  return visit(WAITING + real, async ({ tab, ui }) => {
    await ui.accept.click();
    await tab.waitForFunction(() => window.replayed);
    assert.deepEqual(await tab.evaluate(() => window.called.filter((name) => name === 'fbq')), ['fbq']);
  });
});

test('hostile arguments do not make a stub throw', () => visit(`<script>
  var ring = []; ring.push(ring);
  fbq(ring, null, undefined, 1, 'text', Object.freeze({ callback: function () {} }), { get callback() { throw new Error('no'); } });
  dataLayer.push(ring); gtag(window, document.body, Symbol('s'));
  window.done = 1;
</script>`, async ({ tab }) => {
  assert.equal(await tab.evaluate(() => window.done), 1);
}));

test('what the page has already is not replaced, and no global of ours can be listed', () => visit('', async ({ tab }) => {
  assert.equal(await tab.evaluate(() => Object.keys(window).includes('__consentry')), false);
  assert.equal(await tab.evaluate(() => Object.keys(window._paq).length), 0);
}));

test('members: a queue inside an object stays where it is, an object with methods makes room', () => {
  const calls = `<script>
    var slots = slots || {}; slots.cmd = slots.cmd || []; slots.cmd.push('one');
    tt.page('one'); tt.people.set('two'); tt.page('three'); tt.list.push('four');
  </script>`;
  // As Google's publisher tag and TikTok's: the one reads the queue it finds, the other makes an array with methods.
  const bootstraps = inert('marketing:meta-pixel', 'window.slotsSeen = window.slots.cmd.slice();') +
    inert('marketing:meta-pixel', `
      var tt = window.tt = window.tt || [];
      if (!Array.isArray(tt)) throw new Error('the place was taken');
      window.seen = [];
      tt.page = function (x) { seen.push('page ' + x); };
      tt.people = { set: function (x) { seen.push('set ' + x + (this === tt.people)); } };
      tt.list = [];`);
  return visit(calls + bootstraps, async ({ tab, ui }) => {
    await ui.accept.click();
    await tab.waitForFunction(() => window.seen?.length === 3);
    assert.deepEqual(await tab.evaluate(() => [window.slotsSeen, window.seen, window.tt.list]),
      [['one'], ['page one', 'page three', 'set twotrue'], ['four']]);
    await tab.evaluate(() => tt.page('five'));
    assert.equal(await tab.evaluate(() => window.seen.at(-1)), 'page five');
  });
});
