//! What the origin is told of who asked for what, and whose word is believed (pitfall 107).

use crate::common::gateway::Gateway;
use crate::common::h2c::{self, Session};
use crate::common::message::Fields;
use crate::common::origin::{Origin, ok};

const TRUSTED: &str = "trusted_peers = [\"127.0.0.1\", \"10.0.0.0/8\"]\n";
const CLAIMS: [&str; 8] = [
    "Host: shop.example:8080",
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: www.shop.example",
    "X-Forwarded-Port: 443",
    "X-Forwarded-Prefix: /shop",
    "X-Real-IP: 203.0.113.9",
    "Forwarded: for=203.0.113.9;proto=https",
];

fn told(config: &str, fields: &[&str]) -> Fields {
    let origin = Origin::answering(|request| ok(request, &["Content-Type: text/plain"], b"x"));
    let gateway = Gateway::configured(config, &[&origin], &[]);
    gateway.ask("GET", "/", fields).whole();
    let first = origin.last().fields;
    let named: Vec<(&str, &str)> = fields
        .iter()
        .filter(|field| !field.starts_with("Host") && !field.starts_with("Connection"))
        .map(|field| field.split_once(": ").unwrap())
        .collect();
    let lower: Vec<(String, &str)> = named.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    let lower: Vec<(&str, &str)> = lower.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    h2c::block_on(async { Session::connect(gateway.address).await.ask(h2c::visit("/", &lower)).await.whole() });
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-real-ip"] {
        assert_eq!(origin.last().fields.all(name), first.all(name), "the same over HTTP/2: {name}");
    }
    first
}

#[test]
fn p107_what_a_stranger_says_of_himself_is_replaced() {
    for (config, forwarded) in
        [("", None), ("forwarded = \"both\"\n", Some("for=127.0.0.1;proto=http;host=\"shop.example:8080\""))]
    {
        let fields = told(config, &CLAIMS);
        assert_eq!(fields.all("x-forwarded-for"), ["127.0.0.1"]);
        assert_eq!(fields.all("x-forwarded-proto"), ["http"]);
        assert_eq!(fields.all("x-forwarded-host"), ["shop.example:8080"]);
        assert_eq!(fields.get("forwarded").as_deref(), forwarded);
        for name in ["x-forwarded-port", "x-forwarded-prefix", "x-real-ip"] {
            assert!(!fields.has(name), "{name}");
        }
    }
    let fields = told("forwarded = \"rfc7239\"\n", &CLAIMS);
    assert_eq!(fields.all("forwarded"), ["for=127.0.0.1;proto=http;host=\"shop.example:8080\""]);
    assert!(["for", "proto", "host"].iter().all(|name| !fields.has(&format!("x-forwarded-{name}"))));
}

#[test]
fn p107_what_a_proxy_of_the_site_s_own_says_is_kept_and_added_to() {
    let fields = told(TRUSTED, &CLAIMS);
    assert_eq!(fields.all("x-forwarded-for"), ["203.0.113.9, 127.0.0.1"]);
    assert_eq!(fields.all("x-forwarded-proto"), ["https"]);
    assert_eq!(fields.all("x-forwarded-host"), ["www.shop.example"]);
    assert_eq!(fields.all("x-forwarded-port"), ["443"]);
    assert!(!fields.has("forwarded"), "it writes the other fields: this one is whoever's");
    let fields = told(&format!("{TRUSTED}forwarded = \"rfc7239\"\n"), &CLAIMS);
    assert_eq!(fields.all("forwarded"), ["for=203.0.113.9;proto=https, for=127.0.0.1"]);
    assert!(!fields.has("x-forwarded-for"), "it writes the other field");
    let fields = told(&format!("{TRUSTED}forwarded = \"both\"\n"), &CLAIMS);
    assert_eq!(fields.all("x-forwarded-for"), ["203.0.113.9, 127.0.0.1"]);
    assert_eq!(fields.all("forwarded"), ["for=203.0.113.9;proto=https, for=127.0.0.1"]);
}

/// A field that is called one of this connection's would be dropped by whoever forwards it: then the request goes nowhere, or the
/// origin is told all the same.
#[test]
fn p31_p107_nobody_takes_what_the_origin_is_told_away() {
    for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"] {
        let origin = Origin::answering(|request| ok(request, &["Content-Type: text/plain"], b"x"));
        let gateway = Gateway::configured("forwarded = \"both\"\n", &[&origin], &[]);
        let connection = format!("Connection: close, {name}");
        let status = gateway.ask("GET", "/", &["Host: shop.example", &connection]).whole().status();
        let seen = origin.seen();
        let is_told = |seen: &crate::common::origin::Seen| {
            let has = |name: &str, value: &str| seen.fields.all(name) == [value];
            has("x-forwarded-for", "127.0.0.1")
                && has("x-forwarded-proto", "http")
                && has("x-forwarded-host", "shop.example")
                && has("forwarded", "for=127.0.0.1;proto=http;host=\"shop.example\"")
        };
        assert!(if status == 400 { seen.is_empty() } else { seen.iter().all(is_told) }, "{name}: {status} {seen:?}");
    }
}

#[test]
fn a_word_that_is_none_is_refused_by_name() {
    let ended = crate::common::gateway::run_to_end(
        &["run", "--config", "consentry.toml"],
        &[(
            "consentry.toml",
            "format = 1\nforwarded = \"x\"\n[[listen]]\naddress = \"127.0.0.1:0\"\n[origins.a]\nurl = \"http://127.0.0.1:1\"\n",
        )],
    );
    assert!(
        ended.code == Some(1) && ended.errors.contains("forwarded") && ended.errors.contains("rfc7239"),
        "{ended:?}"
    );
}
