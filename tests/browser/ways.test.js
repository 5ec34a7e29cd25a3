// Ways in which a script makes the browser send something: none of them reaches a service before the answer, after a
// refusal, or without the rules; all of them do after an acceptance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { withThird } from './lib/third.js';
import { arrives, EXPECTED, GONE, pages, reached, ways } from './lib/ways.js';

// A page that comes again finds it there.
const KEPT = ['service-worker'];

let at, browser;
before(async () => { at = await withThird(pages); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

async function visit(base, way, run) {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${base}/${way}`);
    await run(tab, widget(tab));
    assert.deepEqual(problems.filter((problem) => !EXPECTED.test(problem)), []);
  } finally {
    await context.close();
  }
}

test('there are thirty ways and more', () => assert.ok(ways.length >= 30, `${ways.length}`));

for (const way of ways) {
  test(`${way}: nothing before the answer and after a refusal, everything after an acceptance`, async () => {
    // The oracle: without the gateway it arrives.
    await visit(at.origin, way, () => arrives(at, way));
    assert.ok(reached(at, way) > 0, 'without the gateway');
    at.hits.length = 0;

    await visit(at.base, way, async (tab, ui) => {
      await ui.refuse.waitFor();
      await tab.waitForTimeout(500);
      assert.equal(reached(at, way), 0, 'before the answer');
      await ui.refuse.click();
      await ui.dialog.waitFor({ state: 'detached' });
      await tab.waitForTimeout(200);
      assert.equal(reached(at, way), 0, 'after a refusal');
      await tab.reload();
      await tab.waitForTimeout(500);
      assert.equal(reached(at, way), 0, 'on the page after a refusal');
    });

    await visit(at.base, way, async (tab, ui) => {
      await ui.accept.waitFor();
      await tab.waitForTimeout(400);
      await ui.accept.click();
      await ui.dialog.waitFor({ state: 'detached' });
      if (!GONE.includes(way)) {
        await arrives(at, way);
        assert.ok(reached(at, way) > 0, 'after an acceptance');
      }
      at.hits.length = 0;
      await tab.reload();
      if (KEPT.includes(way)) return;
      await arrives(at, way);
      assert.ok(reached(at, way) > 0, 'on the page after an acceptance');
    });
    at.hits.length = 0;
  });
}
