//! Step by step what a cache keeps, revalidates and passes on.

use crate::cache::{Cache, Kind};
use crate::common::eventually;
use crate::common::message::Answer;
use crate::crowd::origin;
use crate::visitors::{answered, live};

const SITE: &str = "format = 1\nhosts = [\"test.example\"]\n[edge]\nshared = true\nmax_age_seconds = 60\n";
const FRANCE: [&str; 3] = ["Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "X-Country: FR"];
const YES: &str = "\"preferences\":true,\"statistics\":true,\"marketing\":true";
const NO: &str = "\"preferences\":false,\"statistics\":false,\"marketing\":false";

struct Walk(Cache);

impl Walk {
    fn ask(&self, method: &str, target: &str, more: &[&str]) -> Answer {
        self.0.client().ask(method, target, &[&FRANCE, more].concat()).whole()
    }

    /// From the cache, which may store a page a moment after it has given it away.
    fn kept(&self, target: &str, more: &[&str]) -> Answer {
        let mut answer = self.ask("GET", target, more);
        eventually("a copy in the cache", || {
            answer = self.ask("GET", target, more);
            is_hit(&answer)
        });
        answer
    }

    fn hits(&self, target: &str, more: &[&str]) -> bool {
        is_hit(&self.ask("GET", target, more))
    }
}

fn is_hit(answer: &Answer) -> bool {
    answer.get("x-cache").as_deref() == Some("HIT")
}

fn walk(kind: Kind) {
    let Some(cache) = Cache::before(kind, origin(), SITE) else { return };
    let cookie = |categories: &str| format!("Cookie: {}", answered(&cache.gateway, categories, ""));
    let (yes, no) = (cookie(YES), cookie(NO));
    let walk = Walk(cache);
    one_copy_for_each_answer(&walk, &yes, &no);
    conditions_heads_and_ranges(&walk, &no);
    what_is_passed_on(&walk, &yes);
    own_paths(&walk, &yes);
    a_short_life_ends(&walk);
}

/// Two visitors with the same answer share, two with opposite ones do not.
fn one_copy_for_each_answer(walk: &Walk, yes: &str, no: &str) {
    for (cookies, expected) in [(vec![yes], (true, true)), (vec![no], (false, false)), (vec![], (false, false))] {
        let first = walk.ask("GET", "/p/1", &cookies);
        assert!(!is_hit(&first), "{cookies:?}");
        let second = walk.kept("/p/1", &cookies);
        assert_eq!((live(&first.text()), live(&second.text())), (expected, expected));
        let other = format!("Cookie: {}", answered(&walk.0.gateway, if expected.0 { YES } else { NO }, ""));
        if !cookies.is_empty() {
            let theirs = walk.ask("GET", "/p/1", &[&other]);
            assert!(is_hit(&theirs) && live(&theirs.text()) == expected);
        }
    }
    // A moment in which two were asked is no matter.
    assert!(walk.0.origin.seen().iter().filter(|seen| seen.target == "/p/1").count() <= 6);
}

fn conditions_heads_and_ranges(walk: &Walk, no: &str) {
    let page = walk.ask("GET", "/p/1", &[no]);
    let tag = format!("If-None-Match: {}", page.get("etag").unwrap());
    let fresh = walk.ask("GET", "/p/1", &[no, &tag]);
    assert_eq!((fresh.status(), fresh.get("etag")), (304, page.get("etag")));
    // The same tag for a visitor without an answer, whose page it is not.
    assert_eq!(walk.ask("GET", "/p/1", &[&tag]).status(), 200);
    let bare = walk.ask("HEAD", "/p/1", &[no]);
    assert!(is_hit(&bare) && bare.get("etag") == page.get("etag") && bare.body.is_empty());
    for range in ["Range: bytes=5-", "Range: bytes=0-9"] {
        let whole = walk.ask("GET", "/p/1", &[no, range]);
        assert_eq!((whole.status(), whole.text()), (200, page.text()));
    }
}

fn what_is_passed_on(walk: &Walk, yes: &str) {
    for target in ["/private", "/vary", "/cookie", "/broken"] {
        assert!(!walk.hits(target, &[yes]) && !walk.hits(target, &[yes]), "{target}");
    }
    assert_eq!(walk.kept("/missing", &[]).status(), 404, "an error that the origin lets be kept");
    for more in ["Authorization: Basic eDp5", "HX-Request: true", "X-Requested-With: XMLHttpRequest"] {
        assert!(walk.hits("/p/1", &[]) && !walk.hits("/p/1", &[more]), "{more}");
    }
    // What is no page is one copy for everybody.
    let style = |cookies: &str| {
        let fields = ["Sec-Fetch-Dest: style", cookies];
        walk.0.client().ask("GET", "/file.css", &fields).whole()
    };
    assert!(!is_hit(&style(yes)));
    eventually("one copy of a style", || is_hit(&style("Cookie: a=b")));
    assert_eq!(style(yes).get("cache-control").as_deref(), Some("public, max-age=60"));
    let seen = walk.0.origin.seen();
    assert!(seen.iter().all(|seen| !seen.fields.has("consentry-variant") && !seen.fields.has("consentry-regime")));
    // A field that an origin may build addresses from is not a visitor's to send.
    walk.ask(
        "GET",
        "/p/9",
        &["X-Forwarded-Host: evil.example", "X-Original-URL: /admin", "Forwarded: host=evil.example"],
    );
    let last = walk.0.origin.last().fields;
    assert_eq!((last.get("x-forwarded-host").as_deref(), last.get("x-original-url")), (Some("test.example"), None));
    assert!(!last.has("forwarded"));
}

/// Nothing of ours is kept but what is named by its content.
fn own_paths(walk: &Walk, yes: &str) {
    for _ in 0..2 {
        for (cookies, answered) in [(yes, true), ("X: y", false)] {
            let state = walk.ask("GET", "/_c/state", &["Sec-Fetch-Dest: empty", cookies]);
            assert!(!is_hit(&state) && state.text().contains(&format!("\"answered\":{answered}")), "{}", state.text());
        }
        assert!(!walk.hits("/_c/config", &[]) && !walk.hits("/_c/widget.js", &[]) && !walk.hits("/_c/none", &[]));
    }
    let page = walk.ask("GET", "/p/1", &[]).text();
    let asset = page.split("src=\"/_c/a/").nth(1).unwrap().split('"').next().unwrap();
    let asset =
        |cookies: &str| walk.0.client().ask("GET", &format!("/_c/a/{asset}"), &["Sec-Fetch-Dest: script", cookies]);
    assert!(!is_hit(&asset(yes)));
    eventually("one copy of an asset", || is_hit(&asset("X: y")));
    assert!(asset(yes).get("cache-control").unwrap().contains("immutable"));
    let body = "{}";
    let mut client = walk.0.client();
    let fields = ["Origin: http://test.example", "Content-Type: application/json", "Content-Length: 2"];
    client.send([crate::common::h1::request("POST", "/_c/consent", &fields), body.as_bytes().to_vec()].concat());
    assert_eq!(client.answer("POST").whole().status(), 400);
}

/// A copy that has had its time is asked about by its tag, and is the same page again.
fn a_short_life_ends(walk: &Walk) {
    walk.kept("/short/9", &[]);
    eventually("the end of a copy's life", || !walk.hits("/short/9", &[]));
    let again = walk.ask("GET", "/short/9", &[]);
    assert_eq!((again.status(), live(&again.text())), (200, (false, false)));
}

#[test]
fn varnish_keeps_one_copy_for_each_answer() {
    walk(Kind::Varnish);
}

#[test]
fn nginx_keeps_one_copy_for_each_answer() {
    walk(Kind::Nginx);
}
