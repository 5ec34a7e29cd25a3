//! Which bodies are pages, and which pages get the snippet.

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::origin::{Origin, ok, response};
use crate::pages::{GTAG, HTML, assert_blocked, guards, is_live, page, script, tagged};

/// The body of a page with this head.
fn served(content_type: &'static [&'static str], body: &str) -> (u16, String) {
    let body = body.to_owned();
    let origin = Origin::answering(move |request| ok(request, content_type, body.as_bytes()));
    let answer = Gateway::before(&origin).visit("/").whole();
    (answer.status(), answer.text())
}

#[test]
fn p43_every_spelling_of_text_html_is_rewritten() {
    for content_type in [
        &["Content-Type: text/html"][..],
        &["Content-Type: TEXT/HTML;charset=UTF-8"],
        &["Content-Type: text/html ; charset=\"utf-8\""],
        &["Content-Type:text/html;boundary=x"],
        // Browsers go by the last one.
        &["Content-Type: text/plain", "Content-Type: text/html"],
    ] {
        assert_blocked(&served(content_type, &tagged()).1);
    }
}

#[test]
fn p43_what_is_no_page_keeps_its_bytes() {
    for content_type in [
        "Content-Type: text/plain",
        "Content-Type: text/css",
        "Content-Type: text/javascript",
        "Content-Type: application/json",
        "Content-Type: application/xml",
        "Content-Type: text/xml",
        "Content-Type: image/svg+xml",
        "Content-Type: application/octet-stream",
        "Content-Type: application/pdf",
        "Content-Type: application/rss+xml",
        "Content-Type: message/rfc822",
        "Content-Type: multipart/x-mixed-replace; boundary=a",
        "Content-Type: text/event-stream",
        "Content-Type: application/x-ndjson",
        "Content-Type: font/woff2",
        "Content-Type: text/htmlx",
        "Content-Type: text/vnd.turbo-stream.html",
    ] {
        let origin = Origin::answering(move |request| ok(request, &[content_type], tagged().as_bytes()));
        let answer = Gateway::before(&origin).visit("/").whole();
        assert_eq!((answer.status(), answer.text()), (200, tagged()), "{content_type}");
    }
}

#[test]
fn p43_xhtml_never_reaches_the_html_rewriter() {
    let xhtml = format!("<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><script/></head>{}</html>", script(GTAG));
    let (status, body) = served(&["Content-Type: application/xhtml+xml"], &xhtml);
    assert_eq!(status, 502, "{body}");
    assert!(!is_live(&body, GTAG));
    let rules = [("rules/sites/main.toml", "format = 1\nhosts = [\"*\"]\n[on_failure]\nxhtml = \"pass\"\n")];
    let bytes = xhtml.clone();
    let origin =
        Origin::answering(move |request| ok(request, &["Content-Type: application/xhtml+xml"], bytes.as_bytes()));
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &rules);
    assert_eq!(gateway.visit("/").whole().text(), xhtml, "the site chose to pass it as it is");
}

#[test]
fn p44_a_page_without_a_type_is_found_as_browsers_find_it() {
    for head in [&[][..], &["Content-Type: unknown/unknown"], &["Content-Type: */*"], &["Content-Type: nonsense"]] {
        let head: &'static [&'static str] = head.to_vec().leak();
        for front in ["", "\n\n  ", "\u{feff}", "<!-- a comment -->"] {
            let (status, html) = served(head, &format!("{front}{}", tagged()));
            assert!(status >= 500 || !is_live(&html, GTAG), "{head:?} {front:?}: {html}");
        }
    }
    // Bytes that are something else stay what they are.
    let (_, bytes) = served(&[], "GIF89a not a page at all");
    assert_eq!(bytes, "GIF89a not a page at all");
    let (_, html) = served(&["X-Content-Type-Options: nosniff"], &tagged());
    assert_eq!(html, tagged(), "nosniff: no browser takes it for a page");
}

#[test]
fn p45_fragments_are_blocked_and_get_no_snippet() {
    let fragment = format!("<div>part</div>{}", script(GTAG));
    let origin = Origin::page(fragment);
    let gateway = Gateway::before(&origin);
    for fields in [
        &["HX-Request: true", "Accept: */*"][..],
        &["X-Requested-With: XMLHttpRequest", "Accept: text/html"],
        &["Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Accept: */*"],
        &["Turbo-Frame: cart", "Accept: text/html"],
    ] {
        let html = gateway.ask("GET", "/part", fields).whole().text();
        assert!(!is_live(&html, GTAG) && html.contains("data-consentry="), "{fields:?}: {html}");
        assert_eq!(guards(&html), 0, "{fields:?}: {html}");
    }
}

