// The panel: asking, saving, withdrawing, and being usable by everybody. Checks 4 to 7 of a data protection officer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRequire } from 'node:module';
import { launch, recordProblems, recordRequests, widget } from './lib/browser.js';
import { CONFIG, page, site } from './lib/fixture.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAG = '<script data-consentry=marketing:meta-pixel type=text/plain>(window.ran = window.ran || []).push("ad");</script>';
const LIVE = '<script>(window.ran = window.ran || []).push("ad");</script>';
// As the gateway would: live for who allowed it.
const tagged = (made) => page(`${made.answer?.granted.includes('marketing') ? LIVE : TAG}<a href="#consentry">Privacy</a><div style="height:3000px">long</div>`)(made);

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(run, { pages, context: contextOptions, path = '/', ...options } = {}) {
  const at = await site({ '/': tagged, '/other': tagged, ...pages }, options);
  const context = await browser.newContext(contextOptions);
  try {
    const tab = await context.newPage();
    const problems = await recordProblems(tab);
    const requests = recordRequests(tab);
    await tab.goto(`${at.origin}${path}`);
    await run({ tab, ui: widget(tab), at, requests, context, problems });
  } finally {
    await context.close();
    await at.close();
  }
}

const accepted = async (ui) => { await ui.accept.click(); await ui.dialog.waitFor({ state: 'detached' }); };

test('accepting and refusing take one click, on the same layer, with buttons of the same size and style', () => visit(async ({ ui }) => {
  const look = (button) => button.evaluate((b) => {
    const style = getComputedStyle(b);
    const box = b.getBoundingClientRect();
    return [b.localName, b.className, Math.round(box.width), box.height, style.color, style.backgroundColor, style.font, style.border];
  });
  const [accept, refuse, choose] = [await look(ui.accept), await look(ui.refuse), await look(ui.choose)];
  assert.deepEqual(accept, refuse);
  assert.deepEqual(accept, choose);
}));

test('nothing is ticked before the visitor ticks it, and necessary cannot be unticked', () => visit(async ({ ui }) => {
  await ui.choose.click();
  assert.deepEqual([await ui.box('Necessary').isChecked(), await ui.box('Necessary').isDisabled()], [true, true]);
  assert.deepEqual([await ui.box('Statistics').isChecked(), await ui.box('Marketing').isChecked()], [false, false]);
  await ui.back.click();
  await ui.accept.waitFor();
}));

test('Escape puts the panel away and answers nothing', () => visit(async ({ tab, ui, at }) => {
  await ui.choose.click();
  await ui.save.waitFor();
  await tab.keyboard.press('Escape');
  await ui.accept.waitFor();
  await tab.keyboard.press('Escape');
  await ui.dialog.waitFor({ state: 'detached' });
  assert.equal(at.log.posts.length, 0);
  await tab.goto(`${at.origin}/other`);
  await ui.accept.waitFor();
}));

test('choices that come after the panel was put away do not bring it back', () => visit(async ({ tab, ui, at }) => {
  let come;
  const asked = new Promise((told) => tab.route('**/_c/services', async (route) => {
    await new Promise((go) => { come = go; told(); });
    await route.continue();
  }));
  await ui.choose.click();
  await asked;
  await tab.keyboard.press('Escape');
  await ui.dialog.waitFor({ state: 'detached' });
  const answered = tab.waitForResponse('**/_c/services');
  come();
  await (await answered).finished();
  await tab.waitForTimeout(300);
  assert.equal(await ui.dialog.count(), 0);
  assert.equal(at.log.posts.length, 0);
}));

test('keyboard only: the panel comes first in the tab order, focus is not trapped, and the choice can be made', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.waitFor();
  const focused = () => tab.evaluate(() => {
    const inner = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
    return inner.textContent.trim() || inner.labels?.[0]?.textContent || inner.localName;
  });
  const seen = [];
  for (let i = 0; i < 4; i++) { await tab.keyboard.press('Tab'); seen.push(await focused()); }
  assert.deepEqual(seen, ['Accept all', 'Refuse all', 'Choose', 'Privacy']);
  await tab.keyboard.press('Shift+Tab');
  await tab.keyboard.press('Enter');
  await ui.save.waitFor();
  assert.equal(await focused(), 'Your privacy choices');
  await tab.keyboard.press('Tab');
  assert.equal(await focused(), 'Statistics');
  await tab.keyboard.press('Space');
  while (await focused() !== 'Save my choice') await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(at.log.posts[0].categories, { statistics: true, marketing: false });
  // Focus is where the panel can be opened again, not lost.
  await tab.keyboard.press('Enter');
  await ui.save.waitFor();
  assert.equal(await ui.box('Statistics').isChecked(), true);
}));

