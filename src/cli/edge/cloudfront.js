// Site {{site}} ({{hosts}}), printed by `consentry edge cloudfront` {{version}} from its rules, version {{rules}}.
// Three functions and one behaviour. Not run against CloudFront by Consentry's own tests; functions 1 and 3 are run as they
// stand. The gateway must name CloudFront's networks (managed prefix list com.amazonaws.global.cloudfront.origin-facing) in
// `trusted_peers`, and should take connections from them alone.
//
// Behaviour `*` (pages and all else):
//   cache policy: minimum TTL 0, default TTL 0, maximum TTL {{max_age}}; in the key: all query strings, the headers Host,
//     consentry-variant and consentry-shown, no cookie; gzip and brotli on
//   origin request policy: AllViewer, so that the gateway gets the cookies; for the law by region
//     AllViewerAndCloudFrontHeaders-2022-06, `region_headers = ["CloudFront-Viewer-Country",
//     "CloudFront-Viewer-Country-Region"]` in consentry.toml, and two `--region-header` here
//   allowed methods: all; cached methods: GET, HEAD
//   viewer request: function 1; origin response: function 2; viewer response: function 3
// A field in the key that is not sent is a key of its own, under which the gateway lets nothing be kept but what is no page.

// ---- 1. CloudFront Function, runtime cloudfront-js-2.0, viewer request ------------------------------------------------
{{key_js}}

function handler(event) {
    const request = event.request;
    const headers = request.headers;
    ['consentry-variant', 'consentry-shown', 'forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix',
        'x-forwarded-scheme', 'x-forwarded-server', 'x-forwarded-ssl', 'x-original-url', 'x-rewrite-url'].forEach((name) => {
        delete headers[name];
    });
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const key = isRead && !consentryIsOwn(request.uri) ? consentryKey((name) => consentryField(request, name)) : '';
    if (key !== '') {
        headers['consentry-variant'] = { value: key };
        headers['consentry-shown'] = { value: consentryField(request, 'sec-fetch-dest') || 'document' };
        // A page is sent whole.
        delete headers['range'];
        delete headers['if-range'];
    }
    return request;
}

// Cookies are not among the headers here.
function consentryField(request, name) {
    if (name !== 'cookie') {
        return request.headers[name] ? request.headers[name].value : '';
    }
    const pairs = [];
    Object.keys(request.cookies).forEach((cookie) => {
        const values = request.cookies[cookie].multiValue || [request.cookies[cookie]];
        values.forEach((one) => pairs.push(cookie + '=' + one.value));
    });
    return pairs.join('; ');
}

// ---- 2. Lambda@Edge, Node.js, origin response -------------------------------------------------------------------------
// CloudFront reads no targeted field: the gateway's becomes a Cache-Control that only it sees. All else stays as it came.
/*
exports.handler = async (event) => {
    const { request, response } = event.Records[0].cf;
    const field = (headers, name) => (headers[name] ? headers[name].map((one) => one.value).join(', ') : '');
    const said = /^max-age=([0-9]+)$/.exec(field(response.headers, 'cdn-cache-control'));
    const key = field(request.headers, 'consentry-variant');
    if (said && key !== '' && field(response.headers, 'consentry-variant') === key && !response.headers['set-cookie']) {
        response.headers['cache-control'] = [{ key: 'Cache-Control', value: 's-maxage=' + said[1] + ', max-age=0' }];
    }
    return response;
};
*/

// ---- 3. CloudFront Function, runtime cloudfront-js-2.0, viewer response -----------------------------------------------
// Named `handler` in a function of its own. The browser asks again each time, and hears nothing of the cache.
function viewerResponse(event) {
    const headers = event.response.headers;
    if (headers['consentry-variant']) {
        headers['cache-control'] = { value: 'private, no-cache' };
        headers['vary'] = { value: 'Cookie, Sec-Fetch-Dest' };
    }
    ['cdn-cache-control', 'surrogate-control', 'x-accel-expires', 'consentry-variant'].forEach((name) => {
        delete headers[name];
    });
    return event.response;
}
