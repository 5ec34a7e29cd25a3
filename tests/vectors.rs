//! The published vectors of the formats that are read so far: each one decodes to its meaning, and what the format
//! writes is written bit for bit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

use consentry::consent::codec::bits::BitReader;
use consentry::consent::codec::didomi::{self, Parts, Statuses};
use consentry::consent::codec::{Format, dastra, detect, fibonacci, onetrust};
use serde_json::Value;

#[path = "common/material.rs"]
#[allow(unreachable_pub)]
mod material;

/// The vectors of one format, or of all; never none.
fn vectors(format: Option<&str>) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(material::shared("spec/vectors.json")?).unwrap();
    let mut all: Vec<Value> = serde_json::from_str(&text).unwrap();
    all.retain(|vector| format.is_none_or(|format| vector["format"] == format));
    assert!(!all.is_empty(), "no vector of {format:?}");
    Some(all)
}

fn value(vector: &Value) -> &str {
    vector["value"].as_str().unwrap()
}

fn deciseconds(text: &Value) -> u64 {
    let format = &time::format_description::well_known::Rfc3339;
    let time = time::OffsetDateTime::parse(text.as_str().unwrap(), format).unwrap();
    u64::try_from(time.unix_timestamp()).unwrap() * 10
}

fn statuses(expected: &Value) -> Statuses {
    let ids = |name: &str| {
        let ids = expected[name].as_array().unwrap().iter();
        ids.map(|id| u16::try_from(id.as_u64().unwrap()).unwrap()).collect::<Vec<_>>()
    };
    Statuses::of(ids("enabled"), ids("disabled"))
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn didomi_strings_mean_what_is_published() {
    let Some(vectors) = vectors(Some("didomi-dcs")) else { return };
    for vector in &vectors {
        let (value, expect) = (value(vector), &vector["expect"]);
        assert_eq!(detect(value.as_bytes()), Some(Format::Didomi));
        let (dcs, log) = didomi::decode_logged(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(u64::from(dcs.form.version()), expect["version"].as_u64().unwrap());
        assert_eq!(hex(dcs.user_id), expect["user_id"].as_str().unwrap().replace('-', ""));
        assert_eq!((dcs.created, dcs.updated), (deciseconds(&expect["created"]), deciseconds(&expect["updated"])));
        assert_eq!(dcs.form.sync(), expect.get("sync").map(deciseconds), "{value}");
        if let didomi::Form::V2 { regulation, .. } = dcs.form {
            assert_eq!(Some(u64::from(regulation)), expect["regulation_id"].as_u64());
        }
        for (found, name) in [
            (&dcs.purposes, "purposes"),
            (&dcs.purposes_li, "purposes_li"),
            (&dcs.vendors, "vendors"),
            (&dcs.vendors_li, "vendors_li"),
        ] {
            assert_eq!(*found, statuses(&expect[name]), "{name} of {value}");
        }
        let parts = Parts::split(value.as_bytes());
        for (part, name) in [(parts.did, "did"), (parts.ouid, "ouid"), (parts.signature, "signature")] {
            assert_eq!(part.map(|part| std::str::from_utf8(part).unwrap()), expect[name].as_str(), "{name} of {value}");
        }
        if let Some(expected) = expect["log"].as_array() {
            let entries = log.iter().map(|entry| serde_json::json!([entry.key, entry.offset, entry.encoder.name()]));
            assert_eq!(entries.collect::<Vec<_>>(), *expected);
        }
        assert_eq!(didomi::encode(&dcs).unwrap().as_bytes(), parts.sections, "written as published");
    }
}

#[test]
fn onetrust_strings_mean_what_is_published_and_are_written_byte_for_byte() {
    let Some(vectors) = vectors(Some("onetrust-otconsentstring")) else { return };
    for vector in &vectors {
        let value = value(vector);
        assert_eq!(detect(value.as_bytes()), Some(Format::OneTrust));
        let decoded = onetrust::decode(value.as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(&decoded).unwrap(), vector["expect"]);
        assert_eq!(onetrust::encode(&decoded).unwrap(), value);
        assert_eq!(decoded.groups().is_some(), vector["expect"].get("groupConsents").is_some());
        assert_eq!(decoded.last_consent(), vector["expect"]["lastConsentDate"].as_u64());
    }
}

#[test]
fn fibonacci_codes_mean_what_is_published() {
    let Some(vectors) = vectors(Some("fibonacci-int-bits")) else { return };
    for vector in &vectors {
        let bits = value(vector);
        let (mut bytes, mut at) = (vec![0_u8; bits.len().div_ceil(8)], 0);
        for bit in bits.bytes() {
            bytes[at / 8] |= (bit - b'0') << (7 - at % 8);
            at += 1;
        }
        let mut reader = BitReader::new(&bytes);
        let read = fibonacci::read(&mut reader).filter(|_| reader.position() == bits.len());
        assert_eq!(read.map(u64::from), vector["expect"]["value"].as_u64(), "{bits}");
    }
}

/// Strings of other formats share names, alphabets and first letters with ours (a TCF string starts with `C` like a
/// consent string of version 2): none of them is read as one.
#[test]
fn values_of_other_formats_are_not_taken_for_ours() {
    let Some(vectors) = vectors(None) else { return };
    let mut others = 0;
    for vector in &vectors {
        let (format, value) = (vector["format"].as_str().unwrap(), value(vector));
        if !["didomi-dcs", "onetrust-otconsentstring"].contains(&format) {
            others += 1;
            assert!(didomi::decode(value.as_bytes()).is_err(), "{format}: {value}");
            let read = onetrust::decode(value.as_bytes());
            assert!(read.is_err() || read.unwrap().groups().is_none(), "{format}: {value}");
            let shape = detect(value.as_bytes());
            assert!(!matches!(shape, Some(Format::Didomi | Format::OneTrust)), "{format}: {value}");
            // Any JSON object reads like Dastra's; its shape says better whose it is.
            assert!(dastra::decode(value.as_bytes()).is_err() || shape.is_some(), "{format}: {value}");
        }
    }
    assert!(others > 100, "{others} vectors of other formats");
}

/// What each format's values are known as, without their cookies' names.
const SHAPES: [(&str, Format); 14] = [
    ("didomi-dcs", Format::Didomi),
    ("didomi-token", Format::DidomiToken),
    ("onetrust-otconsentstring", Format::OneTrust),
    ("onetrust-optanonconsent", Format::Optanon),
    ("onetrust-alertboxclosed", Format::Optanon),
    ("ac-string", Format::Tcf),
    ("usprivacy", Format::UsPrivacy),
    ("cookiebot", Format::Cookiebot),
    ("cookieyes", Format::CookieYes),
    ("vanilla-cookieconsent", Format::CcCookie),
    ("tarteaucitron", Format::Tarteaucitron),
    ("axeptio", Format::Axeptio),
    ("borlabs", Format::Borlabs),
    ("trustcommander", Format::Commanders),
];

/// Those that no shape tells: Klaro's cookie has Dastra's form, TrustArc's and Complianz' values could be anybody's, as could
/// Axeptio's lists; iubenda's of a visitor who has not answered has no form.
#[test]
fn a_value_is_known_by_its_shape() {
    let mut known = 0;
    for (format, expected) in SHAPES {
        for vector in vectors(Some(format)).unwrap_or_default() {
            let value = value(&vector);
            // A string that is no value of its format has no shape of it either.
            if vector["expect"].get("valid") == Some(&Value::Bool(false)) || vector["expect"].get("error").is_some() {
                continue;
            }
            assert_eq!(detect(value.as_bytes()), Some(expected), "{format}: {value}");
            known += 1;
        }
    }
    assert!(known > 40 || vectors(None).is_none(), "{known}");
    for vector in vectors(Some("klaro")).unwrap_or_default() {
        assert_eq!(detect(value(&vector).as_bytes()), Some(Format::Dastra));
    }
}
