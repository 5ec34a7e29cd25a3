// What happens to neutralised elements after the answer: pitfalls 50, 84, 86, 97; complaints 22 to 28.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordRequests, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const inert = (mark, attributes = '', code = '') => `<script data-consentry=${mark} type=text/plain ${attributes}>${code}</script>`;
const external = (mark, src, more = '') => inert(mark, `data-consentry-src="${src}" ${more}`);
const note = (name) => `(window.ran = window.ran || []).push('${name}');`;
const STATISTICS = 'statistics:google-analytics';
const MARKETING = 'marketing:meta-pixel';

/** Opens a page of these bodies in a context of its own; `run` gets {tab, ui, requests, at, ran}. */
async function visit(body, run, options = {}) {
  const at = await site({ '/': page(body, options.head, options.snippet), ...options.pages }, options);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const requests = recordRequests(tab);
    await tab.goto(`${at.origin}/`);
    const ui = widget(tab);
    const ran = (count) => tab.waitForFunction((n) => (window.ran || []).length >= n, count, { timeout: 5000 }).then(() => tab.evaluate(() => window.ran));
    await run({ tab, ui, requests, at, ran });
  } finally {
    await context.close();
    await at.close();
  }
}

const MIXED = [
  inert(STATISTICS, '', note('inline 1')),
  external(STATISTICS, '/x.js?slow%20external%202'),
  inert(STATISTICS, '', note('inline 3')),
  external(MARKETING, '/x.js?slow%20external%204'),
  external(MARKETING, '/x.js?external%205'),
  inert(MARKETING, '', note('inline 6')),
].join('\n');

test('p86 after accepting, scripts run in document order and exactly once', () => visit(MIXED, async ({ tab, ui, ran }) => {
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  await ui.accept.click();
  const expected = ['inline 1', 'slow external 2', 'inline 3', 'slow external 4', 'external 5', 'inline 6'];
  assert.deepEqual(await ran(6), expected);
  await tab.evaluate(() => window.__consentry.activate({ categories: ['statistics', 'marketing'], services: {} }));
  await tab.waitForTimeout(100);
  assert.deepEqual(await tab.evaluate(() => window.ran), expected);
  assert.equal(await tab.locator('[data-consentry]').count(), 0);
}));

test('after refusing nothing runs, on this page and on the next', () => visit(MIXED, async ({ tab, ui, requests, at }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.goto(`${at.origin}/`);
  await tab.waitForTimeout(300);
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  assert.equal(await ui.dialog.count(), 0);
  assert.deepEqual(requests.all.filter((url) => url.includes('x.js')), []);
  assert.equal(at.log.posts[0].button, 'refuse-all');
}));

test('what a page has for those who refused comes alive on a refusal', () => visit(inert('!marketing:', '', note('refused')) + inert(MARKETING, '', note('ad')),
  async ({ ui, ran }) => {
    await ui.refuse.click();
    assert.deepEqual(await ran(1), ['refused']);
  }));

test('choosing one category runs that category only; a tag that needs two services needs both', () => {
  const body = inert(STATISTICS, '', note('statistics')) + inert(MARKETING, '', note('marketing')) +
    inert(`${STATISTICS},${MARKETING}`, '', note('both')) + inert('unclassified:', '', note('unclassified')) + inert('statistics:', '', note('label'));
  return visit(body, async ({ ui, ran, at, tab }) => {
    await ui.choose.click();
    await ui.box('Statistics').check();
    await ui.save.click();
    await ran(2);
    await tab.waitForTimeout(200);
    assert.deepEqual(await ran(2), ['statistics', 'label']);
    assert.deepEqual(at.log.posts[0].categories, { statistics: true, marketing: false });
    assert.equal(at.log.posts[0].layer, 'second');
    assert.equal(at.log.posts[0].button, 'save');
  });
});

test('a single service can deviate from its category', () => {
  const body = inert('statistics:matomo', '', note('matomo')) + inert(STATISTICS, '', note('google'));
  return visit(body, async ({ tab, ui, ran, at }) => {
    await ui.choose.click();
    await ui.box('Statistics').check();
    await tab.getByText('Services (2)').click();
    await ui.box('Google Analytics').uncheck();
    assert.equal(await ui.box('Statistics').evaluate((box) => box.indeterminate), true);
    await ui.save.click();
    await ran(1);
    await tab.waitForTimeout(200);
    assert.deepEqual(await ran(1), ['matomo']);
    assert.deepEqual(at.log.posts[0].services, { 'google-analytics': false });
  });
});

test('async does not hold up what follows, defer and modules come after the rest', () => {
  const body = [
    external(STATISTICS, '/x.js?slow%20async', 'async'),
    external(STATISTICS, '/x.js?defer', 'defer'),
    inert(STATISTICS, 'data-consentry-type=module', note('inline module')),
    external(STATISTICS, '/x.js?module', 'data-consentry-type="module"'),
    inert(STATISTICS, '', note('inline')),
    external(STATISTICS, '/x.js?plain'),
  ].join('');
  return visit(body, async ({ ui, ran }) => {
    await ui.accept.click();
    assert.deepEqual(await ran(6), ['inline', 'plain', 'defer', 'inline module', 'module', 'slow async']);
  });
});

