use super::*;
use crate::consent::{ServiceNumber, Source};
use crate::policy::{RuleFile, RuleSet, Variant};
use proptest::prelude::*;
use std::sync::LazyLock;

const SITE: &str = r#"format = 1
hosts = ["www.shop.example", "*.shop-files.example"]
shown = ["google-analytics"]
allow_hosts = ["fonts.example/css", "=one.fonts.example", "=two.example"]

[csp]
mode = "enforce"
sources = ["wss://chat.example:8443"]

[[service]]
slug = "ads"
category = "marketing"
number = 60000
hosts = ["ads.example", "cdn.ads.example", "=x.other.example/t", "192.0.2.7"]

[[service]]
slug = "unnumbered"
category = "statistics"
hosts = ["count.example/*/a.js"]
"#;

fn rules(text: &str) -> Result<RuleSet, String> {
    RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).map_err(|errors| errors.to_string())
}

static RULES: LazyLock<RuleSet> = LazyLock::new(|| rules(SITE).unwrap());

fn said(granted: u64, refused: u64) -> Consent {
    Consent {
        source: Source::Own,
        granted: CategorySet::from_bits(granted),
        refused: CategorySet::from_bits(refused),
        updated: Some(Deciseconds(1)),
        ..Consent::default()
    }
}

fn derived(consent: &Consent) -> Derived {
    Variant::of(&RULES.sites()[0], consent, "a").csp.clone().unwrap()
}

const FIRST: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";

#[test]
fn what_is_granted_is_allowed_and_what_is_refused_is_not() {
    let with_below = |host: &str| format!("{host} wss://{host} *.{host} wss://*.{host}");
    let own = ["fonts.example", "shop-files.example", "shop.example"].map(with_below).join(" ");
    let before = derived(&Consent::default());
    assert!(!before.is_enforced);
    assert_eq!(&*before.text, format!("{FIRST} {own} two.example wss://two.example wss://chat.example:8443"));
    let refused = derived(&said(0, 0b1110));
    assert!(refused.is_enforced);
    assert_eq!(refused.text, before.text);
    let marketing = derived(&said(0b1000, 0b110)).text;
    for host in [with_below("ads.example").as_str(), " x.other.example wss://x.", " 192.0.2.7 wss://192.0.2.7 "] {
        assert!(marketing.contains(host), "{marketing}");
    }
    for host in ["cdn.ads.example", "*.x.other", "*.192", "count.example", "google"] {
        assert!(!marketing.contains(host), "{marketing}");
    }
    let statistics = derived(&said(0b100, 0b1010)).text;
    assert!(statistics.contains(&with_below("count.example")), "{statistics}");
    assert!(statistics.contains(&with_below("google-analytics.com")), "{statistics}");
    assert!(!statistics.contains("ads.example"), "{statistics}");
    let one =
        Consent { services: smallvec::smallvec![(ServiceNumber::new(60_000).unwrap(), false)], ..said(0b1110, 0) };
    assert!(!derived(&one).text.contains("ads.example"));
}

#[test]
fn a_site_chooses_and_some_have_nobody_to_choose_for() {
    let with = |from: &str, to: &str| rules(&SITE.replace(from, to)).unwrap();
    let of = |rules: &RuleSet| Variant::of(&rules.sites()[0], &said(0, 0b1110), "a").csp.clone();
    assert!(of(&with("mode = \"enforce\"", "mode = \"off\"")).is_none());
    assert!(of(&with("mode = \"enforce\"\n", "")).is_none());
    assert!(!of(&with("\"enforce\"", "\"report\"")).unwrap().is_enforced);
    for line in ["delivery = \"uniform\"\n", "mode = \"report\"\n"] {
        let rules = with("format = 1\n", &format!("format = 1\n{line}"));
        assert!(of(&rules).is_none(), "{line}");
        assert!(rules.warnings().iter().any(|w| w.to_string().contains("[csp] has no effect")), "{line}");
    }
    let versions = [
        SITE.to_owned(),
        SITE.replace("8443", "8444"),
        SITE.replace("[csp]\nmode = \"enforce\"", "[csp]\nmode = \"report\""),
    ]
    .map(|text| rules(&text).unwrap().sites()[0].version.clone());
    assert!(versions[0] != versions[1] && versions[0] != versions[2], "a policy is part of a page's identity");
}

#[test]
fn a_policy_that_proxies_would_refuse_is_an_error_that_says_what_to_do() {
    let everything = "format = 1\nhosts = [\"shop.example\"]\n[csp]\nmode = \"report\"\n";
    let error = rules(everything).unwrap_err();
    assert!(
        error.contains("sites/shop.toml:3") && error.contains("3072") && error.contains("name in shown"),
        "{error}"
    );
    assert!(rules(&everything.replace("[csp]", "shown = [\"matomo\"]\n[csp]")).is_ok());
    let error = rules(&everything.replace("[csp]", "shown = []\n[csp]\nsources = [\"'none'; x\"]")).unwrap_err();
    assert!(error.contains("csp.sources[1]") && error.contains("must be a host"), "{error}");
}

proptest! {
    /// Whoever shares a variant shares the policy, which ends nobody's directive and names no host that is not granted.
    #[test]
    fn one_variant_is_one_policy(granted in 0_u64..16, refused in 0_u64..16, yes in any::<bool>(), asked in any::<bool>()) {
        let site = &RULES.sites()[0];
        let services = if asked { smallvec::smallvec![(ServiceNumber::new(60_000).unwrap(), yes)] } else { smallvec::smallvec![] };
        let consent = Consent { services, ..said(granted, refused) };
        let derived = derived(&consent);
        let again = Derived::of(site, &consent, granted & !refused & 0b1110 != 0 || refused & 0b1110 != 0);
        prop_assert_eq!(Some(&derived), again.as_ref());
        prop_assert!(derived.text.len() <= LENGTH_MAX && !derived.text.contains([';', ',']));
        let service = site.service_named("ads").unwrap();
        let is_granted = consent.grants(service.category, service.number, service.since);
        prop_assert_eq!(derived.text.contains("ads.example"), is_granted);
    }
}
