// What the site's rules and the visitor's languages and devices make of the panel; and that a visitor who has answered
// loads nothing of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { launch, recordRequests, widget } from './lib/browser.js';
import { CONFIG, page, site } from './lib/fixture.js';
import { build } from './lib/minified.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SOURCE = new URL('../../src/widget/', import.meta.url);
const LANGUAGES = Object.fromEntries(readdirSync(new URL('i18n/', SOURCE)).map((file) =>
  [file.replace('.json', ''), JSON.parse(readFileSync(new URL(`i18n/${file}`, SOURCE), 'utf8'))]));
const VIEWPORTS = [[320, 256], [390, 844], [768, 1024], [1440, 900]];
const TAG = '<script data-consentry=marketing:meta-pixel type=text/plain>window.ran = true;</script>';
const inLanguage = (lang) => (made) => page(TAG)(made).replace('lang="en"', `lang="${lang}"`);

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(run, { pages, context: contextOptions, path = '/', ...options } = {}) {
  const at = await site({ '/': page(TAG), ...pages }, options);
  const context = await browser.newContext(contextOptions);
  try {
    const tab = await context.newPage();
    const requests = recordRequests(tab);
    await tab.goto(`${at.origin}${path}`);
    await run({ tab, ui: widget(tab), at, requests });
  } finally {
    await context.close();
    await at.close();
  }
}

// The callbacks of stubs come with the rules in a gateway's page; the fixture has them as a file.
const ours = (requests) => requests.all.map((url) => new URL(url).pathname).filter((path) => path.startsWith('/_c/'))
  .map((path) => path.slice(4).replace(/\.\w{12}\./, '.')).filter((path) => path !== 'a/honour.js');

test('the door, the widget and the activator are what their sources are built to', async () => {
  for (const [name, text] of Object.entries(await build())) {
    assert.equal(readFileSync(new URL(name, SOURCE), 'utf8'), text, `${name}: run node lib/minified.js`);
  }
});

test('a refusal loads no activator, and who has answered loads the door alone', () => visit(async ({ tab, ui, requests, at }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(ours(requests), ['a/door.js', 'a/widget.js', 'config', 'consent']);
  requests.clear();
  await tab.goto(`${at.origin}/`);
  await ui.reopen.waitFor();
  await tab.waitForTimeout(300);
  assert.deepEqual(ours(requests), ['a/door.js']);
  await ui.reopen.click();
  await ui.accept.click();
  await tab.waitForFunction(() => window.ran);
  assert.deepEqual(new Set(ours(requests)), new Set(['a/door.js', 'a/widget.js', 'a/choices.js', 'a/activate.js', 'config', 'services', 'state', 'consent']));
}));

test('a part of the widget that the network lost is asked for again', () => visit(async ({ tab, ui, at }) => {
  let lost = 0;
  await tab.context().route('**/a/widget.*', (route) => (lost++ ? route.continue() : route.abort()));
  await tab.goto(`${at.origin}/other`);
  await ui.accept.waitFor();
  assert.ok(lost >= 2);
}, { pages: { '/other': (made) => page(TAG)(made).replace(/<link rel="modulepreload"[^>]*>/, '') } }));

test('24 languages of the European Union and Arabic: whole, equal buttons, nothing cut off in any window', async () => {
  assert.equal(Object.keys(LANGUAGES).length, 25);
  await visit(async ({ tab, at }) => {
    for (const [lang, texts] of Object.entries(LANGUAGES)) {
      await tab.setViewportSize({ width: 390, height: 844 });
      await tab.goto(`${at.origin}/${lang}`);
      const dialog = tab.getByRole('dialog', { name: texts.title });
      await dialog.waitFor();
      assert.equal(await dialog.getAttribute('dir'), lang === 'ar' ? 'rtl' : 'ltr', lang);
      for (const [width, height] of VIEWPORTS) {
        await tab.setViewportSize({ width, height });
        const seen = await dialog.evaluate((box) => {
          const sizes = [...box.querySelectorAll('.choice')].map((b) => [b.offsetWidth, b.offsetHeight, b.scrollWidth > b.clientWidth].join());
          const { left, right, top, bottom } = box.getBoundingClientRect();
          return { sizes, fits: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight, wide: box.scrollWidth > box.clientWidth,
            page: document.documentElement.scrollWidth > innerWidth };
        });
        assert.equal(new Set(seen.sizes).size, 1, `${lang} ${width}: ${seen.sizes}`);
        assert.ok(seen.sizes[0].endsWith('false') && seen.fits && !seen.wide && !seen.page, `${lang} ${width}: ${JSON.stringify(seen)}`);
      }
    }
  }, { path: '/en', pages: Object.fromEntries(Object.keys(LANGUAGES).map((lang) => [`/${lang}`, inLanguage(lang)])) });
});

