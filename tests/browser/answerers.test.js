// Rules for tools that answer for the visitor, shipped in extras/: row 86, check 4.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, widget } from './lib/browser.js';
import { page, site } from './lib/fixture.js';

const rule = (name) => JSON.parse(readFileSync(new URL(`../../extras/${name}.json`, import.meta.url), 'utf8'));
const engine = join(dirname(createRequire(import.meta.url).resolve('@duckduckgo/autoconsent')), 'autoconsent.playwright.js');

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function visit(run) {
  const at = await site({ '/': page('') });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await run({ tab, ui: widget(tab), at });
  } finally {
    await context.close();
    await at.close();
  }
}

for (const [action, button] of [['optOut', 'refuse-all'], ['optIn', 'accept-all']]) {
  test(`autoconsent's ${action} works with our rule, and its own check says so`, () => visit(async ({ tab, at }) => {
    const heard = [];
    const answer = (message) => tab.evaluate((m) => window.autoconsentReceiveMessage(m), message).catch(() => {});
    await tab.exposeBinding('autoconsentSendMessage', async (source, message) => {
      heard.push(message);
      if (message.type === 'init') {
        await answer({ type: 'initResp', rules: { autoconsent: [rule('autoconsent')] },
          config: { enabled: true, autoAction: action, disabledCmps: [], enablePrehide: false, enableCosmeticRules: false, enableGeneratedRules: false,
            enableHeuristicDetection: false, detectRetries: 20, isMainWorld: true, prehideTimeout: 2000, logs: {} } });
      } else if (message.type === 'autoconsentDone' && action === 'optOut') {
        await answer({ type: 'selfTest' });
      } else if (message.type === 'eval') {
        await answer({ type: 'evalResp', id: message.id, result: false });
      }
    });
    await tab.goto(`${at.origin}/`);
    await tab.evaluate(readFileSync(engine, 'utf8'));
    const until = async (type) => { for (let i = 0; i < 100 && !heard.some((m) => m.type === type); i++) await tab.waitForTimeout(100); return heard.find((m) => m.type === type); };
    const done = await until(`${action}Result`);
    assert.deepEqual([done?.cmp, done?.result], ['consentry', true], JSON.stringify(heard));
    await tab.waitForFunction(() => document.cookie.includes('euconsent_v'));
    assert.deepEqual(at.log.posts.map((post) => post.button), [button]);
    if (action === 'optOut') assert.equal((await until('selfTestResult'))?.result, true, JSON.stringify(heard));
  }));
}

test('Consent-O-Matic\'s actions refuse with our rule', () => visit(async ({ tab, ui, at }) => {
  const { consentry } = rule('consent-o-matic');
  await tab.goto(`${at.origin}/`);
  await ui.accept.waitFor();
  // A parent with a shadow root is looked into, as Consent-O-Matic does.
  const found = ({ parent, target }) => tab.evaluate(([p, t]) => {
    const top = p ? document.querySelector(p.selector)?.shadowRoot : document;
    return !!top?.querySelector(t.selector);
  }, [parent, target]);
  const run = async (action) => {
    if (action.type === 'list') for (const each of action.actions) await run(each);
    else if (action.type === 'waitcss') { for (let i = 0; i < 50 && !(await found(action)); i++) await tab.waitForTimeout(50); assert.ok(await found(action)); }
    else if (action.type === 'click') await tab.evaluate(([p, t]) => document.querySelector(p).shadowRoot.querySelector(t).click(), [action.parent.selector, action.target.selector]);
    else if (action.type === 'consent') {
      for (const { matcher, toggleAction } of action.consents) {
        const checked = await tab.evaluate(([p, t]) => document.querySelector(p).shadowRoot.querySelector(t)?.checked, [matcher.parent.selector, matcher.target.selector]);
        if (checked) await run(toggleAction);
      }
    } else assert.fail(action.type);
  };
  const [{ presentMatcher, showingMatcher }] = consentry.detectors;
  for (const matcher of [...presentMatcher, ...showingMatcher]) assert.ok(await found(matcher));
  assert.deepEqual(consentry.methods.map((method) => method.name), ['OPEN_OPTIONS', 'DO_CONSENT', 'SAVE_CONSENT']);
  for (const method of consentry.methods) await run(method.action);
  await ui.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(at.log.posts[0].categories, { statistics: false, marketing: false });
  assert.equal(await found(showingMatcher[0]), false);
}));
