// What stands where a frame may not load yet; what a withdrawal leaves behind; pages that are built anew without being loaded:
// rows 37, 39, 51 and 53, complaints 17 to 21, 33 to 36.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, recordProblems, recordRequests, widget } from './lib/browser.js';
import { CONFIG, page, site } from './lib/fixture.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const FRAME = (more = '', mark = 'marketing:meta-pixel') => `<iframe data-consentry=${mark} title=Film data-consentry-src="/film.html" ${more}></iframe>`;

async function visit(body, run, { context: contextOptions, ...options } = {}) {
  const at = await site({ '/': page(body), ...options.pages }, options);
  const context = await browser.newContext(contextOptions);
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const requests = recordRequests(tab);
    await tab.goto(`${at.origin}/`);
    const film = tab.frameLocator('iframe').first();
    await run({ tab, ui: widget(tab), at, requests, film, context, films: () => requests.all.filter((url) => url.includes('film')).length });
    assert.deepEqual(problems.filter((p) => p.startsWith('uncaught') || p.includes('policy')), []);
  } finally {
    await context.close();
    await at.close();
  }
}

const once = (film) => film.getByRole('button', { name: 'Load once' });
const allow = (film, name = 'Meta Pixel') => film.getByRole('button', { name: `Always allow ${name}` });

test('a frame without consent says who waits there, at its own size; nothing moves, axe-core finds nothing', () => visit(
  `<div style="width:50%"><iframe data-consentry=marketing:meta-pixel title=Film data-consentry-src="/film.html" style="width:100%;aspect-ratio:16/9;border:0"></iframe></div><p id=below>below</p>`,
  async ({ tab, film, films }) => {
    await tab.evaluate(() => { window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => { window.shift += e.value; })).observe({ type: 'layout-shift', buffered: true }); });
    await film.getByText('Meta Pixel would show something here.').waitFor();
    const inner = await film.locator('html').evaluate((html) => [html.clientWidth, html.scrollWidth <= html.clientWidth, html.lang]);
    assert.deepEqual(inner, [await tab.evaluate(() => document.querySelector('iframe').clientWidth), true, 'en']);
    await tab.addScriptTag({ path: axe });
    const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), []);
    assert.equal(await tab.evaluate(() => window.shift), 0);
    assert.equal(films(), 0);
  }));

test('"load once" loads that frame, answers nothing and is forgotten', () => visit(FRAME('width=400 height=200') + FRAME('width=400 height=200'), async ({ tab, at, film, films, ui }) => {
  await once(film).click();
  await tab.waitForFunction(() => document.querySelector('iframe').src.endsWith('/film.html'));
  await tab.waitForTimeout(200);
  assert.equal(films(), 1);
  assert.equal(at.log.posts.length, 0);
  assert.equal(await tab.locator('iframe[data-consentry]').count(), 1);
  assert.ok(await ui.accept.isVisible());
  await tab.goto(`${at.origin}/`);
  await once(film).waitFor();
}));

test('"always allow" answers for that service alone, and says so in the proof', () => visit(FRAME('width=400 height=200') + FRAME('width=400 height=200', 'marketing:other'), async ({ tab, at, film, films }) => {
  await allow(film).click();
  await tab.waitForFunction(() => document.querySelector('iframe').src.endsWith('/film.html'));
  await tab.waitForTimeout(200);
  assert.equal(films(), 1);
  assert.deepEqual([at.log.posts[0].services, at.log.posts[0].categories, at.log.posts[0].button, at.log.posts[0].layer],
    [{ 'meta-pixel': true }, {}, 'service', 'page']);
}));

