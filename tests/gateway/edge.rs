//! What an edge of the site may keep, as the gateway tells it (pitfalls 39, 40; complaints 39-45). Real caches are in
//! `tests/edge`.

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::message::Answer;
use crate::common::origin::{Origin, head, ok};
use crate::pages::{HTML, PIXEL, assert_blocked, tagged};

const TRUSTED: &str = "rules = \"rules\"\ntrusted_peers = [\"127.0.0.1\"]\nregion_headers = [\"X-Country\"]";
const SITE: &str = "format = 1\nhosts = [\"test.example\"]\n[edge]\nshared = true\nmax_age_seconds = 120\n";
const PUBLIC: &str = "Cache-Control: public, max-age=60";
const YES: [(&str, bool); 3] = [("preferences", true), ("statistics", true), ("marketing", true)];
const NO: [(&str, bool); 3] = [("preferences", false), ("statistics", false), ("marketing", false)];
/// A visitor in the EU who has not answered.
const SILENT: &str = "Consentry-Variant: -~opt-in";

fn gateway_with(site: &str, config: &str, fields: &'static [&'static str]) -> (Gateway, Origin) {
    let origin = Origin::answering(move |request| {
        let all = [&[HTML, "ETag: \"v1\""], fields].concat();
        if request.fields.get("if-none-match").is_some() {
            return head("304 Not Modified", &[&["ETag: \"v1\""], fields].concat());
        }
        ok(request, &all, tagged().as_bytes())
    });
    let gateway = Gateway::configured(config, &[&origin], &[("rules/sites/shop.toml", site)]);
    (gateway, origin)
}

fn gateway() -> (Gateway, Origin) {
    gateway_with(SITE, TRUSTED, &[PUBLIC])
}

/// For how long the edge may keep it. Browsers and other caches may never.
#[track_caller]
fn kept(answer: &Answer) -> Option<String> {
    assert!(answer.get("cache-control").unwrap().starts_with("private, no-cache"), "{:?}", answer.head);
    let vary = answer.get("vary").unwrap().to_ascii_lowercase();
    assert!(vary.contains("sec-fetch-dest"), "{vary}");
    let [cdn, surrogate] = ["cdn-cache-control", "surrogate-control"].map(|name| answer.get(name));
    assert_eq!(cdn, surrogate);
    let seconds = cdn.and_then(|value| value.strip_prefix("max-age=").map(str::to_owned));
    assert_eq!(vary.contains("cookie"), seconds.is_none(), "{vary}");
    assert_eq!(vary.contains("consentry-variant"), seconds.is_some(), "{vary}");
    seconds
}

/// The key that an edge makes of these cookies, as `consentry edge` says.
fn key(cookies: &str, rest: &str) -> String {
    let token = cookies.split("euconsent_v=").nth(1).unwrap().split(';').next().unwrap();
    format!("Consentry-Variant: {token}{rest}")
}

#[test]
fn p39_a_page_is_shared_by_the_key_that_the_gateway_finds_itself() {
    let (gateway, origin) = gateway();
    let first = gateway.visit_with("/", &["X-Country: FR", SILENT]).whole();
    assert_eq!(kept(&first).as_deref(), Some("60"));
    assert_eq!(first.get("consentry-variant").as_deref(), Some("-~opt-in"));
    assert_eq!(first.get("vary").as_deref(), Some("Consentry-Variant, Sec-Fetch-Dest"));
    assert_blocked(&first.text());
    assert!(!origin.last().fields.has("consentry-variant"), "the origin is not told");
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    for (cookies, country, rest) in
        [(&yes, "FR", "~opt-in"), (&no, "FR", "~opt-in"), (&yes, "US-CA", "~opt-out"), (&no, "US-CA", "~opt-out")]
    {
        let (key, country) = (key(cookies, rest), format!("X-Country: {country}"));
        let own = gateway.visit_with("/", &[cookies, &country, &key]).whole();
        assert_eq!(kept(&own).as_deref(), Some("60"), "{key}");
        let gpc = gateway.visit_with("/", &[cookies, &country, &format!("{key}+gpc"), "Sec-GPC: 1"]).whole();
        assert_eq!(kept(&gpc).as_deref(), Some("60"), "{key}");
    }
}

