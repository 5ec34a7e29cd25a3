//! A page that is known leaves as if it had been parsed: for every visitor, in any pieces, and when it turns out to be
//! another one (technique T2).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "common/material.rs"]
#[allow(unreachable_pub)]
mod material;

use bytes::Bytes;
use consentry::consent::{CategorySet, Consent, Deciseconds, Source};
use consentry::policy::{Base, RuleFile, RuleSet};
use consentry::rewrite::{Memory, Page, Rewriter};
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};

const KEY: u64 = 7;

fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| RuleSet::embedded().unwrap())
}

fn page(granted: u64, snippet: &str) -> Page {
    let source = if granted == 0 { Source::None } else { Source::Own };
    let updated = (granted != 0).then_some(Deciseconds(u64::MAX));
    let consent = Consent { source, granted: CategorySet::from_bits(granted), updated, ..Consent::default() };
    Page {
        site: Arc::clone(rules().site("shop.example").unwrap()),
        consent: Arc::new(consent),
        base: Base::document("https", "shop.example", "/"),
        snippet: Some(snippet.into()),
        ours: None,
        charset: Some(encoding_rs::UTF_8),
        trace: false,
    }
}

fn through(mut rewriter: Rewriter, html: &[u8], piece: usize) -> (Vec<u8>, [u32; 2]) {
    let mut out = Vec::new();
    for piece in html.chunks(piece.max(1)) {
        out.extend_from_slice(&rewriter.write(Bytes::copy_from_slice(piece)).unwrap());
    }
    out.extend_from_slice(&rewriter.finish().unwrap());
    let report = rewriter.report();
    (out, [report.done.neutralised(), report.done.activated()])
}

/// A memory that knows `html`.
fn knowing(html: &[u8]) -> Arc<Memory> {
    let memory = Arc::new(Memory::new(8 << 20));
    for _ in 0..2 {
        through(Rewriter::with_memory(page(0, "<script>/*a*/</script>"), &memory, KEY), html, 4096);
    }
    memory
}

fn same_as_parsed(memory: &Arc<Memory>, html: &[u8], granted: u64, piece: usize) {
    let page = page(granted, &format!("<script>/*{granted}*/</script>"));
    let parsed = through(Rewriter::new(page.clone()), html, 5000);
    let replayed = through(Rewriter::with_memory(page, memory, KEY), html, piece);
    assert!(parsed.0 == replayed.0, "granted {granted}, pieces of {piece}: the bytes differ");
    assert_eq!(parsed.1, replayed.1, "granted {granted}, pieces of {piece}: the counts differ");
}

const TAGS: &str = "<!doctype html><html><head><meta charset=utf-8><title>x</title>\
<script async src=https://www.googletagmanager.com/gtag/js?id=G-1></script><script>var a='https://connect.facebook.net/en_US/fbevents.js';</script>\
<script type=text/plain data-category=statistics data-src=/own.js></script><link rel=preconnect href=//connect.facebook.net>\
<style>p{background:url(//cdn.taboola.com/x.png)}</style></head><body><p style='background:url(//images.taboola.com/i.png)'>text</p>\
<noscript><img src=https://www.facebook.com/tr?id=1></noscript><img src=/own.png><iframe src=https://www.youtube.com/embed/x></iframe></body></html>";

#[test]
fn a_known_page_leaves_as_if_it_had_been_parsed() {
    let html = TAGS.repeat(3);
    let memory = knowing(html.as_bytes());
    for granted in [0, 0b0010, 0b0100, 0b1000, 0b1110] {
        for piece in [1, 7, 1000, 1024, 1025, 1 << 20] {
            same_as_parsed(&memory, html.as_bytes(), granted, piece);
        }
    }
}

#[test]
fn a_page_that_changed_is_parsed_from_its_beginning() {
    let html = TAGS.repeat(4);
    for at in [0, 1, 700, html.len() / 2, html.len() - 1] {
        for change in [
            "",
            "x",
            "<script src=https://connect.facebook.net/x></script>",
            "</script><img src=//www.facebook.com/tr>",
        ] {
            let mut changed = html.clone().into_bytes();
            changed.splice(at..(at + 1).min(html.len()), change.bytes());
            same_as_parsed(&knowing(html.as_bytes()), &changed, 0, 333);
        }
    }
    for longer_or_shorter in [format!("{html}<img src=//www.facebook.com/tr>"), html[..html.len() - 40].to_owned()] {
        same_as_parsed(&knowing(html.as_bytes()), longer_or_shorter.as_bytes(), 0, 1000);
    }
}

#[test]
fn the_memory_keeps_within_its_bounds_and_forgets() {
    let memory = Arc::new(Memory::new(64 << 10));
    let html = TAGS.repeat(8);
    for key in 0..200 {
        through(Rewriter::with_memory(page(0, "s"), &memory, key), html.as_bytes(), 4096);
        assert!(memory.weight() <= 64 << 10, "{}", memory.weight());
    }
    let none = Arc::new(Memory::new(0));
    through(Rewriter::with_memory(page(0, "s"), &none, 1), html.as_bytes(), 4096);
    assert_eq!(none.weight(), 0);
}

#[test]
fn known_pages_of_the_corpus_leave_as_if_they_had_been_parsed() {
    let Some(pages) = material::shared("corpus/pages") else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(pages).unwrap() {
        let html = std::fs::read(entry.unwrap().path()).unwrap();
        let memory = knowing(&html);
        for (granted, piece) in [(0, 1460), (0b0100, 65_536)] {
            same_as_parsed(&memory, &html, granted, piece);
        }
        count += 1;
    }
    assert!(count >= 100, "{count} pages");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_changes_where_the_output_is_the_parsers(at in 0usize..4000, insert in "[<>/a-z\"' =]{0,40}", cut in 0usize..60, piece in 1usize..3000, granted in prop_oneof![Just(0u64), Just(0b0100), Just(0b1110)]) {
        let html = TAGS.repeat(4);
        let memory = knowing(html.as_bytes());
        let at = at.min(html.len());
        let mut changed = html.clone().into_bytes();
        changed.splice(at..(at + cut).min(html.len()), insert.bytes());
        same_as_parsed(&memory, &changed, granted, piece);
    }
}

#[test]
fn what_is_only_reported_is_counted_as_if_the_page_had_been_parsed() {
    let file = |text: &str| RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [\"*\"]\n{text}"));
    let one = "[[override]]\nservice = \"google-analytics\"\nmode = \"report\"\n";
    let html = b"<script src=https://www.google-analytics.com/a.js></script><script>x.src='//connect.facebook.net/en_US/fbevents.js'</script>\
        <script type=text/plain data-category=statistics src=/a.js></script>";
    for rules in [one, "mode = \"report\"\n"] {
        let rules = RuleSet::from_files(&[file(rules)]).unwrap();
        let memory = Arc::new(Memory::new(8 << 20));
        for granted in [0, 0, 0, 0b0100, 0b1100] {
            let page = Page { site: Arc::clone(rules.site("a.example").unwrap()), snippet: None, ..page(granted, "") };
            let report = |mut rewriter: Rewriter| {
                let out = [rewriter.write(Bytes::from_static(html)).unwrap(), rewriter.finish().unwrap()].concat();
                (out, rewriter.report().done.clone(), rewriter.report().reported.clone())
            };
            let parsed = report(Rewriter::new(page.clone()));
            assert_eq!(report(Rewriter::with_memory(page, &memory, KEY)), parsed, "{granted:b}");
            assert!(!parsed.2.services.is_empty(), "{parsed:?}");
        }
    }
}