test('a page policy without inline styles, a frame that nobody sees, a sandbox, a frame of a category alone', () => visit(
  FRAME('width=400 height=200') + FRAME('width=1 height=1 id=pixel') + FRAME('width=300 height=200 sandbox=allow-scripts id=box') + FRAME('width=400 height=200 id=category', 'marketing:'),
  async ({ tab, film, ui }) => {
    await once(film).waitFor();
    assert.equal(await once(film).evaluate((button) => getComputedStyle(button).borderTopWidth), '0px');
    const inner = (id) => tab.frameLocator(`#${id}`).locator('button').count();
    assert.deepEqual([await inner('pixel'), await inner('box')], [0, 0]);
    await tab.frameLocator('#category').getByRole('button', { name: 'Choose' }).click();
    await ui.save.waitFor();
  }, { pages: { '/': (made) => ({ html: page(FRAME('width=400 height=200') + FRAME('width=1 height=1 id=pixel') + FRAME('width=300 height=200 sandbox=allow-scripts id=box') + FRAME('width=400 height=200 id=category', 'marketing:'))(made),
    headers: { 'content-security-policy': "style-src 'self'" } }) } }));

test('a frame that nobody sees makes nobody load anything', () => visit(FRAME('width=1 height=1'), async ({ ui, tab, at, requests }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  requests.clear();
  await tab.goto(`${at.origin}/`);
  await tab.waitForTimeout(500);
  assert.deepEqual(requests.all.filter((url) => /widget|held/.test(url)), []);
}));

test('a container that comes later gets its buttons, and loads at once where its service is allowed', () => visit('', async ({ tab, ui, film, films }) => {
  const add = () => tab.evaluate((html) => { document.querySelector('main').insertAdjacentHTML('beforeend', html); }, FRAME('width=400 height=200'));
  await ui.accept.waitFor();
  await add();
  await once(film).waitFor();
  await ui.accept.click();
  await tab.waitForFunction(() => !document.querySelector('[data-consentry]'));
  await add();
  await tab.waitForFunction(() => document.querySelectorAll('iframe[src="/film.html"]').length === 2);
  await tab.waitForTimeout(200);
  assert.equal(films(), 2);
}));

test('a framework that puts another document in the place of this one does not lose the button', () => visit('', async ({ tab, ui }) => {
  await ui.refuse.click();
  await ui.reopen.waitFor();
  await tab.evaluate(() => {
    const next = new DOMParser().parseFromString('<html><head><title>next</title></head><body><h1>next</h1></body></html>', 'text/html');
    document.replaceChild(document.adoptNode(next.documentElement), document.documentElement);
  });
  await ui.reopen.click();
  await ui.save.waitFor();
}));

const LEAVER = `<script data-consentry=marketing:meta-pixel type=text/plain>
  document.cookie = '_fbp=1'; document.cookie = '_fb_deep=1;path=/shop'; document.cookie = 'own=1'; localStorage._fb_x = 1; sessionStorage._fbp = 1; localStorage.own = 1;
  addEventListener('pagehide', () => { localStorage._fb_again = 1; });
</script>`;
const BAKED = structuredClone(CONFIG);
Object.assign(BAKED.categories[2].services[0], { cookies: ['_fbp', '_fb_*'], days: 90 });

test('a withdrawal takes what the service left in cookies and storage, also what it writes while the page goes', () => visit('', async ({ tab, ui, at }) => {
  await tab.goto(`${at.origin}/shop/lamp`);
  await ui.accept.click();
  await tab.waitForFunction(() => localStorage._fb_x);
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.reopen.click();
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  await tab.waitForFunction(() => !localStorage._fb_again);
  const left = await tab.evaluate(() => [document.cookie.split('; ').map((pair) => pair.split('=')[0]).sort(), Object.keys(localStorage).sort(), Object.keys(sessionStorage)]);
  assert.deepEqual(left, [['euconsent', 'euconsent_v', 'own'], ['consentry-consent-id', 'own'], []]);
}, { config: BAKED, pages: { '/shop/lamp': (made) => page(made.answer?.granted.includes('marketing') ? '' : LEAVER)(made) } }));

