//! What the IAB's strings cost per request: a TC string to its purposes, and to one vendor; a GPP string to what was opted
//! out of. In the same run `iab_gpp`, which decodes the whole, and base64 alone.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consentry::consent::codec::gpp::{self, Gpp, Section, UsSection};
use consentry::consent::codec::ids::IdSet;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::tcf::{self, Head, PublisherTc, Tcf};
use consentry::consent::codec::{ac, us_privacy};
use criterion::{Criterion, criterion_group, criterion_main};
use iab_gpp::sections::tcfeuv2::TcfEuV2;
use std::hint::black_box;

/// As production strings are: most of `max` vendors, two thirds of them on legitimate interest.
fn tc_string(max: u16, segments: bool) -> String {
    let vendors = |keep: fn(u16) -> bool| (1..=max).filter(|id| keep(*id)).collect::<IdSet>();
    let head = Head {
        created: 17_356_896_000,
        last_updated: 17_356_896_000,
        policy_version: 5,
        is_service_specific: true,
        purposes: Numbers::from_bits(0x7ff),
        purposes_li: Numbers::from_bits(0x7c2),
        ..Head::default()
    };
    let value = Tcf {
        head,
        vendors: vendors(|id| id % 7 != 3),
        vendors_li: vendors(|id| id % 3 != 1),
        disclosed: segments.then(|| vendors(|id| id % 11 != 5)),
        publisher: segments.then(PublisherTc::default),
        ..Tcf::default()
    };
    tcf::encode(&value).unwrap()
}

/// The same vendors, one in forty of them, as ranges.
fn ranges() -> String {
    let value = tcf::decode(tc_string(838, false).as_bytes()).unwrap();
    let few = (1..=838).filter(|id| id % 40 == 7).collect::<IdSet>();
    tcf::encode(&Tcf { vendors: few.clone(), vendors_li: few, ..value }).unwrap()
}

fn vendor(value: &[u8], id: u16) -> bool {
    let Ok(view) = tcf::View::read(value) else { return false };
    view.vendors().is_ok_and(|segments| segments.vendor(id).consents_to(Numbers::from_bits(3), &view.head))
}

fn tc_strings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("iab");
    let (field, whole, ranges) = (tc_string(838, false), tc_string(838, true), ranges());
    assert!(vendor(field.as_bytes(), 800) && vendor(whole.as_bytes(), 800) && vendor(ranges.as_bytes(), 807));
    assert!(!vendor(field.as_bytes(), 801));
    group.bench_function("tcf/purposes", |b| {
        b.iter(|| tcf::View::read(black_box(field.as_bytes())).map(|v| v.head.purposes))
    });
    group.bench_function("tcf/vendor", |b| b.iter(|| vendor(black_box(field.as_bytes()), 800)));
    group.bench_function("tcf/vendor_with_segments", |b| b.iter(|| vendor(black_box(whole.as_bytes()), 800)));
    group.bench_function("tcf/vendor_of_ranges", |b| b.iter(|| vendor(black_box(ranges.as_bytes()), 807)));
    group.bench_function("tcf/whole_value", |b| b.iter(|| tcf::decode(black_box(field.as_bytes()))));
    group.bench_function("yardstick/iab_gpp", |b| b.iter(|| black_box(&field).parse::<TcfEuV2>()));
    group.bench_function("yardstick/base64_alone", |b| {
        let mut buffer = [0; 512];
        b.iter(|| URL_SAFE_NO_PAD.decode_slice(black_box(&field), black_box(&mut buffer)));
    });
    group.finish();
}

fn others(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("iab");
    let layout = gpp::layouts(7).last().unwrap();
    let national = UsSection { layout, values: vec![2; layout.length()], gpc: Some(false), sensitive: None };
    let privacy = Section::UsPrivacy(us_privacy::decode(b"1YNN").unwrap());
    let text = gpp::encode(&Gpp { sections: vec![privacy, Section::Us(national)] }).unwrap();
    assert!(gpp::View::read(text.as_bytes()).unwrap().opt_out().unwrap().is_some());
    group.bench_function("gpp/opt_out", |b| {
        b.iter(|| gpp::View::read(black_box(text.as_bytes())).map(|view| view.opt_out()))
    });
    let ids = |step: usize| (1_u32..2000).step_by(step).collect::<Vec<_>>();
    let text = ac::encode(&ac::Ac { consented: ids(20), disclosed: Some(ids(37)) }).unwrap();
    group.bench_function("ac/vendor", |b| {
        b.iter(|| ac::View::read(black_box(text.as_bytes())).map(|view| view.consented(1981)))
    });
    group.bench_function("us_privacy", |b| b.iter(|| us_privacy::decode(black_box(b"1YNN"))));
    group.finish();
}

criterion_group!(benches, tc_strings, others);
criterion_main!(benches);
