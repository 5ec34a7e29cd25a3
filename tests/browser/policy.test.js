// Content-Security-Policy and Trusted Types: pitfall 49, complaint 28 and 29.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { launch, recordProblems, widget } from './lib/browser.js';
import { guardHash } from './lib/bundle.js';
import { page, site } from './lib/fixture.js';

const INLINE = "(window.ran = window.ran || []).push('inline');";
const inlineHash = `'sha256-${createHash('sha256').update(INLINE).digest('base64')}'`;
const MARK = 'data-consentry=marketing:meta-pixel type=text/plain';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(policy, body, expected, violationsExpected = []) {
  const make = page(body, '', { globals: 'fbq:f:marketing:meta-pixel' });
  const at = await site({ '/': (more) => ({ html: make(more), headers: { 'content-security-policy': policy } }) });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await recordProblems(tab);
    await tab.goto(`${at.origin}/`);
    assert.equal(await tab.evaluate(() => typeof window.fbq), 'function', 'the guard runs');
    const ui = widget(tab);
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await tab.waitForFunction((count) => (window.ran || []).length >= count, expected.length, { timeout: 5000 }).catch(() => {});
    assert.deepEqual(await tab.evaluate(() => window.ran || []), expected);
    const violations = (await tab.evaluate(() => window.violations)).map((v) => v.replace(/http\S*\/(\w+)\.\w+\.js $/, '$1.js'));
    assert.deepEqual(violations, violationsExpected);
    assert.equal(await ui.reopen.evaluate((button) => getComputedStyle(button).borderRadius), '50%', 'the style sheet applies');
  } finally {
    await context.close();
    await at.close();
  }
}

test('p49 a policy with the guard\'s hash and \'self\' is enough', () =>
  visit(`default-src 'none'; script-src 'self' ${guardHash}; connect-src 'self'`, `<script ${MARK} data-consentry-src="/x.js?own"></script>`, ['own']));

test('p49 the nonce is kept on activation', () => {
  const body = `<script ${MARK} nonce=n0nce>${INLINE}</script><script ${MARK} nonce=n0nce data-consentry-src="/x.js?own"></script>`;
  // The widget's own tag has no nonce: it is refused, which is the one violation, and loaded by the guard.
  return visit(`script-src 'nonce-n0nce' ${guardHash} 'strict-dynamic'; connect-src 'self'`, body, ['inline', 'own'], ['script-src-elem honour.js', 'script-src-elem door.js']);
});

test('p49 the hash of a neutralised inline script stays valid', () =>
  visit(`script-src 'self' ${guardHash} ${inlineHash}; connect-src 'self'`, `<script ${MARK}>${INLINE}</script>`, ['inline']));

test('p49 Trusted Types are required: nothing of ours violates them', () => {
  const body = `<script ${MARK}>${INLINE}</script><script ${MARK} data-consentry-src="/x.js?own" onload="1"></script><iframe ${MARK} data-consentry-srcdoc="<p>x"></iframe>`;
  return visit("require-trusted-types-for 'script'", body, ['inline', 'own']);
});

test('p49 Trusted Types with our policy named', () =>
  visit("require-trusted-types-for 'script'; trusted-types consentry", `<script ${MARK}>${INLINE}</script>`, ['inline']));

test('p49 Trusted Types without our policy: inline code runs all the same, the rest comes from the server', async () => {
  const make = page(`<script ${MARK}>${INLINE}</script><script ${MARK} data-consentry-src="/x.js?own"></script>`);
  const live = page('<script src="/x.js?own"></script>');
  const headers = { 'content-security-policy': "require-trusted-types-for 'script'; trusted-types other" };
  const at = await site({ '/': (more) => ({ html: (more.answer ? live : make)(more), headers }) });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await tab.goto(`${at.origin}/`);
    const reloaded = tab.waitForEvent('framenavigated');
    await widget(tab).accept.click();
    await reloaded;
    await tab.waitForFunction(() => window.ran);
    assert.deepEqual(await tab.evaluate(() => window.ran), ['own']);
  } finally {
    await context.close();
    await at.close();
  }
});
