// A service that is only reported: nothing holds it back in the browser either, at run time or by a stub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { withThird } from './lib/third.js';

const SIXTH = `[[service]]
slug = "sixth"
number = 60004
category = "marketing"
hosts = ["sixth.localhost"]
globals = ["sixth:function"]
mode = "report"
[[service]]
slug = "wide"
number = 60005
category = "marketing"
hosts = ["localhost/sixth"]
`;
const PAGE = (third) => {
  const sixth = third.replace('third', 'sixth');
  return `<!doctype html><html lang="en"><head><title>Report</title></head><body><h1>Report</h1>
  <script src="${sixth}/sixth-came-live"></script>
  <script>window.stub = typeof window.sixth; ['${sixth}/sixth-inserted', '${third}/third-inserted'].forEach(function (url) {
    var s = document.createElement('script'); s.src = url; document.body.append(s);
  }); new Image().src = '${sixth}/sixth-image'; fetch('${sixth}/sixth-fetched', { mode: 'no-cors' });</script></body></html>`;
};

let at, browser;
before(async () => { at = await withThird({ '/': PAGE }, '', SIXTH); browser = await launch(); });
after(async () => { await browser.close(); await at.close(); });

test('it runs, before any answer, and others still wait', async () => {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(at.base + '/');
    await widget(tab).accept.waitFor();
    await tab.waitForTimeout(400);
    assert.deepEqual([...at.hits].sort(), ['/sixth-came-live', '/sixth-fetched', '/sixth-image', '/sixth-inserted']);
    assert.equal(await tab.evaluate(() => window.stub), 'undefined', 'it has no stub');
    await widget(tab).refuse.click();
    await tab.waitForTimeout(400);
    assert.ok(!at.hits.includes('/third-inserted'));
    assert.deepEqual(problems.filter((p) => !/favicon|Failed to load resource/.test(p)), []);
  } finally {
    await context.close();
  }
});
