// The same ways as in ways.test.js while the rules are on their way: the guard alone holds them, and they come to life after
// an acceptance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { withThird } from './lib/third.js';
import { arrives, EXPECTED, GONE, pages, reached, ways } from './lib/ways.js';

// A worker cannot wait, and those of the site's own have to run: what is at a path of the site is let through that early. What
// sets a single property of a style is seen by the rules' file alone.
const EARLY = ['style-property', 'style-property-detached', 'style-property-shadow', 'worker'];

let at, browser;
before(async () => { at = await withThird(pages); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

for (const way of ways.filter((name) => !EARLY.includes(name))) {
  test(`${way}: nothing before the rules are there, nothing after, everything after an acceptance`, async () => {
    const context = await browser.newContext();
    let go;
    const late = new Promise((done) => { go = done; });
    try {
      const tab = await context.newPage();
      const problems = await recordProblems(tab);
      await tab.route(/\/a\/rules\./, async (route) => { await late; await route.continue(); });
      await tab.goto(`${at.base}/${way}`, { waitUntil: 'commit' });
      await widget(tab).accept.waitFor();
      await tab.waitForTimeout(600);
      assert.equal(await tab.evaluate(() => window.__consentry.judge === undefined), true);
      assert.equal(reached(at, way), 0, 'before the rules');
      const come = tab.waitForFunction(() => window.__consentry.sheets);
      go();
      await come;
      await tab.waitForTimeout(200);
      assert.equal(reached(at, way), 0, 'before the answer');
      await widget(tab).accept.click();
      if (!GONE.includes(way)) {
        await arrives(at, way);
        assert.ok(reached(at, way) > 0, 'after an acceptance');
      }
      assert.deepEqual(problems.filter((problem) => !EXPECTED.test(problem)), []);
    } finally {
      await context.close();
    }
    at.hits.length = 0;
  });
}
