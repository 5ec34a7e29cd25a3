//! Entity tags and conditions: a page is another page for another answer, and revalidation knows it.

use crate::common::gateway::Gateway;
use crate::common::message::Answer;
use crate::common::origin::{Origin, Seen, head, ok};
use crate::pages::{HTML, assert_blocked, tagged};

const STATISTICS: [(&str, bool); 2] = [("statistics", true), ("marketing", false)];
const NOTHING: [(&str, bool); 2] = [("statistics", false), ("marketing", false)];

/// An origin with a strong tag that answers 304 when it is asked for it.
fn with_tag() -> Origin {
    Origin::answering(|request| {
        let matches = request.fields.get("if-none-match").is_some_and(|tags| tags.contains("\"v1\""));
        if matches { head("304 Not Modified", &["ETag: \"v1\""]) } else { page(request) }
    })
}

fn page(request: &Seen) -> Vec<u8> {
    ok(request, &[HTML, "ETag: \"v1\"", "Last-Modified: Sat, 21 Mar 2026 10:00:00 GMT"], tagged().as_bytes())
}

fn etag(answer: &Answer) -> String {
    answer.get("etag").expect("an entity tag")
}

#[test]
fn p33_the_tag_names_the_variant() {
    let origin = with_tag();
    let gateway = Gateway::before(&origin);
    let (yes, no) =
        (gateway.answer_consent("test.example", &STATISTICS), gateway.answer_consent("test.example", &NOTHING));
    let silent = etag(&gateway.visit("/").whole());
    let granted = etag(&gateway.visit_with("/", &[&yes]).whole());
    let refused = etag(&gateway.visit_with("/", &[&no]).whole());
    assert!(silent.starts_with("W/\"") && silent.ends_with('"'), "{silent}");
    assert!(granted != silent && granted != refused, "{granted} {silent} {refused}");
    assert_eq!(etag(&gateway.visit_with("/", &[&yes]).whole()), granted, "the same answer, another tag");
    // Another visitor with the same answer gets the same page.
    let other = gateway.answer_consent("test.example", &STATISTICS);
    assert_eq!(etag(&gateway.visit_with("/", &[&other]).whole()), granted);
}

#[test]
fn p34_if_none_match_of_the_same_variant_is_304() {
    let origin = with_tag();
    let gateway = Gateway::before(&origin);
    let first = gateway.visit("/").whole();
    let mut client = gateway.client();
    for condition in [etag(&first), format!("\"other\", {}", etag(&first))] {
        let condition = format!("If-None-Match: {condition}");
        let fields = [&crate::common::gateway::NAVIGATION[..], &[condition.as_str()]].concat();
        let again = client.ask("GET", "/", &fields).whole();
        assert_eq!((again.status(), again.text().as_str()), (304, ""));
        assert_eq!(again.get("etag"), first.get("etag"));
        assert_eq!((again.get("vary"), again.get("cache-control")), (first.get("vary"), first.get("cache-control")));
    }
    assert_eq!(origin.last().fields.get("if-none-match").as_deref(), Some("\"v1\""));
}

#[test]
fn p34_if_none_match_of_another_variant_is_dropped() {
    let origin = with_tag();
    let gateway = Gateway::before(&origin);
    let silent = etag(&gateway.visit("/").whole());
    let yes = gateway.answer_consent("test.example", &STATISTICS);
    let dated = "If-Modified-Since: Sat, 21 Mar 2026 10:00:00 GMT";
    for condition in [silent.as_str(), "\"v1\"", "*"] {
        let condition = format!("If-None-Match: {condition}");
        let answer = gateway.visit_with("/", &[&condition, dated, &yes]).whole();
        assert_eq!(answer.status(), 200, "{condition}");
        assert!(answer.text().contains("data-consentry="));
        let seen = origin.last().fields;
        assert!(!seen.has("if-none-match") && !seen.has("if-modified-since"), "{seen:?}");
    }
}