for (const look of [
  { layout: 'bar', position: 'bottom' }, { layout: 'bar', position: 'top' }, { layout: 'centre', position: 'bottom' },
  { layout: 'box', position: 'top' }, { layout: 'box', position: 'bottom-end' }, { layout: 'box', position: 'top-start' },
]) {
  test(`${look.layout} at ${look.position}: inside the window on both layers, axe-core finds nothing, the page scrolls`, () => visit(async ({ tab, ui }) => {
    await tab.addScriptTag({ path: axe });
    for (const layer of ['first', 'second']) {
      await ui.accept.waitFor();
      await tab.waitForTimeout(250);
      const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], layer);
      for (const [width, height] of VIEWPORTS) {
        await tab.setViewportSize({ width, height });
        const box = await ui.dialog.boundingBox();
        assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `${layer} ${width}: ${JSON.stringify(box)}`);
        const middle = Math.abs(box.y + box.height / 2 - height / 2);
        if (look.layout === 'centre') assert.ok(middle <= 1, `${layer} ${width}: ${JSON.stringify(box)}`);
        else if (box.height < height / 2) assert.equal(look.position.startsWith('top'), box.y < height / 2 - box.height / 2, `${layer} ${width}`);
      }
      if (layer === 'first') await ui.choose.click();
    }
    assert.ok(await tab.getByRole('dialog').locator('img').evaluate((img) => img.src.endsWith('/logo.svg') && img.alt === ''));
  }, { config: { ...CONFIG, look: { ...look, logo: '/logo.svg' } } }));
}

test('right to left, on both layers and closed: axe-core finds nothing, the button is on the right', () => visit(async ({ tab, ui }) => {
  await tab.addScriptTag({ path: axe });
  const check = async (where) => {
    await tab.waitForTimeout(250);
    const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], where);
  };
  const press = (key) => ui.dialog.getByRole('button', { name: LANGUAGES.ar[key], exact: true }).click();
  await ui.dialog.waitFor();
  await check('first');
  await press('choose');
  await check('second');
  await press('refuse');
  const reopen = tab.getByRole('button', { name: LANGUAGES.ar.reopen });
  await reopen.waitFor();
  await check('closed');
  assert.ok((await reopen.boundingBox()).x > 640);
}, { pages: { '/': inLanguage('ar') } }));

test('reduced motion: nothing moves', () => visit(async ({ ui }) => {
  await ui.accept.waitFor();
  assert.equal(await ui.dialog.evaluate((box) => getComputedStyle(box).animationName), 'none');
}, { context: { reducedMotion: 'reduce' } }));

test('text of twice the size stays inside its buttons and can be read to its end', () => visit(async ({ tab, ui }) => {
  await tab.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  for (const open of [ui.accept, ui.save]) {
    await open.scrollIntoViewIfNeeded();
    const cut = await ui.dialog.evaluate((box) => box.scrollWidth > box.clientWidth || [...box.querySelectorAll('button')].some((b) => b.scrollWidth > b.clientWidth));
    assert.equal(cut, false);
    if (open === ui.accept) await ui.choose.click();
  }
}, { context: { viewport: { width: 640, height: 480 } } }));

