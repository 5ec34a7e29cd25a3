// Forms of the widget that a site compares (row 63): both are seen, a visitor sees always the same, the proof says which; nothing but
// its name is kept before the answer.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, recordProblems, widget } from './lib/browser.js';
import { built } from './lib/own-origin.js';
import { TOKEN, shop } from './lib/shop.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const skip = built ? false : 'the gateway has not been built';
const PAGE = '<!doctype html><html lang="en"><head><title>Shop</title></head><body><main><h1>Shop</h1><a href="/two">two</a></main></body></html>';
const PLAIN = 'You decide who may follow along', WARM = 'It is up to you';
const variants = (plain, warm) => `[[widget.variant]]
name = "plain"
share = ${plain}
[[widget.variant]]
name = "warm"
share = ${warm}
layout = "centre"
[widget.variant.light]
surface = "#fff8f0"
[widget.variant.dark]
surface = "#201810"
[widget.variant.texts.en]
title = "${WARM}"
accept = "Yes to all"
refuse = "No to all"
`;

let browser, origin;
before(async () => {
  if (skip) return;
  browser = await launch();
  origin = createServer((_, answer) => { answer.setHeader('content-type', 'text/html'); answer.end(PAGE); });
  await new Promise((resolve) => { origin.listen(0, '127.0.0.1', resolve); });
});
after(async () => {
  await browser?.close();
  origin?.close();
});

/** A gateway with these rules, `run` with its address and what its proofs say. */
async function site(rules, run) {
  const gateway = await shop({ origin, rules });
  const proofs = async () => {
    const answer = await fetch(`${gateway.admin}/api/proofs`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return (await answer.text()).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).proof);
  };
  try {
    await run({ base: gateway.base, proofs });
  } finally {
    await gateway.stop();
  }
}

async function visitor(run, options) {
  const context = await browser.newContext(options);
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    await run({ tab, context, ui: widget(tab) });
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

/** Which form is on the screen. */
async function seen(tab) {
  const dialog = tab.getByRole('dialog');
  await dialog.waitFor();
  const form = await dialog.evaluate((box) => ({ title: box.querySelector('h2').textContent, centre: box.classList.contains('centre'),
    surface: getComputedStyle(box).backgroundColor }));
  const warm = form.title === WARM;
  assert.ok([PLAIN, WARM].includes(form.title), form.title);
  assert.deepEqual([form.centre, form.surface], warm ? [true, 'rgb(255, 248, 240)'] : [false, 'rgb(255, 255, 255)']);
  return warm ? 'warm' : 'plain';
}

const stored = (tab) => tab.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage }, cookie: document.cookie }));
const remembered = (id) => ({ id, expires: Date.now() + 1e9 });

test('over many consent ids both are seen, and each id sees always the same', { skip }, () => site(variants(50, 50), ({ base }) => visitor(async ({ tab }) => {
  const ids = Array.from({ length: 24 }, () => randomUUID());
  const first = {}, counts = { plain: 0, warm: 0 };
  await tab.goto(base);
  for (const id of [...ids, ...ids.slice(0, 8)]) {
    await tab.evaluate((kept) => { sessionStorage.clear(); localStorage.setItem('consentry-consent-id', JSON.stringify(kept)); }, remembered(id));
    await tab.goto(base);
    const form = await seen(tab);
    first[id] ??= form;
    assert.equal(form, first[id], `${id} sees the other one`);
  }
  Object.values(first).forEach((form) => { counts[form] += 1; });
  assert.ok(counts.plain > 0 && counts.warm > 0, JSON.stringify(counts));
})));

test('a new visitor sees one form for the visit, its name is all that is kept, and the answer makes it theirs', { skip }, () => site(variants(50, 50), async ({ base, proofs }) => {
  const counts = { plain: 0, warm: 0 };
  for (let n = 0; n < 10 || !counts.plain || !counts.warm; n += 1) {
    assert.ok(n < 40, `the other form is never seen: ${JSON.stringify(counts)}`);
    await visitor(async ({ tab, context, ui }) => {
      const told = [];
      tab.on('request', (request) => { if (request.url().endsWith('/_c/shown')) told.push(request.postDataJSON()); });
      await tab.goto(base);
      const form = await seen(tab);
      counts[form] += 1;
      await tab.goto(`${base}/two`);
      assert.equal(await seen(tab), form);
      assert.deepEqual(await stored(tab), { session: { 'consentry-variant': form }, local: {}, cookie: '' });
      assert.deepEqual(await context.cookies(), []);
      await tab.goto(`${base}/two`);
      assert.equal(await seen(tab), form);
      await tab.getByRole('dialog').getByRole('button', { name: form === 'warm' ? 'No to all' : 'Refuse all', exact: true }).click();
      await ui.dialog.waitFor({ state: 'detached' });
      assert.deepEqual(told, [{ widgetVariant: form }], 'told once for a visit');
      const kept = await stored(tab);
      const { id } = JSON.parse(kept.local['consentry-consent-id']);
      assert.deepEqual(kept.session, {});
      const proof = (await proofs()).find((one) => one.consentId === id);
      assert.deepEqual([proof.widgetVariant, proof.button, proof.layer], [form, 'refuse-all', 'first']);
      // The second layer later, and being asked again: by the id.
      await tab.goto(base);
      await ui.reopen.click();
      await tab.getByRole('dialog').getByRole('heading', { name: 'Your privacy choices' }).waitFor();
      assert.equal(await ui.dialog.evaluate((box) => box.classList.contains('centre')), form === 'warm');
      await context.clearCookies();
      await tab.evaluate(() => sessionStorage.clear());
      await tab.goto(base);
      assert.equal(await seen(tab), form);
    });
  }
}));

