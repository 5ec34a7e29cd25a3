//! The samples of the consent tools' cookies, real ones: each is read whole, the path of a request says the same, and
//! what is no answer is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

use consentry::consent::codec::answers::{Head, Name};
use consentry::consent::codec::value_error::ValueError;
use consentry::consent::codec::{
    axeptio, borlabs, cc_cookie, commanders, complianz, cookiebot, cookieyes, didomi_token, instant, iubenda, klaro,
    optanon, tarteaucitron, trustarc,
};
use serde_json::{Value, json};

#[path = "common/material.rs"]
#[allow(unreachable_pub)]
mod material;

/// The samples of one format, never none, each with its value and what it means.
fn samples(format: &str) -> Vec<(String, Value)> {
    let Some(path) = material::shared("spec/vectors.json") else { return Vec::new() };
    let all: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of_format = all.into_iter().filter(|vector| vector["format"] == format);
    let samples: Vec<_> =
        of_format.map(|vector| (vector["value"].as_str().unwrap().to_owned(), vector["expect"].clone())).collect();
    assert!(!samples.is_empty(), "no sample of {format}");
    samples
}

/// Groups and services in the order in which a scan gives them.
#[derive(Debug, Default, PartialEq)]
struct Found {
    groups: Vec<(String, bool)>,
    services: Vec<(String, bool)>,
}

impl Found {
    fn take(&mut self, name: Name<'_>, granted: bool) {
        match name {
            Name::Group(name) => self.groups.push((name.to_owned(), granted)),
            Name::Service(name) => self.services.push((name.to_owned(), granted)),
        }
    }
}

type Scan = fn(&[u8], &mut dyn FnMut(Name<'_>, bool)) -> Result<Head, ValueError>;

fn scanned(scan: Scan, value: &str) -> (Head, Found) {
    let mut found = Found::default();
    let head = scan(value.as_bytes(), &mut |name, granted| found.take(name, granted));
    (head.unwrap_or_else(|error| panic!("{value}: {error}")), found)
}

/// Everything that is expected is there; `*` is anything.
fn assert_has(found: &Value, expect: &Value) {
    for (name, value) in expect.as_object().unwrap() {
        let there = found.get(name).unwrap_or_else(|| panic!("no {name} in {found}"));
        if value.is_object() {
            assert_has(there, value);
        } else if value != "*" {
            assert_eq!(there, value, "{name}");
        }
    }
}

fn owned(answers: &[(&str, bool)]) -> Vec<(String, bool)> {
    answers.iter().map(|(name, granted)| ((*name).to_owned(), *granted)).collect()
}

/// The members of an object whose values are `yes` or something else.
fn answers(object: &Value, names: &[&str], yes: &Value) -> Vec<(String, bool)> {
    let object = object.as_object().unwrap().iter();
    object
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value == yes))
        .collect()
}

fn sorted(mut answers: Vec<(String, bool)>) -> Vec<(String, bool)> {
    answers.sort();
    answers
}

fn millis(text: &Value) -> Option<u64> {
    instant::iso8601(text.as_str()?.as_bytes())
}

#[test]
fn optanon_consent() {
    for (value, expect) in samples("onetrust-optanonconsent") {
        assert!(optanon::is_shape(value.as_bytes()));
        let whole = optanon::decode(value.as_bytes()).unwrap();
        assert_eq!(optanon::encode(&whole), value, "written byte for byte");
        let groups: Vec<_> = expect["groups"].as_object().unwrap().iter().map(|(n, s)| (n.clone(), s == 1)).collect();
        assert_eq!(whole.groups().as_slice(), groups);
        for name in ["isGpcEnabled", "landingPath", "version", "datestamp"] {
            assert_eq!(whole.get(name), expect[name].as_str(), "{name}");
        }
        assert_eq!(
            whole.get("interactionCount").map(|count| count.parse::<u64>().unwrap()),
            expect["interactionCount"].as_u64()
        );
        assert_eq!(whole.hosts().iter().count() as u64, expect["hosts_count"].as_u64().unwrap());
        assert!(whole.written().is_some_and(|at| at > 1_600_000_000_000));

        let (head, found) = scanned(|value, sink| optanon::scan(value, sink).map(|trust| trust.head(None)), &value);
        assert_eq!(found.groups, groups);
        assert_eq!(head.answered, expect["landingPath"] == "NotLandingPage", "{value}");
        assert_eq!(head.updated, None);
    }
}

#[test]
fn optanon_alert_box_closed() {
    for (value, expect) in samples("onetrust-alertboxclosed") {
        let at = optanon::closed(value.as_bytes()).unwrap();
        assert_eq!(Some(at), millis(&expect["answered_at"]));
        assert_eq!(instant::write_iso8601(at), value);
    }
}

