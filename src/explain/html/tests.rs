use super::*;
use crate::consent::Consent;
use crate::explain::{Places, judge};
use crate::policy::{Base, RuleSet};
use crate::rewrite::Page;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::embedded().unwrap());

fn shown(html: &[u8]) -> String {
    let site = RULES.site("shop.example").unwrap();
    let consent = Arc::new(Consent::default());
    let base = Base::document("https", "shop.example", "/");
    let page = Page {
        site: Arc::clone(site),
        consent: Arc::clone(&consent),
        base,
        snippet: None,
        ours: None,
        charset: None,
        trace: true,
    };
    let (_, report) = judge(page, html).unwrap();
    let places = Places::default();
    let url = "https://shop.example/?q=<b>&\"";
    of(&Explained { url, site, consent: &consent, report: &report, html, places: &places, decided: false })
}

/// The text of the source pane, read as a browser reads it.
fn source(document: &str) -> String {
    let pane = document.split_once("<pre>").unwrap().1.split_once("</pre>").unwrap().0;
    let mut text = String::new();
    let mut rest = pane;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (inside, behind) = tag.split_once('>').unwrap();
        // The numbers in marks are ours.
        rest = if inside.starts_with("a href") { behind.split_once("</a>").unwrap().1 } else { behind };
    }
    text.push_str(rest);
    htmlize::unescape(text).into_owned()
}

#[test]
fn each_judged_tag_is_marked_and_has_its_note() {
    let html = "<p>a</p>\n<script src=\"https://www.google-analytics.com/a.js\"></script>\n<img src=\"https://unknown.example/'b'\">";
    let text = shown(html.as_bytes());
    assert_eq!(source(&text), html);
    assert!(
        text.contains("<mark id=\"t1\" class=\"neutralised\" title=\"neutralised · statistics: Google Analytics ·"),
        "{text}"
    );
    assert!(text.contains(
        "<li id=\"n1\" class=\"neutralised\"><a href=\"#t1\">line 2</a> <code>script</code> <b>neutralised</b>"
    ));
    assert!(text.contains("by host rule &quot;google-analytics.com&quot;"), "{text}");
    assert!(
        text.contains("<mark id=\"t2\" class=\"unknown\"") && text.contains("no rule knows unknown.example"),
        "{text}"
    );
    assert!(text.contains("<td>statistics</td><td>Google Analytics</td>"), "{text}");
    assert!(text.contains("<td>–</td><td>unknown.example</td>"), "{text}");
}

#[test]
fn nothing_of_the_page_or_its_address_becomes_markup() {
    let hostile = b"</pre><script>alert(1)</script><script data-category='\"><img src=x onerror=alert(1)>' src=//a.b/></script>\xff\x1b[31m\xe2\x80\xae";
    let text = shown(hostile);
    for wrong in ["<script", "<img", "onerror=alert(1)>'", "?q=<b>", "\u{1b}", "\u{202e}"] {
        assert!(!text.contains(wrong), "{wrong} in {text}");
    }
    assert_eq!(text.matches("</pre>").count(), 1);
    assert!(!text.contains("http://") && !text.contains(" src=\""), "it loads nothing");
}

proptest! {
    /// Whatever the page: its source is all there, in order, and only our own elements are around it.
    #[test]
    fn the_source_is_shown_whole(parts in prop::collection::vec(prop_oneof![
        Just("<script src='//www.google-analytics.com/a.js'>"), Just("</script>"), Just("<style>a{b:url(//connect.facebook.net/x)}</style>"),
        Just("<iframe srcdoc=\"<img src=//www.facebook.com/tr>\">"), Just("<img src=//unknown.example/>"), Just("</pre><b>"), Just("&lt;\"'"),
        Just("<!-- "), Just(" -->"), Just("é\n"), Just("<script>fbq('connect.facebook.net/en_US/fbevents.js')")], 0..12)) {
        let html = parts.concat();
        let text = shown(html.as_bytes());
        prop_assert_eq!(source(&text), html);
    }
}
