// Elements that are neither scripts nor frames, documents in attributes, and other tools' markup, after the answer:
// pitfalls 50, 67, 84, 89; complaint 23.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, recordRequests, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const MARKETING = 'marketing:meta-pixel';
const mark = `data-consentry=${MARKETING}`;

/** Opens a page of this body and accepts; `run` gets {tab, requests}. */
async function accepted(body, run) {
  const at = await site({ '/': page(body) }, {});
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const requests = recordRequests(tab);
    await tab.goto(`${at.origin}/`);
    const before = [...requests.all];
    const ui = widget(tab);
    await ui.accept.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await run({ tab, before, requests });
  } finally {
    await context.close();
    await at.close();
  }
}

test('p89 media, objects, backgrounds and handlers come back in place', () => accepted(
  `<video ${mark} id=v data-consentry-poster="/x.png?poster"></video><object ${mark} id=o data-consentry-data="/x.html?object"></object>` +
  `<button ${mark} id=b type=button data-consentry-onclick="window.clicked = 1">x</button>` +
  `<a ${mark} id=a href="/own" data-consentry-ping="/x?ping">x</a><div ${mark} id=d data-consentry-data-bg="/x.png?bg">x</div>`,
  async ({ tab, before, requests }) => {
    assert.deepEqual(before.filter((url) => url.includes('?poster') || url.includes('?object')), []);
    await tab.waitForFunction(() => document.querySelector('#v').hasAttribute('poster'));
    await tab.waitForTimeout(300);
    assert.ok(requests.all.some((url) => url.includes('?poster')));
    await tab.evaluate(() => document.querySelector('#b').click());
    assert.equal(await tab.evaluate(() => window.clicked), 1);
    const found = await tab.evaluate(() => [document.querySelector('#a').getAttribute('ping'), document.querySelector('#d').dataset.bg]);
    assert.deepEqual(found, ['/x?ping', '/x.png?bg']);
    assert.equal(await tab.locator('[data-consentry]').count(), 0);
  },
));

test('p67 a document in srcdoc begins anew with what is granted', () => accepted(
  `<iframe id=f srcdoc="<p>own</p><script ${mark} type=text/plain>parent.inner = (parent.inner || 0) + 1</script><img ${mark} id=i data-consentry-alt=x>"></iframe>`,
  async ({ tab }) => {
    await tab.waitForFunction(() => window.inner === 1, null, { timeout: 5000 });
    const frame = tab.frameLocator('#f');
    assert.equal(await frame.locator('#i').getAttribute('alt'), 'x');
    assert.equal(await frame.locator('p').textContent(), 'own');
    await tab.evaluate(() => window.__consentry.activate({ categories: ['statistics', 'marketing'], services: {} }));
    await tab.waitForTimeout(200);
    assert.equal(await tab.evaluate(() => window.inner), 1);
  },
));

test('complaint 23: what a tool finds its tags by stays renamed, and the tag runs once', () => accepted(
  '<script data-consentry=marketing: type=text/plain data-consentry-tool-type="dastra/script" data-consentry-tool-data-consent="x">window.ran = (window.ran || 0) + 1</script>' +
  '<iframe id=f data-consentry=marketing: data-consentry-tool-data-cookieconsent=marketing src="about:blank" data-consentry-src="/x.html?frame"></iframe>' +
  '<script data-consentry=marketing: type=text/plain data-consentry-type=didomi/html id=m data-consentry-tool-type="didomi/html"><b>markup</b><script>window.unfolded = 1<\\/script></script>',
  async ({ tab }) => {
    await tab.waitForFunction(() => window.ran === 1);
    const found = await tab.evaluate(() => ({
      script: document.querySelector('[data-consentry-tool-data-consent]').type,
      frame: document.querySelector('#f').getAttribute('src'),
      marker: document.querySelector('#f').getAttribute('data-consentry-tool-data-cookieconsent'),
      div: document.querySelector('#m').localName,
      text: document.querySelector('#m b').textContent,
      left: document.querySelectorAll('[data-cookieconsent], [data-consent], [type="dastra/script"], [data-consentry]').length,
    }));
    assert.deepEqual(found, { script: '', frame: '/x.html?frame', marker: 'marketing', div: 'div', text: 'markup', left: 0 });
  },
));

test('a script for those who refuse does not run for those who accept', () => accepted(
  '<script data-consentry=!marketing: type=text/plain>window.refused = 1</script><script data-consentry=marketing: type=text/plain>window.granted = 1</script>',
  async ({ tab }) => {
    await tab.waitForFunction(() => window.granted === 1);
    assert.equal(await tab.evaluate(() => window.refused), undefined);
  },
));
