//! Which law applies to whom: `regimes.toml`, a site's choice, and what it makes of pages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use consentry::consent::signal::{Regime, RegimeKind, Region};
use consentry::consent::{CategoryNumber, Consent, Deciseconds, Source};
use consentry::policy::{Label, RuleFile, RuleSet, Site, Variant};
use std::sync::Arc;

const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\n";

fn try_load(files: &[(&str, &str)]) -> Result<RuleSet, String> {
    let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect();
    RuleSet::from_files(&files).map_err(|errors| errors.to_string())
}

fn site(rest: &str) -> Arc<Site> {
    let rules = try_load(&[("sites/shop.toml", &format!("{SITE}{rest}"))]).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::clone(&rules.sites()[0])
}

fn kind(site: &Site, region: &str) -> RegimeKind {
    site.regimes.of(Region::parse(region.as_bytes())).kind
}

#[test]
fn europe_is_asked_states_with_a_privacy_law_may_object_and_the_rest_is_the_sites_choice() {
    let usual = site("");
    for (region, expected) in [
        ("FR", RegimeKind::OptIn),
        ("fr-75", RegimeKind::OptIn),
        ("IS", RegimeKind::OptIn),
        ("GB-ENG", RegimeKind::OptIn),
        ("CH", RegimeKind::OptIn),
        ("US-CA", RegimeKind::OptOut),
        ("us-tx", RegimeKind::OptOut),
        ("US-NY", RegimeKind::OptIn),
        ("US", RegimeKind::OptIn),
        ("BR", RegimeKind::OptIn),
        ("", RegimeKind::OptIn),
        ("T1", RegimeKind::OptIn),
    ] {
        assert_eq!(kind(&usual, region), expected, "{region}");
    }
    let chosen = site("[regimes]\nelsewhere = \"none\"\nunknown = \"opt-out\"\n");
    for (region, expected) in
        [("BR", RegimeKind::None), ("", RegimeKind::OptOut), ("FR", RegimeKind::OptIn), ("US-NY", RegimeKind::None)]
    {
        assert_eq!(kind(&chosen, region), expected, "{region}");
    }
    assert_ne!(usual.version, chosen.version, "a site's choice is in its version");
}

#[test]
fn a_directorys_own_regimes_replace_the_embedded_ones() {
    let own = "format = 1\n[[regime]]\nname = \"ours\"\nsilence = \"opt-out\"\ngpc = false\nregions = [\"BR\"]\n";
    let rules = try_load(&[("sites/shop.toml", SITE), ("rules/regimes.toml", own)]).unwrap();
    let site = &rules.sites()[0];
    let expected = Regime {
        name: "ours".into(),
        kind: RegimeKind::OptOut,
        gpc: false,
        gpc_refuses_all: false,
        explicit_beats_gpc: true,
    };
    assert_eq!(*site.regimes.of(None), expected);
    assert!(!site.regimes.depend_on_region() && !site.regimes.hear_gpc(site.mapping.sale));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let regimes = |rest: &str| format!("format = 1\n[[regime]]\nname = \"a\"\nsilence = \"opt-in\"\n{rest}");
    for (file, text, line, needle) in [
        ("regimes.toml", regimes("regions = [\"France\"]\n"), 5, "is no region; write an ISO 3166 code"),
        ("regimes.toml", regimes("regions = [\"FR\", \"FR\"]\n"), 5, "the regime \"a\" has this region already"),
        ("regimes.toml", regimes("gpcs = true\n"), 5, "did you mean \"gpc\"?"),
        ("regimes.toml", regimes("[[regime]]\nname = \"a\"\nsilence = \"none\"\n"), 6, "another regime has this name"),
        ("regimes.toml", regimes("[[regime]]\nname = \"b\"\nsilence = \"optin\"\n"), 7, "did you mean \"opt-in\"?"),
        ("regimes.toml", regimes("[[regime]]\nname = \"b\"\n"), 5, "silence: is missing"),
        ("sites/s.toml", format!("{SITE}[regimes]\nelsewhere = \"optout\"\n"), 4, "did you mean \"opt-out\"?"),
        ("sites/s.toml", format!("{SITE}[regimes]\nelse = \"none\"\n"), 4, "unknown key"),
        (
            "catalogue/x.toml",
            "format = 1\n[[category]]\nname = \"necessary\"\nnumber = 0\njustification = \"x\"\nsale = true\n"
                .to_owned(),
            6,
            "is not necessary",
        ),
    ] {
        let error = try_load(&[(file, &text)]).unwrap_err();
        let expected = format!("{file}:{line}: ");
        assert!(error.lines().any(|e| e.starts_with(&expected) && e.contains(needle)), "{needle}: {error}");
    }
    assert!(try_load(&[("regimes.toml", "format = 1\n")]).unwrap_err().contains("no [[regime]]"));
}

/// D5: what law and signal make of silence is in the variant, and a page that they leave alone is the same as before.
#[test]
fn d5_the_variant_names_law_and_signal() {
    let site = site("");
    let marketing = site.category_named("marketing").unwrap().number;
    let of = |consent: &Consent, region: &str, gpc| {
        let regime = site.regimes.of(Region::parse(region.as_bytes()));
        Variant::of(&site, &consent.clone().under(regime, gpc, &site.mapping), "s")
    };
    let nobody = Consent::default();
    let version = &site.version[..8];
    assert_eq!(of(&nobody, "FR", false), Variant::of(&site, &nobody, "s"));
    assert_eq!(of(&nobody, "FR", true).token, format!("0.0.{version}~0.8"));
    assert_eq!(of(&nobody, "US-CA", false).token, format!("0.0.{version}~e.0"));
    assert_eq!(of(&nobody, "US-CA", true).token, format!("0.0.{version}~6.8"));
    let mut yes = Consent { source: Source::Own, updated: Some(Deciseconds::now()), ..Consent::default() };
    yes.granted = site.mapping.categories;
    assert_eq!(of(&yes, "FR", true), of(&yes, "FR", false), "an explicit yes beats the signal");
    let ids = ["FR", "US-CA"].map(|region| [true, false].map(|gpc| of(&nobody, region, gpc).id.clone()));
    let all: std::collections::HashSet<_> = ids.iter().flatten().collect();
    assert_eq!(all.len(), 4);
    assert_eq!(marketing, CategoryNumber::new(3).unwrap());
}

/// Silence lets a tag live where the law says so, also one that was added after the answer; the signal takes it away.
#[test]
fn a_tag_of_an_opt_out_region_lives_until_somebody_says_no() {
    let site = site("[[override]]\nservice = \"hotjar\"\nsince = 2026-01-31\n");
    let state = site.regimes.of(Region::parse(b"US-CA"));
    let granted = |slug: &str, consent: &Consent, gpc| {
        let decider = site.decider(site.service_named(slug).unwrap(), Label::Absent);
        decider.granted_by(&consent.clone().under(state, gpc, &site.mapping))
    };
    let nobody = Consent::default();
    assert!(granted("meta-pixel", &nobody, false) && granted("hotjar", &nobody, false));
    assert!(!granted("meta-pixel", &nobody, true) && granted("hotjar", &nobody, true));
    let mut no = Consent { source: Source::Own, updated: Some(Deciseconds::now()), ..Consent::default() };
    no.refused = site.mapping.categories;
    assert!(!granted("meta-pixel", &no, false) && !granted("hotjar", &no, false));
}
