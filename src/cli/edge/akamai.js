// Site {{site}} ({{hosts}}), printed by `consentry edge akamai` {{version}} from its rules, version {{rules}}.
// An EdgeWorker (main.js) and the rules of a property. Not run against Akamai by Consentry's own tests; the making of the
// key is run as it stands. The gateway must name Akamai's networks (Origin IP ACL, or Site Shield) in `trusted_peers`, and
// should take connections from them alone.
//
// The property:
//   variable: PMUSER_CONSENTRY, empty, hidden
//   rule "Consentry" on the site's hostnames, in this order:
//     { "name": "modifyIncomingRequestHeader", "options": { "action": "DELETE", "standardDeleteHeaderName": "OTHER",
//       "customHeaderName": "Consentry-Variant" } }; the same for Forwarded, X-Forwarded-Host, X-Forwarded-Port,
//       X-Forwarded-Prefix, X-Forwarded-Scheme, X-Forwarded-Server, X-Forwarded-Ssl, X-Original-URL, X-Rewrite-URL
//     { "name": "edgeWorker", "options": { "enabled": true, "edgeWorkerId": "<id>" } }
//     { "name": "caching", "options": { "behavior": "NO_STORE" } }
//   rule "Page", below it, criterion matchVariable PMUSER_CONSENTRY is not empty:
//     { "name": "caching", "options": { "behavior": "CACHE_CONTROL", "mustRevalidate": true, "defaultTtl": "0s",
//       "enhancedRfcSupport": true, "honorPrivate": true, "honorNoCache": true, "honorNoStore": true, "honorMaxAge": true,
//       "honorSMaxage": true } }; CDN-Cache-Control, which Akamai reads by itself (RFC 9213), goes before Cache-Control
//     { "name": "cacheId", "options": { "rule": "INCLUDE_VARIABLE", "variableName": "PMUSER_CONSENTRY" } }
//     { "name": "removeVary", "options": { "enabled": true } }
//     { "name": "downstreamCache", "options": { "behavior": "MUST_REVALIDATE" } }
//   rule "Assets", criterion path matches {{prefix}}a/*: caching by the origin's Cache-Control
//   for the law by region: the EdgeWorker sends X-Akamai-Country and X-Akamai-Region; `region_headers` in consentry.toml and
//     `--region-header` here name the same two

{{key_js}}

const FOR_EDGES = ['CDN-Cache-Control', 'Surrogate-Control', 'X-Accel-Expires', 'Consentry-Variant'];

export function onClientRequest(request) {
    const place = request.userLocation || {};
    request.setHeader('X-Akamai-Country', place.country || 'XX');
    request.setHeader('X-Akamai-Region', place.region || '');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const field = (name) => (request.getHeader(name) || []).join(name === 'cookie' ? '; ' : ', ');
    const key = isRead && !consentryIsOwn(request.path) ? consentryKey(field) : '';
    if (key !== '') {
        // Pages stand beside each other by key and by where they are shown.
        request.setVariable('PMUSER_CONSENTRY', key + ' ' + field('sec-fetch-dest'));
        request.cacheKey.includeVariable('PMUSER_CONSENTRY');
        request.setHeader('Consentry-Variant', key);
        request.removeHeader('Range');
    }
}

// The browser asks again each time, and hears nothing of the cache.
export function onClientResponse(request, response) {
    if (response.getHeader('Consentry-Variant')) {
        response.setHeader('Cache-Control', 'private, no-cache');
        response.setHeader('Vary', 'Cookie, Sec-Fetch-Dest');
    }
    FOR_EDGES.forEach((name) => response.removeHeader(name));
}
