//! What the rules cost per tag: a reference resolved, its service found among 1, 1,000 and 100,000 rules, inline text
//! scanned. The time must not grow with the number of rules.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use consentry::consent::{CategorySet, Consent};
use consentry::policy::reference::resolve;
use consentry::policy::{Base, Label, RuleFile, RuleSet, Scratch, Target, Variant};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write;
use std::hint::black_box;

const CATEGORIES: &str = include_str!("../rules/catalogue/categories.toml");

/// A rule set whose catalogue has this many rules: one host, one path and one marker per service; a service per rule up
/// to the highest number there is, then several rules for each.
fn rules(count: usize) -> RuleSet {
    let services = count.min(50_000);
    let mut text = String::from("format = 1\n");
    for n in 1..=services {
        let each: Vec<usize> = (n..=count).step_by(services).collect();
        let list =
            |of: &dyn Fn(usize) -> String| each.iter().map(|i| format!("{:?}", of(*i))).collect::<Vec<_>>().join(", ");
        writeln!(
            text,
            "[[service]]\nslug = \"s{n}\"\nnumber = {n}\ncategory = \"marketing\"\nhosts = [{}]\npaths = [{}]\nmarkers = [{}]",
            list(&|i| format!("t{i}.tracker{}.example", i % 977)),
            list(&|i| format!("/tag{i}/js")),
            list(&|i| format!("t{i}.example/boot.js"))
        )
        .unwrap();
    }
    let files = [RuleFile::new("catalogue/categories.toml", CATEGORIES), RuleFile::new("catalogue/many.toml", text)];
    RuleSet::from_files(&files).unwrap_or_else(|e| panic!("{e}"))
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
    group.bench_function("100000 rules", |b| b.iter(|| rules_version(100_000)));
    group.finish();
}

fn rules_version(count: usize) -> usize {
    rules(count).version().len()
}

criterion_group!(benches, reference, service, text, rest);
criterion_main!(benches);
