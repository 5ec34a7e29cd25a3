// Runs one printed script: `node scripts.mjs KIND FILE`. Says "KIND: done" when all held.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const [kind, file] = process.argv.slice(2);
const script = await import(pathToFileURL(file));

// ---- the key, which must be the gateway's ------------------------------------------------------------------------------
const answer = 'euconsent=a.b~c; euconsent_v=e.0.01234567';
const keys = [
    [{}, '-~opt-in'],
    [{ 'sec-fetch-dest': 'document', 'x-country': 'FR' }, '-~opt-in'],
    [{ 'sec-fetch-dest': 'iframe', 'x-country': 'us', 'x-state': 'ca' }, '-~opt-out'],
    [{ 'x-country': 'US_CA', 'sec-gpc': '1' }, '-~opt-out+gpc'],
    [{ 'x-country': 'US', 'x-state': 'NY' }, '-~opt-in'],
    [{ 'x-country': 'T1', 'x-state': 'CA', 'sec-gpc': 'true' }, '-~opt-in'],
    [{ cookie: 'sid=1; theme=dark' }, '-~opt-in'],
    [{ cookie: answer, 'x-country': 'FR' }, 'e.0.01234567~opt-in'],
    [{ cookie: 'sid=1;euconsent_v = e.0.01234567 ; euconsent=x', 'sec-gpc': '1' }, 'e.0.01234567~opt-in+gpc'],
    // This visitor's alone.
    [{ cookie: 'euconsent=a' }, ''],
    [{ cookie: 'euconsent_v=e.0.01234567' }, ''],
    [{ cookie: 'euconsent=a; euconsent_v=e.0.01234567.89abcdef' }, ''],
    [{ cookie: 'euconsent=a; euconsent_v=e.0.0123456' }, ''],
    [{ cookie: 'euconsent=a; euconsent_v=E.0.01234567' }, ''],
    [{ cookie: 'euconsent=a; euconsent_v=<script>' }, ''],
    [{ cookie: answer + '; ' + answer }, ''],
    [{ cookie: answer + '; euconsent_v=e.0.01234567' }, ''],
    [{ cookie: 'OptanonConsent=x' }, ''],
    [{ cookie: '_iub_cs-123=x' }, ''],
    [{ cookie: 'sid=1; basket=3' }, ''],
    [{ cookie: 'wordpress_logged_in_1=x' }, ''],
    [{ cookie: 'baskets=3' }, '-~opt-in'],
    [{ 'ot-consent-string': 'x' }, ''],
    [{ authorization: 'Basic x' }, ''],
    [{ upgrade: 'websocket' }, ''],
    [{ 'sec-fetch-dest': 'empty' }, ''],
    [{ 'sec-fetch-dest': 'image' }, ''],
    [{ 'hx-request': 'true' }, ''],
];
for (const [fields, key] of keys) {
    assert.equal(script.consentryKey((name) => fields[name] || ''), key, JSON.stringify(fields));
}

