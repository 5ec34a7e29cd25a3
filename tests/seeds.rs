//! The committed seeds of the fuzz targets, replayed on stable: what a fuzzer starts from, and what it once found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

#[path = "common/live.rs"]
mod live;
#[path = "common/rewriting.rs"]
mod rewriting;
#[path = "common/soup.rs"]
mod soup;

use consentry::consent::codec;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A target's name and the function that it calls.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("ac", codec::ac::fuzz_ac),
    ("axeptio", codec::axeptio::fuzz_axeptio),
    ("borlabs", codec::borlabs::fuzz_borlabs),
    ("cc_cookie", codec::cc_cookie::fuzz_cc_cookie),
    ("commanders", codec::commanders::fuzz_commanders),
    ("complianz", codec::complianz::fuzz_complianz),
    ("consent_reader", consentry::consent::reader::fuzz_reader),
    ("cookiebot", codec::cookiebot::fuzz_cookiebot),
    ("cookies", consentry::head::fuzz_cookies),
    ("cookieyes", codec::cookieyes::fuzz_cookieyes),
    ("dastra", codec::dastra::fuzz_dastra),
    ("didomi", codec::didomi::fuzz_didomi),
    ("didomi_token", codec::didomi_token::fuzz_didomi_token),
    ("gpp", codec::gpp::fuzz_gpp),
    ("html", soup::fuzz_html),
    ("iubenda", codec::iubenda::fuzz_iubenda),
    ("klaro", codec::klaro::fuzz_klaro),
    ("onetrust", codec::onetrust::fuzz_onetrust),
    ("optanon", codec::optanon::fuzz_optanon),
    ("policy_reports", consentry::policy::csp::fuzz_violations),
    ("reference", consentry::policy::reference::fuzz_reference),
    ("rules", consentry::policy::ruleset::fuzz_rules),
    ("tarteaucitron", codec::tarteaucitron::fuzz_tarteaucitron),
    ("tcf", codec::tcf::fuzz_tcf),
    ("trustarc", codec::trustarc::fuzz_trustarc),
    ("us_privacy", codec::us_privacy::fuzz_us_privacy),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names_in(directory: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(fuzz().join(directory)).unwrap();
    let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| name(entry.unwrap().path())).collect()
}

#[test]
fn every_seed_passes_its_target() {
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for entry in std::fs::read_dir(fuzz().join("seeds").join(name)).unwrap_or_else(|_| panic!("no seeds of {name}"))
        {
            let path = entry.unwrap().path();
            let data = std::fs::read(&path).unwrap();
            assert!(data.len() < 20_000, "{} is not small", path.display());
            eprintln!("{}", path.display());
            target(&data);
            seeds += 1;
        }
        assert!(seeds >= 3, "{name} has {seeds} seeds");
    }
}

#[test]
fn every_target_is_built_and_has_its_seeds_here() {
    let here: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in("fuzz_targets"), here, "fuzz/fuzz_targets and this list");
    assert_eq!(names_in("seeds"), here, "fuzz/seeds and this list");
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in fuzz/Cargo.toml");
    }
}
