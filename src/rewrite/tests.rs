//! The whole room where markup alone cannot show it: encodings, limits, failures, delivery, and any bytes at all. The
//! pages of `tests/pages` are the other half.

use super::*;
use crate::consent::Source;
use crate::policy::{RuleFile, RuleSet};
use bytes::Bytes;
use proptest::prelude::*;
use std::sync::LazyLock;

mod pieces;
mod pitfalls;

static SITE: LazyLock<Arc<Site>> =
    LazyLock::new(|| Arc::clone(RuleSet::embedded().unwrap().site("shop.example").unwrap()));

const TRACKER: &str = "<img src=//www.google-analytics.com/collect>";
const NEUTRAL: &str =
    "<img data-consentry=statistics:google-analytics data-consentry-src=//www.google-analytics.com/collect>";

/// A page of the embedded catalogue's default site, for a visitor who granted nothing.
fn page() -> Page {
    Page {
        site: Arc::clone(&SITE),
        consent: Arc::new(Consent::default()),
        base: Base::document("https", "shop.example", "/"),
        snippet: None,
        ours: None,
        charset: Some(encoding_rs::UTF_8),
        trace: false,
    }
}

fn site_with(lines: &str) -> Arc<Site> {
    let file = RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [\"shop.example\"]\n{lines}"));
    let rules = RuleSet::from_files(&[file]).unwrap_or_else(|errors| panic!("{errors:?}"));
    Arc::clone(rules.site("shop.example").unwrap())
}

fn run(page: &Page, html: &[u8], piece: usize) -> (Result<Vec<u8>, RewriteError>, Rewriter) {
    let mut rewriter = Rewriter::new(page.clone());
    let mut out = Vec::new();
    for piece in html.chunks(piece) {
        match rewriter.write(Bytes::copy_from_slice(piece)) {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(error) => return (Err(error), rewriter),
        }
    }
    let last = rewriter.finish();
    let result = last.map(|bytes| [out, bytes.to_vec()].concat());
    (result, rewriter)
}

fn text(page: &Page, html: &str) -> String {
    String::from_utf8(run(page, html.as_bytes(), 1460).0.unwrap()).unwrap()
}

#[test]
fn p74_what_cannot_be_read_ends_the_message() {
    let utf16: Vec<u8> = TRACKER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_bom = [b"\xFF\xFE".as_slice(), &utf16].concat();
    for (charset, html) in [
        (Some(encoding_rs::UTF_8), with_bom.as_slice()),
        (None, &with_bom),
        (Some(encoding_rs::UTF_16LE), &utf16),
        (Some(encoding_rs::ISO_2022_JP), b"<p>"),
        (None, b"<meta charset=iso-2022-jp><p>"),
        (Some(encoding_rs::REPLACEMENT), b"<p>"),
    ] {
        for piece in [1, 4096] {
            let (result, mut rewriter) = run(&Page { charset, ..page() }, html, piece);
            let error = result.unwrap_err();
            assert_eq!(error.reason, FailureReason::BadCharset);
            assert_eq!(rewriter.report().failures.as_slice(), [(FailureReason::BadCharset, 1)]);
            // Pitfall 56: more bytes after an error.
            assert_eq!(rewriter.write(Bytes::from_static(b"<p>")), Err(error));
            assert_eq!(rewriter.finish(), Err(error));
        }
    }
}

#[test]
fn p74_a_late_meta_that_makes_browsers_read_again() {
    let html = format!("{}<meta charset=iso-2022-jp>{TRACKER}", "x".repeat(1500));
    let error = run(&Page { charset: None, ..page() }, html.as_bytes(), 100).0.unwrap_err();
    assert_eq!(error.reason, FailureReason::BadCharset);
    assert!(run(&page(), html.as_bytes(), 100).0.is_ok(), "the response head has said what it is");
}

