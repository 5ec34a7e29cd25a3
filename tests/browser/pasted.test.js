// A snippet that was pasted by hand (inject = false): what the operator's pages show to copy, and Google's own without gtag('config'),
// through the gateway. The widget configures the tag that the rules name: once on a page, after consent, and never before.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { fence } from './lib/own-origin.js';
import { TOKEN, shop } from './lib/shop.js';

const ID = 'G-ABC1234567';
const GOOGLES = `<script async src="https://www.googletagmanager.com/gtag/js?id=${ID}"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); } gtag('js', new Date());</script>
<script async src="/_c/widget.js"></script>`;

const heads = { google: GOOGLES };
let origin, gateway, browser;
before(async () => {
  origin = createServer((request, answer) => {
    const [, kind] = new URL(request.url, 'http://x').pathname.split('/');
    answer.writeHead(heads[kind] === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    answer.end(`<!doctype html><html lang="en"><head><meta charset="utf-8">${heads[kind]}<title>Shop</title></head><body><h1>Shop</h1></body></html>`);
  });
  await new Promise((resolve) => { origin.listen(0, '127.0.0.1', resolve); });
  gateway = await shop({ origin, rules: `inject = false\n[signals]\ntags = ["GTM-ABC123", "${ID}"]\n` });
  browser = await launch();
  heads.shown = await shown();
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
  origin?.closeAllConnections();
  origin?.close();
});

/** The snippet as an operator copies it. */
async function shown() {
  const tab = await browser.newPage();
  await tab.goto(`${gateway.admin}/dashboard/login`);
  await tab.getByLabel('Token').fill(TOKEN);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await tab.getByRole('navigation').getByRole('link', { name: 'Integrations' }).click();
  await tab.getByLabel('Tag').selectOption('GA4');
  await tab.getByLabel('Id').fill(ID);
  await tab.getByRole('button', { name: 'Show the snippet' }).click();
  const text = await tab.locator('#snippet').textContent();
  assert.equal(await tab.locator('#rules').count(), 0, 'the rules have the id');
  await tab.close();
  return text;
}

async function visit(kind, run, expected = /favicon/) {
  const context = await browser.newContext();
  try {
    const outside = await fence(context);
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await tab.goto(`${gateway.base}/${kind}/`);
    const said = () => tab.evaluate(() => [].map.call(window.dataLayer || [], (entry) => [].slice.call(entry)));
    const commands = async () => (await said()).map(([command, what]) => (command === 'js' ? command : `${command} ${what}`));
    const configs = async () => (await commands()).filter((command) => command.startsWith('config'));
    // Long enough for what must not come.
    const settled = () => tab.waitForTimeout(500);
    await run({ tab, ui: widget(tab), outside, said, commands, configs, settled });
    assert.deepEqual(problems.filter((p) => !expected.test(p)), []);
  } finally {
    await context.close();
  }
}

const asks = (outside) => outside.filter((url) => url === `https://www.googletagmanager.com/gtag/js?id=${ID}`).length;
const answered = (tab) => tab.waitForFunction(() => [].some.call(window.dataLayer || [], (entry) => entry[0] === 'config'));

for (const kind of ['google', 'shown']) {
  test(`${kind}: nothing before the answer, one configuration after accepting, one on each later page, none after a withdrawal`, () =>
    visit(kind, async ({ tab, ui, outside, commands, configs, settled }) => {
      await ui.accept.waitFor();
      await settled();
      assert.deepEqual([await configs(), outside], [[], []]);

      await ui.accept.click();
      await answered(tab);
      await ui.dialog.waitFor({ state: 'detached' });
      await settled();
      const order = await commands();
      assert.deepEqual(order.filter((command) => command !== 'js'), ['set ads_data_redaction', 'consent default', 'consent update', `config ${ID}`]);
      assert.equal(asks(outside), 1);
      await tab.evaluate(() => window.consentry.set(true));
      await settled();
      assert.deepEqual(await configs(), [`config ${ID}`], 'another yes is no other configuration');

      for (const page of ['next', 'third']) {
        await tab.goto(`${gateway.base}/${kind}/${page}`);
        await answered(tab);
        await settled();
        assert.deepEqual(await configs(), [`config ${ID}`], page);
        assert.ok((await commands()).indexOf('consent update') < (await commands()).indexOf(`config ${ID}`), page);
        assert.equal(await ui.dialog.count(), 0);
      }
      assert.equal(asks(outside), 3);

      const gone = tab.waitForNavigation();
      await tab.evaluate(() => { window.consentry.set(false); });
      await gone;
      await settled();
      assert.deepEqual(await configs(), []);
      assert.equal(asks(outside), 3);
    }));

  test(`${kind}: after a refusal nothing is configured and nobody is asked, on this page and the next`, () =>
    visit(kind, async ({ tab, ui, outside, configs, settled }) => {
      await ui.refuse.click();
      await ui.dialog.waitFor({ state: 'detached' });
      for (const page of ['', 'next']) {
        if (page) await tab.goto(`${gateway.base}/${kind}/${page}`);
        await settled();
        assert.deepEqual([await configs(), outside], [[], []], page);
      }
    }));
}

test('the answer for the service decides', () => visit('google', async ({ tab, ui, outside, configs, settled }) => {
  await ui.accept.waitFor();
  await tab.evaluate(() => window.consentry.set({ categories: { statistics: false, marketing: true, preferences: false } }));
  await settled();
  assert.deepEqual([await configs(), asks(outside)], [[], 0]);
  await tab.evaluate(() => window.consentry.set({ categories: { statistics: true, marketing: true, preferences: false }, services: { 'google-analytics': false } }));
  await settled();
  assert.deepEqual([await configs(), asks(outside)], [[], 0], 'its own no counts');
}));

test('who allows statistics alone: denied for advertising before the configuration', () => visit('google', async ({ tab, ui, said }) => {
  await ui.accept.waitFor();
  await tab.evaluate(() => { window.consentry.set({ categories: { statistics: true, marketing: false, preferences: false } }); });
  await answered(tab);
  const all = await said();
  const update = all.findIndex(([command, what]) => command === 'consent' && what === 'update');
  assert.ok(update >= 0 && update < all.findIndex(([command]) => command === 'config'));
  assert.deepEqual([all[update][2].analytics_storage, all[update][2].ad_storage, all[update][2].ad_user_data], ['granted', 'denied', 'denied']);
}));

test('signals that cannot be had bring no tag alive', () => visit('shown', async ({ tab, ui, outside, configs, settled }) => {
  let refused = 0;
  await tab.context().route(/\/_c\/a\/signals\./, (route) => { refused += 1; return route.fulfill({ status: 503, body: '' }); });
  await tab.context().clearCookies();
  await tab.reload();
  await ui.accept.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await settled();
  assert.deepEqual([await configs(), asks(outside)], [[], 0]);
  assert.ok(refused > 0, 'they were asked for');
}, /favicon|503/));
