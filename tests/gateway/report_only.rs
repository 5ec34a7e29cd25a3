//! `mode = "report"`: what is counted then, and that nothing is done.

use crate::common::coded::{gunzip, gzip};
use crate::common::gateway::Gateway;
use crate::common::message::Answer;
use crate::common::origin::{Origin, Seen, head, ok};
use crate::pages::{GTAG, HTML, PIXEL, is_live, page, script, tagged};

const SITE: &str = "format = 1\nhosts = [\"*\"]\n";
const ADMIN: &str = "rules = \"rules\"\n[admin]\nlisten = \"127.0.0.1:0\"\n";
const LINK: &str = "Link: <https://connect.facebook.net/en_US/fbevents.js>; rel=preload; as=script";

fn with_rules(origin: &Origin, more: &str) -> Gateway {
    Gateway::configured(ADMIN, &[origin], &[("rules/sites/shop.toml", &format!("{SITE}{more}"))])
}

fn reporting(origin: &Origin) -> Gateway {
    with_rules(origin, "mode = \"report\"\nunknown = \"block\"\n[cookies]\nmax_age_days = 1\n")
}

/// Waits for the line: a page is counted when its request is over.
fn assert_counted(gateway: &Gateway, line: &str) {
    crate::common::eventually(line, || gateway.ask_admin("GET", "/metrics", &[]).text().lines().any(|l| l == line));
}

fn names(answer: &Answer) -> Vec<String> {
    answer.head.fields.names_without(&["date", "connection", "keep-alive"])
}

const FIELDS: [&str; 9] = [
    HTML,
    LINK,
    "ETag: \"v1\"",
    "Cache-Control: public, max-age=600",
    "Vary: Accept-Encoding",
    "Content-Security-Policy: default-src 'self'; report-uri https://www.google-analytics.com/csp",
    "Set-Cookie: _fbp=fb.1; Max-Age=7776000; Path=/",
    "Set-Cookie: session=s1; Max-Age=7776000",
    "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT",
];

#[test]
fn a_page_and_its_head_go_through_as_they_came() {
    let origin = Origin::answering(|request| ok(request, &FIELDS, tagged().as_bytes()));
    let gateway = reporting(&origin);
    let direct = crate::common::h1::Client::connect(origin.address).ask("GET", "/", &[]).whole();
    let answer = gateway.visit("/").whole();
    assert_eq!(answer.text(), tagged());
    assert_eq!(names(&answer), names(&direct));
    for name in names(&direct) {
        assert_eq!(answer.head.fields.all(&name), direct.head.fields.all(&name), "{name}");
    }
}

#[test]
fn it_is_counted_what_would_have_been_done() {
    let origin = Origin::answering(|request| ok(request, &FIELDS, tagged().as_bytes()));
    let gateway = reporting(&origin);
    gateway.visit_with("/", &["Cookie: _ga=GA1.1.1.1; basket=1"]).whole();
    for line in [
        "consentry_responses_total{plan=\"report\",site=\"shop\"} 1",
        "consentry_reported_responses_total{plan=\"rewrite\",site=\"shop\"} 1",
        "consentry_reported_tags_total{service=\"meta-pixel\",site=\"shop\",verdict=\"neutralised\"} 1",
        "consentry_reported_cookies_total{done=\"stripped\",service=\"google-analytics\",site=\"shop\"} 1",
        "consentry_reported_cookies_total{done=\"dropped\",service=\"meta-pixel\",site=\"shop\"} 1",
        "consentry_reported_cookies_total{done=\"shortened\",service=\"\",site=\"shop\"} 1",
        "consentry_reported_heads_total{service=\"meta-pixel\",site=\"shop\"} 1",
        "consentry_reported_heads_total{service=\"google-analytics\",site=\"shop\"} 1",
    ] {
        assert_counted(&gateway, line);
    }
    let metrics = gateway.ask_admin("GET", "/metrics", &[]).text();
    assert!(!metrics.contains("consentry_tags_total{") && !metrics.contains("consentry_cookies_total{"), "{metrics}");
}

#[test]
fn the_request_keeps_its_cookies_conditions_and_ranges() {
    let origin = Origin::answering(|request| ok(request, &[HTML], tagged().as_bytes()));
    let gateway = reporting(&origin);
    let fields = [
        "Cookie: _ga=GA1.1.1.1; basket=1",
        "If-None-Match: \"v1\"",
        "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT",
        "Range: bytes=0-10",
        "Accept-Encoding: gzip, zstd",
        "A-IM: feed",
    ];
    gateway.visit_with("/", &fields).whole();
    let seen = origin.last();
    for field in fields {
        let (name, value) = field.split_once(": ").unwrap();
        assert_eq!(seen.fields.all(&name.to_lowercase()), [value], "{name}");
    }
}

#[test]
fn a_coded_page_keeps_its_bytes_and_is_counted_all_the_same() {
    let coded = gzip(tagged().as_bytes());
    let body = coded.clone();
    let origin = Origin::answering(move |request| ok(request, &[HTML, "Content-Encoding: gzip"], &body));
    let gateway = reporting(&origin);
    let answer = gateway.visit_with("/", &["Accept-Encoding: gzip"]).whole();
    assert_eq!((answer.body.clone(), answer.get("content-length").unwrap()), (coded.clone(), coded.len().to_string()));
    assert_eq!(gunzip(&answer.body), tagged().as_bytes());
    assert_counted(
        &gateway,
        "consentry_reported_tags_total{service=\"meta-pixel\",site=\"shop\",verdict=\"neutralised\"} 1",
    );
}

