//! The same strings through another decoder, `iab_gpp`: production strings, and values that we write.
//!
//! Where it is known to be wrong it is not asked: it reads publisher restrictions with a MaxVendorId that they do not have,
//! takes the value 3 of a field for "not applicable", and loses count in headers of three sections and more.

use super::material;
use consentry::consent::codec::gpp::{self, Gpp, Section, UsSection};
use consentry::consent::codec::ids::IdSet;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::tcf::{self, Head, Letters, PublisherTc, Tcf};
use iab_gpp::sections::tcfeuv2::TcfEuV2;
use iab_gpp::v1::GPPString;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

fn europe(text: &str) -> TcfEuV2 {
    GPPString::parse_str(&format!("DBABM~{text}")).unwrap().decode::<TcfEuV2>().unwrap()
}

fn ids(set: &IdSet) -> BTreeSet<u16> {
    set.iter().collect()
}

fn numbers(set: Numbers) -> BTreeSet<u16> {
    set.iter().map(u16::from).collect()
}

fn assert_same(text: &str, ours: &Tcf) {
    let (head, theirs) = (&ours.head, europe(text));
    let core = &theirs.core;
    assert_eq!((core.created, core.last_updated), (head.created / 10, head.last_updated / 10), "{text}");
    assert_eq!((core.cmp_id, core.cmp_version), (head.cmp_id, head.cmp_version), "{text}");
    assert_eq!(core.consent_screen, head.consent_screen, "{text}");
    assert_eq!(core.consent_language, head.consent_language.to_string(), "{text}");
    assert_eq!(core.vendor_list_version, head.vendor_list_version, "{text}");
    assert_eq!(core.policy_version, head.policy_version, "{text}");
    assert_eq!(core.is_service_specific, head.is_service_specific, "{text}");
    assert_eq!(core.use_non_standard_stacks, head.use_non_standard_texts, "{text}");
    assert_eq!(core.special_feature_optins, numbers(head.special_features), "{text}");
    assert_eq!(core.purpose_consents, numbers(head.purposes), "{text}");
    assert_eq!(core.purpose_legitimate_interests, numbers(head.purposes_li), "{text}");
    assert_eq!(core.purpose_one_treatment, head.purpose_one_treatment, "{text}");
    assert_eq!(core.publisher_country_code, head.publisher_country.to_string(), "{text}");
    assert_eq!(core.vendor_consents, ids(&ours.vendors), "{text}");
    assert_eq!(core.vendor_legitimate_interests, ids(&ours.vendors_li), "{text}");
    assert_eq!(theirs.disclosed_vendors, ours.disclosed.as_ref().map(ids), "{text}");
    assert_eq!(theirs.allowed_vendors, ours.allowed.as_ref().map(ids), "{text}");
    let publisher = theirs.publisher_purposes.map(|found| {
        [found.consents, found.legitimate_interests, found.custom_consents, found.custom_legitimate_interests]
    });
    let ours = ours.publisher.map(|p| [p.purposes, p.purposes_li, p.custom, p.custom_li].map(numbers));
    assert_eq!(publisher, ours, "{text}");
}