#[test]
fn a_forged_or_stale_key_opens_nothing() {
    let (gateway, _origin) = gateway();
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    let consent = |cookies: &str| cookies.split("; ").next().unwrap().to_owned();
    let forged = format!("{}; {}", consent(&no), yes.split("; ").nth(1).unwrap());
    for (cookies, said) in [
        (forged.as_str(), key(&yes, "~opt-in")),
        (&*yes, key(&no, "~opt-in")),
        (&*yes, SILENT.to_owned()),
        (&*yes, key(&yes, "~opt-in+gpc")),
        (&*yes, key(&yes, "~opt-out")),
        (&*yes, key(&yes, "")),
        (&*yes, "Consentry-Variant: e.0.00000000~opt-in".to_owned()),
        (&*yes, "Consentry-Variant:".to_owned()),
        ("X: y", key(&yes, "~opt-in")),
        ("X: y", "Consentry-Variant: -".to_owned()),
        ("Cookie: euconsent_v=e.0.01234567", "Consentry-Variant: e.0.01234567~opt-in".to_owned()),
    ] {
        let page = gateway.visit_with("/", &[cookies, "X-Country: FR", &said]).whole();
        assert_eq!(kept(&page), None, "{said}");
        assert_eq!(page.get("cdn-cache-control").as_deref(), Some("no-store"), "{said}");
        assert_ne!(page.get("consentry-variant").map(|is| format!("Consentry-Variant: {is}")), Some(said));
    }
    // A key that comes twice, and none.
    let twice = gateway.visit_with("/", &["X-Country: FR", SILENT, SILENT]).whole();
    assert_eq!((kept(&twice), twice.get("consentry-variant").as_deref()), (None, Some("-~opt-in")));
    let none = gateway.visit_with("/", &["X-Country: FR"]).whole();
    assert_eq!((kept(&none), none.get("consentry-variant")), (None, None));
}

#[test]
fn nobody_but_a_known_edge_of_a_site_that_wants_it_is_told() {
    let closed = SITE.replace("shared = true", "shared = false");
    let elsewhere = TRUSTED.replace("127.0.0.1", "192.0.2.1");
    let without = SITE.split("[edge]").next().unwrap();
    for (site, config) in [(SITE, &*elsewhere), (&*closed, TRUSTED), (without, TRUSTED)] {
        let (gateway, origin) = gateway_with(site, config, &[PUBLIC]);
        for said in [SILENT, "Consentry-Variant: -"] {
            let page = gateway.visit_with("/", &["X-Country: FR", said]).whole();
            assert_eq!((kept(&page), page.get("consentry-variant")), (None, None), "{site} {config}");
        }
        assert!(origin.last().fields.has("consentry-variant"), "a field that means nothing here is nobody's business");
    }
}

#[test]
fn what_the_origin_or_the_request_keeps_for_itself_is_not_shared() {
    for fields in [
        &["Cache-Control: private, max-age=60"][..],
        &["Cache-Control: no-store"],
        &["Cache-Control: public"],
        &[],
        &[PUBLIC, "Vary: Cookie"],
        &[PUBLIC, "Vary: Accept-Language"],
        &[PUBLIC, "Set-Cookie: sid=1"],
        // It is dropped on the way, but the page was somebody's.
        &[PUBLIC, "Set-Cookie: _ga=1"],
        &[PUBLIC, "CDN-Cache-Control: no-store"],
    ] {
        let (gateway, _origin) = gateway_with(SITE, TRUSTED, fields);
        assert_eq!(kept(&gateway.visit_with("/", &["X-Country: FR", SILENT]).whole()), None, "{fields:?}");
    }
    let (gateway, _origin) = gateway();
    for field in ["Authorization: Basic eDp5", "Sec-Fetch-Dest: embed", "HX-Request: true", "Cache-Control: no-store"] {
        let fields: Vec<&str> = NAVIGATION.iter().copied().filter(|f| !f.starts_with("Sec-Fetch-Dest")).collect();
        let page = gateway.ask("GET", "/", &[&fields[..], &["X-Country: FR", SILENT, field]].concat()).whole();
        assert_eq!(kept(&page), None, "{field}");
    }
    let yes = gateway.answer_consent("test.example", &YES);
    let no = gateway.answer_consent("test.example", &NO);
    let site = format!("{SITE}private_cookies = [\"in_*\"]\n");
    let (known, _origin) = gateway_with(&site, TRUSTED, &[PUBLIC]);
    for (cookie, is_kept) in [("Cookie: a=b", true), ("Cookie: a=b; in_7=1", false)] {
        let page = known.visit_with("/", &["X-Country: FR", SILENT, cookie]).whole();
        assert_eq!(kept(&page).is_some(), is_kept, "{cookie}");
    }
    // A page that ends the visitor's own cookies.
    let ending = gateway.visit_with("/", &[&format!("{no}; _ga=1"), "X-Country: FR", &key(&no, "~opt-in")]).whole();
    assert!(kept(&ending).is_none() && ending.get("set-cookie").unwrap().starts_with("_ga="));
    assert!(kept(&gateway.visit_with("/", &[&yes, "X-Country: FR", &key(&yes, "~opt-in")]).whole()).is_some());
}

