//! The gateway's own cache: an answer of the origin serves everybody, a page only those of its variant (complaints 39-45).

use crate::common::coded::gzip;
use crate::common::eventually;
use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::message::{Answer, End};
use crate::common::origin::{Next, Origin, Seen, chunk, head, ok, response};
use crate::pages::{GTAG, HTML, assert_blocked, is_live, long, page, script, tagged};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SITE: &str = "format = 1\nhosts = [\"test.example\"]\ncache = true\n";
const MINUTE: &str = "Cache-Control: max-age=60";
const PUBLIC: &str = "Cache-Control: public, max-age=60";
const YES: [(&str, bool); 3] = [("preferences", true), ("statistics", true), ("marketing", true)];
const NO: [(&str, bool); 3] = [("preferences", false), ("statistics", false), ("marketing", false)];

fn before(origin: &Origin) -> Gateway {
    configured("", origin)
}

fn configured(config: &str, origin: &Origin) -> Gateway {
    Gateway::configured(&format!("rules = \"rules\"\n{config}"), &[origin], &[("rules/sites/shop.toml", SITE)])
}

/// An origin whose page has this body and these fields.
fn origin(fields: &'static [&'static str], body: impl Into<Vec<u8>>) -> Origin {
    let body = body.into();
    Origin::answering(move |request| ok(request, &[&[HTML], fields].concat(), &body))
}

fn status(answer: &Answer) -> String {
    answer.get("cache-status").unwrap_or_default()
}

#[track_caller]
fn assert_hit(answer: &Answer) {
    assert!(status(answer).starts_with("consentry; hit; ttl="), "{}: {:?}", status(answer), answer.head);
}

#[track_caller]
fn assert_active(answer: &Answer) {
    let html = answer.text();
    assert!(is_live(&html, GTAG) && !html.contains("data-consentry="), "{html}");
    assert!(html.ends_with("<p>The end.</p></body></html>"), "{html}");
}

#[test]
fn one_fetch_serves_two_visitors_with_opposite_answers_and_each_gets_the_own_page() {
    let origin = origin(&[MINUTE, "ETag: \"v1\""], tagged());
    let gateway = before(&origin);
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    let first = gateway.visit("/").whole();
    assert_eq!(status(&first), "consentry; fwd=uri-miss");
    assert_blocked(&first.text());
    for _ in 0..3 {
        let granted = gateway.visit_with("/", &[&yes]).whole();
        assert_hit(&granted);
        assert_active(&granted);
        let refused = gateway.visit_with("/", &[&no]).whole();
        assert_hit(&refused);
        assert_blocked(&refused.text());
        let silent = gateway.visit("/").whole();
        assert_hit(&silent);
        assert_eq!(silent.text(), first.text());
        assert!(silent.get("cache-control").unwrap().starts_with("private, no-cache"), "{:?}", silent.head);
        let tags = [&granted, &refused, &silent].map(|answer| answer.get("etag").unwrap());
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    }
    assert_eq!(origin.seen().len(), 1, "the origin is asked once");
}

#[test]
fn a_site_that_does_not_say_so_keeps_nothing() {
    let origin = origin(&[PUBLIC], tagged());
    let gateway = Gateway::before(&origin);
    for _ in 0..3 {
        assert_eq!(gateway.visit("/").whole().get("cache-status"), None);
    }
    assert_eq!(origin.seen().len(), 3);
    let off = configured("[cache]\nmegabytes = 0\n", &origin);
    off.visit("/").whole();
    assert_eq!(off.visit("/").whole().get("cache-status"), None);
    assert_eq!(origin.seen().len(), 5);
}

