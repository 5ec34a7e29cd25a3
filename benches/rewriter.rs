//! What rewriting a page costs beside what it stands on: the same pages through a copy, through lol_html without handlers,
//! through lol_html with handlers that do nothing on the same elements, and through the rewriter for a visitor who
//! granted nothing and for one who granted all. `cargo bench --no-default-features --bench rewriter`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use bytes::Bytes;
use consentry::consent::{Consent, Source};
use consentry::policy::{Base, RuleFile, RuleSet, Site};
use consentry::rewrite::{Page, Rewriter, handlers::watched};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, Selector};
use std::borrow::Cow;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

const PAGES: [&str; 4] = ["medium-1.html", "telegraph.html", "theverge.html", "salon-1.html"];
const CHUNKS: [usize; 4] = [1 << 10, 4 << 10, 16 << 10, 64 << 10];

fn pages() -> Vec<(String, Bytes)> {
    let root = std::env::var_os("CONSENTRY_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let read =
        |name: &&str| Some(((*name).to_owned(), std::fs::read(root.join("corpus/pages").join(name)).ok()?.into()));
    let found: Vec<(String, Bytes)> = PAGES.iter().filter_map(read).collect();
    if found.is_empty() { vec![("made-up".to_owned(), made_up())] } else { found }
}

/// A page of 150 kB for where there is no corpus.
fn made_up() -> Bytes {
    let row = "<div class=\"row\"><a href=\"/x\">text</a><img src=\"/a.png\" alt=\"\"><p>Some words of <b>text</b>.</p></div>\n";
    let tags = "<script src=\"https://www.google-analytics.com/analytics.js\"></script><script>var a=1;</script>\n";
    let body: String = (0..1400).map(|n| if n % 40 == 0 { tags } else { row }).collect();
    format!("<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{body}</body></html>").into()
}

fn chunks(page: &Bytes, size: usize) -> Vec<Bytes> {
    (0..page.len()).step_by(size).map(|at| page.slice(at..page.len().min(at + size))).collect()
}

fn copied(chunks: &[Bytes]) -> usize {
    chunks.iter().map(|chunk| black_box(chunk.to_vec()).len()).sum()
}

fn parsed(chunks: &[Bytes], selectors: &[Selector]) -> usize {
    let mut length = 0;
    let settings = Settings::new_send().with_encoding(AsciiCompatibleEncoding::utf_8());
    let settings = selectors.iter().fold(settings, |settings, selector| {
        let nothing = ElementContentHandlers::default().element(|_: &mut Element<'_, '_>| Ok(()));
        settings.append_element_content_handler((Cow::Borrowed(selector), nothing))
    });
    let mut rewriter = HtmlRewriter::new(settings, |chunk: &[u8]| length += chunk.len());
    chunks.iter().for_each(|chunk| rewriter.write(chunk).unwrap());
    rewriter.end().unwrap();
    length
}

fn rewritten(chunks: &[Bytes], page: &Page) -> usize {
    let mut rewriter = Rewriter::new(page.clone());
    let length: usize = chunks.iter().map(|chunk| rewriter.write(chunk.clone()).unwrap().len()).sum();
    length + rewriter.finish().unwrap().len()
}

fn page(site: &Arc<Site>, consent: Consent) -> Page {
    Page {
        site: Arc::clone(site),
        consent: Arc::new(consent),
        base: Base::document("https", "shop.example", "/a/b.html"),
        snippet: Some("<script id=\"consentry-guard\">g()</script>".into()),
        ours: None,
        charset: Some(encoding_rs::UTF_8),
        trace: false,
    }
}

fn rewriter(criterion: &mut Criterion) {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("shop.example").unwrap();
    let refused = page(site, Consent::default());
    let granted = page(site, Consent { source: Source::Own, granted: site.mapping.categories, ..Consent::default() });
    let file = "format = 1\nhosts = [\"shop.example\"]\ndeep_attributes = false\n";
    let without = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", file)]).unwrap();
    let shallow = page(without.site("shop.example").unwrap(), Consent::default());
    let selectors: Vec<Selector> = watched().map(|name| name.parse().unwrap()).collect();
    for (name, bytes) in pages() {
        let mut group = criterion.benchmark_group(format!("rewriter/{name}"));
        group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap()));
        for size in CHUNKS {
            let chunks = chunks(&bytes, size);
            let mut bench = |what: &str, run: &dyn Fn(&[Bytes]) -> usize| {
                group.bench_with_input(BenchmarkId::new(what, size), &chunks, |b, chunks| b.iter(|| run(chunks)));
            };
            bench("copy", &copied);
            bench("lol_html, no handlers", &|chunks| parsed(chunks, &[]));
            bench("lol_html, idle handlers", &|chunks| parsed(chunks, &selectors));
            bench("rewriter, refused", &|chunks| rewritten(chunks, &refused));
            bench("rewriter, granted", &|chunks| rewritten(chunks, &granted));
            bench("rewriter, refused, deep_attributes = false", &|chunks| rewritten(chunks, &shallow));
        }
        group.finish();
    }
}

criterion_group!(benches, rewriter);
criterion_main!(benches);