#[test]
fn production_strings_are_read_alike() {
    let Some(path) = material::shared("data/tcf-golden.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut compared = 0;
    for line in text.lines() {
        let golden: Value = serde_json::from_str(line).unwrap();
        let value = golden["tc"].as_str().unwrap();
        let ours = tcf::decode(value.as_bytes()).unwrap();
        if ours.restrictions.is_empty() {
            assert_same(value, &ours);
            compared += 1;
        }
    }
    assert_eq!(compared, 341, "those of 512 without restrictions");
}

fn id_sets() -> impl Strategy<Value = IdSet> {
    prop::collection::vec((1_u16..1500, 0_u16..40), 0..20).prop_map(|ranges| {
        let mut set = IdSet::new();
        ranges.iter().for_each(|(first, more)| set.insert_range(*first, first + more));
        set
    })
}

fn strings() -> impl Strategy<Value = Tcf> {
    let set = |count: u32| (0..1_u64 << count).prop_map(Numbers::from_bits);
    let publisher = (set(24), set(24), set(7), set(7)).prop_map(|(purposes, purposes_li, custom, custom_li)| {
        PublisherTc { purposes, purposes_li, custom_count: 7, custom, custom_li }
    });
    let lists = (id_sets(), id_sets(), prop::option::of(id_sets()), prop::option::of(id_sets()));
    let head = (0_u64..1 << 36, set(24), set(24), set(12), 0_u16..4096, "[A-Z]{2}", any::<[bool; 3]>());
    (head, lists, prop::option::of(publisher)).prop_map(|(head, lists, publisher)| {
        let (created, purposes, purposes_li, special_features, number, letters, flags) = head;
        let head = Head {
            created,
            last_updated: created ^ 77,
            cmp_id: number,
            cmp_version: number ^ 4095,
            consent_screen: u8::try_from(number >> 6).unwrap(),
            consent_language: Letters::new(&letters).unwrap(),
            vendor_list_version: number ^ 1365,
            policy_version: 5,
            is_service_specific: flags[0],
            use_non_standard_texts: flags[1],
            special_features,
            purposes,
            purposes_li,
            purpose_one_treatment: flags[2],
            publisher_country: Letters::new(&letters.chars().rev().collect::<String>()).unwrap(),
        };
        let (vendors, vendors_li, disclosed, allowed) = lists;
        Tcf { head, vendors, vendors_li, restrictions: Vec::new(), disclosed, allowed, publisher }
    })
}

/// The numbers of another decoder's value, in the order of the string.
fn flat(value: &Value, found: &mut Vec<u8>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| flat(member, found)),
        Value::Bool(yes) => found.push(2 - u8::from(*yes)),
        Value::String(name) => found.push(match name.as_str() {
            "NotApplicable" => 0,
            "Provided" | "OptedOut" | "NoConsent" | "Yes" => 1,
            "NotProvided" | "DidNotOptOut" | "Consent" | "No" => 2,
            other => panic!("no value {other}"),
        }),
        other => panic!("no value {other}"),
    }
}

/// Sections that the other decoder reads, in each version; the member that it takes for a yes or no is one.
fn states() -> impl Strategy<Value = UsSection> {
    let layouts = (7..=23).flat_map(gpp::layouts).collect::<Vec<_>>();
    let layout = prop::sample::select(layouts);
    (layout, prop::collection::vec(0_u8..3, 40), prop::option::of(any::<bool>()), 1_u8..3).prop_map(
        |(layout, mut values, gpc, covered)| {
            values.truncate(layout.length());
            let at = values.len() - 3;
            values[at] = covered;
            UsSection { layout, values, gpc: gpc.filter(|_| layout.part == gpp::Part::Gpc), sensitive: None }
        },
    )
}

proptest! {
    #[test]
    fn tc_strings_that_we_write_are_read_alike(value in strings()) {
        assert_same(&tcf::encode(&value).unwrap(), &value);
    }

    #[test]
    fn sections_of_the_states_that_we_write_are_read_alike(section in states()) {
        let text = gpp::encode(&Gpp { sections: vec![Section::Us(section.clone())] }).unwrap();
        let theirs = GPPString::parse_str(&text).unwrap().decode_all_sections().remove(0).unwrap();
        let theirs = serde_json::to_value(&theirs).unwrap();
        let members = theirs.as_object().unwrap().values().next().unwrap();
        let mut values = Vec::new();
        flat(&members["core"], &mut values);
        prop_assert_eq!(values, section.values, "{}", text);
        let gpc = members.get("gpc").and_then(Value::as_bool);
        prop_assert_eq!(gpc, section.gpc, "{}", text);
    }
}
