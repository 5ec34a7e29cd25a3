// A real gateway in front of an origin of the test's own, on free ports of the loopback, with the embedded rules.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The program under test: CONSENTRY_BIN, else the newest build's place; nothing when it has not been built. */
export function program() {
  const places = [process.env.CONSENTRY_BIN, ...['release', 'debug'].map((kind) => new URL(`../../../target/${kind}/consentry`, import.meta.url).pathname)];
  return places.find((place) => place && existsSync(place));
}

/** Starts an origin that answers with `pages[path]` (html, or (request, response) => …) and a gateway before it. */
export async function gateway(pages, more = []) {
  const origin = createServer((request, response) => {
    const page = pages[new URL(request.url, 'http://localhost').pathname];
    if (typeof page === 'function') return page(request, response);
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
    return response.end(page);
  });
  await new Promise((done) => origin.listen(0, '127.0.0.1', done));
  const directory = mkdtempSync(join(tmpdir(), 'consentry-'));
  const child = spawn(program(), ['run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${origin.address().port}`,
    '--admin', 'off', '--store', join(directory, 'proofs.sqlite'), ...more], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const port = await new Promise((done, fail) => {
    const read = (chunk) => {
      said += chunk;
      const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
      if (found) done(Number(found[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => fail(new Error(`the gateway ended with ${code}:\n${said}`)));
  });
  return {
    origin: `http://localhost:${port}`,
    close: async () => {
      child.kill('SIGKILL');
      origin.closeAllConnections();
      await new Promise((done) => origin.close(done));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Answers every request of a context to anywhere but the loopback itself, so that nothing leaves; gives their URLs. */
export async function fence(context) {
  const outside = [];
  await context.route((url) => url.hostname !== 'localhost', (route) => {
    outside.push(route.request().url());
    return route.fulfill({ status: 200, contentType: 'text/javascript', body: '' });
  });
  return outside;
}