#[test]
fn what_is_not_everybodys_or_has_no_lifetime_is_not_kept() {
    for fields in [
        &[][..],
        &["Cache-Control: no-store, max-age=60"],
        &["Cache-Control: private, max-age=60"],
        &["Cache-Control: max-age=0"],
        &["Cache-Control: no-cache"],
        &["Expires: Thu, 01 Jan 1970 00:00:00 GMT"],
        &[MINUTE, "Set-Cookie: session=1"],
        &[MINUTE, "Vary: *"],
        &[MINUTE, "Age: 61"],
    ] {
        let origin = origin(fields, tagged());
        let gateway = before(&origin);
        for _ in 0..3 {
            let answer = gateway.visit("/").whole();
            assert_blocked(&answer.text());
            assert!(!status(&answer).contains("hit"), "{fields:?}: {}", status(&answer));
        }
        assert_eq!(origin.seen().len(), 3, "{fields:?}");
    }
}

#[test]
fn requests_of_one_visitor_or_for_a_part_go_to_the_origin() {
    let origin = origin(&[MINUTE], tagged());
    let gateway = before(&origin);
    gateway.visit("/").whole();
    assert_hit(&gateway.visit("/").whole());
    for fields in [
        &["Authorization: Basic dTpw"][..],
        &["Cookie: session=abc"],
        &["Cookie: euconsent_v=x; basket=7"],
        &["Cache-Control: no-store"],
        &["If-Match: \"x\""],
    ] {
        let asked = origin.seen().len();
        let answer = gateway.visit_with("/", fields);
        assert!(!status(&answer).contains("hit"), "{fields:?}: {}", status(&answer));
        assert_eq!(origin.seen().len(), asked + 1, "{fields:?}");
    }
    // And nothing of that has taken the kept one away. A cookie of a tag's does not say who asks.
    assert_hit(&gateway.visit("/").whole());
    assert_hit(&gateway.visit_with("/", &["Cookie: _ga=GA1.1.1.1; _fbp=fb.1.1.1"]).whole());
    let asked = origin.seen().len();
    gateway.ask("HEAD", "/", &[&NAVIGATION[..]].concat());
    gateway.ask("GET", "/film.mp4", &["Host: test.example", "Range: bytes=0-3"]);
    assert_eq!(origin.seen().len(), asked + 2);
}

#[test]
fn a_personal_page_is_neither_kept_nor_taken_for_the_kept_one() {
    let origin = Origin::answering(|request| {
        let session = request.fields.get("cookie").is_some_and(|cookie| cookie.contains("session="));
        let who = if session { "Hello, Ada" } else { "Hello" };
        ok(request, &[HTML, MINUTE], page(&format!("<p>{who}</p>{}", script(GTAG))).as_bytes())
    });
    let gateway = before(&origin);
    let personal = ["Cookie: session=abc"];
    // First the personal page, then the other, then both in turn.
    for _ in 0..3 {
        let hers = gateway.visit_with("/", &personal).whole();
        assert!(hers.text().contains("Hello, Ada"), "{}", hers.text());
        assert!(!status(&hers).contains("hit"), "{}", status(&hers));
        let his = gateway.visit("/").whole();
        assert!(his.text().contains("<p>Hello</p>"), "{}", his.text());
    }
    let asked = origin.seen().len();
    assert_hit(&gateway.visit("/").whole());
    assert_eq!(origin.seen().len(), asked);
}

#[test]
fn what_is_public_is_everybodys_with_a_session_too() {
    for field in [PUBLIC, "Cache-Control: s-maxage=60"] {
        let body = tagged();
        let origin = Origin::answering(move |request| ok(request, &[HTML, field], body.as_bytes()));
        let gateway = before(&origin);
        gateway.visit_with("/", &["Cookie: session=abc"]).whole();
        assert_hit(&gateway.visit_with("/", &["Cookie: session=def"]).whole());
        assert_hit(&gateway.visit("/").whole());
        assert_eq!(origin.seen().len(), 1);
    }
}