for (const colorScheme of ['light', 'dark']) {
  test(`axe-core finds nothing on either layer and in the closed state (${colorScheme})`, () => visit(async ({ tab, ui }) => {
    await tab.addScriptTag({ path: axe });
    const check = async (where) => {
      await tab.waitForTimeout(300);
      const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], where);
    };
    await ui.accept.waitFor();
    await check('first layer');
    await ui.choose.click();
    await tab.getByText('Services (2)').click();
    await check('second layer');
    await ui.refuse.click();
    await ui.dialog.waitFor({ state: 'detached' });
    await check('closed');
  }, { context: { colorScheme } }));
}

test('the page scrolls, nothing moves, and no request goes beyond our prefix', () => visit(async ({ tab, ui, requests }) => {
  await tab.evaluate(() => { window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => { window.shift += e.value; })).observe({ type: 'layout-shift', buffered: true }); });
  await ui.accept.waitFor();
  await tab.mouse.wheel(0, 600);
  await tab.waitForFunction(() => scrollY > 300);
  assert.equal(await tab.evaluate(() => window.shift), 0);
  assert.equal(await tab.evaluate(() => document.body.contains(document.querySelector('consentry-panel'))), false);
  assert.deepEqual(requests.all.map((url) => new URL(url).pathname.replace(/\.\w{12}\./, '.')).filter((p) => p !== '/favicon.ico'),
    ['/', '/_c/a/honour.js', '/_c/a/door.js', '/_c/a/widget.js', '/_c/config']);
}));

test('an answer that cannot be stored activates nothing, is kept, said, and tried again', () => visit(async ({ tab, ui, at }) => {
  await ui.accept.click();
  await ui.status.filter({ hasText: 'could not be saved yet' }).waitFor();
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
  assert.equal(at.log.posts.length, 3);
  assert.deepEqual(at.log.posts[0], at.log.posts[2]);
}, { failures: [503, 503] }));

test('an answer that was not stored before the visitor left is sent by the next page', () => visit(async ({ tab, ui, at }) => {
  await ui.refuse.click();
  await ui.status.filter({ hasText: 'could not be saved yet' }).waitFor();
  await tab.goto(`${at.origin}/other`);
  await tab.waitForFunction(() => document.cookie.includes('euconsent_v'));
  assert.equal(at.log.posts.at(-1).button, 'refuse-all');
  await ui.dialog.waitFor({ state: 'detached' });
}, { failures: [503] }));

test('an answer that is turned down is said at once, and can be given again', () => visit(async ({ ui, at }) => {
  await ui.accept.click();
  await ui.status.filter({ hasText: 'nothing has been switched on' }).waitFor();
  assert.equal(at.log.posts.length, 1);
  await accepted(ui);
  assert.equal(at.log.posts.length, 2);
}, { failures: [403] }));

test('two clicks while an answer is on its way are one answer', () => visit(async ({ ui, at }) => {
  await ui.accept.click();
  await ui.refuse.click({ force: true });
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(at.log.posts.map((p) => p.button), ['accept-all']);
}, { delay: 400 }));

test('withdrawing reloads the page, once the cookie is set', () => visit(async ({ tab, ui, at }) => {
  await accepted(ui);
  assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
  await tab.evaluate(() => { window.same = true; });
  await ui.reopen.click();
  assert.equal(await ui.box('Marketing').isChecked(), true);
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  assert.deepEqual(await tab.evaluate(() => [window.same, window.ran]), [undefined, undefined]);
  assert.equal(at.log.posts[1].consentId !== undefined, true);
}));

test('refusing one service of a granted category reloads too', () => visit(async ({ tab, ui }) => {
  await accepted(ui);
  await ui.reopen.click();
  await tab.getByText('Services (1)').click();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.box('Meta Pixel').uncheck();
  await ui.save.click();
  await reloaded;
}));

test('a page that came live is known to be live: withdrawing there reloads', () => visit(async ({ tab, ui, at }) => {
  await accepted(ui);
  await tab.goto(`${at.origin}/other`);
  assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
  await ui.reopen.click();
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
}));

