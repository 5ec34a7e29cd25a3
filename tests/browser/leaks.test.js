// What leaves a real browser for real pages: with the gateway in front and no cookie, nothing goes to a host of the catalogue, as a
// request or as a mere connection.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, recordRequests, widget } from './lib/browser.js';
import { start } from './lib/gateway.js';
import { material } from './lib/material.js';


const listen = (server) => new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server.address().port)); });

function catalogueHosts() {
  const list = process.env.CONSENTRY_HOSTS || execFileSync('cargo', ['run', '--quiet', '--locked', '--example', 'catalogue_hosts'], { encoding: 'utf8' });
  return new Set([...list.matchAll(/^\|\|([a-z0-9.-]+)\^$/gm)].map((m) => m[1]));
}

function isListed(hosts, name) {
  const labels = name.split('.');
  return labels.some((_, i) => hosts.has(labels.slice(i).join('.')));
}

/**
 * Loads every page through `base`; requests to other hosts are answered here, empty. Yields per page what was asked of them,
 * as `kind url`.
 */
async function visit(base, pages, cookies = []) {
  const browser = await launch();
  const asked = new Map();
  const queue = [...pages];
  const worker = async () => {
    for (let name = queue.shift(); name; name = queue.shift()) {
      const context = await browser.newContext({ serviceWorkers: 'block' });
      await context.addCookies(cookies);
      const page = await context.newPage();
      const requests = [];
      await page.route('**/*', (route) => {
        const request = route.request();
        const url = new URL(request.url());
        if (url.origin === base) return route.continue();
        requests.push(`${request.resourceType()} ${url.href}`);
        const type = { script: 'text/javascript', stylesheet: 'text/css', document: 'text/html' }[request.resourceType()];
        return route.fulfill({ status: 200, contentType: type || 'image/gif', body: '' });
      });
      await page.goto(`${base}/${name}`, { waitUntil: 'load', timeout: 20000 });
      await page.waitForTimeout(200);
      await context.close();
      asked.set(name, requests);
    }
  };
  await Promise.all([worker(), worker()]);
  await browser.close();
  return asked;
}

// A consent tool's own file: it asks for the answer that everything waits for.
const CONSENT_TOOLS = /^script https:\/\/cdn\.cookielaw\.org\/consent\//;

/** Which of them go to a host of the catalogue, or are blocked by a rule of EasyPrivacy. */
function oracle(easyprivacy) {
  const hosts = catalogueHosts();
  assert.ok(hosts.size >= 40, `${hosts.size} hosts in the catalogue`);
  const binary = process.env.CONSENTRY_LIST_ORACLE || new URL('../../target/debug/examples/list_oracle', import.meta.url).pathname;
  return (asked) => {
    const all = [...asked.values()].flat();
    const input = all.map((request) => `${request}\n`).join('');
    const listed = new Set(execFileSync(binary, [easyprivacy], { input, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n'));
    const is = (request) => (listed.has(request) && !CONSENT_TOOLS.test(request)) || isListed(hosts, new URL(request.split(' ')[1]).hostname);
    return [...asked].flatMap(([name, requests]) => requests.filter(is).map((request) => `${name}: ${request.slice(0, 160)}`));
  };
}

/** An origin that serves the corpus, and what stands in front of it with these rules for the site. */
async function withCorpus(corpus, rules, run) {
  const pages = readdirSync(corpus).filter((name) => name.endsWith('.html'));
  assert.ok(pages.length >= 100, `${pages.length} pages in ${corpus}`);
  const origin = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname.slice(1));
    if (!pages.includes(name)) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': 'text/html' }).end(readFileSync(join(corpus, name)));
  });
  const direct = `http://127.0.0.1:${await listen(origin)}`;
  const directory = mkdtempSync(join(tmpdir(), 'consentry-rules-'));
  mkdirSync(join(directory, 'sites'));
  writeFileSync(join(directory, 'sites/test.toml'), `format = 1\nhosts = ["*"]\n${rules}`);
  const gateway = await start('run', '--listen', '127.0.0.1:0', '--origin', direct, '--rules', directory, '--admin', 'off', '--store', join(directory, 'proofs.sqlite'));
  try {
    await run({ pages, direct, base: gateway.base });
  } finally {
    await gateway.stop();
    origin.close();
    rmSync(directory, { recursive: true });
  }
}

test('no page of the corpus sends a request to a service before an answer', async (t) => {
  const corpus = material('corpus/pages', 'leaks of the corpus');
  const easyprivacy = material('data/easyprivacy.txt', 'leaks of the corpus, by EasyPrivacy');
  if (!corpus || !easyprivacy) return t.skip('no shared material');
  const leaks = oracle(easyprivacy);
  return withCorpus(corpus, '', async ({ pages, direct, base }) => {
    // The oracle sees what leaves without the gateway: a check that cannot fail would prove nothing.
    const control = leaks(await visit(direct, pages.slice(0, 30)));
    assert.ok(control.length > 20, `${control.length} requests without the gateway`);
    assert.deepEqual(leaks(await visit(base, pages)), []);
  });
});