#[test]
fn cookiebot() {
    for (value, expect) in samples("cookiebot") {
        assert!(cookiebot::is_shape(value.as_bytes()));
        let whole = cookiebot::decode(value.as_bytes()).unwrap();
        let members = whole.members().iter().map(|(name, value)| {
            let value = match value {
                cookiebot::Literal::Bool(value) => json!(value),
                cookiebot::Literal::Number(value) => json!(value),
                cookiebot::Literal::Text(value) => json!(value),
            };
            (name.clone(), value)
        });
        assert_has(&members.collect(), &expect);
        assert_eq!(cookiebot::encode(&whole), value.replace('\'', "%27").replace(',', "%2C"), "written byte for byte");

        let (head, found) = scanned(|value, sink| cookiebot::scan(value, sink), &value);
        assert_eq!(found.groups, answers(&expect, &cookiebot::CATEGORIES, &json!(true)));
        assert_eq!((head.answered, head.updated), (expect["method"] == "explicit", expect["utc"].as_u64()));
    }
}

#[test]
fn cookieyes() {
    for (value, expect) in samples("cookieyes") {
        assert!(cookieyes::is_shape(value.as_bytes()));
        let whole = cookieyes::decode(value.as_bytes()).unwrap();
        assert_has(&whole.members().iter().map(|(name, value)| (name.clone(), json!(value))).collect(), &expect);
        assert_eq!(cookieyes::encode(&whole), value);

        let (head, found) = scanned(|value, sink| cookieyes::scan(value, sink), &value);
        let categories = ["necessary", "functional", "analytics", "performance", "advertisement", "other"];
        assert_eq!(found.groups, answers(&expect, &categories, &json!("yes")));
        assert_eq!(head.answered, expect["action"] == "yes");
    }
}

#[test]
fn complianz() {
    for (value, expect) in samples("complianz") {
        // One of the samples was typed with commas between its cookies.
        let cookies = || value.split(';').filter_map(|pair| pair.trim_matches([' ', ',']).split_once('='));
        let bytes = || cookies().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let mut found = Found::default();
        let head = complianz::scan(bytes(), complianz::PREFIX, |name, granted| found.take(name, granted)).unwrap();
        assert!(head.answered);
        assert_eq!(sorted(found.groups), sorted(answers(&expect, &complianz::CATEGORIES, &json!("allow"))));

        let whole = complianz::decode(bytes(), complianz::PREFIX).unwrap();
        assert_has(&whole.cookies().iter().map(|(name, value)| (name.clone(), json!(value))).collect(), &expect);
        assert_eq!(head.revision, whole.get("policy_id").map(|id| id.parse().unwrap()));
        let written = complianz::encode(&whole, "cmplz_");
        assert!(written.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(cookies()));
    }
}

#[test]
fn klaro() {
    for (value, expect) in samples("klaro") {
        assert!(klaro::is_shape(value.as_bytes()));
        let whole = klaro::decode(value.as_bytes()).unwrap();
        assert_eq!(whole.services.iter().map(|(name, yes)| (name.to_owned(), json!(yes))).collect::<Value>(), expect);
        assert_eq!(klaro::encode(&whole), value, "written byte for byte");
        let (head, found) = scanned(|value, sink| klaro::scan(value, sink), &value);
        assert!(head.answered);
        assert_eq!(found.services, whole.services.as_slice());
    }
}

#[test]
fn cc_cookie() {
    for (value, expect) in samples("vanilla-cookieconsent") {
        assert!(cc_cookie::is_shape(value.as_bytes()));
        let whole = cc_cookie::decode(value.as_bytes()).unwrap();
        assert_has(&Value::Object(whole.members().clone()), &expect);
        assert_eq!(cc_cookie::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| cc_cookie::scan(value, sink), &value);
        assert!(head.answered && found.services.is_empty());
        assert_eq!(found.groups.iter().map(|(name, _)| json!(name)).collect::<Value>(), expect["categories"]);
        assert!(found.groups.iter().all(|(_, granted)| *granted));
        assert_eq!(
            (head.updated, head.expires),
            (millis(&expect["lastConsentTimestamp"]), expect["expirationTime"].as_u64())
        );
        assert_eq!((head.revision, head.rest), (expect["revision"].as_i64(), Some(false)));
    }
}

