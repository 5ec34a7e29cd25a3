// Ways in which a script makes the browser send something: none of them reaches a service before the answer, after a
// refusal, or without the rules; all of them do after an acceptance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync, readdirSync } from 'node:fs';
import { launch, recordProblems, widget } from './lib/browser.js';
import { withThird } from './lib/third.js';

const WAYS = new URL('ways/', import.meta.url);
const ways = readdirSync(WAYS).map((name) => name.replace('.html', '')).sort();
const pages = Object.fromEntries(ways.map((way) => [`/${way}`,
  `<!doctype html><html lang="en"><head><title>${way}</title></head><body><h1>${way}</h1>${readFileSync(new URL(`${way}.html`, WAYS), 'utf8')}</body></html>`]));

// What has told its page that it failed has failed: the next page sends it.
const GONE = ['xhr', 'xhr-sync', 'web-socket', 'event-source', 'worker'];
// A page that comes again finds it there.
const KEPT = ['service-worker'];
// The browser's own words about a file that is not what it was taken for, and a socket that the third party closes at once.
const EXPECTED = /favicon|Failed to load resource|register a ServiceWorker|MIME type|Connection closed before receiving/;

let at, browser;
before(async () => { at = await withThird(pages); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

const reached = (way) => at.hits.filter((path) => path.endsWith(`/${way}`)).length;
const arrives = async (way) => { for (let n = 0; n < 40 && !reached(way); n += 1) await new Promise((done) => setTimeout(done, 50)); };

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
    await visit(at.origin, way, () => arrives(way));
    assert.ok(reached(way) > 0, 'without the gateway');
    at.hits.length = 0;

    await visit(at.base, way, async (tab, ui) => {
      await ui.refuse.waitFor();
      await tab.waitForTimeout(500);
      assert.equal(reached(way), 0, 'before the answer');
      await ui.refuse.click();
      await ui.dialog.waitFor({ state: 'detached' });
      await tab.waitForTimeout(200);
      assert.equal(reached(way), 0, 'after a refusal');
      await tab.reload();
      await tab.waitForTimeout(500);
      assert.equal(reached(way), 0, 'on the page after a refusal');
    });

    await visit(at.base, way, async (tab, ui) => {
      await ui.accept.waitFor();
      await tab.waitForTimeout(400);
      await ui.accept.click();
      await ui.dialog.waitFor({ state: 'detached' });
      if (!GONE.includes(way)) {
        await arrives(way);
        assert.ok(reached(way) > 0, 'after an acceptance');
      }
      at.hits.length = 0;
      await tab.reload();
      if (KEPT.includes(way)) return;
      await arrives(way);
      assert.ok(reached(way) > 0, 'on the page after an acceptance');
    });
    at.hits.length = 0;
  });
}
