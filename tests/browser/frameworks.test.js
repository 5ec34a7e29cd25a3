// Pages of frameworks that bring trackers by themselves, and go on without a new document: nothing leaves before the answer, after a
// refusal and after a withdrawal, everything after an acceptance, on the first view and on the next; and nothing breaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { pages, SENDS } from './lib/frameworks.js';
import { withThird } from './lib/third.js';

let at, browser;
before(async () => { at = await withThird(pages()); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

/** What has reached the third party since it was last asked. */
const sent = () => [...new Set(at.hits.splice(0))].map((path) => path.slice(1)).sort();
const all = (tool, name) => SENDS[tool].map((what) => `${tool}-${what}-${name}`);
const next = async (tab) => {
  await tab.locator('#next').click();
  await tab.getByRole('heading', { name: 'second' }).waitFor();
};

/** Waits until this much has been sent, for three seconds at most, and gives what was. */
async function arrived(wanted) {
  for (let n = 0; n < 60 && !wanted.every((path) => at.hits.includes(`/${path}`)); n += 1) await new Promise((done) => setTimeout(done, 50));
  return sent();
}

async function visit(tool, run) {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${at.base}/${tool}`);
    await run(tab, widget(tab));
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
    sent();
  }
}

for (const tool of Object.keys(SENDS)) {
  test(`${tool}: nothing before the answer and after a refusal, on both views`, () => visit(tool, async (tab, ui) => {
    await ui.refuse.waitFor();
    await next(tab);
    await tab.waitForTimeout(400);
    assert.deepEqual(sent(), [], 'before the answer');
    await ui.refuse.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await tab.goto(`${at.base}/${tool}`);
    await next(tab);
    await tab.waitForTimeout(400);
    assert.deepEqual(sent(), [], 'after a refusal');
  }));

  test(`${tool}: everything after an acceptance, nothing after a withdrawal, on both views`, () => visit(tool, async (tab, ui) => {
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    assert.deepEqual(await arrived(all(tool, 'first')), all(tool, 'first'), 'alive without a new document');
    await next(tab);
    assert.deepEqual(await arrived(all(tool, 'second')), all(tool, 'second'), 'the next view');
    await tab.goto(`${at.base}/${tool}`);
    assert.deepEqual(await arrived(all(tool, 'first')), all(tool, 'first'), 'a new document');
    await Promise.all([tab.waitForEvent('load'), tab.evaluate(() => { window.consentry.set(false); })]);
    sent();
    await tab.goto(`${at.base}/${tool}`);
    await next(tab);
    await tab.waitForTimeout(400);
    assert.deepEqual(sent(), [], 'after a withdrawal');
  }));
}
