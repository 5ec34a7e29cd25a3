// Consentry beside three consent tools on the same page in one run: `npm ci && node compare.mjs [runs]` here, after `cargo build --release` and
// `npm ci` in tests/browser. Prints medians as a table; asserts nothing. Nothing leaves the machine.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch } from '../../tests/browser/lib/browser.js';
import { TOOLS } from './pages.mjs';

const RUNS = Number(process.argv[2] || 5);
const SLOWER = 4;
const BINARY = process.env.CONSENTRY_BIN || new URL('../../target/release/consentry', import.meta.url).pathname;
const MODULES = new URL('node_modules/', import.meta.url).pathname;
const listen = (server) => new Promise((done) => { server.listen(0, '127.0.0.1', () => done(server.address().port)); });
const median = (values) => values.slice().sort((a, b) => a - b)[values.length >> 1];

const hits = [];
const tracker = createServer((request, response) => {
  hits.push(request.url);
  response.writeHead(200, { 'content-type': request.url.endsWith('.js') ? 'text/javascript' : 'image/gif', 'cache-control': 'no-store' });
  response.end('');
});
const trackerPort = await listen(tracker);

// The peers' files as a well-kept server sends them: compressed, and to be kept.
const origin = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  let body;
  let type = 'text/html; charset=utf-8';
  if (path.startsWith('/lib/')) {
    const file = normalize(join(MODULES, path.slice(5)));
    try { body = file.startsWith(MODULES) && readFileSync(file); } catch { /* 404 below */ }
    type = { js: 'text/javascript; charset=utf-8', css: 'text/css' }[path.split('.').pop()] || 'application/octet-stream';
    response.setHeader('cache-control', 'public, max-age=31536000');
  } else if (TOOLS[path.slice(1)]) {
    body = Buffer.from(TOOLS[path.slice(1)].page.replaceAll('@tracker@', `http://tracker.localhost:${trackerPort}`));
    response.setHeader('cache-control', 'private, no-cache');
  }
  response.writeHead(body ? 200 : 404, { 'content-type': type, 'content-encoding': 'gzip' });
  response.end(gzipSync(body || ''));
});
const originPort = await listen(origin);

const directory = mkdtempSync(join(tmpdir(), 'consentry-peers-'));
mkdirSync(join(directory, 'rules/sites'), { recursive: true });
writeFileSync(join(directory, 'rules/sites/peers.toml'), `format = 1
hosts = ["*"]
shown = []
[[service]]
slug = "tracker"
number = 60001
name = "Tracker"
category = "marketing"
hosts = ["tracker.localhost"]
purpose = "Measures advertising."
`);
const gateway = spawn(BINARY, ['run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${originPort}`, '--rules', join(directory, 'rules'), '--admin', 'off',
  '--store', join(directory, 'proofs.sqlite')], { env: { ...process.env, RUST_LOG: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] });
const base = await new Promise((done, fail) => {
  let out = '';
  gateway.stdout.on('data', (data) => {
    out += data;
    const at = /consentry listens on (\S+)/.exec(out);
    if (at) done(at[1]);
  });
  gateway.once('exit', () => fail(new Error('the gateway did not start')));
});

// In the page: when the button can be pressed, tasks that were long, how long the press took.
function watch([first, second]) {
  window.seen = { ready: 0, long: [], press: 0 };
  const find = () => (second ? document.querySelector(first)?.shadowRoot?.querySelector(second) : document.querySelector(first));
  const look = () => {
    const button = find();
    const box = button?.getBoundingClientRect();
    if (box?.width && getComputedStyle(button).visibility === 'visible') {
      window.seen.ready = performance.now();
      window.seen.button = button;
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.seen.long.push(e.duration))).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { if (e.interactionId) window.seen.press = Math.max(window.seen.press, e.duration); }))
    .observe({ type: 'event', durationThreshold: 16, buffered: true });
}

async function measure(browser, name) {
  const tool = TOOLS[name];
  const url = `${name === 'consentry' ? base : `http://127.0.0.1:${originPort}`}/${name}`;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const outside = [];
  await context.addInitScript(watch, tool.accept);
  const tab = await context.newPage();
  const cdp = await context.newCDPSession(tab);
  await cdp.send('Network.enable');
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  let bytes = 0;
  const own = new Set();
  const isOutside = (url) => /^http/.test(url) && !/^(127\.0\.0\.1|.*\.localhost)$/.test(new URL(url).hostname);
  cdp.on('Network.requestWillBeSent', ({ request }) => { if (isOutside(request.url)) outside.push(request.url); });
  cdp.on('Network.responseReceived', ({ requestId, response }) => { if (new URL(response.url).hostname === '127.0.0.1') own.add(requestId); });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => { if (own.has(requestId)) bytes += encodedDataLength; });
  const leaked = () => hits.splice(0).length + outside.splice(0).length;
  leaked();
  const load = async () => { bytes = 0; await tab.goto(url); await tab.waitForTimeout(1200); return bytes; };
  const press = async (selectors) => { await tab.locator(selectors.join(' >> ')).first().click(); await tab.waitForTimeout(1200); };
  const row = { first: await load() };
  await tab.waitForFunction(() => window.seen.ready, null, { timeout: 10000 });
  const { ready, long } = await tab.evaluate(() => ({ ready: window.seen.ready, long: window.seen.long }));
  Object.assign(row, { ready, long: long.length, longest: Math.max(0, ...long), before: leaked() });
  await press(tool.refuse);
  leaked();
  row.later = await load();
  row.refused = leaked();
  await context.clearCookies();
  await tab.evaluate(() => { localStorage.clear(); sessionStorage.clear(); });
  await load();
  await tab.waitForFunction(() => window.seen.ready, null, { timeout: 10000 });
  await press(tool.accept);
  row.press = await tab.evaluate(() => window.seen.press);
  await context.close();
  return row;
}

// A route would switch the cache off, which later views are about: names from elsewhere lead nowhere instead.
const browser = await launch({ args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost'] });
const rows = {};
try {
  for (const name of Object.keys(TOOLS)) {
    const runs = [];
    for (let i = 0; i < RUNS; i++) runs.push(await measure(browser, name));
    rows[name] = Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]));
  }
} finally {
  await browser.close();
  gateway.removeAllListeners('exit');
  gateway.kill('SIGINT');
  [tracker, origin].forEach((server) => { server.closeAllConnections(); server.close(); });
  rmSync(directory, { recursive: true, force: true });
}
const LINES = [['first', 'bytes of the first view, page included'], ['later', 'bytes of a later view after a refusal'], ['ready', 'ms until the banner can be pressed'],
  ['long', 'long tasks (over 50 ms)'], ['longest', 'the longest of them, ms'], ['press', 'ms from pressing "accept" to the next frame'],
  ['before', 'requests leaked before an answer'], ['refused', 'requests leaked after a refusal']];
const names = Object.keys(TOOLS);
console.log(`Medians of ${RUNS} runs, processor ${SLOWER} times slower.\n`);
console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '---:|').join('')}`);
for (const [key, label] of LINES) console.log(`| ${label} | ${names.map((name) => Math.round(rows[name][key])).join(' | ')} |`);
