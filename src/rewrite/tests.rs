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
    assert!(out.contains("type=text/plain async data-consentry-src=\"https://www.googletagmanager.com"));
    assert!(out.starts_with("<p>a</p><script data-consentry="));
}

#[test]
fn an_inline_script_waits_for_its_text() {
    let html = "<script>window.a=1</script><script>u='https://connect.facebook.net/x'</script><p>";
    let out = text(&page(), html);
    assert!(out.starts_with("<script>window.a=1</script><script data-consentry=marketing:"));
}

#[test]
fn a_url_in_a_style_attribute_is_disarmed_and_the_rest_of_the_style_stays() {
    for (html, expected) in [
        (
            "<p><span class=x style=\"color:red;background:url(&quot;http://images.taboola.com/i.png&quot;) 0 0\">a</span>",
            "<p><span class=x style=\"color:red;background:url(&quot;about:invalid#consentry=marketing:taboola;http://images.taboola.com/i.png&quot;) 0 0\">a</span>",
        ),
        (
            "<div style='background:URL( //images.taboola.com/i.png )'>",
            "<div style='background:URL( about:invalid#consentry=marketing:taboola;//images.taboola.com/i.png )'>",
        ),
        ("<div style='background:url(/own.png)' data-x='url(//images.taboola.com/)'>", ""),
        ("<p>style=\"url(//images.taboola.com/)\" <b>x</b> url(//images.taboola.com/i)", ""),
    ] {
        let out = text(&page(), html);
        assert_eq!(out, if expected.is_empty() { html } else { expected });
        assert_eq!(text(&page(), &out), out, "rewriting twice changes nothing more");
    }
}

#[test]
fn a_sheets_urls_and_imports_are_disarmed_one_by_one() {
    let html = "<style>@import \"//cdn.taboola.com/a.css\";p{color:red}\n.t{background:url(//cdn.taboola.com/t.png) no-repeat}.u{background:url(/u.png)}</style><p>url(//cdn.taboola.com/t.png)";
    let out = text(&page(), html);
    let mark = "about:invalid#consentry=marketing:taboola;";
    let expected = html.replacen("//cdn", &format!("{mark}//cdn"), 2);
    assert_eq!(out, expected);
    assert_eq!(text(&page(), &out), out);
    let cut = "<style>.t{background:url(//cdn.taboola.com/t.png";
    assert_eq!(text(&page(), cut), cut, "an unfinished url fetches nothing");
}