#[test]
fn what_would_be_refused_is_delivered() {
    type Case = (fn(&Seen) -> Vec<u8>, u16, &'static [u8]);
    let partial = |_: &Seen| {
        [head("206 Partial Content", &[HTML, "Content-Range: bytes 0-2/9", "Content-Length: 3"]), b"<sc".to_vec()]
            .concat()
    };
    let unread = |request: &Seen| ok(request, &[HTML, "Content-Encoding: dcz"], b"\x28\xb5\x2f\xfd never looked at");
    let corrupt = |request: &Seen| ok(request, &[HTML, "Content-Encoding: gzip"], b"\x1f\x8b\x08\x00 is no gzip");
    let unasked = |_: &Seen| head("304 Not Modified", &["ETag: \"v1\""]);
    let answers: [Case; 4] = [
        (partial, 206, b"<sc"),
        (unread, 200, b"\x28\xb5\x2f\xfd never looked at"),
        (corrupt, 200, b"\x1f\x8b\x08\x00 is no gzip"),
        (unasked, 304, b""),
    ];
    for (answer, status, body) in answers {
        let origin = Origin::answering(answer);
        let answer = reporting(&origin).visit("/").whole();
        assert_eq!((answer.status(), answer.body.as_slice()), (status, body));
    }
}

#[test]
fn one_service_that_is_only_reported_is_left_alone_in_page_head_and_cookies() {
    let origin = Origin::answering(|request| ok(request, &FIELDS, tagged().as_bytes()));
    let more = "[[override]]\nservice = \"meta-pixel\"\nmode = \"report\"\n";
    let gateway = with_rules(&origin, more);
    let answer = gateway.visit_with("/", &["Cookie: _ga=GA1.1.1.1; _fbp=fb.1"]).whole();
    let html = answer.text();
    assert!(is_live(&html, PIXEL) && !is_live(&html, GTAG), "{html}");
    assert!(html.contains("consentry-guard") && !html.contains(" fbq:f:"), "no stub for what runs: {html}");
    assert_eq!(answer.get("link").as_deref(), LINK.strip_prefix("Link: "));
    assert!(answer.head.fields.all("set-cookie").iter().any(|cookie| cookie.starts_with("_fbp=fb.1; Max-Age=7776000")));
    assert!(!answer.get("content-security-policy").unwrap().contains("google"));
    let read = origin.last().fields.get("cookie").unwrap();
    assert_eq!(read, "_fbp=fb.1");
    for line in [
        "consentry_reported_tags_total{service=\"meta-pixel\",site=\"shop\",verdict=\"neutralised\"} 1",
        "consentry_reported_cookies_total{done=\"stripped\",service=\"meta-pixel\",site=\"shop\"} 1",
        "consentry_reported_cookies_total{done=\"dropped\",service=\"meta-pixel\",site=\"shop\"} 1",
        "consentry_reported_heads_total{service=\"meta-pixel\",site=\"shop\"} 1",
        "consentry_cookies_total{done=\"stripped\",service=\"google-analytics\",site=\"shop\"} 1",
    ] {
        assert_counted(&gateway, line);
    }
    let metrics = gateway.ask_admin("GET", "/metrics", &[]).text();
    assert!(!metrics.contains("consentry_tags_total{service=\"meta-pixel\""), "{metrics}");
}

#[test]
fn a_refusal_does_not_end_the_cookies_of_what_is_only_reported() {
    let origin = Origin::page(tagged());
    let gateway = with_rules(&origin, "[[override]]\nservice = \"meta-pixel\"\nmode = \"report\"\n");
    let cookie = gateway.answer_consent("a.example", &[("statistics", false), ("marketing", false)]);
    let fields = ["Host: a.example", &format!("{cookie}; _fbp=fb.1; _ga=GA1.1")];
    let ended = gateway.visit_with("/", &fields).whole().head.fields.all("set-cookie");
    assert!(ended.iter().any(|c| c.starts_with("_ga=;")) && !ended.iter().any(|c| c.starts_with("_fbp")), "{ended:?}");
}

#[test]
fn the_status_says_who_only_reports() {
    let origin = Origin::page(page(&script(GTAG)));
    let status = |gateway: &Gateway| -> serde_json::Value {
        serde_json::from_str(&gateway.ask_admin("GET", "/status", &[]).text()).unwrap()
    };
    let all = status(&reporting(&origin));
    assert_eq!(all["sites"][0]["mode"], "report");
    assert!(all["rules"]["warnings"][0].as_str().unwrap().contains("enforces nothing"), "{all}");
    let one = status(&with_rules(&origin, "[[override]]\nservice = \"meta-pixel\"\nmode = \"report\"\n"));
    let site = &one["sites"][0];
    assert_eq!((&site["mode"], &site["reported"]), (&"enforce".into(), &serde_json::json!(["meta-pixel"])));
}