#[test]
fn tarteaucitron() {
    for (value, expect) in samples("tarteaucitron") {
        assert!(tarteaucitron::is_shape(value.as_bytes()));
        let whole = tarteaucitron::decode(value.as_bytes()).unwrap();
        assert_has(&whole.members().iter().map(|(name, value)| (name.clone(), json!(value))).collect(), &expect);
        assert_eq!(tarteaucitron::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| tarteaucitron::scan(value, sink), &value);
        let values = || expect.as_object().unwrap().values();
        assert_eq!(head.answered, values().any(|value| value == "true" || value == "false"), "{value}");
        assert_eq!(found.services.iter().filter(|(_, yes)| *yes).count(), values().filter(|v| *v == "true").count());
    }
}

#[test]
fn axeptio() {
    for (value, expect) in samples("axeptio") {
        assert!(axeptio::is_shape(value.as_bytes()));
        let whole = axeptio::decode(value.as_bytes()).unwrap();
        assert_has(&Value::Object(whole.members().clone()), &expect);
        assert_eq!(axeptio::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| axeptio::scan(value, sink), &value);
        assert_eq!((head.answered, head.updated), (expect["$$completed"] == true, millis(&expect["$$date"])));
        let vendors = expect.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("$$"));
        assert_eq!(found.services, vendors.map(|(name, yes)| (name.clone(), *yes == true)).collect::<Vec<_>>());
    }
    for (value, expect) in samples("axeptio-vendors") {
        let mut names = Vec::new();
        axeptio::scan_vendors(value.as_bytes(), |name| names.push(name.to_owned())).unwrap();
        assert_eq!(json!(names), expect["vendors"]);
    }
}

#[test]
fn borlabs() {
    for (value, expect) in samples("borlabs") {
        assert!(borlabs::is_shape(value.as_bytes()));
        let whole = borlabs::decode(value.as_bytes()).unwrap();
        assert_has(&Value::Object(whole.members().clone()), &expect);
        assert_eq!(borlabs::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| borlabs::scan(value, sink), &value);
        assert!(head.answered);
        let groups = expect["consents"].as_object().unwrap();
        assert_eq!(found.groups, groups.iter().map(|(name, _)| (name.clone(), true)).collect::<Vec<_>>());
        let services: Vec<_> = groups.values().flat_map(|list| list.as_array().unwrap()).cloned().collect();
        assert_eq!(found.services.into_iter().map(|(name, _)| json!(name)).collect::<Vec<_>>(), services);
        assert_eq!(instant::write_http_date(head.expires.unwrap()), expect["expires"].as_str().unwrap());
        assert_eq!((head.revision, head.rest), (Some(1), Some(false)));
    }
}

#[test]
fn iubenda() {
    for (value, expect) in samples("iubenda") {
        let whole = iubenda::decode(value.as_bytes()).unwrap();
        assert_has(&Value::Object(whole.members().clone()), &expect);
        assert_eq!(iubenda::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| iubenda::scan(value, sink), &value);
        let purposes = expect
            .get("purposes")
            .map_or_else(Vec::new, |purposes| answers(purposes, &["1", "2", "3", "4", "5"], &json!(true)));
        assert_eq!(found.groups, purposes);
        assert_eq!(head.rest, expect["consent"].as_bool());
        assert_eq!(head.answered, expect.get("purposes").is_some() || expect.get("consent").is_some());
        assert_eq!(head.updated, millis(&expect["timestamp"]));
        assert_eq!(iubenda::is_shape(value.as_bytes()), head.answered);
    }
}

#[test]
fn trustarc() {
    use trustarc::Cookie;
    for (format, cookie) in [
        ("trustarc-cmapi", Cookie::CmApi),
        ("trustarc-prefs", Cookie::GdprPrefs),
        ("trustarc-level", Cookie::Preferences),
    ] {
        for (value, expect) in samples(format) {
            let numbers =
                |list: &Value| list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>();
            // Counted from 1, whatever the cookie counts from.
            let levels = match cookie {
                Cookie::CmApi => numbers(&expect["permitted"]),
                Cookie::GdprPrefs => numbers(&expect["levels"]).iter().map(|level| level + 1).collect(),
                Cookie::Preferences => (1..=expect["level"].as_u64().unwrap() + 1).collect(),
            };
            let permitted = trustarc::decode(cookie, value.as_bytes()).unwrap();
            assert!(permitted.levels().map(u64::from).eq(levels.iter().copied()), "{value}");
            assert_eq!(trustarc::encode(cookie, permitted), value, "written byte for byte");
            let mut found = Found::default();
            let head = trustarc::scan(cookie, value.as_bytes(), |name, granted| found.take(name, granted)).unwrap();
            assert_eq!((head.answered, head.rest), (true, Some(false)));
            assert_eq!(found.groups, levels.iter().map(|level| (level.to_string(), true)).collect::<Vec<_>>());
        }
    }
}