test('p50 p84 every attribute is kept, the original type comes back, the order of attributes too', () => {
  const body = `<script data-consentry=${STATISTICS} type=text/plain id=a data-consentry-src="/x.js?a" integrity="" crossorigin=anonymous referrerpolicy=no-referrer ` +
    'fetchpriority=low data-x="1 &amp; 2" nonce=abc123 data-consentry-type="Text/JavaScript" defer "odd"></script>' +
    `<script id=b data-consentry=${STATISTICS} type=text/plain data-category=statistics data-src="/x.js?b"></script>` +
    `<script id=c data-consentry=${STATISTICS} type=text/plain data-src=own>${note('c')}window.own = document.currentScript.dataset.src;</script>` +
    `<script id=d data-consentry=${STATISTICS} type=text/plain nomodule data-consentry-src="/x.js?d"></script>`;
  return visit(body, async ({ tab, ui, ran }) => {
    await ui.accept.click();
    assert.deepEqual(await ran(3), ['b', 'c', 'a']);
    const attributes = await tab.evaluate(() => [...document.getElementById('a').attributes].map((x) => `${x.name}=${x.value}`));
    assert.deepEqual(attributes, ['id=a', 'src=/x.js?a', 'integrity=', 'crossorigin=anonymous', 'referrerpolicy=no-referrer',
      'fetchpriority=low', 'data-x=1 & 2', 'nonce=abc123', 'type=Text/JavaScript', 'defer=', '"odd"=']);
    assert.equal(await tab.evaluate(() => document.getElementById('b').hasAttribute('type')), false);
    assert.equal(await tab.evaluate(() => window.own), 'own');
    assert.equal(await tab.evaluate(() => document.getElementById('d').noModule), true);
  });
});

test('p50 integrity is enforced on activation, and a script that fails does not hold up the next', () => {
  const body = external(STATISTICS, '/x.js?bad', 'integrity="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="') +
    external(STATISTICS, 'http://127.0.0.1:1/x.js') + inert(STATISTICS, '', note('next'));
  return visit(body, async ({ ui, ran }) => {
    await ui.accept.click();
    assert.deepEqual(await ran(1), ['next']);
  });
});

test('frames, pictures and links come back in place', () => {
  const body = `<iframe data-consentry=${MARKETING} title=f data-consentry-src="/f.html" width=10></iframe>` +
    `<img data-consentry=${MARKETING} alt="" data-consentry-src="/one.gif" data-consentry-srcset="/two.gif 2x">` +
    `<link data-consentry=${MARKETING} rel=stylesheet data-consentry-href="/x.css">`;
  return visit(body, async ({ tab, ui, requests }) => {
    assert.deepEqual(requests.all.filter((url) => /f.html|gif|css/.test(url)), []);
    await ui.accept.click();
    await tab.waitForFunction(() => !document.querySelector('[data-consentry]'));
    await tab.waitForTimeout(200);
    const paths = requests.all.map((url) => new URL(url).pathname);
    assert.ok(paths.includes('/f.html') && paths.includes('/one.gif') && paths.includes('/x.css'), paths.join());
    const html = await tab.evaluate(() => document.querySelector('img').outerHTML);
    assert.equal(html, '<img alt="" src="/one.gif" srcset="/two.gif 2x">');
  });
});

test('p86 document.write of an activated inline script does not erase the page', () => {
  const body = inert(MARKETING, '', "document.write('<b id=written>w</b><script>window.ran=[\"written\"]<\\/script>'); document.writeln('');") + '<p id=kept>';
  return visit(body, async ({ tab, ui, ran }) => {
    await ui.accept.click();
    assert.deepEqual(await ran(1), ['written']);
    assert.equal(await tab.locator('#kept').count(), 1);
    assert.equal(await tab.evaluate(() => document.getElementById('written').previousElementSibling.localName), 'script');
    assert.equal(await tab.evaluate(() => Object.hasOwn(document, 'write')), false);
  });
});

test('p97 a template and a noscript are left alone', () => {
  const body = `<template>${inert(MARKETING, '', note('template'))}</template><noscript>${external(MARKETING, '/x.js?noscript')}</noscript>` + inert(MARKETING, '', note('live'));
  return visit(body, async ({ ui, ran, requests }) => {
    await ui.accept.click();
    assert.deepEqual(await ran(1), ['live']);
    assert.deepEqual(requests.all.filter((url) => url.includes('noscript')), []);
  });
});

test('what the parser reaches after the answer is activated too', () => {
  // The last part of the page comes only when the consent has been posted.
  return visit('', async ({ tab, ui, at, ran }) => {
    await tab.goto(`${at.origin}/stream`, { waitUntil: 'commit' });
    await ui.accept.click();
    assert.deepEqual(await ran(2), ['early', 'late']);
  }, {
    pages: {
      '/stream': (made) => page(`${inert(MARKETING, '', note('early'))}<script src="/x.js?slow%20blocker&${'x'.repeat(5)}"></script>` +
        `${inert(MARKETING, '', note('late'))}`)(made),
    },
    scripts: { [`slow blocker&${'x'.repeat(5)}`]: '' },
  });
});
