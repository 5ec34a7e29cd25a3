//! What law and browser say without the visitor: the region that a proxy before us names, and `Sec-GPC`.

use crate::common::gateway::Gateway;
use crate::common::origin::Origin;
use crate::pages::{GTAG, PIXEL, assert_blocked, is_live, tagged};

const BELIEVED: &str = "trusted_peers = [\"127.0.0.0/8\"]\nregion_headers = [\"X-Country\", \"X-State\"]";
const CALIFORNIA: [&str; 2] = ["X-Country: US", "X-State: CA"];

fn live(gateway: &Gateway, fields: &[&str]) -> (bool, bool) {
    let html = gateway.visit_with("/", fields).whole().text();
    (is_live(&html, GTAG), is_live(&html, PIXEL))
}

#[test]
fn silence_means_what_the_law_of_the_region_says() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::configured(BELIEVED, &[&origin], &[]);
    for (fields, expected) in [
        (vec!["X-Country: FR"], false),
        (vec![], false),
        (CALIFORNIA.to_vec(), true),
        (vec!["X-Country: US-CA"], true),
        (vec!["X-Country: us", "X-State: tx"], true),
        (vec!["X-Country: US", "X-State: NY"], false),
        (vec!["X-Country: US"], false),
        (vec!["X-Country: T1", "X-State: CA"], false),
        (vec!["X-Country: FR", "X-Country: US", "X-State: CA"], false),
        (vec!["X-State: CA"], false),
    ] {
        assert_eq!(live(&gateway, &fields), (expected, expected), "{fields:?}");
    }
    let state = gateway.ask("GET", "/_c/state", &CALIFORNIA).whole().text();
    assert!(state.contains("\"regime\":\"opt-out\"") && state.contains("\"answered\":false"), "{state}");
    // A choice counts under every law.
    let cookie = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", false)]);
    for region in [&CALIFORNIA[..], &["X-Country: FR"]] {
        assert_eq!(live(&gateway, &[region, &[&cookie]].concat()), (true, false), "{region:?}");
    }
}

#[test]
fn a_region_is_believed_from_a_known_proxy_only() {
    let origin = Origin::page(tagged());
    for config in [
        "",
        "trusted_peers = [\"127.0.0.1\"]",
        "trusted_peers = [\"192.0.2.0/24\"]\nregion_headers = [\"X-Country\", \"X-State\"]",
    ] {
        let gateway = Gateway::configured(config, &[&origin], &[]);
        assert_eq!(live(&gateway, &CALIFORNIA), (false, false), "{config}");
    }
}

#[test]
fn p107_what_a_known_proxy_says_of_the_client_is_kept_and_added_to() {
    let origin = Origin::page(tagged());
    let said = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"];
    for (config, chain, scheme) in [("", "127.0.0.1", "http"), (BELIEVED, "203.0.113.9, 127.0.0.1", "https")] {
        let gateway = Gateway::configured(config, &[&origin], &[]);
        gateway.visit_with("/", &said).whole();
        let fields = origin.last().fields;
        assert_eq!(fields.get("x-forwarded-for").as_deref(), Some(chain));
        assert_eq!(fields.get("x-forwarded-proto").as_deref(), Some(scheme));
    }
}

