//! The heads of pages: caching, list fields, links.

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::message::Answer;
use crate::common::origin::{Origin, ok, response};
use crate::pages::{GTAG, HTML, PIXEL, tagged};

fn visit_with_head(fields: &[&str]) -> Answer {
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    let origin = Origin::answering(move |request| {
        let fields: Vec<&str> = std::iter::once(HTML).chain(fields.iter().map(String::as_str)).collect();
        ok(request, &fields, tagged().as_bytes())
    });
    Gateway::before(&origin).visit("/").whole()
}

fn directives(answer: &Answer) -> Vec<String> {
    let all = answer.get("cache-control").unwrap_or_default();
    let mut directives: Vec<String> = all.split(',').map(|d| d.trim().to_ascii_lowercase()).collect();
    directives.sort();
    directives
}

#[test]
fn p25_fields_that_come_several_times_stay_several() {
    let answer = visit_with_head(&[
        "Set-Cookie: a=1; Path=/",
        "Set-Cookie: b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
        "Set-Cookie: c=3",
        "Content-Security-Policy: img-src *",
        "Content-Security-Policy: font-src *",
        "Link: </a.css>; rel=preload; as=style",
        "Link: </b.css>; rel=preload; as=style",
        "X-Several: 1",
        "X-Several: 2",
    ]);
    let fields = &answer.head.fields;
    assert_eq!(fields.all("set-cookie"), ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "c=3"]);
    assert_eq!(fields.all("x-several"), ["1", "2"]);
    let policies = fields.all("content-security-policy");
    assert!(
        policies.len() == 2 && policies[0].contains("img-src *") && policies[1].contains("font-src *"),
        "{policies:?}"
    );
    let links = fields.all("link").join(", ");
    assert!(links.contains("</a.css>") && links.contains("</b.css>"), "{links}");
}

#[test]
fn p38_what_is_said_about_the_bytes_is_removed() {
    let names = ["Digest", "Repr-Digest", "Content-Digest", "Content-MD5", "SourceMap", "Signature", "Signature-Input"];
    let fields: Vec<String> = names.iter().map(|name| format!("{name}: sha-256=:AAAA:")).collect();
    let answer = visit_with_head(&fields.iter().map(String::as_str).collect::<Vec<_>>());
    for name in names {
        assert_eq!(answer.get(&name.to_ascii_lowercase()), None, "{name}");
    }
}

#[test]
fn p39_no_cache_shares_a_page_between_visitors() {
    for (control, expected) in [
        (None, vec!["no-cache", "private"]),
        (Some("public, s-maxage=600, max-age=60"), vec!["no-cache", "private"]),
        (Some("max-age=31536000, immutable, stale-while-revalidate=9"), vec!["no-cache", "private"]),
        (Some("no-store"), vec!["no-cache", "no-store", "private"]),
        (Some("NO-STORE, public"), vec!["no-cache", "no-store", "private"]),
    ] {
        let control = control.map(|control| format!("Cache-Control: {control}"));
        let mut fields = vec![
            "Expires: Wed, 21 Oct 2037 07:28:00 GMT",
            "Age: 7",
            "Surrogate-Control: max-age=600",
            "CDN-Cache-Control: max-age=600",
            "Cloudflare-CDN-Cache-Control: max-age=600",
            "Edge-Control: max-age=600",
        ];
        fields.extend(control.as_deref());
        let answer = visit_with_head(&fields);
        assert_eq!(directives(&answer), expected, "{control:?}");
        for name in ["expires", "age", "surrogate-control", "cdn-cache-control", "edge-control"] {
            assert_eq!(answer.get(name), None, "{name}");
        }
        assert_eq!(answer.get("cloudflare-cdn-cache-control"), None);
    }
}

#[test]
fn p40_vary_names_the_cookie_and_loses_nothing() {
    for (vary, kept) in [
        (vec![], vec![]),
        (vec!["Vary: Accept-Encoding"], vec!["accept-encoding"]),
        (vec!["Vary: Accept-Encoding, X-Own", "Vary: Origin"], vec!["accept-encoding", "x-own", "origin"]),
        (vec!["Vary: cookie"], vec!["cookie"]),
    ] {
        let answer = visit_with_head(&vary);
        let all = answer.get("vary").unwrap_or_default().to_ascii_lowercase();
        let members: Vec<&str> = all.split(',').map(str::trim).collect();
        assert_eq!(members.iter().filter(|m| **m == "cookie").count(), 1, "{all}");
        for name in kept {
            assert!(members.contains(&name), "{name} is lost: {all}");
        }
    }
    assert!(visit_with_head(&["Vary: *"]).get("vary").unwrap().contains('*'));
}

