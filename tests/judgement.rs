//! The guard's judgement in the browser against the server's: the same service for the same URL, in Node. And what the
//! rules weigh with a catalogue of 1,500 services.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "common/material.rs"]
mod material;
#[path = "common/rewriting.rs"]
mod rewriting;

use consentry::policy::reference::resolve;
use consentry::policy::{Base, RuleFile, RuleSet, Scratch, Site};
use consentry::widget::{rules_asset, service_keys};
use rewriting::{Random, site};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Rules that are near each other in every way.
const OWN: &str = r#"
[[service]]
number = 60001
slug = "own-exact"
category = "statistics"
hosts = ["=a.example", "b.a.example/x", "b.a.example/x/y*", "=b.a.example", "c.example/*/f.js?k=", "localhost", "10.0.0.1/p"]
paths = ["/one", "/one/two*", "*/three.js", "*/three.js?id=X", "/four?five", "*/six/seven.js"]
[[service]]
number = 60005
slug = "own-other"
category = "marketing"
hosts = ["a.example/z", "x.a.example", "c.example/*/f.js", "bücher.example", "com"]
paths = ["/one/tw", "/one?q", "*/five/three.js", "/six/seven.js"]
[[override]]
service = "hotjar"
enabled = false
"#;

/// Both files: what every page has, and the catalogue's hosts.
fn code(site: &Site) -> [String; 2] {
    ["a/rules.js.js", "a/hosts.js.js"].map(|path| {
        let asset = rules_asset(site, path).unwrap();
        String::from_utf8(asset.bytes.to_vec()).unwrap()
    })
}

/// What Node makes of the URLs, all categories refused: the services' numbers, also where it knows them by their keys.
fn in_node(site: &Site, urls: &[String]) -> Vec<Option<u64>> {
    let input = json!({ "code": code(site), "granted": { "categories": [], "services": {} }, "urls": urls });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/lib/judge.js");
    let mut node =
        Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node runs");
    node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let marks: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let numbers: HashMap<u64, u64> = site
        .every_service()
        .filter_map(|service| Some((service, service.number?.get())))
        .flat_map(|(service, number)| {
            service_keys(site, service).into_iter().map(move |key| (key.into(), number.into()))
        })
        .collect();
    let number = |mark: &Value| {
        let known: u64 = mark.as_str()?.split_once(':').unwrap().1.parse().unwrap();
        Some(if known < 65_536 { known } else { numbers[&known] })
    };
    marks.iter().map(number).collect()
}

fn on_server(site: &Site, url: &str) -> Option<u64> {
    let base = Base::document("https", "shop.example", "/a/b.html");
    let mut scratch = Scratch::default();
    let target = resolve(url.as_bytes(), &base, &mut scratch)?;
    site.service_at(&target).map(|service| service.number.map_or(0, |number| number.get().into()))
}

fn assert_same(site: &Site, urls: &[String]) {
    let browser = agreed(site, urls);
    let known = browser.iter().filter(|found| found.is_some()).count();
    assert!(known * 4 > urls.len() && known * 20 < urls.len() * 19, "{known} of {} are known", urls.len());
}

/// What both say. A hash may take a host that no rule is about for one that is known, once in 100,000 hosts: no more than that
/// by far, and nothing the other way round.
fn agreed(site: &Site, urls: &[String]) -> Vec<Option<u64>> {
    let browser = in_node(site, urls);
    assert_eq!(browser.len(), urls.len());
    let mut mistaken = Vec::new();
    for (url, browser) in urls.iter().zip(&browser) {
        match on_server(site, url) {
            None if browser.is_some() => mistaken.push(url),
            server => assert_eq!(server, *browser, "{url}"),
        }
    }
    assert!(mistaken.len() <= urls.len() / 10_000, "{mistaken:?}");
    browser
}