#[test]
fn a_client_that_has_the_page_gets_304_for_its_own_variant_alone() {
    let origin = origin(&[MINUTE, "ETag: \"v1\"", "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT"], tagged());
    let gateway = before(&origin);
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    gateway.visit("/").whole();
    let granted = gateway.visit_with("/", &[&yes]).whole();
    let tag = format!("If-None-Match: {}", granted.get("etag").unwrap());
    let again = gateway.visit_with("/", &[&yes, &tag]);
    assert_eq!(again.status(), 304);
    assert_hit(&again);
    assert_eq!(again.get("etag"), granted.get("etag"));
    // The same browser after a withdrawal; a page from before the gateway; a date alone.
    let refused = gateway.visit_with("/", &[&no, &tag]).whole();
    assert_eq!(refused.status(), 200);
    assert_blocked(&refused.text());
    for stale in ["If-None-Match: \"v1\"", "If-Modified-Since: Tue, 03 Nov 2026 10:00:00 GMT"] {
        assert_eq!(gateway.visit_with("/", &[&yes, stale]).whole().status(), 200, "{stale}");
    }
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn what_varies_is_told_apart_by_what_the_origin_saw() {
    let origin = Origin::answering(|request| {
        let language = request.fields.get("accept-language").unwrap_or_default();
        ok(request, &[HTML, PUBLIC, "Vary: Accept-Language"], page(&format!("<p>{language}</p>")).as_bytes())
    });
    let gateway = before(&origin);
    for round in 0..3 {
        for language in ["fr", "en", "de"] {
            let answer = gateway.visit_with("/", &[&format!("Accept-Language: {language}")]).whole();
            assert!(answer.text().contains(&format!("<p>{language}</p>")), "{}", answer.text());
            assert!(round == 0 || status(&answer).contains("hit"), "{}", status(&answer));
        }
    }
    assert_eq!(origin.seen().len(), 3);
}

#[test]
fn a_reload_asks_the_origin_with_its_own_tag_and_pages_live_on() {
    let body = tagged();
    let origin = Origin::answering(move |request| {
        let fields = [HTML, MINUTE, "ETag: \"v1\""];
        if request.fields.get("if-none-match").is_some() {
            head("304 Not Modified", &fields[1..])
        } else {
            ok(request, &fields, body.as_bytes())
        }
    });
    let gateway = before(&origin);
    let yes = gateway.answer_consent("test.example", &YES);
    gateway.visit("/").whole();
    let page = gateway.visit_with("/", &[&yes]).whole();
    // Browsers say both; the client's own tag is of its variant and nothing to the origin.
    let tag = format!("If-None-Match: {}", page.get("etag").unwrap());
    let reloaded = gateway.visit_with("/", &[&yes, "Cache-Control: max-age=0", &tag]);
    assert_eq!(reloaded.status(), 304);
    assert_eq!(status(&reloaded), "consentry; fwd=stale; fwd-status=304");
    assert_eq!(origin.last().fields.all("if-none-match"), ["\"v1\""]);
    let forced = gateway.visit_with("/", &[&yes, "Cache-Control: no-cache", "Pragma: no-cache"]).whole();
    assert_active(&forced);
    assert_eq!(origin.seen().len(), 3);
    assert_active(&gateway.visit_with("/", &[&yes]).whole());
    assert_eq!(origin.seen().len(), 3);
}

#[test]
fn what_a_visitor_changes_is_not_answered_from_memory() {
    let version = Arc::new(AtomicUsize::new(0));
    let (now, post) = (version.clone(), version.clone());
    let origin = Origin::answering(move |request| {
        if request.method == "POST" {
            post.fetch_add(1, Ordering::SeqCst);
            return response(request, "303 See Other", &["Location: /"], b"");
        }
        ok(request, &[HTML, MINUTE], page(&format!("<p>{}</p>", now.load(Ordering::SeqCst))).as_bytes())
    });
    let gateway = before(&origin);
    gateway.visit("/").whole();
    assert_hit(&gateway.visit("/").whole());
    gateway.ask("POST", "/", &["Host: test.example", "Content-Length: 0"]);
    assert!(gateway.visit("/").whole().text().contains("<p>1</p>"));
}

#[test]
fn a_cut_or_too_large_answer_is_delivered_as_it_is_and_not_kept() {
    let page = tagged();
    let origin = Origin::scripted(move |request, exchange| {
        let fields = [HTML, MINUTE];
        match request.target.as_str() {
            "/chunked" => {
                exchange.send(head("200 OK", &[&fields[..], &["Transfer-Encoding: chunked"]].concat()));
                exchange.send(chunk(page.as_bytes()));
                Next::Close
            }
            "/length" => {
                exchange.send(head("200 OK", &[&fields[..], &["Content-Length: 100000"]].concat()));
                exchange.send(&page);
                Next::Close
            }
            "/close" => {
                exchange.send(head("200 OK", &[&fields[..], &["Connection: close"]].concat()));
                exchange.send(&page);
                Next::Close
            }
            "/large" => {
                exchange.send(head("200 OK", &[&fields[..], &["Transfer-Encoding: chunked"]].concat()));
                exchange.send([chunk(long(100_000).as_bytes()), chunk(b"")].concat());
                Next::Keep
            }
            _ => {
                exchange.send(ok(request, &fields, long(100_000).as_bytes()));
                Next::Keep
            }
        }
    });
    let gateway = configured("[cache]\nlargest_kilobytes = 64\n", &origin);
    for target in ["/chunked", "/length"] {
        for _ in 0..2 {
            assert!(gateway.visit(target).end != End::Complete, "{target}");
        }
    }
    for target in ["/close", "/large", "/long"] {
        for _ in 0..2 {
            let answer = gateway.visit(target).whole();
            assert!(!status(&answer).contains("hit"), "{target}: {}", status(&answer));
            assert!(answer.text().ends_with("</body></html>"), "{target}");
        }
    }
    assert_eq!(origin.seen().len(), 10);
}

#[test]
fn pages_come_again_byte_for_byte_in_each_coding() {
    let html = long(60_000);
    let zipped = gzip(html.as_bytes());
    let origin = Origin::answering(move |request| ok(request, &[HTML, PUBLIC, "Content-Encoding: gzip"], &zipped));
    let gateway = before(&origin);
    let yes = gateway.answer_consent("test.example", &YES);
    for coding in ["gzip", "br", "zstd", "identity"] {
        let accepts = format!("Accept-Encoding: {coding}");
        let (first, again) =
            (gateway.visit_with("/", &[&accepts, &yes]).whole(), gateway.visit_with("/", &[&accepts, &yes]).whole());
        assert_hit(&again);
        assert_eq!(first.body, again.body, "{coding}");
        assert_eq!(again.get("content-encoding").as_deref(), Some(coding).filter(|coding| *coding != "identity"));
    }
    let plain = gateway.visit_with("/", &["Accept-Encoding: identity", &yes]).whole().text();
    assert_eq!(plain.matches("<p class=c").count(), html.matches("<p class=c").count());
}

#[test]
fn twenty_who_come_at_once_cost_one_fetch() {
    let page = tagged();
    let origin = Origin::scripted(move |request, exchange| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        exchange.send(ok(request, &[HTML, MINUTE], page.as_bytes()));
        Next::Keep
    });
    let gateway = before(&origin);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..20).map(|_| scope.spawn(|| gateway.visit("/").whole().text())).collect();
        all.into_iter().for_each(|visitor| assert_blocked(&visitor.join().unwrap()));
    });
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn an_origin_that_fails_is_stood_in_for_where_it_said_so() {
    let body = tagged();
    let asked = AtomicUsize::new(0);
    let origin = Origin::answering(move |request| {
        if asked.fetch_add(1, Ordering::SeqCst) > 0 {
            return response(request, "503 Service Unavailable", &[HTML], b"down");
        }
        ok(request, &[HTML, "Cache-Control: max-age=1, stale-if-error=60"], body.as_bytes())
    });
    let gateway = before(&origin);
    gateway.visit("/").whole();
    let mut last = gateway.visit("/").whole();
    eventually("a stale page", || {
        last = gateway.visit("/").whole();
        origin.seen().len() > 1
    });
    assert_eq!(last.status(), 200, "{:?}", last.head);
    assert_blocked(&last.text());
}