test('a site that does not want a reload gets none: what it left goes all the same', () => visit(LEAVER, async ({ tab, ui }) => {
  await ui.accept.click();
  await tab.waitForFunction(() => localStorage._fb_x);
  await tab.evaluate(() => { window.same = true; });
  await ui.reopen.click();
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.waitForFunction(() => !document.cookie.includes('_fbp'));
  assert.deepEqual(await tab.evaluate(() => [window.same, localStorage._fb_x]), [true, undefined]);
}, { config: { ...BAKED, reload: false } }));

// ---- Films, sound, objects ----

const MEDIA = '<div style="width:400px"><video data-consentry=marketing:meta-pixel data-consentry-src="/film.webm" style="width:100%;height:auto" width=640 height=360 controls></video></div>' +
  '<audio controls style="width:500px"><source data-consentry=marketing:meta-pixel data-consentry-src="/sound.ogg"></audio>' +
  '<object data-consentry=marketing:meta-pixel data-consentry-data="/object.html" type="text/html" width=300 height=200></object>' +
  '<embed data-consentry=marketing:meta-pixel data-consentry-src="/embed.html" type="text/html" width=50% height=120>' +
  '<video data-consentry=marketing:meta-pixel data-consentry-src="/small.webm" width=60 height=40></video><p id=below>below</p>';
const boxes = (tab) => tab.evaluate(() => [...document.querySelectorAll('main iframe')].map((f) => [f.offsetWidth, f.offsetHeight, f.title, !!f.contentDocument?.querySelector('button')]));

test('films, sound, objects and embeds say who waits, at their own size, and nothing moves', () => visit(MEDIA, async ({ tab, requests }) => {
  await tab.evaluate(() => { window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => { window.shift += e.value; })).observe({ type: 'layout-shift', buffered: true }); });
  await tab.waitForFunction(() => document.querySelectorAll('main iframe').length === 4);
  const half = await tab.evaluate(() => Math.round(document.querySelector('embed').parentNode.clientWidth / 2));
  assert.deepEqual((await boxes(tab)).map(([width, height]) => [width, height]), [[400, 225], [500, 54], [300, 200], [half, 120]]);
  assert.deepEqual((await boxes(tab)).map((box) => box.slice(2)), Array(4).fill(['Meta Pixel', true]));
  await tab.addScriptTag({ path: axe });
  const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), []);
  assert.deepEqual(requests.all.filter((url) => /film|sound|object|embed|small/.test(url)), []);
  await tab.setViewportSize({ width: 700, height: 800 });
  await tab.waitForFunction((before) => document.querySelectorAll('main iframe')[3].offsetWidth < before, half);
}));

test('"load once" puts that one back, and an acceptance all of them', () => visit(MEDIA, async ({ tab, ui, requests }) => {
  const has = (name) => requests.all.some((url) => url.includes(name));
  await tab.waitForFunction(() => document.querySelectorAll('main iframe').length === 4);
  await tab.frameLocator('main iframe >> nth=2').getByRole('button', { name: 'Load once' }).click();
  await tab.waitForFunction(() => document.querySelectorAll('main iframe').length === 3);
  await tab.waitForTimeout(300);
  assert.deepEqual(['object', 'film', 'embed', 'sound'].map(has), [true, false, false, false]);
  assert.equal(await tab.evaluate(() => getComputedStyle(document.querySelector('object')).display), 'inline');
  await ui.accept.click();
  await tab.waitForFunction(() => !document.querySelector('main iframe'));
  await tab.waitForTimeout(300);
  assert.deepEqual(['film', 'embed', 'sound', 'small'].map(has), [true, true, true, true]);
  assert.deepEqual(await tab.evaluate(() => [...document.querySelectorAll('video,audio,object,embed')].map((e) => [e.style.display, e.offsetWidth > 0])), Array(5).fill(['', true]));
}));

test('who is taken out of the page takes the frame that stands for it along', () => visit(MEDIA, async ({ tab }) => {
  await tab.waitForFunction(() => document.querySelectorAll('main iframe').length === 4);
  await tab.evaluate(() => document.querySelector('video').remove());
  await tab.waitForFunction(() => document.querySelectorAll('main iframe').length === 3);
}));