#[test]
fn p108_each_reason_is_counted_and_the_site_chooses() {
    let glyph = format!("<math><mi><mglyph></math>{TRACKER}");
    let select = format!("<select><style></style></select>{TRACKER}");
    for (html, reason) in [(&glyph, FailureReason::Desync), (&select, FailureReason::Ambiguity)] {
        let (out, rewriter) = run(&page(), html.as_bytes(), 7);
        assert!(String::from_utf8(out.unwrap()).unwrap().ends_with(NEUTRAL), "{html}");
        assert_eq!(rewriter.report().failures.as_slice(), [(reason, 1)]);
        assert_eq!(rewriter.report().taken_over.unwrap().0, reason);
        let chosen = |word: &str| {
            let site = site_with(&format!("[on_failure]\n{} = \"{word}\"\n", reason.name()));
            run(&Page { site, ..page() }, html.as_bytes(), 7).0
        };
        assert_eq!(chosen("abort").unwrap_err().reason, reason);
        assert_eq!(chosen("pass").unwrap(), html.as_bytes());
    }
}

#[test]
fn p58_legal_pages_fit_into_the_parsers_memory() {
    let rows = "<tr><td>x".repeat(50_000);
    let image = format!("<img alt=x src='data:image/png;base64,{}'>", "A".repeat(5 << 20));
    for html in [format!("<table>{rows}</table>{TRACKER}"), format!("{image}{TRACKER}")] {
        let (out, rewriter) = run(&page(), html.as_bytes(), 1460);
        assert!(rewriter.report().failures.is_empty());
        assert!(out.unwrap().ends_with(NEUTRAL.as_bytes()));
    }
}

#[test]
fn p58_beyond_the_parsers_memory_the_scanner_goes_on() {
    let html = format!("{}{TRACKER}", "<p>".repeat(1_000_000));
    let (out, rewriter) = run(&page(), html.as_bytes(), 16384);
    assert_eq!(rewriter.report().taken_over.unwrap().0, FailureReason::Memory);
    assert!(out.unwrap().ends_with(NEUTRAL.as_bytes()));
}

#[test]
fn p52_many_self_closing_ones_are_bounded() {
    let html = format!("{}<script>'<!--'</script>{TRACKER}", "<svg/>".repeat(200));
    let (out, rewriter) = run(&page(), html.as_bytes(), 64);
    assert_eq!(rewriter.report().resynchronised, 64);
    assert!(out.unwrap().ends_with(NEUTRAL.as_bytes()));
}

#[test]
fn p77_only_a_half_tag_is_held() {
    let mut rewriter = Rewriter::new(page());
    let mut write = |bytes: &'static [u8]| rewriter.write(Bytes::from_static(bytes)).unwrap();
    assert_eq!(write(b"<p>wor").as_ref(), b"<p>wor");
    assert_eq!(write(b"ld<scr").as_ref(), b"ld");
    assert_eq!(write(b"ipt src=/a></script><p").as_ref(), b"<script src=/a></script>");
    assert_eq!(rewriter.finish().unwrap().as_ref(), b"<p");
}

#[test]
fn a_long_inline_script_is_judged_by_what_was_seen() {
    let filler = "x=1;".repeat(80 << 10);
    let marker = "'connect.facebook.net'";
    let early = text(&page(), &format!("<script>{marker};{filler}</script>"));
    assert!(early.starts_with("<script data-consentry=marketing:meta-pixel type=text/plain>"));
    let late = format!("<script>{filler}{marker}</script>");
    assert_eq!(text(&page(), &late), late);
    let mut rewriter = Rewriter::new(page());
    let held = rewriter.write(Bytes::from(format!("<script>{}", &filler[..200 << 10]))).unwrap();
    assert!(held.is_empty());
    let freed = rewriter.write(Bytes::from(filler)).unwrap();
    assert!(freed.len() > 500 << 10, "no more than 256 kB are held");
}

#[test]
fn d6_uniform_delivery_is_the_same_for_everybody() {
    let site = site_with("delivery = \"uniform\"\n");
    let all = Consent { source: Source::Own, granted: site.mapping.categories, ..Consent::default() };
    let html = format!("{TRACKER}<script type=text/plain data-category=statistics>a()</script>");
    let refused = text(&Page { site: Arc::clone(&site), ..page() }, &html);
    let granted = text(&Page { site, consent: Arc::new(all), ..page() }, &html);
    assert_eq!(refused, granted);
    assert!(refused.starts_with(NEUTRAL) && refused.contains("<script data-consentry=statistics: type=text/plain"));
}