#[test]
fn rules_that_change_make_new_pages_of_what_is_kept() {
    let origin = origin(&[MINUTE], tagged());
    let gateway = before(&origin);
    gateway.visit("/").whole();
    let before = gateway.visit("/").whole();
    assert_blocked(&before.text());
    let rules =
        format!("{SITE}allow_hosts = [\"x.example\"]\n[[override]]\nservice = \"meta-pixel\"\nenabled = false\n");
    std::fs::write(gateway.file("rules/sites/shop.toml"), rules).unwrap();
    eventually("the new rules", || !gateway.visit("/").whole().text().contains("marketing:meta-pixel"));
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn an_asset_is_kept_as_it_came_and_says_its_age() {
    let origin =
        Origin::answering(|request| ok(request, &["Content-Type: text/css", PUBLIC, "Age: 10"], b"p{color:red}"));
    let config = "rules = \"rules\"\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    let files = [("rules/sites/shop.toml", SITE), ("token", "a token of some length\n")];
    let gateway = Gateway::configured(config, &[&origin], &files);
    let ask = || gateway.ask("GET", "/a.css", &["Host: test.example", "Sec-Fetch-Dest: style"]).whole();
    ask();
    let again = ask();
    assert_hit(&again);
    assert_eq!(again.text(), "p{color:red}");
    assert_eq!(again.get("cache-control").as_deref(), Some("public, max-age=60"));
    assert!(again.get("age").unwrap().parse::<u32>().unwrap() >= 10, "{:?}", again.head);
    for outcome in ["hit", "miss"] {
        let line = format!("consentry_cache_total{{outcome=\"{outcome}\",site=\"shop\"}} 1");
        // It is counted behind the last byte.
        eventually(&line, || gateway.ask_admin("GET", "/metrics", &[]).text().contains(&line));
    }
    let taken = gateway.ask_admin("GET", "/metrics", &[]).text();
    let taken = taken.lines().find_map(|line| line.strip_prefix("consentry_cache_bytes ")).unwrap();
    assert!(taken.parse::<u64>().unwrap() > 1_000, "{taken}");
    assert_eq!(gateway.ask_admin("POST", "/cache/clear", &[]).status(), 403, "without a token");
    assert_hit(&ask());
    let token = ["Authorization: Bearer a token of some length"];
    assert_eq!(gateway.ask_admin("POST", "/cache/clear", &token).status(), 200);
    assert!(!status(&ask()).contains("hit"));
}

/// Which paths the mixed walk takes, and who.
fn answers(request: &Seen) -> Vec<u8> {
    let body = page(&format!("<h1>{}</h1>{}<p>The end.</p>", request.target, script(GTAG)));
    ok(request, &[HTML, MINUTE, "ETag: \"v1\""], body.as_bytes())
}

#[test]
fn two_thousand_requests_mixed_never_get_the_others_page() {
    let origin = Origin::answering(answers);
    let gateway = before(&origin);
    let (yes, no) = (gateway.answer_consent("test.example", &YES), gateway.answer_consent("test.example", &NO));
    std::thread::scope(|scope| {
        for walker in 0..4_usize {
            let (gateway, yes, no) = (&gateway, &yes, &no);
            scope.spawn(move || {
                let mut client = gateway.client();
                for step in 0..500_usize {
                    let number = step.wrapping_mul(31).wrapping_add(walker * 17);
                    let (granted, target) = (number % 3 == 0, format!("/{}", number % 7));
                    let cookie = if granted { yes } else { no };
                    let reload = if number % 11 == 0 { "Cache-Control: max-age=0" } else { "X-Step: 1" };
                    let answer =
                        client.ask("GET", &target, &[&NAVIGATION[..], &[cookie.as_str(), reload]].concat()).whole();
                    let html = answer.text();
                    assert!(html.contains(&format!("<h1>{target}</h1>")), "{html}");
                    assert_eq!(is_live(&html, GTAG), granted, "{target} {html}");
                }
            });
        }
    });
    assert!(origin.seen().len() < 400, "{}", origin.seen().len());
}
