// Cookies that scripts of the page's own write: those of a service come with its consent, all others are let through.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { withThird } from './lib/third.js';

const page = `<!doctype html><html lang="en"><head><title>Cookies</title><link rel="icon" href="data:,"></head><body><h1>Cookies</h1><script>
  window.write = async function () {
    ['_six=1; path=/', ' _six_a=2', 'six.x=3', 'sixxx=4', 'shared=5', '_ga=6', 'session=7', 'own=8'].forEach(function (text) { document.cookie = text; });
    await cookieStore.set('_six_store', '9');
    await cookieStore.set({ name: 'own_store', value: '10' });
    document.cookie = '_six=; max-age=0; path=/';
    document.cookie = '_six=11; path=/';
  };
</script></body></html>`;

const SERVICES = `
[[service]]
slug = "sixth"
number = 60010
name = "Sixth"
category = "marketing"
cookies = ["_six", "_six_*", "six.x", "shared", "session"]
[[service]]
slug = "seventh"
number = 60011
name = "Seventh"
category = "statistics"
cookies = ["shared"]
[cookies]
necessary = ["session"]
justification = "keeps the basket"
`;

let at, browser;
before(async () => { at = await withThird({ '/': page }, '', SERVICES); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

test('a cookie of a service is written on its consent, and not before', async () => {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const names = () => tab.evaluate(() => document.cookie.split('; ').map((pair) => pair.split('=')[0]).filter((name) => !name.startsWith('euconsent')).sort().join(' '));
    const judged = () => tab.waitForFunction(() => window.__consentry.judge);
    const OWN = 'own own_store session sixxx';
    await tab.goto(`${at.base}/`);
    await judged();
    await tab.evaluate(() => window.write());
    assert.equal(await names(), OWN, 'before the answer');
    await widget(tab).refuse.click();
    await widget(tab).dialog.waitFor({ state: 'detached' });
    await tab.evaluate(() => window.write());
    assert.equal(await names(), OWN, 'after a refusal');
    await tab.reload();
    await judged();
    await tab.evaluate(() => window.write());
    assert.equal(await names(), OWN, 'on the next page');

    await tab.evaluate(() => window.consentry.set({ categories: { statistics: true } }));
    await tab.waitForFunction(() => document.cookie.includes('_ga='));
    assert.equal(await names(), '_ga own own_store session shared sixxx', 'one of those who share it may run');
    await tab.evaluate(() => window.consentry.set(true));
    await tab.waitForFunction(() => document.cookie.includes('_six='));
    assert.equal(await names(), '_ga _six _six_a _six_store own own_store session shared six.x sixxx', 'what was kept is written');
    assert.match(await tab.evaluate(() => document.cookie), /_six=11/);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
});
