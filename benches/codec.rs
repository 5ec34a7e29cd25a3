//! What reading consent costs per request: from a whole `Cookie` header to the decision, from a consent string to
//! categories, and base64 alone, below which no decoder can go.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consentry::consent::codec::{Format, didomi};
use consentry::consent::mapping::Mapping;
use consentry::consent::reader::{Input, Reader};
use consentry::consent::{Source, formats};
use criterion::{Criterion, criterion_group, criterion_main};
use samples::{NOW, V1_PLAIN, V1_SYNC, V2, header, mapping, onetrust_1k, own_value, reader};
use std::hint::black_box;

#[path = "counts/samples.rs"]
#[allow(unreachable_pub)]
mod samples;
#[path = "codec/tools.rs"]
mod tools;

fn strings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let (mapping, reader) = (mapping(), reader());
    let own = own_value(&reader);
    let [didomi_rule, onetrust_rule] =
        [Format::Didomi, Format::OneTrust].map(|f| mapping.rule(Source::Tool(f)).unwrap());
    for (name, text) in [("v1_plain", V1_PLAIN), ("v1_sync", V1_SYNC), ("v2", V2)] {
        group.bench_function(format!("didomi/{name}"), |b| {
            b.iter(|| formats::didomi(black_box(text), &mapping, didomi_rule))
        });
    }
    group.bench_function("own", |b| b.iter(|| formats::own(black_box(own.as_bytes()), &mapping)));
    group.bench_function("didomi/v2_whole_value", |b| b.iter(|| didomi::decode(black_box(V2))));
    group.bench_function("base64_alone/v2", |b| {
        let mut buffer = [0; 192];
        b.iter(|| URL_SAFE_NO_PAD.decode_slice(black_box(V2), black_box(&mut buffer)));
    });
    let (json, text) = onetrust_1k();
    group.bench_function("onetrust", |b| {
        b.iter(|| formats::onetrust(black_box(text.as_bytes()), &mapping, onetrust_rule))
    });
    group.bench_function("serde_json_alone/onetrust", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(json.as_bytes())).unwrap());
    });
    group.finish();
}

fn headers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let (mapping, reader) = (mapping(), reader());
    let own = format!("euconsent={}", own_value(&reader));
    let didomi = format!("didomi_dcs={}", String::from_utf8_lossy(V2));
    for (name, last) in
        [("header_to_decision", own), ("header_of_didomi", didomi), ("header_without_consent", "a=1".to_owned())]
    {
        let header = header(&last);
        assert!((2900..3100).contains(&header.len()), "{} bytes", header.len());
        group.bench_function(name, |b| b.iter(|| read(&reader, &mapping, black_box(header.as_bytes()))));
        assert_eq!(read(&reader, &mapping, header.as_bytes()), last.len() > 3, "{name}");
    }
    let header = header("a=1");
    group.bench_function("memchr_alone/header", |b| {
        b.iter(|| memchr::memchr_iter(b';', black_box(header.as_bytes())).for_each(|at| _ = black_box(at)));
    });
    let keyring = reader.keyring();
    group.bench_function("verify_signature", |b| {
        b.iter(|| keyring.verify("default", black_box(V2), b"AAAAAAAAAAAAAAAAAAAAAA"));
    });
    group.finish();
}

fn read(reader: &Reader, mapping: &Mapping, header: &[u8]) -> bool {
    reader.read(mapping, &Input { cookies: &[header], ot_consent_string: None, now: NOW }).consent.is_answered()
}

criterion_group!(benches, strings, headers, tools::scans);
criterion_main!(benches);
