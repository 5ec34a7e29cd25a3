//! The whole room, page by page; the pages of `tests/pages` cover what markup can show.

use super::*;
use crate::policy::RuleSet;

/// A page of the embedded catalogue's default site, for a visitor who granted nothing.
fn page() -> Page {
    let rules = RuleSet::embedded().unwrap();
    Page {
        site: Arc::clone(rules.site("shop.example").unwrap()),
        consent: Arc::new(Consent::default()),
        base: Base::document("https", "shop.example", "/"),
        snippet: None,
        charset: Some(encoding_rs::UTF_8),
        trace: false,
    }
}

fn rewrite(page: &Page, html: &[u8], chunk: usize) -> Vec<u8> {
    let mut rewriter = Rewriter::new(page.clone());
    let mut out = Vec::new();
    for piece in html.chunks(chunk) {
        out.extend_from_slice(&rewriter.write(Bytes::copy_from_slice(piece)).unwrap());
    }
    out.extend_from_slice(&rewriter.finish().unwrap());
    out
}

fn text(page: &Page, html: &str) -> String {
    let whole = rewrite(page, html.as_bytes(), html.len().max(1));
    for chunk in [1, 2, 3, 7] {
        assert_eq!(rewrite(page, html.as_bytes(), chunk), whole, "chunks of {chunk}");
    }
    String::from_utf8(whole).unwrap()
}

#[test]
fn a_tracker_is_neutralised_and_the_rest_is_untouched() {
    let html = "<p>a</p><script async src=\"https://www.googletagmanager.com/gtag/js?id=G-1\"></script>\n<p>b</p>";
    let out = text(&page(), html);
    eprintln!("{out}");
    assert!(out.contains("type=text/plain async data-consentry-src=\"https://www.googletagmanager.com"));
    assert!(out.starts_with("<p>a</p><script data-consentry="));
}

#[test]
fn an_inline_script_waits_for_its_text() {
    let html = "<script>window.a=1</script><script>!function(f){}();fbq('init','1');</script><p>";
    let out = text(&page(), html);
    eprintln!("{out}");
    assert!(out.starts_with("<script>window.a=1</script><script data-consentry=marketing:"));
}