test('D15 the consent id is kept for 180 days, sent with the next answer, shown and copied', () => visit(async ({ tab, ui, at, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: at.origin });
  await accepted(ui);
  const kept = await tab.evaluate(() => JSON.parse(localStorage.getItem('consentry-consent-id')));
  assert.match(kept.id, /^[0-9a-f-]{36}$/);
  const days = (kept.expires - Date.now()) / 86400000;
  assert.ok(days > 179 && days <= 180);
  await ui.reopen.click();
  await ui.dialog.getByText(kept.id).waitFor();
  await ui.dialog.getByRole('button', { name: 'Copy' }).click();
  await ui.dialog.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), kept.id);
  await ui.save.click();
  await ui.dialog.waitFor({ state: 'detached' });
  assert.equal(at.log.posts[1].consentId, kept.id);
  await tab.evaluate((id) => localStorage.setItem('consentry-consent-id', JSON.stringify({ id, expires: Date.now() - 1 })), kept.id);
  await context.clearCookies();
  await tab.goto(`${at.origin}/other`);
  await accepted(ui);
  assert.equal('consentId' in at.log.posts[2], false);
}));

test('#consentry links and the address open the choices, the button is always there', () => visit(async ({ tab, ui, at }) => {
  await ui.refuse.click();
  await ui.dialog.waitFor({ state: 'detached' });
  await tab.getByRole('link', { name: 'Privacy' }).click();
  await ui.save.waitFor();
  await ui.close.click();
  await ui.reopen.waitFor();
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Privacy');
  await tab.goto(`${at.origin}/other#consentry`);
  await ui.save.waitFor();
  assert.equal(await tab.evaluate(() => location.hash), '');
}));

test('an answer in one tab is an answer in the others, and a frame does not ask for itself', () => visit(async ({ tab, ui, at, context }) => {
  const second = await context.newPage();
  await second.goto(`${at.origin}/framed`);
  const other = widget(second);
  await other.accept.waitFor();
  const frame = second.frames()[1];
  assert.equal(await frame.evaluate(() => document.querySelector('consentry-panel')), null);
  await accepted(ui);
  await other.dialog.waitFor({ state: 'detached' });
  await second.waitForFunction(() => window.ran);
  await frame.waitForFunction(() => window.ran);
  // And back: the other tab knows what runs in it.
  const reloaded = second.waitForEvent('framenavigated');
  await other.reopen.click();
  await other.refuse.click();
  await reloaded;
  await tab.bringToFront();
  await tab.waitForFunction(async () => (await window.consentry?.get())?.refused.length === 2);
}, { pages: { '/framed': (made) => page(`${TAG}<iframe title=f src="/other"></iframe>`)(made) } }));

test('a sandbox without an origin is left alone', () => visit(async ({ tab, problems }) => {
  await tab.waitForTimeout(300);
  const frame = tab.frames()[1];
  assert.equal(await frame.evaluate(() => document.querySelector('consentry-panel')), null);
  assert.deepEqual(problems.filter((p) => p.startsWith('uncaught')), []);
}, { pages: { '/': page('<iframe title=f sandbox="allow-scripts" src="/other"></iframe>') } }));

test('window.consentry: get, open and on', () => visit(async ({ tab, ui }) => {
  const nobody = await tab.evaluate(() => window.consentry.get());
  assert.deepEqual([nobody.answered, nobody.granted], [false, []]);
  await tab.evaluate(() => { window.end = window.consentry.on('change', (a) => { window.changed = a; }); });
  await accepted(ui);
  const answer = await tab.evaluate(() => window.consentry.get());
  assert.deepEqual([answer.answered, answer.granted, answer.refused], [true, ['statistics', 'marketing'], []]);
  assert.deepEqual(await tab.evaluate(() => window.changed), answer);
  await tab.evaluate(() => { window.end(); window.changed = null; window.consentry.open(); });
  const reloaded = tab.waitForEvent('framenavigated');
  await ui.refuse.click();
  await reloaded;
  await ui.reopen.waitFor();
  assert.equal((await tab.evaluate(() => window.consentry.get())).answered, true);
}));