/** The cookies of a visitor who has accepted all. */
async function accepted(base, page) {
  const browser = await launch();
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.route('**/*', (route) => (new URL(route.request().url()).origin === base ? route.continue() : route.abort()));
  await tab.goto(`${base}/${page}`);
  await widget(tab).accept.click();
  await widget(tab).dialog.waitFor({ state: 'detached' });
  const cookies = await context.cookies();
  await browser.close();
  return cookies;
}

/** Page, kind and address, without what is drawn anew for each view; which icon is fetched is the browser's mood. */
function places(asked) {
  const place = (request) => request.replace(/[?#;].*/, '').replace(/\d{6,}/g, 'N');
  return new Set([...asked].flatMap(([name, requests]) => requests.filter((r) => !r.startsWith('other ')).map((r) => `${name}: ${place(r)}`)));
}

test('with full consent a page asks for what it asks for without the gateway', async (t) => {
  const corpus = material('corpus/pages', 'requests of the corpus after consent');
  if (!corpus) return t.skip('no shared material');
  return withCorpus(corpus, '', async ({ pages, direct, base }) => {
    const some = pages.filter((_, n) => n % 2 === 0);
    const cookies = await accepted(base, some[0]);
    const [without, through] = [places(await visit(direct, some)), places(await visit(base, some, cookies))];
    assert.ok(without.size > 500, `${without.size} requests without the gateway`);
    // What differs is looked at once more: a page may ask late, or by chance.
    const differs = some.filter((name) => [...without, ...through].some((place) => place.startsWith(`${name}: `) && without.has(place) !== through.has(place)));
    const again = [places(await visit(direct, differs)), places(await visit(base, differs, cookies))];
    const missing = [...again[0]].filter((place) => without.has(place) && !through.has(place) && !again[1].has(place));
    const more = [...again[1]].filter((place) => through.has(place) && !without.has(place) && !again[0].has(place));
    assert.deepEqual({ missing, more }, { missing: [], more: [] });
  });
});

const HINTS = (host) => `<!DOCTYPE html><html><head><title>x</title>
<link rel="preconnect" href="http://${host}"><link rel="dns-prefetch" href="http://${host}"><link rel="preload" as="script" href="http://${host}/p.js">
<link rel="prefetch" href="http://${host}/f.js"><link rel="stylesheet" href="http://${host}/s.css"><link rel="modulepreload" href="http://${host}/m.js">
<script src="http://${host}/a.js"></script></head><body><img src="http://${host}/i.gif" srcset="http://${host}/2.gif 2x"><iframe src="http://${host}/f"></iframe>
<noscript><img src="http://${host}/n.gif"></noscript>
<style>@import "http://${host}/i.css"; #sheet { background: url(http://${host}/sheet.png); width: 9px; height: 9px }</style><div id="sheet"></div>
<div id="own" style="width: 9px; height: 9px; background-image: url(&quot;http://${host}/attribute.png&quot;)"></div></body></html>`;

test('not even a connection reaches a third party: preconnect, dns-prefetch and a Link field included', async () => {
  let connections = 0;
  const third = createTcpServer((socket) => { connections += 1; socket.on('error', () => {}); socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'); });
  const host = `third.localhost:${await listen(third)}`;
  const origin = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', link: `<http://${host}/h.js>; rel=preload; as=script, <http://${host}>; rel=preconnect` });
    response.end(HINTS(host));
  });
  const port = await listen(origin);
  const rules = mkdtempSync(join(tmpdir(), 'consentry-rules-'));
  mkdirSync(join(rules, 'sites'));
  writeFileSync(join(rules, 'sites/test.toml'), `format = 1\nhosts = ["*"]\n[[service]]\nslug = "third"\nnumber = 60001\ncategory = "marketing"\nhosts = ["third.localhost"]\n`);
  const gateway = await start('run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${port}`, '--rules', rules, '--admin', 'off', '--store', 'off');
  const browser = await launch();
  const load = async (base) => {
    connections = 0;
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/`, { waitUntil: 'load' });
    await page.waitForTimeout(1500);
    await context.close();
    return connections;
  };
  try {
    assert.ok(await load(`http://127.0.0.1:${port}`) > 3, 'without the gateway the page connects');
    assert.equal(await load(gateway.base), 0);
    const page = await browser.newPage();
    const asked = recordRequests(page);
    await page.goto(`${gateway.base}/`, { waitUntil: 'load' });
    await widget(page).accept.click();
    await page.waitForTimeout(800);
    const paths = asked.to('third.localhost').map((url) => new URL(url).pathname);
    for (const path of ['/a.js', '/i.gif', '/i.css', '/sheet.png', '/attribute.png']) assert.ok(paths.includes(path), `${path} of ${paths}`);
  } finally {
    await browser.close();
    await gateway.stop();
    origin.close();
    third.close();
    rmSync(rules, { recursive: true });
  }
});