#[test]
fn p47_head_and_304_say_what_the_page_says() {
    let (gateway, _origin) = gateway();
    let fields = [&NAVIGATION[..], &["X-Country: FR", SILENT]].concat();
    let page = gateway.ask("GET", "/", &fields).whole();
    let bare = gateway.ask("HEAD", "/", &fields);
    let tag = format!("If-None-Match: {}", page.get("etag").unwrap());
    let fresh = gateway.ask("GET", "/", &[&fields[..], &[&tag]].concat()).whole();
    assert_eq!(fresh.status(), 304);
    for name in
        ["cdn-cache-control", "surrogate-control", "x-accel-expires", "cache-control", "vary", "consentry-variant"]
    {
        assert_eq!((bare.get(name), fresh.get(name)), (page.get(name), page.get(name)), "{name}");
    }
    // The edge asks about one visitor's page for another: it gets the other's, and may not keep it.
    let yes = gateway.answer_consent("test.example", &YES);
    let other = gateway.visit_with("/", &[&yes, "X-Country: FR", SILENT, &tag]).whole();
    assert_eq!((other.status(), kept(&other)), (200, None));
}

#[test]
fn d5_the_companion_cookie_is_put_right() {
    let (gateway, _origin) = gateway();
    let yes = gateway.answer_consent("test.example", &YES);
    let (consent, companion) = yes.split_once("; ").unwrap();
    let renewed = |cookies: &str| {
        let page = gateway.visit_with("/", &[cookies, "X-Country: FR", SILENT]).whole();
        page.head.fields.all("set-cookie")
    };
    for wrong in ["", "; euconsent_v=0.e.01234567", "; euconsent_v=", "; euconsent_v=e.0.01234567~x"] {
        let set = renewed(&format!("{consent}{wrong}"));
        assert_eq!(set.len(), 1, "{set:?}");
        assert!(set[0].starts_with(&format!("{companion}; SameSite=Lax; Path=/; Max-Age=15")), "{set:?}");
    }
    assert_eq!(renewed(&yes), [] as [String; 0]);
    assert_eq!(renewed("Cookie: a=b"), [] as [String; 0]);
    assert_eq!(renewed("Cookie: euconsent_v=e.0.01234567"), ["euconsent_v=; SameSite=Lax; Path=/; Max-Age=0"]);
    // Only where an edge reads it.
    let (plain, _origin) = gateway_with(SITE.split("[edge]").next().unwrap(), TRUSTED, &[PUBLIC]);
    assert_eq!(plain.visit_with("/", &["Cookie: euconsent_v=e.0.01234567"]).whole().get("set-cookie"), None);
}

#[test]
fn d6_a_uniform_page_is_cached_as_the_origin_says() {
    let site = SITE.replace("hosts =", "delivery = \"uniform\"\nhosts =");
    let (gateway, _origin) = gateway_with(&site, TRUSTED, &[PUBLIC]);
    let page = gateway.visit_with("/", &["X-Country: FR", SILENT]).whole();
    assert_eq!(page.get("cache-control").as_deref(), Some("public, max-age=60"));
    assert_eq!((page.get("vary").as_deref(), page.get("cdn-cache-control")), (Some("Sec-Fetch-Dest"), None));
}

#[test]
fn what_is_no_page_is_left_to_the_origin() {
    let origin = Origin::answering(|request| ok(request, &["Content-Type: text/css", PUBLIC], b"a{}"));
    let gateway = Gateway::configured(TRUSTED, &[&origin], &[("rules/sites/shop.toml", SITE)]);
    let style = gateway.visit_with("/a.css", &["X-Country: FR", SILENT]).whole();
    assert_eq!(style.get("cache-control").as_deref(), Some("public, max-age=60"));
    assert_eq!((style.get("cdn-cache-control"), style.get("consentry-variant"), style.get("vary")), (None, None, None));
}

#[test]
fn p42_a_link_that_one_visitor_allowed_reaches_nobody_else_out_of_a_cache() {
    let origin = Origin::answering(|request| {
        let link = format!("Link: <{PIXEL}>; rel=preconnect, <https://cdn.example/a.css>; rel=preload");
        ok(request, &["Content-Type: text/css", PUBLIC, "CDN-Cache-Control: max-age=60", &link], b"a{}")
    });
    let gateway = Gateway::before(&origin);
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    let style = |cookies: &str| gateway.ask("GET", "/a.css", &["Sec-Fetch-Dest: style", cookies]).whole();
    let granted = style(&yes);
    assert!(granted.get("link").unwrap().contains(PIXEL));
    assert_eq!(granted.get("cache-control").as_deref(), Some("private, max-age=60"));
    assert_eq!(granted.get("cdn-cache-control"), None);
    for cookies in [no.as_str(), "X: y"] {
        let refused = style(cookies);
        assert!(!refused.get("link").unwrap().contains(PIXEL), "{cookies}");
        assert_eq!(refused.get("cache-control").as_deref(), Some("public, max-age=60"));
        assert!(refused.get("cdn-cache-control").is_some());
    }
}
