// Pictures of what waits for consent, and what a page says in which no script runs: rows 14 and 31.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './lib/browser.js';
import { built } from './lib/own-origin.js';
import { withThird } from './lib/third.js';

const skip = built ? false : 'the gateway has not been built';
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const FRAMES = (third) => `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Films</title></head><body>
<iframe src="${third}/embed/good?x=1" width=400 height=225></iframe><iframe src="${third}/embed/text" width=400 height=225></iframe>
<iframe src="${third}/embed/away" width=400 height=225></iframe><iframe src="${third}/other/good" width=400 height=225></iframe></body></html>`;

let at, browser, pictures;
const asked = [];

before(async () => {
  if (skip) return;
  pictures = createServer((request, response) => {
    asked.push([request.url, request.headers]);
    if (request.url === '/text.png') return response.writeHead(200, { 'content-type': 'image/png' }).end('<script>alert(1)</script>');
    if (request.url === '/away.png') return response.writeHead(302, { location: `http://localhost:${pictures.address().port}/good.png` }).end();
    return response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
  });
  await new Promise((done) => pictures.listen(0, '127.0.0.1', done));
  const port = pictures.address().port;
  at = await withThird({ '/': FRAMES }, '',
    `[widget]\nthumbnails = true\nnoscript = true\n[[thumbnail]]\nframe = "third.localhost/embed/{id}"\npicture = "http://127.0.0.1:${port}/{id}.png"\ninternal = true\n`
      + '[[thumbnail]]\nframe = "third.localhost/private/{id}"\npicture = "https://localhost/{id}.png"\n');
  browser = await launch();
});
after(async () => {
  if (skip) return;
  await browser.close();
  await at.close();
  pictures.closeAllConnections();
  pictures.close();
});

const ask = (frame) => fetch(`${at.base}/_c/thumbnail?of=${encodeURIComponent(frame)}`, { headers: { cookie: 'secret=1', 'user-agent': 'a-visitor', 'x-forwarded-for': '203.0.113.9' } });

test('a frame that waits shows its picture, which the gateway has fetched for everybody once', { skip }, async () => {
  for (let visitor = 0; visitor < 2; visitor += 1) {
    const context = await browser.newContext();
    const tab = await context.newPage();
    const requests = [];
    tab.on('request', (request) => requests.push(request.url()));
    await tab.goto(at.base);
    const frame = (n) => tab.frameLocator(`iframe >> nth=${n}`);
    await frame(0).locator('img').waitFor();
    await frame(3).locator('button').first().waitFor();
    await tab.waitForFunction(() => [...document.querySelectorAll('iframe')].map((f) => f.contentDocument.querySelectorAll('img').length).join() === '1,0,0,0');
    assert.deepEqual(await frame(0).locator('img').evaluate((img) => [img.naturalWidth, img.alt]), [1, '']);
    for (let n = 0; n < 4; n += 1) assert.equal(await frame(n).locator('button').count(), 2);
    assert.deepEqual(requests.filter((url) => !url.startsWith(at.base)), []);
    assert.equal(requests.some((url) => decodeURIComponent(url).includes('/other/')), false);
    await context.close();
  }
  assert.deepEqual(asked.map(([url]) => url).sort(), ['/away.png', '/good.png', '/text.png']);
  assert.equal(at.hits.length, 0);
});

test('nothing of the visitor is in what the gateway asks, and it is no open proxy', { skip }, async () => {
  asked.length = 0;
  const good = await ask('http://third.localhost/embed/fresh');
  assert.deepEqual([good.status, good.headers.get('content-type'), good.headers.get('x-content-type-options'), good.headers.get('cache-control')],
    [200, 'image/png', 'nosniff', 'public, max-age=86400']);
  assert.equal(Buffer.compare(Buffer.from(await good.arrayBuffer()), PNG), 0);
  const headers = JSON.stringify(asked[0][1]);
  assert.ok(!/secret|visitor|203\.0\.113|third/.test(headers) && asked[0][1]['user-agent'].startsWith('consentry/'), headers);
  asked.length = 0;
  const port = pictures.address().port;
  for (const frame of [`http://127.0.0.1:${port}/good.png`, `http://localhost:${port}/embed/x`, 'file:///etc/passwd', 'http://third.localhost/embed/',
    'http://third.localhost.evil.example/embed/x', 'http://third.localhost/private/x', '', 'x']) {
    assert.equal((await ask(frame)).status, 404, frame);
  }
  assert.equal((await fetch(`${at.base}/_c/thumbnail?of=${encodeURIComponent('http://third.localhost/embed/new')}`, { method: 'POST' })).status, 405);
  assert.deepEqual(asked, []);
});

test('where no script runs the page says so, in its language, and nobody else fetches that', { skip }, async () => {
  for (const javaScriptEnabled of [false, true]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const tab = await context.newPage();
    const sheets = [];
    tab.on('request', (request) => { if (request.resourceType() === 'stylesheet') sheets.push(new URL(request.url()).pathname.replace(/\.\w{12}\./, '.')); });
    await tab.goto(at.base, { waitUntil: 'load' });
    assert.deepEqual(sheets, javaScriptEnabled ? [] : ['/_c/a/noscript.css']);
    const cdp = await context.newCDPSession(tab);
    const { nodes } = await cdp.send('Accessibility.getFullAXTree');
    const says = nodes.some((node) => (node.name?.value || '').startsWith("Les services d'autres entreprises"));
    assert.equal(says, !javaScriptEnabled);
    await context.close();
  }
});
