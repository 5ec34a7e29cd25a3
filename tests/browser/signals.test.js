// Consent signals for tags that ask for them: rows 55 and 56, complaint 2.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

const TYPES = 'ad_storage=marketing: ad_user_data=marketing: ad_personalization=marketing: analytics_storage=statistics:google-analytics ' +
  'functionality_storage=preferences: personalization_storage=preferences: security_storage=necessary:';
const GLOBALS = 'gtag:f:statistics:google-analytics dataLayer:a:statistics:google-analytics uetq:a:marketing:bing clarity:f:statistics:clarity';
const NOTHING = { ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied', analytics_storage: 'denied',
  functionality_storage: 'denied', personalization_storage: 'denied', security_storage: 'granted' };
const given = (...types) => ({ ...NOTHING, ...Object.fromEntries(types.map((type) => [type, 'granted'])) });

// What a tag finds in the queues when it begins.
const TAG = (name) => `window.saw = window.saw || {}; saw['${name}'] = {
  dataLayer: JSON.parse(JSON.stringify((window.dataLayer || []).map((entry) => [].slice.call(entry)))),
  uetq: JSON.parse(JSON.stringify([].slice.call(window.uetq || []))),
  clarity: JSON.parse(JSON.stringify(((window.clarity || {}).q || []).map((entry) => [].slice.call(entry)))) };`;
const inert = (mark, code) => `<script data-consentry=${mark} type=text/plain>${code}</script>`;

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(body, signals, run, more = {}) {
  const at = await site({ '/': page(body, '', { signals: { types: TYPES, silence: 'security_storage', granted: 'security_storage', ...signals }, globals: GLOBALS, ...more }) });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${at.origin}/`);
    await run({ tab, ui: widget(tab), at });
    assert.deepEqual(problems.filter((p) => !p.includes('favicon')), []);
  } finally {
    await context.close();
    await at.close();
  }
}

test('the default stands before any tag of the page, all seven types, and is not said twice', () => visit(
  `<script>dataLayer.push({ event: 'page' }); ${TAG('page')}</script>`, {}, async ({ tab }) => {
    const { dataLayer, uetq } = await tab.evaluate(() => window.saw.page);
    assert.deepEqual(dataLayer.slice(0, 2), [['set', 'ads_data_redaction', true], ['consent', 'default', NOTHING]]);
    assert.equal(dataLayer.length, 3);
    assert.deepEqual(uetq, ['consent', 'default', { ad_storage: 'denied' }]);
  }));

test('after accepting, the update is in the queue before any tag runs, and before the page hears of it', () => visit(
  `<script>document.addEventListener('consentry:change', () => { ${TAG('event')} });</script>` +
  inert('statistics:google-analytics', TAG('google')) + inert('marketing:bing', TAG('microsoft')), {}, async ({ tab, ui }) => {
    await ui.accept.click();
    await tab.waitForFunction(() => window.saw?.microsoft);
    const seen = await tab.evaluate(() => window.saw);
    // The fixture has no preferences: nobody was asked about them.
    const update = ['consent', 'update', given('ad_storage', 'ad_user_data', 'ad_personalization', 'analytics_storage')];
    for (const name of ['event', 'google']) assert.deepEqual(seen[name].dataLayer.at(-1), update, name);
    assert.equal(seen.google.dataLayer.filter(([command]) => command === 'consent').length, 2);
    assert.deepEqual(seen.microsoft.uetq.slice(-3), ['consent', 'update', { ad_storage: 'granted' }]);
  }));

test('a refusal says nothing more than the default', () => visit('', {}, async ({ tab, ui }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  assert.equal(await tab.evaluate(() => window.dataLayer.length), 2);
}));

test('a type that depends on one service follows the answer for that service', () => visit('', {}, async ({ tab, ui }) => {
  await ui.choose.click();
  await ui.box('Statistics').check();
  await tab.getByText('Services (2)').click();
  await ui.box('Google Analytics').uncheck();
  await ui.save.click();
  await ui.dialog.waitFor({ state: 'detached' });
  assert.equal(await tab.evaluate(() => window.dataLayer.length), 2, 'analytics_storage stays denied');
}));

test('who has answered finds default and update, in this order, before a tag that came live', () => visit(
  `<script>${TAG('live')}</script>`, { granted: 'ad_storage security_storage', silence: 'analytics_storage security_storage' }, async ({ tab }) => {
    const { dataLayer, clarity } = await tab.evaluate(() => window.saw.live);
    assert.deepEqual(dataLayer.slice(1), [['consent', 'default', given('analytics_storage')], ['consent', 'update', given('ad_storage')]]);
    assert.deepEqual(clarity.at(-1), ['consentv2', { ad_Storage: 'granted', analytics_Storage: 'denied' }]);
  }, { globals: '', token: '8.4.0badcafe' }));

test('tags that the gateway puts in are configured when they may run and not before, once, ahead of their scripts', () => visit(
  '<script data-consentry=marketing:google-tag-manager type=text/plain data-consentry-src="/x.js?gtm" async></script>', {
    tags: 'GTM-ABC123=marketing:google-tag-manager G-ABC1234567=statistics:google-analytics', granted: 'security_storage G-ABC1234567',
  }, async ({ tab, ui }) => {
    const queue = () => tab.evaluate(() => window.dataLayer.map((entry) => (entry.event ? entry.event : `${entry[0]} ${entry[0] === 'js' ? entry[1] instanceof Date : entry[1]}`)));
    const first = ['set ads_data_redaction', 'consent default', 'js true', 'config G-ABC1234567'];
    assert.deepEqual(await queue(), first);
    await ui.accept.click();
    await tab.waitForFunction(() => window.ran);
    assert.deepEqual(await queue(), [...first, 'consent update', 'gtm.js']);
    await tab.evaluate(() => window.consentry.set(true));
    assert.deepEqual(await queue(), [...first, 'consent update', 'gtm.js']);
  }, { globals: '' }));

test('who is not to be told is not', () => visit('', { to: 'google', set: '' }, async ({ tab }) => {
  assert.deepEqual(await tab.evaluate(() => [window.dataLayer.length, typeof window.uetq, typeof window.clarity]), [1, 'undefined', 'undefined']);
}, { globals: '' }));
