//! A catalogue of 100,000 services, more than there are numbers: what it takes of memory, and that the last one is found.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use consentry::policy::reference::resolve;
use consentry::policy::{Base, Label, RuleFile, RuleSet, Scratch};
use std::fmt::Write;

const SERVICES: usize = 100_000;
const MOST: i64 = 64 << 20;

/// Like the long tail of a catalogue: a host, a name, a purpose and a source; a path for one in ten, a marker for one in
/// three.
fn files() -> [RuleFile; 2] {
    let mut text = String::from("format = 1\n");
    for n in 1..=SERVICES {
        writeln!(
            text,
            "[[service]]\nslug = \"tracker-{n}\"\nname = \"Tracker {n}\"\ncategory = \"marketing\"\nhosts = [\"t{n}.tracker{}.example\"]\npurpose = \"Shows, targets or measures advertising.\"\nsource = \"third-party-web (MIT)\"",
            n % 977
        )
        .unwrap();
        if n % 10 == 0 {
            writeln!(text, "paths = [\"/tag{n}/js\"]").unwrap();
        }
        if n % 3 == 0 {
            writeln!(text, "markers = [\"t{n}.tracker{}.example/\"]", n % 977).unwrap();
        }
    }
    let categories = std::fs::read_to_string("rules/catalogue/categories.toml").unwrap();
    [RuleFile::new("catalogue/categories.toml", categories), RuleFile::new("catalogue/many.toml", text)]
}

#[test]
fn a_hundred_thousand_services_are_known_in_less_than_64_mib() {
    let files = files();
    let mut compiled = None;
    let taken = allocation_counter::measure(|| compiled = Some(RuleSet::from_files(&files))).bytes_current;
    let rules = compiled.unwrap().unwrap_or_else(|errors| panic!("{}", errors.0.len()));
    eprintln!("{SERVICES} services take {} KiB", taken >> 10);
    assert!(taken > 0 && taken < MOST, "{taken} bytes");
    let site = rules.site("shop.example").unwrap();
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    for n in [1, 59_999, 60_000, SERVICES] {
        let url = format!("https://t{n}.tracker{}.example/a.js", n % 977);
        let target = resolve(url.as_bytes(), &base, &mut scratch).unwrap();
        let service = site.service_at(&target).unwrap_or_else(|| panic!("{url}"));
        assert_eq!(site.mark(&site.deciders(&[service], Label::Absent)), format!("marketing:tracker-{n}"));
    }
    let found = site.services_in_text(b"s.src='//t99999.tracker345.example/x.js'");
    assert_eq!(found.first().map(|s| s.slug.as_str()), Some("tracker-99999"));
}
