// The names that content blockers go by: EasyList's cookie list is the oracle (D20), it is never part of the project.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { assets } from './lib/bundle.js';
import { launch, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';
import { material } from './lib/material.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** The list, or nothing when there is no shared material. */
function list() {
  const file = material('data/easylist-cookie.txt', 'names against the cookie list');
  return file ? readFileSync(file, 'utf8').split('\n').map((line) => line.trim()) : null;
}

/** An address pattern of the list as a regular expression: `*` anything, `^` a separator, `||` a host, `|` an end. */
function pattern(filter) {
  const escaped = filter.replace(/[.+?${}()[\]\\/]/g, '\\$&').replace(/\*+/g, '.*').replace(/\^/g, '(?:[^\\w.%-]|$)');
  return new RegExp(escaped.replace(/^\|\|/, '^https?://(?:[^/]+\\.)?').replace(/^\|/, '^').replace(/\|$/, '$'), 'i');
}

test('no address of ours matches the list', (t) => {
  const lines = list();
  if (!lines) return t.skip('no shared material');
  const addresses = ['widget.js', 'config', 'services', 'state', 'consent', 'shown', ...[...assets.keys()].map((name) => `a/${name}`)]
    .map((path) => `https://shop.example/_c/${path}`);
  const filters = lines.filter((line) => line && !/^[!@[]|#[@?$]?#/.test(line)).map((line) => {
    const [, text, options = ''] = /^(.*?)(?:\$([\w~,=|.-]+))?$/.exec(line);
    return { line, text, options };
  }).filter(({ text, options }) => text && !/(^|,)domain=(?!~)/.test(options));
  assert.ok(filters.length > 1000);
  const matching = filters.filter(({ text }) => {
    const expression = /^\/.*\/$/.test(text) ? new RegExp(text.slice(1, -1), 'i') : pattern(text);
    return addresses.some((address) => expression.test(address));
  });
  assert.deepEqual(matching.map((m) => m.line), []);
});

test('no general rule of the list hides anything of ours, in the page or in the panel', async (t) => {
  const lines = list();
  if (!lines) return t.skip('no shared material');
  const selectors = lines.filter((line) => /^(~[^#]*)?##/.test(line)).map((line) => line.slice(line.indexOf('##') + 2));
  assert.ok(selectors.length > 10000);
  const at = await site({ '/': page('', '', { signals: { types: 'ad_storage=marketing:' } }) });
  const tab = await browser.newPage();
  try {
    await tab.goto(`${at.origin}/`);
    const ui = widget(tab);
    const hidden = () => tab.evaluate((all) => {
      const host = document.querySelector('consentry-panel');
      const ours = [host, document.getElementById('consentry-guard'), document.getElementById('consentry-signals'), ...host.shadowRoot.querySelectorAll('*')];
      const matches = (element, selector) => { try { return element.matches(selector); } catch { return false; } };
      return all.filter((selector) => ours.some((element) => matches(element, selector)));
    }, selectors);
    await ui.accept.waitFor();
    assert.deepEqual(await hidden(), []);
    await ui.choose.click();
    await ui.save.waitFor();
    assert.deepEqual(await hidden(), []);
    await ui.refuse.click();
    await ui.reopen.waitFor();
    assert.deepEqual(await hidden(), []);
  } finally {
    await tab.close();
    await at.close();
  }
});

test('a page whose panel is hidden all the same can be read and used', async () => {
  const at = await site({ '/': page('<a href="/other">next</a>', '<style>consentry-panel{display:none!important}</style>'), '/other': page('<p>other') });
  const tab = await browser.newPage();
  try {
    await tab.goto(`${at.origin}/`);
    await tab.getByRole('link', { name: 'next' }).click();
    await tab.getByText('other', { exact: true }).waitFor();
  } finally {
    await tab.close();
    await at.close();
  }
});
