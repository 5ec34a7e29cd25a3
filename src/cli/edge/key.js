// What the gateway would call this visitor's page: what the companion cookie says, or "-" without an answer, with the law
// and Sec-GPC. "" where the page is this visitor's alone. `header` gives a request field in lower case, "" without it.
const SITE = {{facts_json}};

function consentryKey(header) {
    const dest = header('sec-fetch-dest');
    const others = ['authorization', 'upgrade', 'hx-request', 'turbo-frame', 'x-pjax', 'x-up-version', 'x-inertia',
        'x-requested-with', 'ot-consent-string'];
    // No document, a piece of one, or somebody who says who he is.
    if (!/^(document|iframe|frame)?$/.test(dest) || others.some((name) => header(name) !== '')) {
        return '';
    }
    const consents = [];
    const tokens = [];
    for (const pair of header('cookie').split(';')) {
        const at = pair.indexOf('=');
        const name = pair.slice(0, at < 0 ? 0 : at).trim();
        if (name === SITE.consent) consents.push(name);
        if (name === SITE.companion) tokens.push(pair.slice(at + 1).trim());
        // Another tool's answer, or somebody who is known to the site.
        if (new RegExp(SITE.others).test(name)) return '';
    }
    // One cookie without the other, one that came twice, or a token that is none: single services were answered for.
    if (consents.length > 1 || consents.length !== tokens.length) return '';
    if (tokens.length && !/^[0-9a-f]{1,16}\.[0-9a-f]{1,16}\.[0-9a-f]{8}$/.test(tokens[0])) return '';
    return (tokens.length ? tokens[0] : '-') + consentryLaw(header) + (header('sec-gpc') === '1' ? SITE.law.gpc : '');
}

function consentryLaw(header) {
    const law = SITE.law;
    if (law.same !== null) return law.same;
    const fields = law.fields.map((name) => header(name).trim().toUpperCase().replace('_', '-'));
    let region = fields[0];
    if (/^[A-Z]{2}$/.test(region) && /^[A-Z0-9]{1,3}$/.test(fields[1] || '')) region += '-' + fields[1];
    if (!/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(region) || /^(XX|ZZ)/.test(region)) return '~' + law.unknown;
    return '~' + (law.regions[region] || law.regions[region.slice(0, 2)] || law.elsewhere);
}

function consentryIsOwn(path) {
    return SITE.prefixes.some((prefix) => path.startsWith(prefix));
}