/// URLs about the site's rules: the rules themselves, and what is one step beside them.
fn urls_near(site: &Site, random: &mut Random, count: usize) -> Vec<String> {
    let references: Vec<String> =
        site.every_service().flat_map(|s| s.hosts.iter().chain(&s.paths)).map(|rule| rule.to_string()).collect();
    let pick = |from: &[&str], random: &mut Random| from[random.below(from.len())].to_owned();
    let mut urls = Vec::new();
    while urls.len() < count {
        let rule = references[random.below(references.len())].trim_start_matches('=').replace("*/", "any/");
        let other = &references[random.below(references.len())];
        let (host, path) = match rule.find('/') {
            Some(0) => ("shop.example".to_owned(), rule.clone()),
            Some(at) => (rule[..at].to_owned(), rule[at..].to_owned()),
            None if rule.starts_with("any/") => ("shop.example".to_owned(), format!("/{rule}")),
            None => (rule, "/".to_owned()),
        };
        let path = path.replace('*', &pick(&["", "x", "/", "-1"], random));
        let path = if random.below(3) == 0 { format!("/{}", other.trim_start_matches(['*', '/', '='])) } else { path };
        let mut url = pick(&["https://", "http://", "HTTPS://", "wss://"], random);
        url.push_str(&pick(&["", "", "", "www.", "x.y.", "x", "u:p@"], random));
        url.push_str(&host);
        url.push_str(&pick(&["", "", "", ".", ":8080", ".org"], random));
        url.push_str(&pick(&["", "", "/deep/er"], random));
        url.push_str(&path);
        url.push_str(&pick(&["", "", "?", "?id=G-1", "?id=GTM-X", "x", "/x", "#f", "?a=1#?id=", "&v=2"], random));
        urls.push(url);
    }
    urls
}

#[test]
fn the_browser_judges_as_the_server_does() {
    let mut random = Random::new();
    println!("CONSENTRY_SEED={}", random.0);
    for site in [site(""), site(OWN)] {
        assert_same(&site, &urls_near(&site, &mut random, 20_000));
    }
}

#[test]
fn near_rules_are_told_apart() {
    let site = site(OWN);
    let paths =
        ["/", "/x", "/xx", "/x/", "/x/y", "/x/yz", "/z", "/one", "/one/two", "/one/twofold", "/one/tw", "/one/tw/"];
    let more = [
        "/one?q",
        "/one?q=1",
        "/four?five",
        "/four?fives",
        "/q/three.js",
        "/three.js?id=X",
        "/five/three.js",
        "/six/seven.js?a",
        "/f.js?k=1",
        "/f.js",
    ];
    let hosts = [
        "a.example",
        "b.a.example",
        "q.b.a.example",
        "x.a.example",
        "c.example",
        "nota.example",
        "localhost",
        "[::1]",
        "10.0.0.1",
        "xn--bcher-kva.example",
        "BÜCHER.example",
        "com",
        "x.com",
        "static.hotjar.com",
        "plain.example",
    ];
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| paths.iter().chain(&more).map(move |path| format!("https://{host}{path}")))
        .collect();
    assert_same(&site, &urls);
}

/// Every rule of the catalogue as it stands, with a sub-domain before it and with more behind it.
#[test]
fn every_rule_of_the_catalogue_is_known_to_the_browser() {
    let site = site("");
    let mut urls = Vec::new();
    for rule in site.every_service().flat_map(|service| service.hosts.iter().chain(&service.paths)) {
        let rule = rule.trim_start_matches('=').replace("*/", "a/");
        let url = match rule.find('/') {
            Some(0) => format!("shop.example{rule}"),
            None if rule.starts_with("a/") => format!("shop.example/{rule}"),
            _ => rule,
        };
        let url = url.trim_end_matches('*');
        urls.extend(["https://", "https://www.", "https://a.b."].map(|before| format!("{before}{url}")));
        urls.push(format!("https://{url}/x/y.js?v=1"));
        urls.push(format!("https://{}", url.replace('/', "x/")));
    }
    let known = agreed(&site, &urls).iter().filter(|found| found.is_some()).count();
    assert!(known > 12_000 && urls.len() > 15_000, "{known} of {}", urls.len());
}