test('a form with a share of 1 % gives a consent id that says so', { skip }, () => site(variants(99, 1), ({ base, proofs }) => visitor(async ({ tab, context, ui }) => {
  await tab.goto(base);
  await tab.evaluate(() => sessionStorage.setItem('consentry-variant', 'warm'));
  await tab.goto(base);
  assert.equal(await seen(tab), 'warm');
  await tab.getByRole('dialog').getByRole('button', { name: 'Choose', exact: true }).click();
  await ui.save.click();
  await ui.dialog.waitFor({ state: 'detached' });
  const [proof] = await proofs();
  assert.deepEqual([proof.widgetVariant, proof.layer], ['warm', 'second']);
  await context.clearCookies();
  await tab.goto(base);
  assert.equal(await seen(tab), 'warm');
})));

test('with keep_variant = false nothing at all is kept before the answer; a name that the rules have no more is drawn anew', { skip }, async () => {
  await site(`[widget]\nkeep_variant = false\n${variants(50, 50)}`, ({ base, proofs }) => visitor(async ({ tab, ui }) => {
    await tab.goto(base);
    const form = await seen(tab);
    assert.deepEqual(await stored(tab), { session: {}, local: {}, cookie: '' });
    await tab.getByRole('dialog').getByRole('button', { name: form === 'warm' ? 'Yes to all' : 'Accept all', exact: true }).click();
    await ui.dialog.waitFor({ state: 'detached' });
    assert.equal((await proofs())[0].widgetVariant, form);
  }));
  await site(variants(50, 50), ({ base }) => visitor(async ({ tab }) => {
    await tab.goto(base);
    await tab.evaluate(() => sessionStorage.setItem('consentry-variant', 'of-last-year'));
    await tab.goto(base);
    const form = await seen(tab);
    assert.equal((await stored(tab)).session['consentry-variant'], form);
  }));
});

test('what the page itself says is of no form, and a widget without the part that chooses asks all the same', { skip }, () => site(variants(50, 50), async ({ base, proofs }) => {
  await visitor(async ({ tab }) => {
    await tab.goto(base);
    await seen(tab);
    await tab.evaluate(() => window.consentry.set(false));
    assert.equal((await proofs())[0].widgetVariant, undefined);
  });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await context.route('**/a/variant.*', (route) => route.abort());
    await tab.goto(base);
    const ui = widget(tab);
    await ui.refuse.click();
    await ui.dialog.waitFor({ state: 'detached' });
    assert.deepEqual((await proofs()).map((proof) => proof.widgetVariant), [undefined, undefined]);
  } finally {
    await context.close();
  }
}));

for (const colorScheme of ['light', 'dark']) {
  test(`each form, ${colorScheme}, on both layers: axe-core finds nothing, accepting and refusing look the same`, { skip }, () => site(variants(50, 50), async ({ base }) => {
    for (const form of ['plain', 'warm']) {
      await visitor(async ({ tab }) => {
        await tab.goto(base);
        await tab.evaluate((name) => sessionStorage.setItem('consentry-variant', name), form);
        await tab.goto(base);
        await tab.getByRole('dialog').waitFor();
        await tab.addScriptTag({ path: axe });
        for (const layer of ['first', 'second']) {
          await tab.waitForTimeout(250);
          const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
          assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], `${form} ${layer}`);
          const looks = await tab.getByRole('dialog').evaluate((box) => [...box.querySelectorAll('.choice')].map((button) => {
            const style = getComputedStyle(button);
            return [button.offsetWidth, button.offsetHeight, style.color, style.backgroundColor, style.borderColor, style.font].join();
          }));
          assert.equal(new Set(looks).size, 1, `${form} ${layer}: ${looks.join(' | ')}`);
          if (layer === 'first') await tab.getByRole('dialog').getByRole('button', { name: 'Choose', exact: true }).click();
          if (layer === 'first') await tab.getByRole('heading', { name: 'Your privacy choices' }).waitFor();
        }
      }, { colorScheme });
    }
  }));
}
