// A third party that writes down who comes, an origin with pages, and a gateway whose rules know the third party.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './gateway.js';

const listen = (server) => new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server.address().port)); });
const GIF = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64');

const RULES = `format = 1
hosts = ["*"]
[[service]]
slug = "third"
number = 60001
name = "Third"
category = "marketing"
hosts = ["third.localhost"]
paths = ["/tracked/"]
globals = ["third:function"]
[[service]]
slug = "fourth"
number = 60002
name = "Fourth"
category = "statistics"
hosts = ["fourth.localhost"]
markers = ["fourth.localhost/boot.js"]
[[service]]
slug = "fifth"
number = 60003
name = "Fifth"
category = "marketing"
hosts = ["fifth.localhost"]
markers = [".fifth.localhost"]
`;

/** What a name in a path is answered with: the type by what is asked for, code that writes down that it ran. */
function answer(request, response) {
  const name = new URL(request.url, 'http://x').pathname.slice(1);
  const kind = request.headers['sec-fetch-dest'];
  const type = { script: 'text/javascript', worker: 'text/javascript', serviceworker: 'text/javascript', style: 'text/css', image: 'image/gif' }[kind] || 'text/html';
  response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*', 'cache-control': 'no-store', 'service-worker-allowed': '/' });
  if (kind === 'image') return response.end(GIF);
  if (kind === 'script') return response.end(`(window.ran = window.ran || []).push(${JSON.stringify(name)});`);
  return response.end('');
}

/**
 * Starts all three. `pages` maps a path to html, or to a function of `third` (the third party's origin) that gives html
 * or {html, headers}; `rules` are keys of the site, `services` further tables. `hits` has the paths that were asked of the third party, and those below /tracked/ of the origin.
 */
export async function withThird(pages, rules = '', services = '') {
  const hits = [];
  const note = (request) => hits.push(new URL(request.url, 'http://x').pathname);
  const other = createServer((request, response) => {
    if (!request.headers.host.startsWith('free')) note(request);
    answer(request, response);
  });
  other.on('upgrade', (request, socket) => { note(request); socket.destroy(); });
  const port = await listen(other);
  const third = `http://third.localhost:${port}`;
  const origin = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (path.startsWith('/tracked/')) note(request);
    const page = pages[path];
    if (!page) return answer(request, response);
    const made = typeof page === 'function' ? page(third) : page;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...made.headers });
    return response.end((made.html ?? made).replaceAll('@third@', third));
  });
  const originPort = await listen(origin);
  const directory = mkdtempSync(join(tmpdir(), 'consentry-rules-'));
  mkdirSync(join(directory, 'sites'));
  writeFileSync(join(directory, 'sites/test.toml'), rules + RULES + services);
  const gateway = await start('run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${originPort}`, '--rules', directory, '--admin', 'off', '--store', join(directory, 'proofs.sqlite'));
  return {
    hits, third, base: gateway.base, origin: `http://127.0.0.1:${originPort}`, host: (name) => `http://${name}.localhost:${port}`,
    close: async () => {
      await gateway.stop();
      for (const server of [origin, other]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
      rmSync(directory, { recursive: true });
    },
  };
}
