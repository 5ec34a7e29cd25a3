// The ways in which a script makes the browser send something, as pages; what is said of all of them.
import { readFileSync, readdirSync } from 'node:fs';

const WAYS = new URL('../ways/', import.meta.url);

/** Their names. */
export const ways = readdirSync(WAYS).map((name) => name.replace('.html', '')).sort();

/** A page for each, by its path. */
export const pages = Object.fromEntries(ways.map((way) => [`/${way}`,
  `<!doctype html><html lang="en"><head><title>${way}</title></head><body><h1>${way}</h1>${readFileSync(new URL(`${way}.html`, WAYS), 'utf8')}</body></html>`]));

/** What has told its page that it failed has failed: the next page sends it. */
export const GONE = ['xhr', 'xhr-sync', 'web-socket', 'event-source', 'worker'];

/** The browser's own words about a file that is not what it was taken for, and a socket that the third party closes at once. */
export const EXPECTED = /favicon|Failed to load resource|register a ServiceWorker|MIME type|Connection closed before receiving/;

/** How often a way has reached the third party; and a wait for it, of two seconds at most. */
export const reached = (at, way) => at.hits.filter((path) => path.endsWith(`/${way}`)).length;
export const arrives = async (at, way) => { for (let n = 0; n < 40 && !reached(at, way); n += 1) await new Promise((done) => setTimeout(done, 50)); };