// ---- what each CDN gives it --------------------------------------------------------------------------------------------
const drive = {
    async cloudflare() {
        const kept = new Map();
        let asked = [];
        const page = { 'cache-control': 'private, no-cache', 'cdn-cache-control': 'max-age=60', 'surrogate-control': 'max-age=60',
            vary: 'Consentry-Variant, Sec-Fetch-Dest', etag: 'W/"v"' };
        let extra = {};
        globalThis.caches = { default: {
            match: async (request) => kept.get(request.url)?.clone(),
            put: async (request, response) => {
                assert.equal(response.headers.get('cache-control'), 'max-age=60');
                assert.ok(!response.headers.has('vary') && !response.headers.has('set-cookie'));
                kept.set(request.url, response);
            },
        } };
        globalThis.fetch = async (target, options) => {
            const request = new Request(target, options && { ...options, cf: undefined });
            asked.push(request);
            const key = request.headers.get('consentry-variant');
            const headers = key ? { ...page, 'consentry-variant': key, ...extra } : { 'cache-control': 'private, no-cache' };
            return new Response('page of ' + key, { headers });
        };
        const waiting = [];
        const context = { waitUntil: (promise) => waiting.push(promise) };
        const visit = async (path, fields, method = 'GET') => {
            const request = new Request('https://shop.example' + path, { method, headers: fields });
            const given = await script.default.fetch(request, {}, context);
            await Promise.all(waiting.splice(0));
            return given;
        };
        const france = { 'x-country': 'FR' };
        for (const [fields, key] of [[france, '-~opt-in'], [{ ...france, cookie: answer }, 'e.0.01234567~opt-in']]) {
            for (const hit of ['MISS', 'HIT']) {
                const given = await visit('/p?a=b%20c', fields);
                assert.equal(await given.text(), 'page of ' + key);
                assert.deepEqual([given.headers.get('x-cache'), given.headers.get('cache-control')], [hit, 'private, no-cache']);
                ['cdn-cache-control', 'surrogate-control', 'consentry-variant'].forEach((n) => assert.ok(!given.headers.has(n), n));
            }
        }
        assert.equal((await visit('/p?a=b+c', france)).headers.get('x-cache'), 'MISS', 'two addresses under one key');
        const head = await visit('/p?a=b%20c', france, 'HEAD');
        assert.deepEqual([head.headers.get('x-cache'), await head.text()], ['HIT', '']);
        assert.equal((await visit('/p?a=b%20c', { ...france, 'if-none-match': '"v"' })).status, 304);
        // What passes, and what the gateway keeps closed.
        const count = kept.size;
        await visit('/_c/state', france);
        await visit('/_old/state', france);
        await visit('/p', { cookie: 'euconsent=a' });
        assert.equal(asked.at(-1).headers.get('consentry-variant'), null);
        await visit('/p', { 'consentry-variant': 'e.0.01234567~opt-in', cookie: 'euconsent=a', 'x-forwarded-host': 'evil' });
        assert.equal(asked.at(-1).headers.get('consentry-variant'), null);
        assert.equal(asked.at(-1).headers.get('x-forwarded-host'), null);
        for (extra of [{ 'consentry-variant': '-~opt-out' }, { 'cdn-cache-control': 'no-store' }, { 'set-cookie': 'a=b' }]) {
            await visit('/closed', france);
        }
        assert.equal(kept.size, count);
    },

    cloudfront() {
        const event = (method, uri, fields, cookies = {}) => {
            const headers = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }]));
            return { request: { method, uri, headers, cookies } };
        };
        const two = { euconsent: { value: 'a' }, euconsent_v: { value: 'e.0.01234567' } };
        const own = script.handler(event('GET', '/p', { 'x-country': { value: 'FR' }.value, range: 'bytes=1-' }, two));
        assert.equal(own.headers['consentry-variant'].value, 'e.0.01234567~opt-in');
        assert.equal(own.headers['consentry-shown'].value, 'document');
        assert.equal(own.headers.range, undefined);
        for (const [method, uri, cookies] of [['POST', '/p', {}], ['GET', '/_c/state', {}], ['GET', '/p', { euconsent: { value: 'a' } }],
            ['GET', '/p', { ...two, euconsent_v: { value: 'e.0.01234567', multiValue: [{ value: 'e.0.01234567' }, { value: '0.e.01234567' }] } }]]) {
            const passed = script.handler(event(method, uri, { 'consentry-variant': '-~opt-in', forwarded: 'host=evil' }, cookies));
            assert.deepEqual([passed.headers['consentry-variant'], passed.headers.forwarded], [undefined, undefined]);
        }
        const answered = { response: { headers: { 'consentry-variant': { value: 'x' }, 'cdn-cache-control': { value: 'max-age=1' },
            'cache-control': { value: 's-maxage=1, max-age=0' } } } };
        assert.deepEqual(script.viewerResponse(answered).headers, { 'cache-control': { value: 'private, no-cache' },
            vary: { value: 'Cookie, Sec-Fetch-Dest' } });
        const asset = { response: { headers: { 'cache-control': { value: 'public, max-age=9' } } } };
        assert.deepEqual(script.viewerResponse(asset).headers, { 'cache-control': { value: 'public, max-age=9' } });
    },

    akamai() {
        const request = (method, path, fields) => {
            const headers = new Map(Object.entries(fields).map(([name, value]) => [name, [value]]));
            const made = { method, path, variables: {}, headers, included: [] };
            made.getHeader = (name) => headers.get(name.toLowerCase());
            made.setHeader = (name, value) => headers.set(name.toLowerCase(), [value]);
            made.removeHeader = (name) => headers.delete(name.toLowerCase());
            made.setVariable = (name, value) => { made.variables[name] = value; };
            made.cacheKey = { includeVariable: (name) => made.included.push(name) };
            return made;
        };
        const page = request('GET', '/p', { cookie: answer, 'x-country': 'FR', range: 'bytes=1-', 'sec-fetch-dest': 'document' });
        script.onClientRequest(page);
        assert.equal(page.getHeader('consentry-variant')[0], 'e.0.01234567~opt-in');
        assert.deepEqual([page.variables.PMUSER_CONSENTRY, page.included.length], ['e.0.01234567~opt-in document', 1]);
        assert.equal(page.getHeader('range'), undefined);
        for (const passed of [request('GET', '/_c/state', {}), request('POST', '/p', {}), request('GET', '/p', { cookie: 'euconsent=a' })]) {
            script.onClientRequest(passed);
            assert.deepEqual([passed.getHeader('consentry-variant'), passed.included.length], [undefined, 0]);
        }
        const response = request('GET', '/', { 'consentry-variant': 'x', 'cache-control': 'max-age=1', 'cdn-cache-control': 'max-age=1' });
        script.onClientResponse(page, response);
        assert.deepEqual([...response.headers.keys()].sort(), ['cache-control', 'vary']);
        assert.equal(response.getHeader('cache-control')[0], 'private, no-cache');
    },
};
await drive[kind]();
console.log(kind + ': done');
