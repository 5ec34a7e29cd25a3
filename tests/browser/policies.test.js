// Pages with policies of their own behind a real gateway, which knows none of them: pitfall 49. Under each our guard and
// widget run and the answer arrives, and the page's own inline script and handler run exactly where they did without us.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { launch, recordProblems, widget } from './lib/browser.js';
import { built, fence, gateway } from './lib/own-origin.js';

const INLINE = 'window.inline = 1;';
const HASH = `'sha256-${createHash('sha256').update(INLINE).digest('base64')}'`;

// The policy, and whether it lets the page's own inline script run. With a nonce and no host the widget's tag is refused, as any
// tag in the page without one, and the guard, which may run, loads it.
const POLICIES = [
  ["default-src 'self'", false],
  ["default-src 'none'", false],
  ['default-src *', false],
  ["default-src 'self' 'unsafe-inline'", true],
  [`script-src 'self' ${HASH}`, true],
  ["script-src 'nonce-n0nce'; connect-src 'none'", true],
  ["script-src 'nonce-n0nce' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'", true],
  ["default-src 'self'; script-src https://cdn.example; script-src-elem 'nonce-n0nce'; script-src-attr 'none'", true],
  ["script-src 'none'", false],
  ["script-src 'self'; require-trusted-types-for 'script'; trusted-types consentry", false],
  ["script-src 'self'; style-src 'none'; img-src 'none'; frame-ancestors 'none'; form-action 'none'", false],
  ["script-src 'unsafe-inline' 'self', default-src 'self' 'unsafe-inline'", true],
];
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body>
<script nonce="n0nce">${INLINE}</script><script src="https://connect.facebook.net/en_US/fbevents.js"></script></body></html>`;
// As pages write it: unquoted or in quotes, a policy a tag.
const meta = (policies) => policies.split(', ').map((policy) => `<META content="${policy}" http-equiv=content-Security-policy>`).join('');
const skip = built ? false : 'the gateway has not been built';

let browser;
let at;
before(async () => {
  if (skip) return;
  browser = await launch();
  const headers = (policy) => ({ 'content-security-policy': policy });
  const inHead = POLICIES.map(([policy], n) => [`/${n}`, { html: PAGE, headers: headers(policy) }]);
  const inMarkup = POLICIES.map(([policy], n) => [`/meta/${n}`, PAGE.replace('<title>', `${meta(policy)}<title>`)]);
  at = await gateway(Object.fromEntries([...inHead, ...inMarkup]), '--store', 'off');
});
after(async () => {
  await browser?.close();
  await at?.close();
});

const KINDS = [['', 'in the head'], ['meta/', 'in a meta element']];
for (const [path, where] of KINDS) for (const [n, [policy, inline]] of POLICIES.entries()) {
  test(`p49 ours runs and nothing else more under ${policy} ${where}`, { skip }, async () => {
    const context = await browser.newContext();
    try {
      await fence(context);
      const tab = await context.newPage();
      await recordProblems(tab);
      await tab.goto(`${at.base}/${path}${n}`);
      assert.equal(await tab.evaluate(() => typeof window.__consentry), 'object', 'the guard runs');
      const ui = widget(tab);
      await ui.refuse.click();
      await ui.dialog.waitFor({ state: 'detached' });
      const names = (await context.cookies()).map((cookie) => cookie.name).sort();
      assert.deepEqual(names, ['euconsent', 'euconsent_v'], 'the answer arrives');
      assert.equal(await tab.evaluate(() => window.inline === 1), inline, "the page's own inline script");
    } finally {
      await context.close();
    }
  });
}
