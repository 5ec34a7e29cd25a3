//! The policy that is made of the visitor's answer (`[csp]`), and what browsers report of it.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use crate::common::message::Answer;
use crate::common::origin::{Origin, ok};
use crate::pages::HTML;
use serde_json::{Value, json};

const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\nshown = []\n\n[csp]\nmode = \"enforce\"\n\n\
                    [[service]]\nslug = \"ads\"\nnumber = 60000\ncategory = \"marketing\"\nhosts = [\"ads.example\"]\n";
const FIRST: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";
const ENFORCED: &str = "content-security-policy";
const REPORTED: &str = "content-security-policy-report-only";

fn behind(origin: &Origin, scheme: &str, site: &str) -> Gateway {
    let config = format!("rules = \"rules\"\nscheme = \"{scheme}\"\n[admin]\nlisten = \"127.0.0.1:0\"\n");
    Gateway::configured(&config, &[origin], &[("rules/sites/shop.toml", site)])
}

fn shop(fields: &'static [&'static str]) -> Origin {
    Origin::answering(move |request| {
        let validator = ["ETag: \"1\"", HTML];
        if request.fields.get("if-none-match").as_deref() == Some("\"1\"") {
            return b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n".to_vec();
        }
        ok(request, &[&validator, fields].concat(), b"<!doctype html><title>x</title><p>y")
    })
}

fn visit(gateway: &Gateway, method: &str, cookie: &str, more: &[&str]) -> Answer {
    let mut fields = vec!["Host: shop.example", "Sec-Fetch-Dest: document"];
    fields.extend(Some(cookie).filter(|cookie| !cookie.is_empty()));
    fields.extend(more);
    gateway.ask(method, "/", &fields).whole()
}

#[test]
fn the_policy_is_reported_before_an_answer_and_enforced_after_it() {
    let gateway = behind(&shop(&[]), "http", SITE);
    let with_below = |host: &str| format!("{host} wss://{host} *.{host} wss://*.{host}");
    let own = with_below("shop.example");
    let before = visit(&gateway, "GET", "", &[]);
    assert_eq!(before.head.fields.all(REPORTED), [format!("{FIRST} {own}; report-uri /_c/report")]);
    assert_eq!((before.get(ENFORCED), before.get("reporting-endpoints")), (None, None));
    let refused = gateway.answer_consent("shop.example", &[("marketing", false), ("statistics", false)]);
    let granted = gateway.answer_consent("shop.example", &[("marketing", true), ("statistics", false)]);
    for (cookie, hosts) in [(&refused, own.clone()), (&granted, format!("{} {own}", with_below("ads.example")))] {
        let page = visit(&gateway, "GET", cookie, &[]);
        let expected = format!("{FIRST} {hosts}; report-uri /_c/report");
        assert_eq!((page.head.fields.all(ENFORCED), page.get(REPORTED)), (vec![expected.clone()], None));
        assert!(page.text().contains(" data-policy>"), "the widget knows that nothing new comes alive");
        let names = page.get("vary").unwrap().to_ascii_lowercase();
        assert!(names.contains("cookie") && page.get("cache-control").as_deref() == Some("private, no-cache"));
        // The page's HEAD and its 304 say the same.
        let tag = format!("If-None-Match: {}", page.get("etag").unwrap());
        for (other, status) in
            [(visit(&gateway, "HEAD", cookie, &[]), 200), (visit(&gateway, "GET", cookie, &[&tag]), 304)]
        {
            assert_eq!((other.status(), other.head.fields.all(ENFORCED)), (status, vec![expected.clone()]));
        }
    }
    assert!(!before.text().contains("data-policy"));
    let tag = format!("If-None-Match: {}", before.get("etag").unwrap());
    assert_eq!(
        visit(&gateway, "GET", &refused, &[&tag]).status(),
        200,
        "the page of before the answer has another policy"
    );
}

#[test]
fn the_page_s_own_policies_stay_beside_it() {
    static OWN: [&str; 3] = [
        "Content-Security-Policy: script-src 'self'; report-uri /mine",
        "Content-Security-Policy-Report-Only: img-src 'none'",
        "Reporting-Endpoints: mine=\"/mine\"",
    ];
    let gateway = behind(&shop(&OWN), "https", SITE);
    let page = visit(&gateway, "GET", "", &[]);
    let enforced = page.head.fields.all(ENFORCED);
    assert!(enforced.len() == 1 && enforced[0].starts_with("script-src 'self' 'sha256-"), "{enforced:?}");
    assert!(enforced[0].ends_with("; report-uri /mine"), "{enforced:?}");
    let reported = page.head.fields.all(REPORTED);
    assert_eq!((reported.len(), &*reported[0]), (2, "img-src 'none'"));
    assert!(reported[1].ends_with("; report-uri /_c/report; report-to consentry"), "{reported:?}");
    assert_eq!(page.head.fields.all("reporting-endpoints"), ["mine=\"/mine\"", "consentry=\"/_c/report\""]);
}

#[test]
fn what_is_no_page_and_whoever_did_not_ask_for_it_gets_none() {
    let data = Origin::answering(|request| ok(request, &["Content-Type: application/json"], b"{}"));
    let gateway = behind(&data, "http", SITE);
    assert_eq!(visit(&gateway, "GET", "", &[]).get(REPORTED), None);
    let gateway = behind(&shop(&[]), "http", &SITE.replace("enforce", "off"));
    assert_eq!(visit(&gateway, "GET", "", &[]).get(REPORTED), None);
    assert_eq!(report(&gateway, "application/csp-report", &[], "{}").status(), 404);
}

