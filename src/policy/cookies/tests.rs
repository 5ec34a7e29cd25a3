use super::*;
use crate::policy::{RuleFile, RuleSet};
use proptest::prelude::*;

fn rules(cookies: &str) -> RuleSet {
    let text = format!("format = 1\nhosts = [\"shop.example\"]\n{cookies}");
    RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap()
}

fn verdict(rules: &RuleSet, name: &str, consent: &Consent) -> &'static str {
    match rules.site("shop.example").unwrap().judge_cookie(name.as_bytes(), consent) {
        CookieVerdict::Necessary => "necessary",
        CookieVerdict::Unknown { blocked: false, .. } => "unknown",
        CookieVerdict::Unknown { blocked: true, .. } => "blocked",
        CookieVerdict::Granted(_) => "granted",
        CookieVerdict::Denied { refused: false, .. } => "denied",
        CookieVerdict::Denied { refused: true, .. } => "refused",
    }
}

fn granting(rules: &RuleSet, name: &str) -> Consent {
    let category = rules.site("shop.example").unwrap().category_named(name).unwrap().number;
    let mut consent = Consent::default();
    consent.granted.insert(category);
    consent
}

#[test]
fn a_name_belongs_to_its_service_and_follows_its_consent() {
    let rules = rules("");
    let silent = Consent::default();
    let statistics = granting(&rules, "statistics");
    for (name, without, with) in [
        ("_ga", "denied", "granted"),
        ("_ga_ABC123", "denied", "granted"),
        ("_pk_id.1.1fff", "denied", "granted"),
        ("_fbp", "denied", "denied"),
        ("euconsent", "necessary", "necessary"),
        ("euconsent_v", "necessary", "necessary"),
        ("basket", "unknown", "unknown"),
        ("_g", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ] {
        assert_eq!(verdict(&rules, name, &silent), without, "{name}");
        assert_eq!(verdict(&rules, name, &statistics), with, "{name}");
    }
    let refusing = Consent { refused: statistics.granted, ..Consent::default() };
    assert_eq!(verdict(&rules, "_ga", &refusing), "refused");
    assert_eq!(verdict(&rules, "_fbp", &refusing), "denied");
}

#[test]
fn sessions_and_csrf_tokens_are_nobody_s_although_services_use_the_names_elsewhere() {
    let rules = rules("");
    let names = "JSESSIONID PHPSESSID csrftoken XSRF-TOKEN sid sess session token uid id __cf_bm cf_clearance connect.sid \
        ASP.NET_SessionId laravel_session wordpress_logged_in_1 wp-settings-1 AWSALB SERVERID access_token _session_id";
    for name in names.split_whitespace() {
        assert_eq!(verdict(&rules, name, &Consent::default()), "unknown", "{name}");
    }
}

#[test]
fn a_site_s_own_words_come_first() {
    let rules = rules(
        "sources = [\"own\", \"didomi\"]\n[cookies]\nunknown = \"block\"\nnecessary = [\"sid\", \"csrf_*\", \"_ga\"]\n\
         justification = \"The basket.\"\n[[service]]\nslug = \"own\"\ncategory = \"marketing\"\ncookies = [\"uid\"]\n\
         [[override]]\nservice = \"meta-pixel\"\nenabled = false\n",
    );
    for (name, expected) in [
        ("sid", "necessary"),
        ("csrf_1", "necessary"),
        ("csrf", "blocked"),
        ("_ga", "necessary"),
        ("_gid", "denied"),
        ("didomi_dcs", "necessary"),
        ("uid", "denied"),
        ("_fbp", "blocked"),
        ("basket", "blocked"),
    ] {
        assert_eq!(verdict(&rules, name, &Consent::default()), expected, "{name}");
    }
}

#[test]
fn what_is_exempt_lives_thirteen_months_and_a_rule_makes_it_shorter() {
    let life = |more: &str, name: &str| {
        let rules = rules(more);
        rules.site("shop.example").unwrap().cookie_life(name.as_bytes(), false).map(|seconds| seconds / 86_400)
    };
    let exempt = "[[override]]\nservice = \"matomo\"\ncategory = \"necessary\"\njustification = \"Exempt.\"\n";
    assert_eq!(life("", "_pk_id.1.1fff"), None);
    assert_eq!(life(exempt, "_pk_id.1.1fff"), Some(393));
    assert_eq!(life(&format!("{exempt}max_age_days = 180\n"), "_pk_id.1.1fff"), Some(180));
    assert_eq!(life("[cookies]\nmax_age_days = 30\n", "basket"), Some(30));
    assert_eq!(life("[cookies]\nmax_age_days = 30\n", "euconsent"), None);
    assert_eq!(life("[cookies]\nmax_age_days = 30\n", "euconsent_v"), None);
}

#[test]
fn necessary_needs_its_reason_and_a_star_alone_is_no_name() {
    for wrong in ["necessary = [\"sid\"]", "necessary = [\"*\"]\njustification = \"x\"", "unknown = \"drop\""] {
        let text = format!("format = 1\nhosts = [\"shop.example\"]\n[cookies]\n{wrong}\n");
        let errors = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap_err();
        assert!(errors.to_string().contains("cookies."), "{errors}");
    }
}

#[test]
fn a_star_stands_for_any_run() {
    for (pattern, name, fits) in [
        ("_ga", "_ga", true),
        ("_ga", "_gat", false),
        ("_ga_*", "_ga_X1", true),
        ("_ga_*", "_ga", false),
        ("*_id", "visitor_id", true),
        ("a*b*c", "axxbxxc", true),
        ("a*b*c", "axxc", false),
        ("ab*ba", "aba", false),
        ("*", "", true),
    ] {
        assert_eq!(wildcard(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
    }
}

proptest! {
    /// The walk finds what asking every pattern finds.
    #[test]
    fn no_name_is_missed(patterns in prop::collection::vec("[ab*\u{e9}]{1,6}", 0..24), name in "[ab\u{e9}]{0,7}") {
        let names = CookieNames::new(patterns.iter().map(String::as_str).zip(0..));
        let mut found = Vec::new();
        names.each(name.as_bytes(), |slot| found.push(slot));
        found.sort_unstable();
        found.dedup();
        let all = patterns.iter().zip(0..).filter(|(p, _)| wildcard(p.as_bytes(), name.as_bytes()));
        prop_assert_eq!(found, all.map(|(_, slot)| slot).collect::<Vec<u32>>());
    }
}
