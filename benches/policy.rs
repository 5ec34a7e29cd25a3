//! What the rules cost per tag: a reference resolved, its service found among 1 to 100,000 services, inline text
//! scanned. The time must not grow with their number.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use consentry::consent::{CategorySet, Consent};
use consentry::policy::reference::resolve;
use consentry::policy::{Base, Label, RuleFile, RuleSet, Scratch, Target, Variant};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write;
use std::hint::black_box;

/// The gateway's own: compiling many rules is mostly the allocator's work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CATEGORIES: &str = include_str!("../rules/catalogue/categories.toml");

/// A catalogue of this many services: one host, one path and one marker each. Those beyond the highest number go without.
fn files(count: usize) -> [RuleFile; 2] {
    let mut text = String::from("format = 1\n");
    for n in 1..=count {
        writeln!(text, "[[service]]\nslug = \"s{n}\"\ncategory = \"marketing\"").unwrap();
        if n < 60_000 {
            writeln!(text, "number = {n}").unwrap();
        }
        // Any first letter for the markers: one letter for all would make a search for that letter of it.
        let letter = char::from_digit(10 + u32::try_from(n % 26).unwrap(), 36).unwrap();
        writeln!(
            text,
            "hosts = [\"t{n}.tracker{}.example\"]\npaths = [\"/tag{n}/js\"]\nmarkers = [\"{letter}{n}.example/boot.js\"]\npurpose = \"Shows advertising.\"",
            n % 977
        )
        .unwrap();
    }
    [RuleFile::new("catalogue/categories.toml", CATEGORIES), RuleFile::new("catalogue/many.toml", text)]
}

fn rules(count: usize) -> RuleSet {
    RuleSet::from_files(&files(count)).unwrap_or_else(|e| panic!("{e}"))
}

fn reference(c: &mut Criterion) {
    let mut group = c.benchmark_group("reference");
    let base = Base::document("https", "www.shop.example", "/a/b.html");
    let mut scratch = Scratch::default();
    for (name, raw) in [
        ("absolute", "https://www.googletagmanager.com/gtm.js?id=GTM-ABCDEF"),
        ("relative", "js/vendor/app.min.js?v=3"),
        ("root", "/static/js/app.min.js"),
        ("amp", "https://www.facebook.com/tr?id=1234567890&amp;ev=PageView&amp;noscript=1"),
        ("data", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA"),
        ("international", "https://träcker.example/x"),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| resolve(black_box(raw.as_bytes()), &base, &mut scratch).map(|t| t.host.len()));
        });
    }
    group.finish();
}

fn service(c: &mut Criterion) {
    let mut group = c.benchmark_group("service_at");
    for count in [1, 100, 1_000, 100_000] {
        let rules = rules(count);
        let site = rules.site("any.example").unwrap();
        for (name, host, path) in [
            ("hit", "t1.tracker1.example", "/x.js"),
            ("miss", "cdn.shop.example", "/static/js/app.min.js?v=3"),
            ("path", "www.shop.example", "/tag1/js?id=1"),
        ] {
            let target = Target { host, path, third_party: true };
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter(|| site.service_at(black_box(&target)).is_some())
            });
        }
    }
    group.finish();
}

fn text(c: &mut Criterion) {
    let mut group = c.benchmark_group("service_in_text");
    let innocent =
        "document.querySelectorAll('.menu > a').forEach(function(a){a.addEventListener('click',go)});".repeat(44);
    group.throughput(Throughput::Bytes(innocent.len().try_into().unwrap()));
    let embedded = RuleSet::embedded().unwrap();
    let site = embedded.site("any.example").unwrap();
    group.bench_function("catalogue", |b| b.iter(|| site.service_in_text(black_box(innocent.as_bytes())).is_some()));
    for count in [1, 1_000, 100_000] {
        let rules = rules(count);
        let site = rules.site("any.example").unwrap();
        group.bench_function(BenchmarkId::new("rules", count), |b| {
            b.iter(|| site.service_in_text(black_box(innocent.as_bytes())).is_some());
        });
    }
    group.finish();
}

fn rest(c: &mut Criterion) {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("any.example").unwrap();
    c.bench_function("label", |b| b.iter(|| site.label(black_box(b"ANALYTICS"))));
    let pixel = site.service_named("meta-pixel").unwrap();
    let decider = site.decider(pixel, Label::Absent);
    c.bench_function("mark", |b| b.iter(|| site.mark(black_box(&[decider]))));
    let consent = Consent { granted: CategorySet::from_bits(0b0100), ..Consent::default() };
    c.bench_function("variant", |b| b.iter(|| Variant::of(site, black_box(&consent), "v1")));
    c.bench_function("site by host", |b| b.iter(|| rules.site(black_box("www.shop.example")).is_some()));
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    group.bench_function("embedded", |b| b.iter(|| RuleSet::embedded().unwrap().version().len()));
    let many = files(100_000);
    group.bench_function("100000 services", |b| b.iter(|| RuleSet::from_files(&many).unwrap().version().len()));
    group.finish();
}

criterion_group!(benches, reference, service, text, rest);
criterion_main!(benches);
