//! TC strings: the published vectors, and 512 of production.

use super::{expect, material, value, vectors};
use consentry::consent::codec::ids::IdSet;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::tcf::{self, PublisherTc, Tcf, View};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn numbers(set: Numbers) -> Value {
    json!(set.iter().collect::<Vec<_>>())
}

fn ids(set: &IdSet) -> Value {
    json!(set.iter().collect::<Vec<_>>())
}

/// A time as a vector writes it: seconds since 1970, or text.
fn time(deciseconds: u64, expected: &Value) -> Value {
    if expected.is_number() {
        return json!(deciseconds as f64 / 10.0);
    }
    let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(deciseconds / 10).unwrap()).unwrap();
    json!(time.format(&time::format_description::well_known::Rfc3339).unwrap())
}

pub(super) fn head_field(tcf: &Tcf, name: &str, expected: &Value) -> Option<Value> {
    let head = &tcf.head;
    Some(match name {
        "version" => json!(2),
        "created" | "created_epoch" => time(head.created, expected),
        "last_updated" | "last_updated_epoch" => time(head.last_updated, expected),
        "cmp_id" => json!(head.cmp_id),
        "cmp_version" => json!(head.cmp_version),
        "consent_screen" => json!(head.consent_screen),
        "consent_language" => json!(head.consent_language.to_string()),
        "vendor_list_version" => json!(head.vendor_list_version),
        "policy_version" => json!(head.policy_version),
        "is_service_specific" => json!(head.is_service_specific),
        "use_non_standard_stacks" => json!(head.use_non_standard_texts),
        "purpose_one_treatment" => json!(head.purpose_one_treatment),
        "publisher_cc" => json!(head.publisher_country.to_string()),
        "special_feature_optins" => numbers(head.special_features),
        "special_feature_optins_contains" => {
            numbers(Numbers::from_iter(bytes(expected)).without(head.special_features))
        }
        "special_feature_optins_lacks" => json!(head.special_features.intersects(Numbers::from_iter(bytes(expected)))),
        "purpose_consents" => numbers(head.purposes),
        "purpose_legitimate_interests" => numbers(head.purposes_li),
        "purpose_legitimate_interests_first5" => json!(head.purposes_li.iter().filter(|n| *n <= 5).collect::<Vec<_>>()),
        _ => return None,
    })
}

fn bytes(list: &Value) -> Vec<u8> {
    list.as_array().unwrap().iter().map(|number| u8::try_from(number.as_u64().unwrap()).unwrap()).collect()
}

fn field(tcf: &Tcf, name: &str) -> Value {
    let publisher = || tcf.publisher.unwrap_or_else(|| PublisherTc { custom_count: 99, ..PublisherTc::default() });
    match name {
        "vendor_consents" => ids(&tcf.vendors),
        "vendor_legitimate_interests" => ids(&tcf.vendors_li),
        "max_vendor_id_consent" => json!(tcf.vendors.last()),
        "max_vendor_id_legitimate_interest" => json!(tcf.vendors_li.last()),
        "vendors_allowed" => ids(tcf.allowed.as_ref().unwrap()),
        "vendors_disclosed" => ids(tcf.disclosed.as_ref().unwrap()),
        "publisher_consents" => numbers(publisher().purposes),
        "publisher_legitimate_interests" => numbers(publisher().purposes_li),
        "publisher_purposes_consent_count" => json!(publisher().purposes.iter().count()),
        "num_custom_purposes" => json!(publisher().custom_count),
        "publisher_custom_consents" => numbers(publisher().custom),
        "publisher_custom_legitimate_interests" => numbers(publisher().custom_li),
        "publisher_restrictions" => {
            let restrictions = tcf.restrictions.iter();
            let shown =
                |r: &tcf::Restriction| json!({"purpose": r.purpose, "type": r.kind.bits(), "vendors": ids(&r.vendors)});
            json!(restrictions.map(shown).collect::<Vec<_>>())
        }
        other => panic!("nothing compares {other}"),
    }
}

#[test]
fn strings_mean_what_is_published() {
    let Some(vectors) = vectors("tcf2") else { return };
    for vector in &vectors {
        let (value, read) = (value(vector), tcf::decode(value(vector).as_bytes()));
        if vector["expect"]["error"] == true {
            assert!(read.is_err(), "{value}");
            continue;
        }
        let read = read.unwrap_or_else(|error| panic!("{value}: {error}"));
        for (name, expected) in expect(vector) {
            let found = head_field(&read, name, expected).unwrap_or_else(|| field(&read, name));
            let expected = match name {
                "special_feature_optins_contains" => &json!([]),
                "special_feature_optins_lacks" => &json!(false),
                _ => expected,
            };
            assert_eq!(found, *expected, "{name} of {value}");
        }
        the_view_agrees(value, &read);
    }
}

/// One vendor looked up is what the whole value says, and the value comes back from what is written of it.
fn the_view_agrees(value: &str, read: &Tcf) {
    let view = View::read(value.as_bytes()).unwrap();
    let segments = view.vendors().unwrap();
    assert_eq!(view.head, read.head);
    for id in (0..1500).chain([u16::MAX]) {
        let vendor = segments.vendor(id);
        assert_eq!(vendor.consent, read.vendors.contains(id), "{id} of {value}");
        assert_eq!(vendor.legitimate_interest, read.vendors_li.contains(id), "{id} of {value}");
        assert_eq!(vendor.disclosed, read.disclosed.as_ref().map(|set| set.contains(id)), "{id} of {value}");
        let restricted = |kind| {
            let of_kind = read.restrictions.iter().filter(|r| r.kind == kind && r.vendors.contains(id));
            of_kind.map(|r| r.purpose).collect::<Numbers>()
        };
        assert_eq!(vendor.restricted.not_allowed, restricted(tcf::RestrictionKind::NotAllowed), "{id} of {value}");
        assert_eq!(
            vendor.restricted.require_consent,
            restricted(tcf::RestrictionKind::RequireConsent),
            "{id} of {value}"
        );
    }
    let written = tcf::encode(read).unwrap();
    assert_eq!(tcf::decode(written.as_bytes()).as_ref(), Ok(read), "{value}");
}

/// Strings seen in production, with what another decoder read. None of them is an exception.
#[test]
fn production_strings_mean_what_another_decoder_says() {
    let Some(path) = material::shared("data/tcf-golden.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut count, mut flagged, mut same) = (0, 0, 0);
    for line in text.lines() {
        let golden: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        let value = golden["tc"].as_str().unwrap();
        let read = tcf::decode(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
        let found = [
            ("purpose_consents", numbers(read.head.purposes)),
            ("purpose_li", numbers(read.head.purposes_li)),
            ("vendor_consents", ids(&read.vendors)),
            ("vendor_li", ids(&read.vendors_li)),
            ("policy_version", json!(read.head.policy_version)),
            ("created", time(read.head.created, &golden["created"])),
        ];
        for (name, found) in found {
            assert_eq!(found, golden[name], "{name} of {value}");
        }
        assert_eq!(read.head.purposes_li, read.head.valid_purposes_li(), "{value}");
        the_view_agrees(value, &read);
        count += 1;
        flagged += usize::from(read.lacks_disclosed_vendors());
        same += usize::from(tcf::encode(&read).unwrap().trim_end_matches('A') == value.trim_end_matches('A'));
    }
    assert_eq!(count, 512);
    // Nearly all come with policy 5 and without the segment that it makes mandatory: refusing it would refuse them.
    assert_eq!(flagged, 478);
    assert!(same > 450, "{same} of {count} are written as they came, but for padding");
}
