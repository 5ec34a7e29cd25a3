//! The whole way of one request without sockets and without its body: head to answer, variant, plan.
//!
//! `page` is a returning visitor's document, `first` one without our cookie, `page_csp` the first on a site with `[csp]`,
//! `asset` an image with the same cookies, `snippet` what a page that gets the widget costs on top, `counted` what is counted
//! of it when it has left.
#![allow(missing_docs, clippy::unwrap_used)]

use consentry::collect::effects::{Counters, Done, Hour, PageDone};
use consentry::consent::codec::signature::Keyring;
use consentry::consent::own::{self, OwnAnswer};
use consentry::consent::reader::{Input, Reader};
use consentry::consent::{CategorySet, Deciseconds};
use consentry::head::csp::Beside;
use consentry::head::forwarded::{Ends, Spoken};
use consentry::head::plan::{Plan, plan};
use consentry::head::request::prepare;
use consentry::head::terms::{SiteJudge, Terms};
use consentry::policy::{RuleFile, RuleSet, Site, Variant};
use consentry::widget;
use criterion::{Criterion, criterion_group, criterion_main};
use http::header::{CONTENT_SECURITY_POLICY, COOKIE};
use http::{request, response};
use std::hint::black_box;

fn request_head(cookie: Option<&str>, fields: &[(&str, &str)]) -> request::Parts {
    let mut request = http::Request::builder().uri("/news/2026/ferries?page=2").header("host", "www.example.org");
    let others = "_sess=4f1c7a9be0d24a7f; lang=en; theme=dark; cart=%7B%22items%22%3A%5B12%2C19%5D%7D; csrf=9b3f0a51c2";
    request = request.header(COOKIE, cookie.map_or(others.to_owned(), |c| format!("{others}; {c}")));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn response_head(content_type: &str) -> response::Parts {
    let response = http::Response::builder().header("content-type", content_type).header("etag", "\"5f3a\"");
    response
        .header("cache-control", "public, max-age=600")
        .header("content-length", "119561")
        .body(())
        .unwrap()
        .into_parts()
        .0
}

fn whole(reader: &Reader, site: &Site, request: &request::Parts, response: &response::Parts, now: Deciseconds) -> Plan {
    let cookies: Vec<&[u8]> = request.headers.get_all(COOKIE).iter().map(|c| c.as_bytes()).collect();
    let reading = reader.read(&site.mapping, &Input { cookies: &cookies, ot_consent_string: None, now });
    let variant = Variant::of(site, &reading.consent, widget::version());
    let ends = Ends {
        client: None,
        trusted: false,
        spoken: Spoken::XForwarded,
        scheme: "https",
        host: b"www.example.org",
        origin_host: None,
    };
    let (asked, edits) = prepare(request, &variant.id, site.inject, &ends);
    black_box(edits);
    let judge = SiteJudge::new(site, &reading.consent, "https", "www.example.org", request.uri.path());
    let mut terms = Terms::of(site, &variant.id, &[], &judge);
    terms.beside = variant.csp.as_ref().map(|derived| Beside { derived, prefix: &site.prefix, is_secure: true });
    plan(&asked, &terms, response, false)
}

/// The same site with a policy made of the visitor's answer.
fn with_policy() -> RuleSet {
    let site = "format = 1\nhosts = [\"*\"]\n[csp]\nmode = \"enforce\"\n";
    RuleSet::from_files(&[RuleFile::new("sites/default.toml", site)]).unwrap()
}

fn policed_fields(plan: &Plan) -> usize {
    let Plan::Rewrite(plan) = plan else { return 0 };
    plan.edits.append.iter().filter(|(name, _)| name == CONTENT_SECURITY_POLICY).count()
}

fn benches(criterion: &mut Criterion) {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("www.example.org").unwrap();
    let keyring = Keyring::new([[7u8; 32]]).unwrap();
    let now = Deciseconds::now();
    let answer = OwnAnswer {
        id: [9; 16],
        created: now,
        updated: now,
        granted: CategorySet::from_bits(0b0110),
        refused: CategorySet::from_bits(0b1000),
        services: Vec::new(),
    };
    let cookie = format!("{}={}", site.cookie, own::encode(&answer, &site.mapping.site, &keyring));
    let reader = Reader::new(keyring);
    let html = response_head("text/html; charset=utf-8");
    let document = [
        ("sec-fetch-dest", "document"),
        ("accept", "text/html,*/*;q=0.8"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
    ];
    let page = request_head(Some(&cookie), &document);
    assert!(matches!(whole(&reader, site, &page, &html, now), Plan::Rewrite(_)));
    criterion.bench_function("request/page", |b| b.iter(|| whole(&reader, site, black_box(&page), &html, now)));
    let with_policy = with_policy();
    let policed = with_policy.site("www.example.org").unwrap();
    let fields = policed_fields(&whole(&reader, policed, &page, &html, now));
    assert!(fields == 1, "{fields} policies");
    criterion.bench_function("request/page_csp", |b| b.iter(|| whole(&reader, policed, black_box(&page), &html, now)));
    let first = request_head(None, &document);
    criterion.bench_function("request/first", |b| b.iter(|| whole(&reader, site, black_box(&first), &html, now)));
    let asset = request_head(
        Some(&cookie),
        &[("sec-fetch-dest", "image"), ("accept", "image/*"), ("accept-encoding", "gzip, br")],
    );
    let image = response_head("image/png");
    assert!(matches!(whole(&reader, site, &asset, &image, now), Plan::Pass(_)));
    criterion.bench_function("request/asset", |b| b.iter(|| whole(&reader, site, black_box(&asset), &image, now)));
    criterion
        .bench_function("request/snippet", |b| b.iter(|| widget::snippet(site, black_box("0.0.12345678"), |_| false)));
}

/// What counting a page with twelve services costs when it has left.
fn counting(criterion: &mut Criterion) {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("www.example.org").unwrap();
    let counters = Counters::default();
    let page = PageDone {
        site: &site.name,
        rules: rules.version(),
        variant: "0.e.12345678",
        is_unfinished: false,
        labelled: Done::default(),
        unclassified: 0,
    };
    let done = Done { neutralised: 1, ..Done::default() };
    let ids: Vec<_> = site.services.iter().take(12).map(|service| service.id).collect();
    let count = || counters.page(black_box(&page), Hour(1), ids.iter().map(|id| (*id, done)), |_| "service");
    criterion.bench_function("request/counted", |b| b.iter(count));
}

criterion_group!(request_benches, benches, counting);
criterion_main!(request_benches);