/// Hosts that no rule is about, and the endings that many sites share: none of them may have the hash of one that is known.
#[test]
fn the_browser_takes_no_other_host_for_a_known_one() {
    let site = site("");
    // The same names each time: chance would take one of 10,000 in one run of 20.
    let mut random = Random(1);
    let ends = "com org net de fr it es nl eu io dev shop app co.uk org.uk com.au co.jp co.kr co.in com.br com.mx com.tr co.za co.nz com.cn \
         com.tw com.sg com.ua com.pl com.ar github.io pages.dev vercel.app netlify.app web.app myshopify.com wordpress.com blogspot.com \
         azurewebsites.net herokuapp.com gouv.fr gov.uk ac.uk edu.au";
    let ends: Vec<&str> = ends.split(' ').collect();
    let mut hosts: HashSet<String> = ends.iter().map(|end| format!("shop.{end}")).collect();
    while hosts.len() < 10_000 {
        let mut name = String::new();
        for _ in 0..3 + random.below(12) {
            name.push(char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[random.below(36)]));
        }
        let before = ["", "www.", "cdn."][random.below(3)];
        hosts.insert(format!("{before}{name}.{}", ends[random.below(ends.len())]));
    }
    let urls: Vec<String> = hosts.iter().map(|host| format!("https://{host}/")).collect();
    let browser = in_node(&site, &urls);
    let wrong: Vec<_> =
        urls.iter().zip(&browser).filter(|(url, found)| found.is_some() && on_server(&site, url).is_none()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let shared: Vec<String> = ends.iter().map(|end| format!("https://shop.{end}/")).collect();
    assert_eq!(in_node(&site, &shared), vec![None; shared.len()], "an ending that many sites share");
}

/// A catalogue of the most used entities of a public list, as large as ours is to become.
fn large() -> Option<Arc<Site>> {
    let path = material::shared("data/third-party-web.json")?;
    let all: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut seen = std::collections::HashSet::new();
    let mut text = "format = 1\n".to_owned();
    let mut number = 1000;
    for entity in &all {
        let domains =
            entity["domains"].as_array().unwrap().iter().map(|d| d.as_str().unwrap().trim_start_matches("*."));
        let hosts: Vec<String> =
            domains.filter(|d| seen.insert((*d).to_owned())).take(3).map(|d| format!("{d:?}")).collect();
        if hosts.is_empty() || number == 2500 {
            continue;
        }
        number += 1;
        let category = ["marketing", "statistics", "preferences"][(number - 1001) / 500];
        let _ = write!(
            text,
            "[[service]]\nslug = \"s{number}\"\nnumber = {number}\ncategory = \"{category}\"\nhosts = [{}]\n",
            hosts.join(", ")
        );
    }
    let categories = include_str!("../rules/catalogue/categories.toml");
    let files = [RuleFile::new("catalogue/categories.toml", categories), RuleFile::new("catalogue/large.toml", text)];
    let rules = RuleSet::from_files(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
    let site = Arc::clone(rules.site("shop.example").unwrap());
    assert_eq!(site.services.len(), 1500);
    Some(site)
}

#[test]
fn the_rules_of_1500_services_are_at_most_15_kilobytes() {
    let Some(site) = large() else { return };
    let size = zipped(&site);
    println!("{size} bytes for {} hosts", site.services.iter().map(|s| s.hosts.len()).sum::<usize>());
    assert!(size <= 15_000, "{size}");
}

#[test]
fn the_rules_of_the_built_in_catalogue_are_at_most_15_kilobytes() {
    let site = site("");
    let (size, services) = (zipped(&site), site.every_service().count());
    println!("{size} bytes for {services} services");
    assert!(size <= 15_000, "{size}");
}

/// In gzip as it is sent.
fn zipped(site: &Site) -> usize {
    let zipped = |file: &String| {
        let mut bytes = Vec::new();
        zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, file.as_bytes(), &mut bytes).unwrap();
        bytes.len()
    };
    code(site).iter().map(zipped).sum()
}