#[test]
fn p35_a_date_says_nothing_of_the_variant() {
    let origin = Origin::answering(|request| {
        if request.fields.has("if-modified-since") { head("304 Not Modified", &[]) } else { page(request) }
    });
    let gateway = Gateway::before(&origin);
    let answer = gateway.visit_with("/", &["If-Modified-Since: Sat, 21 Mar 2026 10:00:00 GMT"]).whole();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.get("last-modified"), None);
    assert_blocked(&answer.text());
}

#[test]
fn p35_a_304_that_nobody_asked_for_is_not_believed() {
    let origin = Origin::answering(|_| head("304 Not Modified", &["ETag: \"v1\""]));
    let gateway = Gateway::before(&origin);
    let answer = gateway.visit_with("/", &["If-Modified-Since: Sat, 21 Mar 2026 10:00:00 GMT"]).whole();
    assert_ne!(answer.status(), 304, "the browser would show the page of another answer");
}

#[test]
fn p36_if_match_reaches_the_origin_with_its_own_tag() {
    let origin = Origin::answering(|request| {
        if request.method == "PUT" { ok(request, &["Content-Type: text/plain"], b"stored") } else { page(request) }
    });
    let gateway = Gateway::before(&origin);
    let tag = etag(&gateway.visit("/doc").whole());
    for (sent, expected) in [(tag.as_str(), "\"v1\""), ("\"v7\"", "\"v7\""), ("*", "*")] {
        let mut client = gateway.client();
        let answer = client.ask("PUT", "/doc", &[&format!("If-Match: {sent}"), "Content-Length: 0"]).whole();
        assert_eq!(answer.status(), 200);
        assert_eq!(origin.last().fields.get("if-match").as_deref(), Some(expected));
    }
}

#[test]
fn p37_a_page_is_asked_for_whole() {
    let origin = Origin::answering(|request| {
        assert!(request.target == "/stubborn" || !request.fields.has("range"), "{request:?}");
        if request.target == "/stubborn" {
            let fields = [HTML, "Content-Range: bytes 9-15/100", "Content-Length: 7"];
            return [head("206 Partial Content", &fields), b"<script".to_vec()].concat();
        }
        ok(request, &[HTML, "Accept-Ranges: bytes"], tagged().as_bytes())
    });
    let gateway = Gateway::before(&origin);
    let answer = gateway.visit_with("/", &["Range: bytes=37-", "If-Range: \"v1\""]).whole();
    assert_eq!(answer.status(), 200);
    assert!(answer.get("accept-ranges").is_none_or(|value| value == "none"));
    assert_blocked(&answer.text());
    assert!(!origin.last().fields.has("if-range"));
    let answer = gateway.visit_with("/stubborn", &["Range: bytes=9-15"]).whole();
    assert!(matches!(answer.status(), 416 | 502), "{}", answer.status());
    assert!(!answer.text().contains("<script"));
}

#[test]
fn what_is_no_page_keeps_its_validators() {
    let origin = Origin::answering(|request| {
        if request.fields.get("if-none-match").as_deref() == Some("\"css1\"") {
            return head("304 Not Modified", &["ETag: \"css1\""]);
        }
        ok(
            request,
            &["Content-Type: text/css", "ETag: \"css1\"", "Last-Modified: Sat, 21 Mar 2026 10:00:00 GMT"],
            b"a{}",
        )
    });
    let gateway = Gateway::before(&origin);
    let fields = ["Accept: text/css,*/*;q=0.1", "Sec-Fetch-Dest: style"];
    let answer = gateway.ask("GET", "/a.css", &fields).whole();
    assert_eq!(answer.get("etag").as_deref(), Some("\"css1\""));
    assert!(answer.get("last-modified").is_some());
    let again = gateway.ask("GET", "/a.css", &[&fields[..], &["If-None-Match: \"css1\""]].concat()).whole();
    assert_eq!((again.status(), again.get("etag").as_deref()), (304, Some("\"css1\"")));
}
