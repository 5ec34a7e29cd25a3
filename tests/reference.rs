//! Pitfall 91: references against the URL standard's own test file (hosts and paths), through character references too.
//!
//! What we do otherwise on purpose, and what the `url` crate misses, is listed below; an unexpected pass fails as well.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

#[path = "common/material.rs"]
mod material;

use consentry::policy::RuleSet;
use consentry::policy::reference::{Base, Scratch, resolve};
use serde_json::Value;

/// Inputs that differ from the file, each with the reason.
const EXPECTED: &[(&str, &str)] = &[(
    "wss://host/ !\"$%&'()*+,-./:;<=>@[\\]^_`{|}~",
    "the url crate leaves ^ in a path as it is: no host, no rule has it",
)];

/// A lone surrogate is no text; the standard reads it as U+FFFD, and so does the replaced escape.
fn without_lone_surrogates(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find("\\u") {
        clean.push_str(&rest[..at]);
        let unit = |from: usize| rest.get(from..from + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let first = unit(at + 2);
        let pair = rest.get(at + 6..at + 8) == Some("\\u") && unit(at + 8).is_some_and(|u| u & 0xfc00 == 0xdc00);
        let (text, length) = match first {
            Some(u) if u & 0xfc00 == 0xd800 && pair => (&rest[at..at + 12], 12),
            Some(u) if u & 0xf800 == 0xd800 => ("\\ufffd", 6),
            _ => (&rest[at..at + 6], 6),
        };
        clean.push_str(text);
        rest = &rest[at + length..];
    }
    clean + rest
}

fn text<'v>(case: &'v Value, key: &str) -> &'v str {
    case.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The base of a case; `None` where the case has none that a page could have.
fn base(case: &Value) -> Option<Base> {
    let base = match text(case, "base") {
        // Without a base only absolute references are tested; a page always has one, of another scheme here.
        "" | "about:blank" if case.get("failure").is_none() || text(case, "relativeTo") == "any-base" => {
            if text(case, "input").starts_with("ws") { "https://neutral.test/" } else { "ws://neutral.test/" }
        }
        base => base,
    };
    let (scheme, rest) = base.split_once("://")?;
    matches!(scheme, "http" | "https" | "ws" | "wss").then_some(())?;
    let at = rest.find('/').unwrap_or(rest.len());
    Some(Base::document(scheme, &rest[..at], &rest[at..]))
}

/// `host path`, or nothing.
fn expected(case: &Value) -> String {
    let input = text(case, "input").trim_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "");
    let fetched = matches!(text(case, "protocol"), "http:" | "https:" | "ws:" | "wss:");
    // A page that names itself or a fragment of itself fetches nothing of anybody else.
    if input.is_empty() || input.starts_with('#') || case.get("failure").is_some() || !fetched {
        return String::new();
    }
    let host = text(case, "hostname").trim_end_matches('.');
    if host.is_empty() { String::new() } else { format!("{host} {}{}", text(case, "pathname"), text(case, "search")) }
}

#[test]
fn p91_the_standard_s_own_tests() {
    let Some(path) = material::shared("data/urltestdata.json") else { return };
    let json = without_lone_surrogates(&std::fs::read_to_string(path).unwrap());
    let cases: Vec<Value> = serde_json::from_str(&json).unwrap();
    let (mut run, mut wrong) = (0, Vec::new());
    let mut scratch = Scratch::default();
    for case in cases.iter().filter(|case| case.is_object()) {
        let Some(base) = base(case) else { continue };
        let input = text(case, "input");
        let plain = input.replace('&', "&amp;");
        let referenced: String =
            input.chars().map(|c| if c == '\0' { c.to_string() } else { format!("&#x{:x};", u32::from(c)) }).collect();
        for raw in [&plain, &referenced] {
            run += 1;
            let target = resolve(raw.as_bytes(), &base, &mut scratch);
            let found = target.map(|t| format!("{} {}", t.host, t.path.trim_end_matches('?'))).unwrap_or_default();
            let (found, expected) = (found.trim_end_matches('?'), expected(case));
            // Numeric references to C1 controls mean windows-1252, to surrogates nothing: such inputs only go plain.
            let changed = raw == &referenced
                && input.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c) || c == '\r' || c == '\u{fffd}');
            let listed = EXPECTED.iter().any(|(known, _)| *known == input);
            if (found != expected.trim_end_matches('?')) != listed && !changed {
                wrong.push(format!("{raw:?} against {:?}: {found:?} is not {expected:?}", text(case, "base")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {run}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(run > 500, "{run} run");
}

/// Every `src=` and `href=` of the saved pages, judged by the `url` crate alone.
#[test]
fn references_of_real_pages_come_out_as_the_url_crate_reads_them() {
    let Some(pages) = material::shared("corpus/pages") else { return };
    let page = url::Url::parse("https://www.shop.example/a/b.html").unwrap();
    let base = Base::document("https", "www.shop.example", "/a/b.html");
    let mut scratch = Scratch::default();
    let mut run = 0;
    for file in std::fs::read_dir(pages).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let html = String::from_utf8_lossy(&bytes);
        let quoted = |name| html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
        for raw in quoted(" src=\"").chain(quoted(" href=\"")) {
            let decoded = htmlize::unescape_attribute(raw);
            let text = decoded.trim_matches(|c: char| c <= ' ');
            let nothing = text.is_empty() || text.starts_with('#');
            let url = page.join(text).ok().filter(|url| !nothing && matches!(url.scheme(), "http" | "https"));
            let expected = url.map(|url| {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                format!("{} {}{query}", url.host_str().unwrap().trim_end_matches('.'), url.path())
            });
            let found = resolve(raw.as_bytes(), &base, &mut scratch).map(|t| format!("{} {}", t.host, t.path));
            assert_eq!(found, expected, "{raw:?}");
            run += 1;
        }
    }
    assert!(run > 10_000, "{run} run");
}

#[test]
fn plain_references_and_their_services_allocate_nothing() {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("www.shop.example").unwrap();
    let base = Base::document("https", "www.shop.example", "/a/b.html");
    let mut scratch = Scratch::default();
    let mut judge =
        |raw: &str| resolve(raw.as_bytes(), &base, &mut scratch).and_then(|t| site.service_at(&t)).is_some();
    let pixel = "https://www.facebook.com/tr?id=1234567890&amp;ev=PageView&amp;noscript=1";
    // The buffers grow to the longest reference once.
    assert!(judge(pixel) && judge("//www.googletagmanager.com/gtm.js?id=GTM-1"));
    let counted = allocation_counter::measure(|| {
        assert!(judge(pixel));
        assert!(judge("//www.googletagmanager.com/gtm.js?id=GTM-1"));
        assert!(!judge("js/app.min.js?v=3&w=4"));
        assert!(!judge("data:image/png;base64,AAAA"));
    });
    assert_eq!(counted.count_total, 0);
}