test('the looks in the page reach the button before any configuration: colour, side, words; or it is not there', () => {
  const look = { dock: 'end', css: ':host{--font:monospace}@media (prefers-color-scheme:light){:host{--surface:var(--consentry-surface,#ffe0e0);}}', reopen: { en: 'My data' } };
  const dressed = (value) => (made) => page(TAG)({ snippet: () => made.snippet({ look: value }) });
  return visit(async ({ tab, ui, at }) => {
    await ui.refuse.click();
    const reopen = tab.getByRole('button', { name: 'My data' });
    await reopen.waitFor();
    assert.ok((await reopen.boundingBox()).x > 640);
    assert.deepEqual(await reopen.evaluate((b) => [getComputedStyle(b).backgroundColor, getComputedStyle(b).fontFamily]), ['rgb(255, 224, 224)', 'monospace']);
    await tab.goto(`${at.origin}/none`);
    await tab.waitForTimeout(300);
    assert.equal(await tab.evaluate(() => document.querySelector('consentry-panel')?.shadowRoot.childElementCount ?? 0), 0);
    await tab.evaluate(() => { window.consentry.open(); });
    await ui.save.waitFor();
    await ui.close.click();
    await ui.dialog.waitFor({ state: 'detached' });
  }, { pages: { '/': dressed(look), '/none': dressed({ dock: 'none', css: '', reopen: {} }) } });
});

test('a service is shown with its purpose, where it sends data, its cookies and how long they are kept', () => {
  const config = structuredClone(CONFIG);
  Object.assign(config.categories[2].services[0], { cookies: ['_fbp', 'fr'], days: 90 });
  return visit(async ({ tab, ui }) => {
    await ui.choose.click();
    await tab.getByText('Services (1)').click();
    await ui.dialog.getByText('Measures advertising. Sends data to: ads.localhost. Cookies: _fbp, fr. They are kept for 90 days at most.').waitFor();
  }, { config });
});

test('window.consentry: set() by the page, onChange, the DOM events, and #kookitrust-manage-cookies', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.waitFor();
  await tab.evaluate(() => {
    window.heard = [];
    for (const name of ['open', 'close', 'change']) document.addEventListener(`consentry:${name}`, (event) => window.heard.push([name, event.detail]));
    window.consentry.onChange((answer) => window.heard.push(['onChange', answer]));
  });
  const answer = await tab.evaluate(() => window.consentry.set({ categories: { marketing: true, statistics: false } }));
  assert.deepEqual([answer.granted, answer.refused], [['marketing'], ['statistics']]);
  assert.deepEqual([at.log.posts[0].layer, at.log.posts[0].button], ['page', 'api']);
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.waitForFunction(() => window.ran);
  // What is not named keeps its answer.
  await tab.evaluate(() => window.consentry.set({ categories: { statistics: true } }));
  assert.deepEqual(at.log.posts[1].categories, { marketing: true, statistics: true });
  await tab.evaluate(() => { location.hash = '#kookitrust-manage-cookies'; });
  await ui.save.waitFor();
  await ui.close.click();
  const heard = await tab.evaluate(() => window.heard);
  assert.deepEqual(heard.map(([name]) => name), ['onChange', 'change', 'onChange', 'change', 'open', 'close']);
  assert.deepEqual(heard[0][1], answer);
  assert.deepEqual(heard[4][1], { layer: 'second' });
  const reloaded = tab.waitForEvent('framenavigated');
  await tab.evaluate(() => { window.consentry.set(false); });
  await reloaded;
  await ui.reopen.waitFor();
  assert.deepEqual(at.log.posts[2].categories, { marketing: false, statistics: false });
}));

test('the panel is not what the browser takes for the largest content of a page with content', () => visit(async ({ tab, ui }) => {
  await ui.accept.waitFor();
  const largest = await tab.evaluate(() => new Promise((done) => {
    new PerformanceObserver((list) => done(list.getEntries().at(-1).element?.localName)).observe({ type: 'largest-contentful-paint', buffered: true });
  }));
  assert.equal(largest, 'p');
}, { pages: { '/': page(`<p>${'A page of this size has a text that is longer than what the panel asks. '.repeat(30)}</p>`) } }));