#[test]
fn commanders() {
    for (value, expect) in samples("trustcommander") {
        assert!(commanders::is_shape(value.as_bytes()));
        let whole = commanders::decode(value.as_bytes()).unwrap();
        assert_eq!(whole.status == commanders::Status::OptIn, expect["optin"].as_bool().unwrap());
        let times = match whole.created_and_expires {
            Some((created, expires)) => format!("{},{created},{expires}", whole.updated),
            None => whole.updated.to_string(),
        };
        let status = expect["status"].as_u64().unwrap().to_string();
        let (categories, locked) = (whole.categories.join(","), whole.locked.join(","));
        let fields = json!([status, whole.version, categories, locked, times, whole.vendors]);
        assert_eq!((fields, &whole.banner), (expect["raw_fields"].clone(), &None));
        assert_eq!(commanders::decode(commanders::encode(&whole).as_bytes()), Ok(whole.clone()));

        let (head, found) = scanned(|value, sink| commanders::scan(value, sink), &value);
        assert_eq!((head.answered, head.updated, head.rest), (true, Some(whole.updated), Some(false)));
        assert_eq!(found.groups, whole.categories.iter().map(|name| (name.clone(), status == "0")).collect::<Vec<_>>());
    }
}

#[test]
fn didomi_token() {
    for (value, expect) in samples("didomi-token") {
        assert!(didomi_token::is_shape(value.as_bytes()));
        let whole = didomi_token::decode(value.as_bytes()).unwrap();
        assert_has(&Value::Object(whole.members().clone()), &expect);
        assert_eq!(didomi_token::encode(&whole), value, "written byte for byte");

        let (head, found) = scanned(|value, sink| didomi_token::scan(value, sink), &value);
        assert_eq!(head.updated, millis(&expect["updated"]));
        assert_eq!(head.answered, expect.get("purposes").is_some());
        for (list, found) in [("purposes", found.groups), ("vendors", found.services)] {
            for (status, granted) in [("enabled", true), ("disabled", false)] {
                let ids: Vec<_> = found.iter().filter(|(_, yes)| *yes == granted).map(|(id, _)| json!(id)).collect();
                assert_eq!(json!(ids), expect[list].get(status).cloned().unwrap_or(json!([])), "{list} {status}");
            }
        }
    }
}

/// A cookie under another tool's name: only Klaro's and Dastra's forms are one, and a value that answers nothing has no
/// shape of its own.
#[test]
fn shapes_tell_the_tools_apart() {
    type Shape = fn(&[u8]) -> bool;
    let shapes: [(&str, Shape); 10] = [
        ("onetrust-optanonconsent", optanon::is_shape),
        ("cookiebot", cookiebot::is_shape),
        ("cookieyes", cookieyes::is_shape),
        ("vanilla-cookieconsent", cc_cookie::is_shape),
        ("tarteaucitron", tarteaucitron::is_shape),
        ("axeptio", axeptio::is_shape),
        ("borlabs", borlabs::is_shape),
        ("iubenda", iubenda::is_shape),
        ("trustcommander", commanders::is_shape),
        ("didomi-token", didomi_token::is_shape),
    ];
    let Some(path) = material::shared("spec/vectors.json") else { return };
    let all: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for vector in &all {
        let (format, value) = (vector["format"].as_str().unwrap(), vector["value"].as_str().unwrap());
        let told: Vec<_> = shapes.iter().filter(|(_, is)| is(value.as_bytes())).map(|(name, _)| *name).collect();
        let want =
            shapes.iter().map(|(name, _)| *name).find(|name| *name == format && value != "%7B%22id%22%3A90483436%7D");
        assert_eq!(told, want.into_iter().collect::<Vec<_>>(), "{format}: {value}");
    }
}

#[test]
fn what_is_no_answer_is_none_in_the_tools_own_words() {
    let cases: [(Scan, &str); 5] = [
        (|v, s| cookieyes::scan(v, s), "consentid:QQ,consent:yes,action:,necessary:yes,analytics:yes"),
        (|v, s| cookiebot::scan(v, s), "{stamp:'-1',necessary:true,marketing:true,method:'implied',utc:1695456095624}"),
        (|v, s| tarteaucitron::scan(v, s), "!gtag=wait!youtube=wait"),
        (|v, s| axeptio::scan(v, s), "{\"$$completed\":false,\"google_analytics\":true}"),
        (|v, s| optanon::scan(v, s).map(|t| t.head(None)), "groups=C0002:1&landingPath=https://example.com/"),
    ];
    for (scan, value) in cases {
        let (head, found) = scanned(scan, value);
        assert!(!head.answered && found != Found::default(), "{value}");
    }
    let (_, found) = scanned(|v, s| klaro::scan(v, s), "{\"a\":true}");
    assert_eq!(found.services, owned(&[("a", true)]));
}