#[test]
fn p45_documents_and_frames_get_the_snippet_once_and_attachments_none() {
    let origin = Origin::answering(|request| {
        let attachment = "Content-Disposition: attachment; filename=a.html";
        let fields = if request.target == "/save" { vec![HTML, attachment] } else { vec![HTML] };
        ok(request, &fields, tagged().as_bytes())
    });
    let gateway = Gateway::before(&origin);
    assert_eq!(guards(&gateway.visit("/").whole().text()), 1);
    let frame = gateway.ask("GET", "/", &["Accept: text/html", "Sec-Fetch-Dest: iframe"]).whole();
    assert_eq!(guards(&frame.text()), 1);
    let saved = gateway.visit("/save").whole().text();
    assert_eq!(guards(&saved), 0);
    assert_blocked(&saved);
}

#[test]
fn p46_error_pages_are_pages() {
    for status in ["404 Not Found", "500 Internal Server Error", "403 Forbidden", "203 Non-Authoritative Information"] {
        let origin = Origin::answering(move |request| response(request, status, &[HTML], tagged().as_bytes()));
        let answer = Gateway::before(&origin).visit("/missing").whole();
        assert_eq!(Some(answer.status()), status[..3].parse().ok());
        assert_blocked(&answer.text());
    }
    let origin = Origin::answering(|request| {
        response(request, "302 Found", &[HTML, "Location: /elsewhere"], tagged().as_bytes())
    });
    let answer = Gateway::before(&origin).visit("/").whole();
    assert_eq!((answer.status(), answer.get("location").as_deref()), (302, Some("/elsewhere")));
    assert!(!is_live(&answer.text(), GTAG));
}

#[test]
fn p45_the_answer_to_a_post_is_a_page() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    let fields = [&NAVIGATION[..], &["Content-Length: 3", "Content-Type: application/x-www-form-urlencoded"]].concat();
    client.send([crate::common::h1::request("POST", "/form", &fields), b"a=b".to_vec()].concat());
    assert_blocked(&client.answer("POST").whole().text());
    assert_eq!(origin.last().body, b"a=b");
}

#[test]
fn bytes_that_no_rule_touches_stay_as_they_are() {
    let odd = "<P CLASS=a  id='b'\n>x<BR/>&nbsp;<td>\u{e9}\r\n<script type=application/json>{\"a\":\"</x>\"}</script>";
    let origin = Origin::page(page(odd));
    let rules = [("rules/sites/main.toml", "format = 1\nhosts = [\"*\"]\ninject = false\n")];
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &rules);
    assert_eq!(gateway.visit("/").whole().text(), page(odd));
}

#[test]
fn d13_a_charset_in_which_tags_cannot_be_found_is_refused() {
    let utf16: Vec<u8> = tagged().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let origin = Origin::answering(move |request| ok(request, &["Content-Type: text/html; charset=utf-16le"], &utf16));
    let answer = Gateway::before(&origin).visit("/");
    assert!(crate::pages::is_cut(&answer), "{:?}", answer.head);
    // The same, said by a byte order mark alone: known only when the head is out, and cut then.
    let marked: Vec<u8> = format!("\u{feff}{}", tagged()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let origin = Origin::answering(move |request| ok(request, &["Content-Type: text/html"], &marked));
    let answer = Gateway::before(&origin).visit("/");
    assert!(crate::pages::is_cut(&answer), "{:?}", answer.head);
}

#[test]
fn p42_a_refresh_to_a_blocked_service_is_dropped() {
    let origin = Origin::answering(|request| {
        let url = if request.target == "/own" { "/next" } else { GTAG };
        ok(request, &[HTML, &format!("Refresh: 0;url={url}")], tagged().as_bytes())
    });
    let gateway = Gateway::before(&origin);
    assert_eq!(gateway.visit("/").whole().get("refresh"), None);
    assert_eq!(gateway.visit("/own").whole().get("refresh").as_deref(), Some("0;url=/next"));
}