#[test]
fn counters_say_what_happened() {
    let granted = SITE.category_named("marketing").unwrap().number;
    let consent = Consent { source: Source::Own, granted: [granted].into_iter().collect(), ..Consent::default() };
    let html = format!(
        "{TRACKER}{TRACKER}<img src=//www.facebook.com/tr?a><script type=text/plain data-category=ads>a()</script>\
         <script data-category=sundry>b()</script>"
    );
    let (_, rewriter) = run(&Page { consent: Arc::new(consent), ..page() }, html.as_bytes(), 50);
    let report = rewriter.report();
    assert_eq!((report.done.neutralised(), report.done.activated(), report.done.unclassified), (3, 1, 1));
    let of = |slug: &str| {
        let id = SITE.service_named(slug).unwrap().id;
        report.done.services.iter().find(|(known, _)| *known == id).unwrap().1
    };
    assert_eq!(of("google-analytics"), Tally { neutralised: 2, ..Tally::default() });
    assert_eq!(of("meta-pixel"), Tally { allowed: 1, ..Tally::default() });
}

/// Bits of markup that get in each other's way.
const SOUP: [&str; 70] = [
    "<video src=//www.google-analytics.com/v>",
    "<source srcset='//www.google-analytics.com/s 2x'>",
    "<div onclick=\"'www.google-analytics.com/analytics.js'\">",
    "<b data-bg=//www.google-analytics.com/l ",
    " onclick='www.google-analytics.com/analytics.js' ",
    " style='background:url(//www.google-analytics.com/w)' ",
    " src=//www.google-analytics.com/x ",
    "<iframe srcdoc='<video src=&quot;//www.google-analytics.com/d&quot;>'>",
    "<iframe srcdoc=\"<script src='//www.google-analytics.com/d'></script>\" ",
    "<p title='<!--'>",
    "<p title=\"<b>\" class='<i x=' data-bg=//www.google-analytics.com/n>",
    "<p title=\"",
    "image-set('//www.google-analytics.com/i' 1x)",
    "u\\72l(//www.google-analytics.com/c)",
    "<script type=dastra/script data-consent=hotjar>",
    "<script type=didomi/html data-purposes=market_research>",
    "<script type=text/plain class=optanon-category-C0002 data-src=/x>",
    "<iframe class=optanon-category-C0004 src=/p data-src='//www.youtube.com/x'>",
    "<iframe data-cookieconsent=marketing data-cookieblock-src=/f>",
    "<script type=speculationrules>",
    "{\"prefetch\":[{\"urls\":[\"//www.facebook.com/tr?s\"]}]}",
    "<html amp>",
    "<amp-ad type=x></amp-ad>",
    "<p style=\"a:url(//www.facebook.com/tr?a)\">",
    "@import '//www.google-analytics.com/a.css';",
    "url( \"//www.google-analytics.com/b.png\" )",
    "<script>",
    "</script>",
    "<script src=//www.google-analytics.com/a>",
    "<svg>",
    "<svg/>",
    "</svg>",
    "<math>",
    "</math>",
    "<math/>",
    "<mtext>",
    "<mglyph>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<select>",
    "</select>",
    "<template>",
    "</template>",
    "<noscript>",
    "</noscript>",
    "<iframe src='//www.youtube.com/x'>",
    "</iframe>",
    "<img src=\"//www.facebook.com/tr?a\">",
    "<img alt=\"",
    "<link rel=preload href=//www.google-analytics.com/x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<div>",
    "</div>",
    "<p>",
    "</p>",
    "<table>",
    "'",
    "\"",
    "connect.facebook.net",
    "<base href=//x.example>",
    "<script type=text/plain data-category=statistics data-src=/x>",
    "<foreignObject>",
    "<head>",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let bit = prop_oneof![
        8 => (0..SOUP.len()).prop_map(|i| SOUP[i].as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
        1 => "[ <>/='\"a-z!-]{0,8}".prop_map(String::into_bytes),
    ];
    // The marks of UTF-16 are refused (pitfall 74).
    let is_utf16 = |html: &Vec<u8>| html.starts_with(b"\xFE\xFF") || html.starts_with(b"\xFF\xFE");
    proptest::collection::vec(bit, 0..24)
        .prop_map(|bits| bits.concat())
        .prop_filter("UTF-16", move |html| !is_utf16(html))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_comes_out_the_same_in_any_chunking(html in soup(), pieces in 1_usize..20) {
        let snippet = Some(Arc::from("<script id=\"consentry-guard\">g()</script>"));
        let page = Page { snippet, ..page() };
        let whole = run(&page, &html, usize::MAX).0.unwrap();
        for pieces in [pieces, 1] {
            let cut = run(&page, &html, pieces).0.unwrap();
            prop_assert_eq!(&whole, &cut, "{}\n{}\n{}", html.escape_ascii(), whole.escape_ascii(), cut.escape_ascii());
        }
    }

    #[test]
    fn p97_any_soup_twice_is_once(html in soup()) {
        let once = run(&page(), &html, usize::MAX).0.unwrap();
        let twice = run(&page(), &once, usize::MAX).0.unwrap();
        prop_assert_eq!(&once, &twice, "{}\n{}\n{}", html.escape_ascii(), once.escape_ascii(), twice.escape_ascii());
    }

    #[test]
    fn p98_a_soup_of_which_everything_is_granted_is_untouched(html in soup()) {
        let html = String::from_utf8_lossy(&html).replace("data-category", "data-catalogue");
        // Nor what came inert by the markup of a tool.
        let html = html.replace("data-con", "data-kon").replace("optanon", "opt").replace("data-coo", "data-koo");
        let html = html.replace("data-pur", "data-par").into_bytes();
        let consent = Consent { source: Source::Own, granted: SITE.mapping.categories, ..Consent::default() };
        let page = Page { consent: Arc::new(consent), ..page() };
        prop_assert_eq!(&html, &run(&page, &html, 3).0.unwrap());
    }
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

#[test]
fn p49_what_is_ours_is_allowed_in_a_policy_of_the_page_s_own_markup() {
    static INLINE: LazyLock<[String; 1]> = LazyLock::new(|| ["'sha256-G='".to_owned()]);
    let ours = Some(OwnPaths { inline: &*INLINE, paths: "https://s.example/_c/".into() });
    let snippet = Some("<script id=\"consentry-guard\">g()</script>".into());
    let page = Page { ours, snippet, ..page() };
    let head = |content: &str| format!("<head><meta http-equiv=Content-Security-Policy {content}><title>x</title>");
    let written = |content: &str| {
        let text = text(&page, &head(content));
        let begin = text.find("<meta http-equiv=Content-Security-Policy ").unwrap() + 41;
        text[begin..].split_once("><title>").unwrap().0.to_owned()
    };
    for (content, expected) in [
        ("content=\"default-src 'self'\"", "content=\"default-src 'self' 'sha256-G='\""),
        ("content=default-src", "content=\"default-src 'sha256-G=' https://s.example/_c/\""),
        (
            "CONTENT='script-src &#39;none&#39;; x &quot;'",
            "content=\"script-src 'sha256-G=' https://s.example/_c/; x &quot;\"",
        ),
        ("content=\"img-src 'none'\"", "content=\"img-src 'none'\""),
        ("content=\"script-src 'unsafe-inline' *\" content=x", "content=\"script-src 'unsafe-inline' *\" content=x"),
        ("content=\"default-src é\"", "content=\"default-src é\""),
        ("", ""),
    ] {
        assert_eq!(written(content), expected);
    }
    let once = text(&page, &head("content=default-src"));
    assert_eq!(text(&page, &once), once, "a page that was rewritten stays");
    let bare = Page { snippet: None, ..page.clone() };
    assert_eq!(
        text(&bare, &head("content=default-src")),
        head("content=default-src"),
        "nothing of ours, nothing to allow"
    );
    let refresh = "<meta http-equiv=refresh content=default-src>";
    assert!(text(&page, refresh).contains(refresh), "another meta");
}