/// A page that is passed unread comes with the policy all the more.
#[test]
fn a_page_that_cannot_be_judged_is_under_the_policy() {
    let coded = Origin::answering(|request| ok(request, &[HTML, "Content-Encoding: x-unknown"], b"<p>"));
    let site = SITE.replace("[csp]", "[on_failure]\nbad_encoding = \"pass\"\n\n[csp]");
    let gateway = behind(&coded, "http", &site);
    let page = visit(&gateway, "GET", "", &[]);
    assert_eq!((page.status(), page.get("content-encoding").as_deref()), (200, Some("x-unknown")));
    assert!(page.get(REPORTED).unwrap().starts_with(FIRST));
}

fn report(gateway: &Gateway, kind: &str, fields: &[&str], body: &str) -> Answer {
    let (kind, length) = (format!("Content-Type: {kind}"), format!("Content-Length: {}", body.len()));
    let all = [&["Host: shop.example", &kind, &length], fields].concat();
    let mut client = gateway.client();
    client.send([request("POST", "/_c/report", &all), body.as_bytes().to_vec()].concat());
    client.answer("POST").whole()
}

fn old(blocked: &str, document: &str) -> String {
    json!({ "csp-report": { "document-uri": document, "blocked-uri": blocked, "effective-directive": "script-src-elem",
        "disposition": "enforce", "original-policy": "x" } })
    .to_string()
}

#[test]
fn reports_show_up_among_the_unknown_and_nothing_of_them_comes_back() {
    let gateway = behind(&shop(&[]), "http", SITE);
    let (kind, page) = ("application/csp-report", "http://shop.example/cart?session=secret");
    let answer = report(
        &gateway,
        kind,
        &["Sec-Fetch-Site: same-origin"],
        &old("https://new.example/p/123456.js?v=secret", page),
    );
    assert_eq!((answer.status(), answer.get("content-length"), &*answer.text()), (204, None, ""));
    for blocked in ["https://ads.example/a.js", "inline", "http://shop.example:8080/x", "https://cdn.shop.example/x"] {
        assert_eq!(report(&gateway, kind, &[], &old(blocked, page)).status(), 204);
    }
    assert_eq!(
        report(&gateway, kind, &[], &old("https://forged.example/", "https://elsewhere.example/")).status(),
        204
    );
    let listed = json!([{ "type": "csp-violation", "body": { "documentURL": page, "blockedURL": "https://new.example/x.gif",
        "effectiveDirective": "img-src", "disposition": "report" } }]);
    assert_eq!(report(&gateway, "application/reports+json; charset=utf-8", &[], &listed.to_string()).status(), 204);
    let told = gateway.ask_admin("GET", "/unknown", &[]).text();
    let unknown: Value = serde_json::from_str(&told).unwrap();
    let hosts = unknown["shop"]["hosts"].as_object().unwrap();
    assert_eq!(hosts.keys().collect::<Vec<_>>(), ["new.example"], "{told}");
    let host = &hosts["new.example"];
    assert_eq!(host["reports"], json!({ "count": 2, "fetchedAs": ["script", "image"] }));
    assert_eq!(host["paths"].as_object().unwrap().keys().collect::<Vec<_>>(), ["/p/*.js", "/x.gif"]);
    let text = gateway.ask_admin("GET", "/metrics", &[]).text();
    for (service, disposition, count) in [
        ("ads", "enforced", 1),
        ("inline", "enforced", 1),
        ("own", "enforced", 2),
        ("elsewhere", "enforced", 1),
        ("unclassified", "enforced", 1),
        ("unclassified", "reported", 1),
    ] {
        let line = format!(
            "consentry_policy_reports_total{{disposition=\"{disposition}\",service=\"{service}\",site=\"shop\"}} {count}\n"
        );
        assert!(text.contains(&line), "{line}{text}");
    }
    for said in [told, text, gateway.log()] {
        assert!(!said.contains("secret") && !said.contains("cart"), "{said}");
    }
}

#[test]
fn what_is_no_report_is_refused_and_too_many_are() {
    let gateway = behind(&shop(&[]), "http", SITE);
    let (kind, good) = ("application/csp-report", old("https://new.example/", "http://shop.example/"));
    for (kind, fields, body, status) in [
        ("application/json", vec![], good.as_str(), 415),
        (kind, vec![], "no", 415),
        (kind, vec!["Sec-Fetch-Site: cross-site"], &good, 403),
        (kind, vec![], &"x".repeat(70_000), 413),
    ] {
        let answer = report(&gateway, kind, &fields, body);
        assert_eq!(answer.status(), status, "{}", answer.text());
        assert!(!answer.text().contains("new.example"));
    }
    let get = gateway.ask("GET", "/_c/report", &["Host: shop.example"]).whole();
    assert_eq!((get.status(), get.get("allow").as_deref()), (405, Some("POST")));
    // Behind a proxy of the site's own every visitor is counted for himself.
    let config = "rules = \"rules\"\ntrusted_peers = [\"127.0.0.1\"]\n";
    let behind_a_proxy = Gateway::configured(config, &[&shop(&[])], &[("rules/sites/shop.toml", SITE)]);
    let visitor = |n: usize| format!("X-Forwarded-For: 192.0.2.99, 198.51.100.{n}");
    let read = (0..100).filter(|n| report(&behind_a_proxy, kind, &[&visitor(n % 4)], &good).status() == 204).count();
    assert_eq!(read, 100);
    let statuses: Vec<u16> = (0..70).map(|_| report(&gateway, kind, &[], &good).status()).collect();
    assert!(statuses.contains(&204) && statuses.contains(&429), "{statuses:?}");
    let text = gateway.ask_admin("GET", "/metrics", &[]).text();
    for status in ["403", "413", "415", "429"] {
        assert!(text.contains(&format!("consentry_policy_reports_refused_total{{site=\"shop\",status=\"{status}\"}}")));
    }
}
