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
