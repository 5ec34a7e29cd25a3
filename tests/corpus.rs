//! Real pages: bytes that no edit touches stay as they were, twice is once, no blocked reference is left in a live
//! position (by html5ever's tree and the catalogue's host list), and what was neutralised comes back byte for byte.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "common/live.rs"]
mod live;
#[path = "common/material.rs"]
mod material;
#[path = "common/rewriting.rs"]
mod rewriting;

use consentry::consent::Consent;
use consentry::policy::ruleset::catalogue_hosts;
use consentry::rewrite::{Edit, Page, Rewriter, Text};
use rewriting::{Random, assert_same, consent, in_pieces, page, site, whole};
use std::collections::HashSet;
use std::sync::Arc;
use url::Url;

fn pages() -> Vec<(String, Vec<u8>)> {
    let Some(directory) = material::shared("corpus/pages") else { return Vec::new() };
    let mut pages: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    pages.sort();
    assert!(pages.len() >= 100, "only {} pages", pages.len());
    pages
}

fn traced(page: &Page, html: &[u8]) -> (Vec<u8>, Rewriter) {
    let mut rewriter = Rewriter::new(Page { trace: true, ..page.clone() });
    let mut out = rewriter.write(html.to_vec().into()).unwrap().to_vec();
    out.extend_from_slice(&rewriter.finish().unwrap());
    (out, rewriter)
}

/// One side of an edit list over the origin's bytes.
fn render(html: &[u8], edits: &[Edit], side: impl Fn(&Edit) -> &Text) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    for edit in edits {
        if let Some(text) = side(edit).bytes() {
            out.extend_from_slice(&html[at..edit.range.start]);
            out.extend_from_slice(text);
            at = edit.range.end;
        }
    }
    out.extend_from_slice(&html[at..]);
    out
}

/// The output without what neutralising may insert; it must then be the input.
fn without_insertions(out: &str, html: &str, name: &str) -> usize {
    let (mut out_at, mut html_at, mut insertions) = (0, 0, 0);
    while out_at < out.len() {
        let (rest, origin) = (&out.as_bytes()[out_at..], &html.as_bytes()[html_at..]);
        let inserted = if rest.starts_with(b" data-consentry=") && !origin.starts_with(b" data-consentry=") {
            let mark = rest[16..].iter().position(|b| !(b.is_ascii_alphanumeric() || b":,-_".contains(b))).unwrap();
            let script = b" type=text/plain";
            let length = 16 + mark + if rest[16 + mark..].starts_with(script) { script.len() } else { 0 };
            length + usize::from(rest[length] == b' ' && !matches!(origin[0], b' ' | b'\n' | b'\t' | b'\r' | b'>'))
        } else if rest.starts_with(b"data-consentry-") && !origin.starts_with(b"data-consentry-") {
            15
        } else if rest.starts_with(b"about:invalid#consentry=") && !origin.starts_with(b"about:invalid#") {
            1 + rest.iter().position(|b| *b == b';').unwrap()
        } else {
            assert_eq!(rest[0], origin[0], "{name}: a byte that no edit touches differs at {out_at}");
            html_at += 1;
            1
        };
        insertions += usize::from(inserted > 1);
        out_at += inserted;
    }
    assert_eq!(html_at, html.len(), "{name}: bytes are missing");
    insertions
}

#[test]
fn p98_untouched_bytes_are_the_origins_in_any_chunking() {
    let site = site("");
    let page = page(&site, Consent::default());
    let mut random = Random::new();
    let mut edited = 0;
    for (name, html) in pages() {
        let out = whole(&page, &html);
        // Pages in other encodings are compared byte by byte too: as if each byte were a character.
        let text = |bytes: &[u8]| encoding_rs::mem::decode_latin1(bytes).into_owned();
        edited += usize::from(without_insertions(&text(&out), &text(&html), &name) > 0);
        for most in [1, 13, 1460, 65536] {
            if most == 1 && html.len() > 60_000 {
                continue;
            }
            let seed = random.0;
            let pieces = in_pieces(&page, &html, || 1 + random.below(most)).unwrap();
            assert_same(&out, &pieces, &format!("{name}: pieces of up to {most}, CONSENTRY_SEED={seed}"));
        }
    }
    eprintln!("{edited} pages were edited");
}

