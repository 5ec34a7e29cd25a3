//! What reading consent costs per request: from a whole `Cookie` header to the decision, from a consent string to
//! categories, and base64 alone, below which no decoder can go.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consentry::consent::codec::signature::Keyring;
use consentry::consent::codec::{Format, didomi, onetrust};
use consentry::consent::mapping::{Mapping, SourceRule};
use consentry::consent::own::{self, OwnAnswer};
use consentry::consent::reader::{Input, Reader};
use consentry::consent::{CategoryNumber, CategorySet, Deciseconds, Source, formats};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// The samples that the format's authors publish: version 1 in its two forms, and version 2.
const V1_PLAIN: &[u8] = b"BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsCABFKVEACKUqgAAERY4AABEWMA";
const V1_SYNC: &[u8] = b"BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsJ9iee2BAAilKiABFKVQAACIscAAAiLGAAA";
const V2: &[u8] = b"CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY";

const NOW: Deciseconds = Deciseconds(17_000_000_000);

fn category(number: u8) -> CategoryNumber {
    CategoryNumber::new(number).unwrap()
}

fn mapping() -> Mapping {
    Mapping {
        categories: (0..10).map(category).collect(),
        sources: vec![SourceRule::new(Source::Own), onetrust_rule()],
        ..Mapping::default()
    }
}

fn didomi_rule() -> SourceRule {
    let purposes = (1..=8).map(|id: u8| (u16::from(id), category(id))).collect();
    SourceRule { purposes, ..SourceRule::new(Source::Tool(Format::Didomi)) }
}

fn onetrust_rule() -> SourceRule {
    let mut rule = SourceRule::new(Source::Tool(Format::OneTrust));
    for (name, number) in [("C0002", 2), ("C0004", 3)] {
        rule.groups.usual(name, [category(number)].into_iter().collect());
    }
    rule
}

fn own_value(reader: &Reader) -> String {
    let set = |numbers: &[u8]| numbers.iter().copied().map(category).collect::<CategorySet>();
    let (granted, refused) = (set(&[1, 2]), set(&[3]));
    let answer = OwnAnswer { id: [1; 16], created: NOW, updated: NOW, granted, refused, services: Vec::new() };
    own::encode(&answer, &mapping().site, reader.keyring())
}

/// Twenty cookies, 2 kB, ours in the middle.
fn header(own: &str) -> String {
    let mut cookies: Vec<String> = (0..19).map(|number| format!("cookie_{number}={}", "v".repeat(90))).collect();
    cookies.insert(10, format!("euconsent={own}"));
    cookies.join("; ")
}

fn strings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let (mapping, reader) = (mapping(), Reader::new(Keyring::new([[1; 32]]).unwrap()));
    let own = own_value(&reader);
    let (didomi, onetrust_rule) = (didomi_rule(), onetrust_rule());
    for (name, text) in [("v1_plain", V1_PLAIN), ("v1_sync", V1_SYNC), ("v2", V2)] {
        group.bench_function(format!("didomi/{name}"), |b| {
            b.iter(|| formats::didomi(black_box(text), &mapping, &didomi))
        });
    }
    group.bench_function("own", |b| b.iter(|| formats::own(black_box(own.as_bytes()), &mapping)));
    group.bench_function("didomi/v2_whole_value", |b| b.iter(|| didomi::decode(black_box(V2))));
    group.bench_function("base64_alone/v2", |b| {
        let mut buffer = [0; 192];
        b.iter(|| URL_SAFE_NO_PAD.decode_slice(black_box(V2), black_box(&mut buffer)));
    });
    let json = r#"{"dsId":"x","lastConsentDate":1700000000000,"groupConsents":{"C0001":1,"C0002":1,"C0004":0}}"#;
    let text = onetrust::encode(&serde_json::from_str(json).unwrap()).unwrap();
    group.bench_function("onetrust", |b| {
        b.iter(|| formats::onetrust(black_box(text.as_bytes()), &mapping, &onetrust_rule))
    });
    group.finish();
}

fn headers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let (mapping, reader) = (mapping(), Reader::new(Keyring::new([[1; 32]]).unwrap()));
    let header = header(&own_value(&reader));
    assert!((1950..2150).contains(&header.len()), "{} bytes", header.len());
    let cookies = [header.as_bytes()];
    let input = Input { cookies: &cookies, ot_consent_string: None, now: NOW };
    assert!(reader.read(&mapping, &input).consent.is_answered());
    group.bench_function("header_to_decision", |b| b.iter(|| reader.read(&mapping, black_box(&input))));
    let without = header.replace("euconsent=", "euconsenu=");
    let cookies = [without.as_bytes()];
    let input = Input { cookies: &cookies, ot_consent_string: None, now: NOW };
    group.bench_function("header_without_consent", |b| b.iter(|| reader.read(&mapping, black_box(&input))));
    let keyring = reader.keyring();
    group.bench_function("verify_signature", |b| {
        b.iter(|| keyring.verify("default", black_box(V2), b"AAAAAAAAAAAAAAAAAAAAAA"));
    });
    group.finish();
}

criterion_group!(benches, strings, headers);
criterion_main!(benches);