test('the language is the page\'s, then the browser\'s; the site\'s own words come before ours', () => {
  const inLanguage = (lang) => (made) => page('')(made).replace('lang="en"', lang);
  const config = { ...CONFIG, texts: { de: { title: 'Worum geht es?' } } };
  return visit(async ({ tab, at }) => {
    await tab.getByRole('heading', { name: 'Worum geht es?' }).waitFor();
    await tab.getByRole('button', { name: 'Alle ablehnen' }).click();
    await tab.getByRole('button', { name: 'Datenschutz-Auswahl' }).waitFor();
    assert.equal(at.log.posts[0].language, 'de');
    await tab.context().clearCookies();
    await tab.goto(`${at.origin}/none`);
    await tab.getByRole('button', { name: 'Tout refuser' }).waitFor();
  }, { path: '/de', pages: { '/de': inLanguage('lang="de-AT"'), '/none': inLanguage('') }, context: { locale: 'fr-CH' }, config });
});

test('a category that is newer than the answer is asked', () => visit(async ({ tab, ui, at }) => {
  await accepted(ui);
  const more = { number: 5, name: 'social', label: 'Social', description: '', necessary: false, services: [] };
  at.control.config = { ...CONFIG, categories: [...CONFIG.categories, more] };
  await tab.goto(`${at.origin}/newer`);
  await ui.accept.waitFor();
}, { pages: { '/newer': (made) => page('')({ snippet: () => made.snippet({ token: made.token.replace('0badcafe', '11111111') }) }) } }));

test('without a configuration nothing is asked and nothing runs', () => visit(async ({ tab, ui, problems }) => {
  await tab.waitForTimeout(500);
  assert.equal(await ui.dialog.count(), 0);
  assert.deepEqual(problems.filter((p) => p.startsWith('uncaught')), []);
}, { config: null }));

test('a base of the page that leads elsewhere leads nothing of ours there', () => {
  const based = (made) => tagged(made).replace('<meta', '<base href="http://elsewhere.invalid/deep/"><meta');
  return visit(async ({ tab, ui, at, requests }) => {
    assert.equal(await tab.evaluate(() => document.baseURI), 'http://elsewhere.invalid/deep/');
    await ui.choose.click();
    await ui.box('Marketing').check();
    await ui.save.click();
    await ui.dialog.waitFor({ state: 'detached' });
    assert.equal(at.log.posts.length, 1);
    assert.equal(await tab.evaluate(() => window.ran?.length), 1);
    assert.deepEqual(requests.all.filter((url) => url.includes('elsewhere.invalid')), []);
  }, { pages: { '/': based } });
});

test('a stylesheet of the page does not reach the panel', () => visit(async ({ ui }) => {
  await ui.accept.waitFor();
  assert.equal(await ui.accept.evaluate((b) => getComputedStyle(b).textTransform), 'none');
  assert.ok(await ui.dialog.isVisible());
}, { pages: { '/': page('', '<style>*{text-transform:uppercase!important;display:none!important} html,body{display:block!important} button{color:red!important}</style>') } }));

test('a snippet pasted by hand, without the guard, asks, unlocks and remembers', () => {
  const pasted = page(TAG)({ snippet: () => '<script async src="/_c/widget.js"></script><script async src="/_c/widget.js"></script>' });
  return visit(async ({ tab, ui, at }) => {
    await accepted(ui);
    assert.deepEqual(await tab.evaluate(() => window.ran), ['ad']);
    await tab.goto(`${at.origin}/pasted`);
    await tab.waitForFunction(() => window.ran);
    assert.equal(await ui.dialog.count(), 0);
    assert.equal(await ui.reopen.count(), 1);
  }, { path: '/pasted', pages: { '/pasted': () => pasted } });
});

test('p49 p97 the snippet twice in a page is the widget once', () => visit(async ({ ui, problems }) => {
  await ui.accept.waitFor();
  assert.equal(await ui.dialog.count(), 1);
  assert.deepEqual(problems.filter((p) => !p.includes('favicon')), []);
}, { pages: { '/': (made) => page(TAG)({ snippet: () => made.snippet() + made.snippet() }) } }));

test('at 200 % zoom and on a small screen everything can be reached', () => visit(async ({ tab, ui }) => {
  await ui.choose.click();
  await ui.save.scrollIntoViewIfNeeded();
  assert.ok(await ui.save.isVisible());
  const wide = await ui.dialog.evaluate((box) => box.scrollWidth > box.clientWidth);
  assert.equal(wide, false);
  assert.ok((await ui.dialog.boundingBox()).height <= 320);
  await ui.save.click();
  await tab.waitForFunction(() => document.cookie.includes('euconsent_v'));
}, { context: { viewport: { width: 320, height: 320 } } }));
