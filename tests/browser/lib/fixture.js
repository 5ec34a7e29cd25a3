// A site with a gateway that does as little as the browser side can notice: pages with the snippet, the assets, and
// /_c/config, /_c/services, /_c/state, /_c/consent. Every *.localhost name arrives at the same port, so there are trackers too.
import { createServer } from 'node:http';
import { assets, snippet } from './bundle.js';

export const VERSION = '0badcafe';

export const CONFIG = {
  site: 'fixture',
  version: VERSION,
  cookie: 'euconsent',
  lifetimeDays: 180,
  categories: [
    { number: 0, name: 'necessary', label: { en: 'Necessary' }, description: {}, necessary: true, services: [] },
    {
      number: 2, name: 'statistics', label: { en: 'Statistics' }, description: {}, necessary: false,
      services: [
        { slug: 'google-analytics', name: 'Google Analytics', purpose: 'Counts visits.', hosts: ['stats.localhost'] },
        { slug: 'matomo', name: 'Matomo', purpose: 'Counts visits.', hosts: ['matomo.localhost'] },
      ],
    },
    {
      number: 3, name: 'marketing', label: { en: 'Marketing' }, description: {}, necessary: false,
      services: [{ slug: 'meta-pixel', name: 'Meta Pixel', purpose: 'Measures advertising.', hosts: ['ads.localhost'] }],
    },
  ],
  texts: {},
};

const bits = (names) => CONFIG.categories.filter((c) => names.includes(c.name)).reduce((set, c) => set + 2 ** c.number, 0).toString(16);
const cookies = (request) => Object.fromEntries((request.headers.cookie || '').split('; ').map((c) => c.split('=')));

/**
 * Starts the site. `pages` maps a path to a function ({answer, token, snippet}) -> html or {html, headers}; everything else
 * that is not ours is a script or a picture: `/x.js?name` appends `name` to `window.ran`.
 */
export async function site(pages = {}, options = {}) {
  const stored = new Map();
  const log = { posts: [], hits: [] };
  const control = { config: CONFIG, failures: [], delay: 0, uniform: false, ...options };

  const token = (answer) => {
    if (!answer) return `0.0.${VERSION}`;
    const services = Object.keys(answer.services).length ? `.${Buffer.from(JSON.stringify(answer.services)).toString('hex').slice(0, 8)}` : '';
    return `${bits(answer.granted)}.${bits(answer.refused)}.${VERSION}${services}`;
  };

  async function consent(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    log.posts.push(body);
    if (control.delay) await new Promise((done) => setTimeout(done, control.delay));
    const failure = control.failures.shift();
    if (failure) return response.writeHead(failure, { 'retry-after': '0' }).end();
    const names = (wanted) => Object.keys(body.categories).filter((name) => body.categories[name] === wanted);
    const answer = { consentId: body.consentId || crypto.randomUUID(), granted: names(true), refused: names(false), services: body.services || {} };
    stored.set(answer.consentId, answer);
    response.setHeader('set-cookie', [
      `euconsent=${answer.consentId}; Path=/; SameSite=Lax; Max-Age=15552000`,
      `euconsent_v=${token(answer)}; Path=/; SameSite=Lax; Max-Age=15552000`,
    ]);
    json(response, { consentId: answer.consentId, token: token(answer), granted: answer.granted, refused: answer.refused, expires: '2030-01-01T00:00:00Z' });
  }

  function json(response, value) {
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'no-store');
    response.end(JSON.stringify(value));
  }

  function ours(path, request, response, answer) {
    if (path === 'config' && control.config) {
      return json(response, { ...control.config, categories: control.config.categories.map(({ services, ...category }) => category) });
    }
    if (path === 'services' && control.config) {
      return json(response, Object.fromEntries(control.config.categories.map(({ name, services }) => [name, services])));
    }
    if (path === 'state') return json(response, answer ? { answered: true, ...answer, token: token(answer) } : { answered: false, granted: [], refused: [], services: {} });
    if (path === 'consent' && request.method === 'POST') return consent(request, response);
    const asset = assets.get(path.replace(/^a\//, ''));
    if (!asset) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': asset.type, 'cache-control': 'public, max-age=31536000, immutable' });
    return response.end(asset.body);
  }

  function thing(url, response) {
    if (url.pathname.endsWith('.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
      const name = decodeURIComponent(url.search.slice(1));
      const code = options.scripts?.[name] ?? `(window.ran = window.ran || []).push(${JSON.stringify(name)});`;
      return setTimeout(() => response.end(code), name.startsWith('slow') ? 300 : 0);
    }
    response.writeHead(200, { 'content-type': url.pathname.endsWith('.html') ? 'text/html' : 'image/gif', 'cache-control': 'no-store' });
    return response.end(url.pathname.endsWith('.html') ? '<!doctype html><title>frame</title>' : Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64'));
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    log.hits.push(url.hostname + url.pathname + url.search);
    const answer = stored.get(cookies(request).euconsent);
    if (url.pathname.startsWith('/_c/')) return ours(url.pathname.slice(4), request, response, answer);
    const page = pages[url.pathname];
    if (!page) return thing(url, response);
    const shown = control.uniform ? '' : token(answer);
    const made = page({ answer, token: shown, snippet: (more) => snippet({ token: shown, ...more }) });
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-cache', ...made.headers });
    return response.end(made.html ?? made);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  return {
    origin: `http://site.localhost:${port}`, port, log, control,
    host: (name) => `http://${name}.localhost:${port}`,
    close: () => { server.closeAllConnections(); return new Promise((done) => server.close(done)); },
  };
}

/** A whole page around some markup: what is in `head` comes after the snippet. */
export const page = (body, head = '', more = {}) => ({ snippet: make }) =>
  `<!doctype html><html lang="en"><head>${make(more)}<meta charset="utf-8"><title>Fixture</title>${head}</head>` +
  `<body><main><h1>Fixture</h1>${body}</main></body></html>`;
