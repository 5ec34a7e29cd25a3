// The operator's pages in a browser, wide and narrow: axe-core finds nothing, nothing is asked of anybody else, no policy is broken.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, recordProblems, recordRequests } from './lib/browser.js';
import { TOKEN, shop } from './lib/shop.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PAGE = `<!doctype html><html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1>
<script src="https://www.googletagmanager.com/gtag/js?id=G-0000000"></script>
<script src="https://unknown.example/x%22%3E%3Cimg.js"></script></body></html>`;

/** A port that nobody listens on: the configuration names the site's own address. */
async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => { socket.listen(0, '127.0.0.1', resolve); });
  const { port } = socket.address();
  await new Promise((resolve) => { socket.close(resolve); });
  return port;
}

let origin, gateway, admin, browser, id;
before(async () => {
  origin = createServer((_, answer) => { answer.setHeader('content-type', 'text/html'); answer.end(PAGE); });
  await new Promise((resolve) => { origin.listen(0, '127.0.0.1', resolve); });
  const port = await freePort();
  gateway = await shop({ origin, rules: 'unknown = "report"\n', port, more: `[sites.shop]\nlive_check = "http://127.0.0.1:${port}/"` });
  ({ admin } = gateway);
  const answer = await fetch(`${gateway.base}/_c/consent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gateway.base, 'user-agent': '<img src=x onerror=alert(1)>' },
    body: JSON.stringify({ categories: { statistics: true, marketing: false }, services: {}, layer: 'second', button: 'save', language: 'en' }),
  });
  id = (await answer.json()).consentId;
  await (await fetch(gateway.base, { headers: { accept: 'text/html', 'sec-fetch-dest': 'document' } })).text();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
  origin?.close();
});

async function finds(tab, name) {
  await tab.evaluate(`${await (await import('node:fs/promises')).readFile(axe, 'utf8')}`);
  const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], iframes: false }));
  assert.deepEqual(violations.map((v) => `${name}: ${v.id} ${v.nodes.map((n) => n.html).join(' ')}`), []);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the window`);
}

for (const width of [390, 1280]) {
  test(`at ${width} px: from the login through every page and out again`, async () => {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    try {
      const tab = await context.newPage();
      const [problems, requests] = [await recordProblems(tab), recordRequests(tab)];
      await tab.goto(`${admin}/dashboard`);
      await finds(tab, 'login');
      await tab.getByLabel('Token').fill('wrong');
      await tab.getByRole('button', { name: 'Log in' }).click();
      await tab.getByRole('alert').waitFor();
      await finds(tab, 'login refused');
      await tab.getByLabel('Token').fill(TOKEN);
      await tab.getByRole('button', { name: 'Log in' }).click();
      await tab.getByRole('heading', { name: 'Overview' }).waitFor();
      for (const name of ['Overview', 'Proofs', 'Variants', 'Blocked trackers', 'Unknown third parties', 'Integrations', 'Rules', 'Health']) {
        await tab.getByRole('navigation').getByRole('link', { name }).click();
        await tab.getByRole('heading', { name, level: 1 }).waitFor();
        await tab.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
        await finds(tab, name);
      }
      await tab.goto(`${admin}/dashboard/trackers`);
      await tab.getByRole('cell', { name: /google-analytics \(\d+\)/ }).waitFor();
      await tab.goto(`${admin}/dashboard/unknown`);
      await tab.getByText('unknown.example', { exact: true }).waitFor();
      await tab.getByText('Paths, and a rule').click();
      await tab.getByRole('button', { name: 'Copy the rule for unknown.example' }).click();
      await tab.getByText(/Copied|Marked/).waitFor();

      await tab.goto(`${admin}/dashboard/proofs`);
      await tab.getByLabel('Consent id').fill(id);
      await tab.getByRole('button', { name: 'Find' }).click();
      await tab.getByText('What was shown').click();
      const shown = tab.frameLocator('iframe');
      await shown.getByText('Marketing').first().waitFor();
      assert.ok(await tab.evaluate(() => document.querySelector('iframe').contentDocument === null), 'the frame is a stranger');
      await tab.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
      await finds(tab, 'a proof');

      await tab.goto(`${admin}/dashboard/integrations`);
      await tab.getByLabel('Tag').selectOption('GA4');
      await tab.getByLabel('Id').fill('GTM-ABC123');
      await tab.getByRole('button', { name: 'Show the snippet' }).click();
      await tab.getByRole('alert').getByText('one looks like G-ABC1234567').waitFor();
      await finds(tab, 'a wrong id');
      await tab.getByLabel('Id').fill('G-ABC1234567');
      await tab.getByRole('button', { name: 'Show the snippet' }).click();
      await tab.getByText('tags = ["G-ABC1234567"]').waitFor();
      await finds(tab, 'a snippet');
      const visitor = await browser.newPage();
      await visitor.route(/googletagmanager|unknown\.example/, (route) => route.abort());
      await visitor.goto(gateway.base);
      await visitor.getByRole('dialog').waitFor();
      await visitor.close();
      await tab.getByRole('button', { name: 'Refresh: check the live site' }).click();
      await tab.getByText('✔ Installed: nothing leaks').waitFor();
      await tab.getByText('✔ Widget detected').waitFor();
      await finds(tab, 'checked');
      if (process.env.CONSENTRY_PICTURES) await tab.screenshot({ path: join(process.env.CONSENTRY_PICTURES, `integrations-${width}.png`), fullPage: true });

      await tab.goto(`${admin}/dashboard/rules`);
      await tab.getByRole('button', { name: 'Load the files again' }).click();
      await tab.getByRole('cell', { name: 'load the rules' }).first().waitFor();
      await finds(tab, 'rules loaded');
      assert.equal((await context.cookies()).filter((c) => c.httpOnly && c.sameSite === 'Strict').length, 1);
      await tab.getByRole('button', { name: /Log out/ }).click();
      await tab.getByLabel('Token').waitFor();
      assert.deepEqual(requests.all.filter((url) => !url.startsWith(`${admin}/`)), [], 'nothing is asked of anybody else');
      assert.deepEqual(problems.filter((p) => !/favicon|403/.test(p)), []);
      if (process.env.CONSENTRY_PICTURES) await tab.screenshot({ path: join(process.env.CONSENTRY_PICTURES, `login-${width}.png`) });
    } finally {
      await context.close();
    }
  });
}