/// Check 10 of the officer's list: the signal refuses, is no choice, and a choice wins.
#[test]
fn check10_gpc_refuses_what_is_sold_and_an_explicit_choice_wins() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::configured(BELIEVED, &[&origin], &[]);
    let with = |more: &[&'static str]| live(&gateway, &[&CALIFORNIA[..], more].concat());
    assert_eq!(with(&["Sec-GPC: 1"]), (true, false));
    assert_eq!(with(&["Sec-GPC: 0", "Sec-GPC: 1"]), (true, false));
    for other in ["Sec-GPC: 0", "Sec-GPC: true", "Sec-GPC: 1, 1", "Sec-GPC:", "DNT: 1"] {
        assert_eq!(with(&[other]), (true, true), "{other}");
    }
    assert_blocked(&gateway.visit_with("/", &["Sec-GPC: 1"]).whole().text());
    // It reaches the origin, and nothing is set.
    let answer = gateway.visit_with("/", &[&CALIFORNIA[..], &["Sec-GPC: 1"]].concat()).whole();
    assert_eq!(answer.get("set-cookie"), None);
    assert_eq!(origin.last().fields.get("sec-gpc").as_deref(), Some("1"));
    let state = gateway.ask("GET", "/_c/state", &["Sec-GPC: 1"]).whole().text();
    assert!(state.contains("\"gpc\":true") && state.contains("\"answered\":false"), "{state}");
    let yes = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", true)]);
    for region in [&CALIFORNIA[..], &["X-Country: FR"]] {
        assert_eq!(live(&gateway, &[region, &["Sec-GPC: 1", &yes]].concat()), (true, true), "{region:?}");
    }
}

#[test]
fn check10_the_signal_wins_where_the_regime_says_so() {
    let origin = Origin::page(tagged());
    let regimes = "format = 1\n[[regime]]\nname = \"final\"\nsilence = \"opt-out\"\nexplicit_beats_gpc = false\n";
    let files = [("rules/regimes.toml", regimes)];
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &files);
    assert_eq!(live(&gateway, &[]), (true, true));
    let yes = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", true)]);
    assert_eq!(live(&gateway, &["Sec-GPC: 1", &yes]), (true, false));
    assert_eq!(live(&gateway, &[&yes]), (true, true));
}

/// Pages of two laws, and of two browsers, are two variants, and say so to caches.
#[test]
fn p40_pages_vary_on_what_was_read() {
    let origin = Origin::page(tagged());
    let names = |gateway: &Gateway| {
        let vary = gateway.visit("/").whole().get("vary").unwrap().to_ascii_lowercase();
        ["sec-gpc", "x-country", "x-state"].map(|name| vary.split(", ").any(|member| member == name))
    };
    let one_law = "format = 1\n[[regime]]\nname = \"one\"\nsilence = \"opt-in\"\ngpc = false\n";
    let deaf = [("rules/regimes.toml", one_law)];
    let config = format!("rules = \"rules\"\n{BELIEVED}");
    assert_eq!(names(&Gateway::configured(&config, &[&origin], &deaf)), [false, false, false]);
    assert_eq!(names(&Gateway::configured("", &[&origin], &[])), [true, false, false]);
    let tagged_origin = Origin::answering(|request| {
        crate::common::origin::ok(request, &[crate::pages::HTML, "ETag: \"a\""], tagged().as_bytes())
    });
    let gateway = Gateway::configured(BELIEVED, &[&tagged_origin], &[]);
    assert_eq!(names(&gateway), [true, true, true]);
    let etag = |fields: &[&str]| gateway.visit_with("/", fields).whole().get("etag").unwrap();
    let all = [etag(&[]), etag(&["Sec-GPC: 1"]), etag(&CALIFORNIA), etag(&[&CALIFORNIA[..], &["Sec-GPC: 1"]].concat())];
    let distinct: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), 4, "{all:?}");
}

#[test]
fn regimes_are_put_in_force_while_the_gateway_runs() {
    let origin = Origin::page(tagged());
    let file = |silence: &str| format!("format = 1\n[[regime]]\nname = \"one\"\nsilence = \"{silence}\"\n");
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &[("rules/regimes.toml", &file("opt-in"))]);
    assert_eq!(live(&gateway, &[]), (false, false));
    std::fs::write(gateway.file("rules/regimes.toml"), file("opt-out")).unwrap();
    crate::common::eventually("the new law", || live(&gateway, &[]) == (true, true));
    std::fs::write(gateway.file("rules/regimes.toml"), file("opt_in")).unwrap();
    crate::common::eventually("the refusal", || gateway.log().contains("did you mean \"opt-in\"?"));
    assert_eq!(live(&gateway, &[]), (true, true), "the last good one stays");
}
