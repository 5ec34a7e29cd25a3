//! Pages with tags of the embedded catalogue, and what has become of them.

use crate::common::h2c;
use crate::common::message::{Answer, End};
use std::net::SocketAddr;

/// Statistics.
pub const GTAG: &str = "https://www.googletagmanager.com/gtag/js?id=G-0000000";
/// Marketing.
pub const PIXEL: &str = "https://connect.facebook.net/en_US/fbevents.js";
/// The field of a page's head that most origins send.
pub const HTML: &str = "Content-Type: text/html; charset=utf-8";

/// A document with this in its body.
pub fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title></head><body>{body}</body></html>"
    )
}

/// A script of a third party.
pub fn script(url: &str) -> String {
    format!("<script async src=\"{url}\"></script>")
}

/// A page with two tags that need consent.
pub fn tagged() -> String {
    page(&format!("<h1>Tagged</h1>{}{}<p>The end.</p>", script(GTAG), script(PIXEL)))
}

/// A page of at least this length, with a tag every now and then.
pub fn long(length: usize) -> String {
    let mut body = String::with_capacity(length + 100);
    let mut number = 0_u64;
    while body.len() < length {
        number += 1;
        // Varied, so that a coding does not make nothing of it.
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        body.push_str(&format!("<p class=c{number}>Paragraph {number} says {noise:016x}.</p>\n"));
        if number.is_multiple_of(500) {
            body.push_str(&script(GTAG));
        }
    }
    page(&body)
}

/// Whether this URL is live in a `src`.
pub fn is_live(html: &str, url: &str) -> bool {
    html.contains(&format!(" src=\"{url}\""))
}

/// Asserts that a tagged page came whole, with its tags kept inert (D8).
#[track_caller]
pub fn assert_blocked(html: &str) {
    for url in [GTAG, PIXEL] {
        assert!(!is_live(html, url), "{url} is live in {html}");
        assert!(html.contains(&format!("data-consentry-src=\"{url}\"")), "{url} is lost in {html}");
    }
    assert_eq!(html.matches("data-consentry=").count(), 2, "{html}");
    assert!(html.ends_with("<p>The end.</p></body></html>"), "{html}");
}

/// How often the guard is on the page.
pub fn guards(html: &str) -> usize {
    html.matches("id=\"consentry-guard\"").count()
}

/// Whether a client notices that it did not get a page: an error, or a message that is cut.
pub fn is_cut(answer: &Answer) -> bool {
    answer.status() >= 500 || answer.end != End::Complete
}

/// The same over HTTP/2, where the stream may be reset before its head.
pub fn is_cut_over_h2(address: SocketAddr, target: &str) -> bool {
    let answer = h2c::block_on(async { h2c::Session::connect(address).await.try_ask(h2c::visit(target, &[])).await });
    answer.map_or(true, |answer| is_cut(&answer))
}
