// A real gateway in front of an origin of the test's own, with the embedded rules.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { start } from './gateway.js';

/** Whether the gateway has been built where `start` looks for it. */
export const built = existsSync(process.env.CONSENTRY_BIN || new URL('../../../target/debug/consentry', import.meta.url).pathname);

/** Starts an origin that answers with `pages[path]` (html, or {html, headers}) and a gateway before it: {base, close}. */
export async function gateway(pages, ...more) {
  const origin = createServer((request, response) => {
    const page = pages[new URL(request.url, 'http://localhost').pathname];
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...page?.headers });
    response.end(page?.html ?? page);
  });
  await new Promise((done) => origin.listen(0, '127.0.0.1', done));
  const running = await start('run', '--listen', '127.0.0.1:0', '--origin', `http://127.0.0.1:${origin.address().port}`, '--admin', 'off', ...more);
  return {
    base: running.base,
    close: async () => {
      await running.stop();
      origin.closeAllConnections();
      await new Promise((done) => origin.close(done));
    },
  };
}

/** Answers every request of a context to anywhere but the loopback, so that nothing leaves; gives their URLs. */
export async function fence(context) {
  const outside = [];
  await context.route((url) => url.hostname !== '127.0.0.1', (route) => {
    outside.push(route.request().url());
    return route.fulfill({ status: 200, contentType: 'text/javascript', body: '' });
  });
  return outside;
}