#[test]
fn p97_twice_is_once() {
    let site = site("");
    for granted in [vec![], vec!["statistics".to_owned()]] {
        let snippet =
            Some(Arc::from("<script id=\"consentry-guard\">g()</script><script async src=/_c/a/w.js></script>"));
        let page = Page { snippet, charset: None, ..page(&site, consent(&site, &granted, &[])) };
        for (name, html) in pages() {
            let once = whole(&page, &html);
            let twice = whole(&page, &once);
            assert_same(&once, &twice, &name);
        }
    }
}

#[test]
fn no_catalogue_host_is_left_in_a_live_position() {
    let site = site("");
    let page = page(&site, Consent::default());
    let hosts: HashSet<String> = catalogue_hosts(true).unwrap().into_iter().collect();
    let own = Url::parse("https://shop.example/a/b.html").unwrap();
    let (mut before, mut left) = (0, Vec::new());
    for (name, html) in pages() {
        let is_blocked = |live: &live::Live| {
            if live.attribute.is_empty() {
                return !site.services_in_text(live.value.as_bytes()).is_empty();
            }
            let urls = live.value.split(|c: char| c.is_ascii_whitespace() && live.attribute.ends_with("srcset"));
            let on_list = |host: &str| {
                let suffixes = std::iter::successors(Some(host), |rest| rest.split_once('.').map(|(_, above)| above));
                suffixes.into_iter().any(|suffix| hosts.contains(suffix))
            };
            urls.filter_map(|url| own.join(url.trim()).ok()).any(|url| url.host_str().is_some_and(on_list))
        };
        before += live::all(&html).iter().filter(|l| is_blocked(l)).count();
        let out = whole(&page, &html);
        left.extend(live::all(&out).into_iter().filter(is_blocked).map(|l| format!("{name}: {l:?}")));
    }
    eprintln!("{before} live references to catalogue hosts before, {} after", left.len());
    assert!(left.is_empty(), "{}", left.join("\n"));
}

#[test]
fn p50_what_was_neutralised_comes_back_byte_for_byte() {
    let site = site("");
    let all: Vec<String> = site.categories.iter().skip(1).map(|c| c.name.clone()).collect();
    let refused = page(&site, Consent::default());
    let granted = page(&site, consent(&site, &all, &[]));
    for (name, html) in pages() {
        let (out, rewriter) = traced(&refused, &html);
        if let Some((reason, at)) = rewriter.report().taken_over {
            eprintln!("{name}: the scanner took over at {at} of {}, because of {}", html.len(), reason.name());
        }
        let edits = &rewriter.report().edits;
        assert!(out == render(&html, edits, |e| &e.refused), "{name}: the refused side");
        let live = whole(&granted, &html);
        assert!(live == render(&html, edits, |e| &e.granted), "{name}: the granted side");
        if rewriter.report().done.activated() == 0 && !live.windows(13).any(|w| w == b"data-category") {
            assert!(live == html, "{name}: all granted is the origin's page");
        }
    }
}

#[test]
fn a_site_that_only_reports_changes_no_byte_and_counts_what_it_would_do() {
    let (enforcing, reporting) = (site("unknown = \"block\"\n"), site("mode = \"report\"\nunknown = \"block\"\n"));
    let random = &mut Random::new();
    for (name, html) in pages() {
        let done = traced(&page(&enforcing, Consent::default()), &html).1.report().done.clone();
        let page = page(&reporting, Consent::default());
        let out = in_pieces(&page, &html, || 1 + random.below(4096)).unwrap();
        assert_same(&out, &html, &name);
        let (_, rewriter) = traced(&page, &html);
        let report = rewriter.report();
        assert_eq!(report.done, consentry::rewrite::Tallies::default(), "{name}");
        assert_eq!(report.reported, done, "{name}");
    }
}
