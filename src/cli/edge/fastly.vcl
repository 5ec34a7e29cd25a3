# Site {{site}} ({{hosts}}), printed by `consentry edge fastly` {{version}} from its rules, version {{rules}}.
# Custom VCL; the service's backend is the gateway, which must name Fastly's networks (https://api.fastly.com/public-ip-list)
# in `trusted_peers` and should take connections from them alone. For the law by region: `region_headers =
# ["X-Geo-Country", "X-Geo-Region"]` there and `--region-header X-Geo-Country --region-header X-Geo-Region` here.
# Not run against Fastly by Consentry's own tests; Varnish's configuration, which says the same, is.
#
# A page is kept by its address and by Consentry-Variant: what the companion cookie says, or "-" without an answer, with the
# law and Sec-GPC. The gateway compares that with the visitor's signed answer; only what is equal may be kept.

sub vcl_recv {
#FASTLY recv
    if (!req.http.Fastly-FF) {
        set req.http.X-Geo-Country = client.geo.country_code;
        set req.http.X-Geo-Region = client.geo.region;
    }
    # Ours to say, and what makes an origin write another address into a page than the one it is kept by.
    unset req.http.Consentry-Variant;
    unset req.http.Consentry-Regime;
    unset req.http.Forwarded;
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Port;
    unset req.http.X-Forwarded-Prefix;
    unset req.http.X-Forwarded-Scheme;
    unset req.http.X-Forwarded-Server;
    unset req.http.X-Forwarded-Ssl;
    unset req.http.X-Original-URL;
    unset req.http.X-Rewrite-URL;
    std.collect(req.http.Cookie, "; ");

    if ((req.request != "GET" && req.request != "HEAD") || req.http.Authorization || req.http.Upgrade) {
        return(pass);
    }
    # The gateway's own paths: only what is named by its content is kept.
    if (req.url ~ {"^{{assets_regex}}[A-Za-z0-9._-]+$"}) {
        return(lookup);
    }
    if (req.url ~ {"^{{prefixes_regex}}"}) {
        return(pass);
    }
    # What is never shown as a page is the same for everybody, or its origin says otherwise.
    if (req.http.Sec-Fetch-Dest ~ "^({{asset_dests}})$"
        || (!req.http.Sec-Fetch-Dest && req.http.Accept !~ "text/html" && req.url ~ {"(?i)\.({{asset_extensions}})(\?|$)"})) {
        return(lookup);
    }
    call consentry_variant;
    if (!req.http.Consentry-Variant) {
        return(pass);
    }
    # A page is sent whole, as the gateway does.
    unset req.http.Range;
    unset req.http.If-Range;
    return(lookup);
}

# Sets Consentry-Variant, or leaves it unset: then the page is this visitor's alone.
sub consentry_variant {
    # No document, or a piece of one.
    if ((req.http.Sec-Fetch-Dest && req.http.Sec-Fetch-Dest !~ "^(document|iframe|frame)$")
        || req.http.HX-Request || req.http.Turbo-Frame || req.http.X-PJAX || req.http.X-Up-Version || req.http.X-Inertia
        || req.http.X-Requested-With || req.http.OT-Consent-String) {
        return;
    }
    # An answer that came twice, or that another tool took, or somebody who is known to the site.
    if (req.http.Cookie ~ {"{{twice_regex}}"} || req.http.Cookie ~ {"{{others_regex}}"}) {
        return;
    }
    if (req.http.Cookie ~ {"{{said_regex}}"}) {
        # Both cookies, and a token of the right shape. Single services were answered for in a longer one.
        set req.http.Consentry-Variant = re.group.1;
    } else if (req.http.Cookie !~ {"{{own_regex}}"}) {
        set req.http.Consentry-Variant = "-";
    } else {
        # One cookie without the other, or a token that is none.
        return;
    }
{{standing_vcl}}}

sub vcl_hash {
    set req.hash += req.url;
    set req.hash += req.http.host;
    if (req.http.Consentry-Variant) {
        set req.hash += req.http.Consentry-Variant;
    }
#FASTLY hash
    return(hash);
}

sub vcl_fetch {
#FASTLY fetch
    if (beresp.status >= 500 || beresp.http.Set-Cookie) {
        return(pass);
    }
    if (beresp.http.Consentry-Variant && beresp.http.Consentry-Variant != req.http.Consentry-Variant) {
        # Another visitor's page than the key says, or one that nobody may share.
        set beresp.ttl = 0s;
        set beresp.cacheable = false;
        return(deliver);
    }
    if (req.http.Consentry-Variant && beresp.http.CDN-Cache-Control ~ "^max-age=([0-9]+)$") {
        set beresp.ttl = std.atoi(re.group.1);
        # Not a second longer: it may be another set of rules.
        set beresp.stale_while_revalidate = 0s;
        set beresp.stale_if_error = 0s;
        set beresp.cacheable = true;
        return(deliver);
    }
    if (beresp.http.Cache-Control ~ "(private|no-store|no-cache)" || (!beresp.http.Cache-Control && !beresp.http.Expires)) {
        return(pass);
    }
    return(deliver);
}

sub vcl_deliver {
#FASTLY deliver
    # The browser asks again each time, and hears nothing of the cache. A shield passes on what the next needs.
    if (!req.http.Fastly-FF) {
        unset resp.http.CDN-Cache-Control;
        unset resp.http.Surrogate-Control;
        unset resp.http.X-Accel-Expires;
        unset resp.http.Consentry-Variant;
        set resp.http.Vary = regsub(resp.http.Vary, "Consentry-Variant", "Cookie");
        if (resp.http.Vary == "") {
            unset resp.http.Vary;
        }
    }
    return(deliver);
}
