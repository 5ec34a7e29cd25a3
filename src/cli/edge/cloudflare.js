// Site {{site}} ({{hosts}}), printed by `consentry edge cloudflare` {{version}} from its rules, version {{rules}}.
// A Worker (ES module) on the site's route. Its zone's origin is the gateway, which must name Cloudflare's networks
// (https://www.cloudflare.com/ips/) in `trusted_peers` and should take connections from them alone. For the law by region:
// `region_headers = ["CF-IPCountry", "CF-Region-Code"]` there and `--region-header CF-IPCountry --region-header
// CF-Region-Code` here; the managed transform "Add visitor location headers" sends them, and overwrites a visitor's.
// Switch off Rocket Loader and "Always Online" for the route, and "Cache Everything" rules that match its pages.
//
// Only pages go through this cache. All else passes, and Cloudflare keeps it as its Cache-Control says.

{{key_js}}

// What makes an origin write another address into a page than the one it is kept by.
const FORBIDDEN = ['consentry-variant', 'forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix',
    'x-forwarded-scheme', 'x-forwarded-server', 'x-forwarded-ssl', 'x-original-url', 'x-rewrite-url'];
const FOR_EDGES = ['cdn-cache-control', 'surrogate-control', 'x-accel-expires', 'consentry-variant'];

export default {
    async fetch(request, env, context) {
        const headers = new Headers(request.headers);
        FORBIDDEN.forEach((name) => headers.delete(name));
        const url = new URL(request.url);
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        const key = isRead && !consentryIsOwn(url.pathname) ? consentryKey((name) => headers.get(name) || '') : '';
        if (key === '') return fetch(new Request(request, { headers }));

        headers.set('consentry-variant', key);
        // A page is sent whole, and each visitor's browser asks with its own entity tag.
        ['range', 'if-range', 'if-none-match', 'if-modified-since'].forEach((name) => headers.delete(name));
        // Pages stand beside each other by key and by where they are shown.
        const parts = [key, headers.get('sec-fetch-dest') || '', url.pathname + url.search].map(encodeURIComponent);
        const place = new Request(url.origin + '/consentry-kept/' + parts.join('/'), { method: 'GET' });
        let answer = await caches.default.match(place);
        const hit = answer !== undefined;
        if (!hit) {
            answer = await fetch(url, { method: 'GET', headers, redirect: 'manual', cf: { cacheTtl: 0 } });
            const seconds = consentryLifetime(answer, key);
            if (seconds > 0) {
                const copy = new Response(answer.clone().body, answer);
                ['vary', 'set-cookie'].forEach((name) => copy.headers.delete(name));
                copy.headers.set('cache-control', 'max-age=' + seconds);
                context.waitUntil(caches.default.put(place, copy));
            }
        }
        return consentryForBrowser(request, answer, hit);
    },
};

// For how many seconds it may be kept: the gateway says so only to the key of the page.
function consentryLifetime(answer, key) {
    const said = /^max-age=([0-9]+)$/.exec(answer.headers.get('cdn-cache-control') || '');
    const isRight = answer.headers.get('consentry-variant') === key && !answer.headers.has('set-cookie');
    return said && isRight && answer.status !== 206 ? Number(said[1]) : 0;
}

// The browser asks again each time, and hears nothing of the cache.
function consentryForBrowser(request, answer, hit) {
    const tag = (text) => text.trim().replace(/^W\//, '');
    const own = answer.headers.get('etag');
    const theirs = (request.headers.get('if-none-match') || '').split(',').map(tag);
    const isFresh = answer.status === 200 && own !== null && theirs.includes(tag(own));
    const body = isFresh || request.method === 'HEAD' ? null : answer.body;
    const given = new Response(body, { status: isFresh ? 304 : answer.status, headers: answer.headers });
    if (hit) {
        given.headers.set('cache-control', 'private, no-cache');
        given.headers.set('vary', 'Cookie, Sec-Fetch-Dest');
    }
    FOR_EDGES.forEach((name) => given.headers.delete(name));
    given.headers.set('x-cache', hit ? 'HIT' : 'MISS');
    return given;
}
