vcl 4.1;
# Site {{site}} ({{hosts}}), printed by `consentry edge varnish` {{version}} from its rules, version {{rules}}.
# Varnish 6.0 or later. Print it again when the site's cookie, prefix, hosts, sources or regimes change; until then pages
# that no longer fit are not kept, nothing worse. The gateway must name this machine in `trusted_peers`.
#
# A page is kept by its address and by Consentry-Variant: what the companion cookie says, or "-" without an answer, with the
# law and Sec-GPC. The gateway compares that with the visitor's signed answer; only what is equal may be kept.

import std;

backend gateway {
    .host = "{{gateway_host}}";
    .port = "{{gateway_port}}";
}

sub vcl_recv {
    # Ours to say, and what makes an origin write another address into a page than the one it is kept by.
    unset req.http.Consentry-Variant;
    unset req.http.Consentry-Regime;
    unset req.http.Forwarded;
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Proto;
    unset req.http.X-Forwarded-Port;
    unset req.http.X-Forwarded-Prefix;
    unset req.http.X-Forwarded-Scheme;
    unset req.http.X-Forwarded-Server;
    unset req.http.X-Forwarded-Ssl;
    unset req.http.X-Original-URL;
    unset req.http.X-Rewrite-URL;
    unset req.http.X-Real-IP;
    std.collect(req.http.Cookie, "; ");

    if (req.http.Upgrade) {
        return (pipe);
    }
    if (req.http.host !~ {"{{hosts_regex}}"} || (req.method != "GET" && req.method != "HEAD") || req.http.Authorization) {
        return (pass);
    }
    # The gateway's own paths: only what is named by its content is kept.
    if (req.url ~ {"^{{assets_regex}}[A-Za-z0-9._-]+$"}) {
        return (hash);
    }
    if (req.url ~ {"^{{prefixes_regex}}"}) {
        return (pass);
    }
    # What is never shown as a page is the same for everybody, or its origin says otherwise.
    if (req.http.Sec-Fetch-Dest ~ "^({{asset_dests}})$"
        || (!req.http.Sec-Fetch-Dest && req.http.Accept !~ "text/html" && req.url ~ {"(?i)\.({{asset_extensions}})(\?|$)"})) {
        return (hash);
    }
    call consentry_variant;
    if (!req.http.Consentry-Variant) {
        return (pass);
    }
    # A page is sent whole, as the gateway does.
    unset req.http.Range;
    unset req.http.If-Range;
    return (hash);
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
        set req.http.Consentry-Variant = regsub(req.http.Cookie, {"{{said_regex}}.*$"}, "\1");
    } else if (req.http.Cookie !~ {"{{own_regex}}"}) {
        set req.http.Consentry-Variant = "-";
    } else {
        # One cookie without the other, or a token that is none.
        return;
    }
{{standing_vcl}}}

sub vcl_pipe {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
}

sub vcl_hash {
    if (req.http.Consentry-Variant) {
        hash_data(req.http.Consentry-Variant);
    }
    # The address and the host follow in the built-in vcl_hash.
}

sub vcl_backend_response {
    if (beresp.status >= 500) {
        set beresp.ttl = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    if (beresp.http.Consentry-Variant && beresp.http.Consentry-Variant != bereq.http.Consentry-Variant) {
        # Another visitor's page than the key says, or one that nobody may share. Not remembered as uncacheable: whoever
        # forges a cookie must not keep the others' page out of the cache.
        set beresp.ttl = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    if (beresp.http.CDN-Cache-Control ~ "max-age=[0-9]+" && bereq.http.Consentry-Variant) {
        set beresp.ttl = std.duration(regsub(beresp.http.CDN-Cache-Control, "^.*max-age=([0-9]+).*$", "\1s"), 0s);
        # Not a second longer: it may be another set of rules. Kept for revalidation by its entity tag.
        set beresp.grace = 0s;
        set beresp.keep = 1h;
        set beresp.do_gzip = true;
        return (deliver);
    }
    if (!beresp.http.Cache-Control && !beresp.http.Expires) {
        # Varnish would keep it for two minutes although nobody said so.
        set beresp.ttl = 120s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    # All else as the gateway's Cache-Control says, which for a page is "private, no-cache".
}

sub vcl_deliver {
    # No slices of a page, which Varnish would cut from one that it only passes on as well.
    if (!resp.http.Content-Type || resp.http.Content-Type ~ "(?i)^text/html") {
        unset req.http.Range;
        unset resp.http.Accept-Ranges;
    }
    # The browser asks again each time, and hears nothing of the cache.
    unset resp.http.CDN-Cache-Control;
    unset resp.http.Surrogate-Control;
    unset resp.http.X-Accel-Expires;
    unset resp.http.Consentry-Variant;
    set resp.http.Vary = regsub(resp.http.Vary, "Consentry-Variant", "Cookie");
    if (resp.http.Vary == "") {
        unset resp.http.Vary;
    }
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
}