#[test]
fn p41_no_transform_does_not_let_tags_through() {
    let answer = visit_with_head(&["Cache-Control: no-transform, public"]);
    crate::pages::assert_blocked(&answer.text());
    assert!(directives(&answer).contains(&"no-transform".to_owned()));
}

#[test]
fn p42_links_to_blocked_services_are_dropped_one_by_one() {
    let link = format!(
        "Link: </a,b.css>; rel=preload; as=style, <{GTAG}>; rel=preload; as=script, \
         <https://connect.facebook.net>; rel=preconnect, <//www.googletagmanager.com>; rel=\"dns-prefetch\", \
         </next>; rel=next; title=\"a, b\""
    );
    let blocked = format!("Link: <{PIXEL}>; rel=modulepreload");
    let answer = visit_with_head(&[&link, &blocked]);
    let links = answer.get("link").unwrap_or_default();
    assert!(!links.contains("googletagmanager") && !links.contains("facebook"), "{links}");
    assert!(links.contains("</a,b.css>; rel=preload; as=style"), "{links}");
    assert!(links.contains("</next>; rel=next; title=\"a, b\""), "{links}");
}

#[test]
fn p42_links_of_what_is_no_page_are_filtered_too() {
    let origin = Origin::answering(|request| {
        let link = format!("Link: <{GTAG}>; rel=preload; as=script");
        ok(request, &["Content-Type: text/css", &link], b"a{}")
    });
    let answer = Gateway::before(&origin).ask("GET", "/a.css", &["Accept: text/css"]).whole();
    assert_eq!(answer.get("link"), None);
}

#[test]
fn p42_links_stay_for_who_allowed_them() {
    let origin = Origin::answering(|request| {
        ok(request, &[HTML, &format!("Link: <{GTAG}>; rel=preload; as=script")], tagged().as_bytes())
    });
    let gateway = Gateway::before(&origin);
    let cookie = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", true)]);
    let answer = gateway.visit_with("/", &[&cookie]).whole();
    assert_eq!(answer.get("link"), Some(format!("<{GTAG}>; rel=preload; as=script")));
    assert!(crate::pages::is_live(&answer.text(), GTAG) && crate::pages::is_live(&answer.text(), PIXEL));
}

#[test]
fn p42_reports_go_to_no_third_party_that_the_visitor_did_not_allow() {
    let theirs = "https://www.google-analytics.com/r";
    let answer = visit_with_head(&[
        &format!("Report-To: {{\"group\":\"a\",\"endpoints\":[{{\"url\":\"{theirs}\"}}]}}"),
        "NEL: {\"report_to\":\"a\"}",
        &format!("Reporting-Endpoints: a=\"{theirs}\", own=\"/r\""),
        &format!("Content-Security-Policy: img-src *; report-uri {theirs} /r"),
        "Server-Timing: db;dur=1",
    ]);
    assert_eq!((answer.get("report-to"), answer.get("nel")), (None, None));
    assert_eq!(answer.get("reporting-endpoints").as_deref(), Some("own=\"/r\""));
    assert_eq!(answer.get("content-security-policy").as_deref(), Some("img-src *; report-uri /r"));
    assert_eq!(answer.get("server-timing").as_deref(), Some("db;dur=1"));
}

#[test]
fn p49_a_policy_lets_the_guard_run_in_the_page_its_head_and_its_304() {
    let origin = Origin::answering(|request| {
        let policies =
            ["Content-Security-Policy: default-src 'self'", "Content-Security-Policy: script-src 'unsafe-inline'"];
        if request.fields.has("if-none-match") {
            return response(request, "304 Not Modified", &[&policies[..], &["ETag: \"a\""]].concat(), b"");
        }
        ok(request, &[&policies[..], &[HTML, "ETag: \"a\""]].concat(), tagged().as_bytes())
    });
    let gateway = Gateway::before(&origin);
    let policies = |answer: &Answer| answer.head.fields.all("content-security-policy");
    let page = gateway.visit("/").whole();
    let seen = policies(&page);
    assert_eq!(seen.len(), 2);
    assert!(seen[0].starts_with("default-src 'self' 'sha256-"), "{seen:?}");
    assert_eq!(seen[1], "script-src 'unsafe-inline' http://test.example/_c/");
    let head = gateway.ask("HEAD", "/", &NAVIGATION);
    assert_eq!(policies(&head), seen);
    let tag = format!("If-None-Match: {}", page.get("etag").unwrap());
    let fresh = gateway.visit_with("/", &[&tag]);
    assert_eq!((fresh.status(), policies(&fresh)), (304, seen));
    let data = gateway.ask("GET", "/", &["Sec-Fetch-Dest: empty", "Accept: text/html"]).whole();
    assert_eq!(policies(&data)[0], "default-src 'self'");
}
