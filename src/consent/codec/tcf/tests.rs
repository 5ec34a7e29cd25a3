//! What can go wrong with a TC string.

use super::super::base64::{self, Base64Error};
use super::super::bits::BitWriter;
use super::super::ids::IdSet;
use super::super::numbers::Numbers;
use super::*;
use proptest::prelude::*;

/// 1 January 2025, in tenths of seconds.
const NOW: u64 = 17_356_896_000;

fn head() -> Head {
    Head {
        created: NOW,
        last_updated: NOW,
        cmp_id: 7,
        cmp_version: 1,
        consent_screen: 1,
        consent_language: Letters::new("en").unwrap(),
        vendor_list_version: 100,
        policy_version: 5,
        is_service_specific: true,
        purposes: Numbers::from_iter([1, 2, 7, 24]),
        publisher_country: Letters::new("FR").unwrap(),
        ..Head::default()
    }
}

fn set(ids: impl IntoIterator<Item = u16>) -> IdSet {
    ids.into_iter().collect()
}

fn restriction(purpose: u8, kind: RestrictionKind, vendors: IdSet) -> Restriction {
    Restriction { purpose, kind, vendors }
}

/// The text of a core: the head of [`head()`], then what `rest` writes.
fn core(rest: impl FnOnce(&mut BitWriter)) -> String {
    let whole = encode(&Tcf { head: head(), ..Tcf::default() }).unwrap();
    let bytes = base64::decode_standard(whole.replace('-', "+").replace('_', "/").as_bytes()).unwrap();
    let mut writer = BitWriter::new();
    bytes.iter().enumerate().take(27).for_each(|(at, byte)| {
        let count = if at < 26 { 8 } else { 5 };
        writer.write(u64::from(byte >> (8 - count)), count);
    });
    rest(&mut writer);
    base64::encode_url(&writer.finish(3))
}

fn problem(text: &str) -> (usize, Problem) {
    let error = decode(text.as_bytes()).unwrap_err();
    (error.segment, error.problem)
}

#[test]
fn counts_that_claim_more_than_there_is_are_refused_before_they_are_walked() {
    for claim in [
        // NumEntries 4095 with MaxVendorId 0, then with 65535.
        core(|w| (w.write(1, 17), w.write(4095, 12)).0),
        core(|w| (w.write(0x1ffff, 17), w.write(4095, 12), w.write(1, 17)).0),
        // A bit field of 65535 vendors; 4095 restrictions; one with 4095 ranges.
        core(|w| w.write(0x1fffe, 17)),
        core(|w| (w.write(0, 34), w.write(4095, 12)).0),
        core(|w| (w.write(0, 34), w.write(1, 12), w.write(4, 8), w.write(4095, 12)).0),
    ] {
        let claim = if claim.len() < 44 { format!("{claim:A<44}") } else { claim };
        assert_eq!(problem(&claim), (0, Problem::Truncated), "{claim}");
        // The purposes do not depend on it.
        assert_eq!(View::read(claim.as_bytes()).unwrap().head, head());
    }
}

#[test]
fn ranges_outside_of_the_list_are_refused() {
    let list = |max: u64, first: u64, last: u64| {
        core(|w| (w.write(max << 1 | 1, 17), w.write(1, 12), w.flag(true), w.write(first, 16), w.write(last, 16)).0)
    };
    assert_eq!(decode(format!("{}AAAAAAAA", list(9, 3, 9)).as_bytes()).unwrap().vendors, set(3..=9));
    for (max, first, last) in [(0, 1, 1), (9, 3, 10), (9, 0, 3), (9, 4, 3), (0, 0, 0)] {
        assert_eq!(
            problem(&format!("{}AAAAAAAA", list(max, first, last))),
            (0, Problem::Range),
            "{max} {first} {last}"
        );
    }
    let zero = core(|w| (w.write(0, 34), w.write(1, 12), w.write(0, 8), w.write(0, 12)).0);
    assert_eq!(problem(&zero), (0, Problem::Purpose));
}

#[test]
fn a_policy_that_was_not_valid_any_more_is_refused() {
    let made = |created, last_updated, policy_version| {
        let value = Tcf { head: Head { created, last_updated, policy_version, ..head() }, ..Tcf::default() };
        View::read(encode(&value).unwrap().as_bytes())
            .map(|view| view.head.policy_version)
            .map_err(|error| error.problem)
    };
    let (before, after) = (16_961_183_999, 16_961_184_000);
    assert_eq!((made(before, before, 2), made(after, after, 4)), (Ok(2), Ok(4)));
    assert_eq!(made(after, after, 3), Err(Problem::OutdatedPolicy(3)));
    assert_eq!(made(before, after, 2), Err(Problem::OutdatedPolicy(2)));
}

#[test]
fn a_fault_behind_the_fixed_part_costs_the_vendors_and_not_the_purposes() {
    let whole = encode(&Tcf { head: head(), vendors: set([2, 900]), ..Tcf::default() }).unwrap();
    for (fault, expected) in [
        (
            format!("{}!", &whole[..whole.len() - 1]),
            (0, Problem::Base64(Base64Error::Byte { offset: whole.len() - 1, byte: b'!' })),
        ),
        (format!("{whole}."), (1, Problem::Truncated)),
        (format!("{whole}.IAAA.IAAA"), (2, Problem::SecondSegment(1))),
        (format!("{whole}.IAAA.YAAAAAAAAAA.YAAAAAAAAAA"), (3, Problem::SecondSegment(3))),
        (format!("{whole}.gAAA"), (1, Problem::SegmentType(4))),
        (format!("{whole}.AAAA"), (1, Problem::SegmentType(0))),
        (format!("{whole}.IAAB"), (1, Problem::Trailing)),
        (format!("{whole}.IAAAA"), (1, Problem::Base64(Base64Error::Length(5)))),
        (format!("{whole}B"), (0, Problem::Base64(Base64Error::Length(whole.len() + 1)))),
        (format!("{whole}AAAB"), (0, Problem::Trailing)),
    ] {
        assert_eq!(problem(&fault), expected, "{fault}");
        assert_eq!(View::read(fault.as_bytes()).unwrap().head.purposes, head().purposes);
    }
    // Nearer to the start it costs everything.
    for at in 0..44 {
        let mut fault = whole.clone().into_bytes();
        fault[at] = b'.';
        assert!(View::read(&fault).is_err());
        assert!(View::read(&whole.as_bytes()[..at]).is_err());
    }
    assert_eq!(View::read(&[b'C'; MAX_LEN + 1]).unwrap_err().problem, Problem::TooLong(MAX_LEN + 1));
    assert_eq!(problem(&whole.replacen('C', "B", 1)), (0, Problem::Version(1)));
}

#[test]
fn p100_padding_is_taken_where_it_is_the_only_possible_one() {
    let whole = encode(&Tcf { head: head(), ..Tcf::default() }).unwrap();
    let publisher = Some(PublisherTc::default());
    for (segment, read) in
        [("YAAAAAAAAAA", true), ("YAAAAAAAAAA=", true), ("YAAAAAAAAAA==", false), ("YAAAAAAAAAAA=", false)]
    {
        let text = format!("{whole}.{segment}");
        let found = decode(text.as_bytes()).map(|tcf| tcf.publisher);
        assert_eq!(found.ok(), read.then_some(publisher), "{text}");
    }
}

#[test]
fn restrictions_bar_a_vendor_from_a_purpose() {
    use RestrictionKind::{NotAllowed, RequireConsent, RequireLegitimateInterest, Undefined};
    let value = Tcf {
        head: head(),
        vendors: set(1..=9),
        restrictions: vec![
            restriction(2, NotAllowed, set([1])),
            restriction(2, RequireConsent, set([2])),
            restriction(2, RequireLegitimateInterest, set([3])),
            restriction(2, Undefined, set([4])),
            restriction(7, NotAllowed, set([5])),
        ],
        disclosed: Some(set([1, 2, 3, 4, 5, 7, 10])),
        ..Tcf::default()
    };
    let text = encode(&value).unwrap();
    let view = View::read(text.as_bytes()).unwrap();
    let segments = view.vendors().unwrap();
    let may = |vendor: u16, purposes: &[u8]| {
        segments.vendor(vendor).consents_to(purposes.iter().copied().collect(), &view.head)
    };
    assert_eq!([1, 2, 3, 4, 5, 7].map(|vendor| may(vendor, &[1, 2])), [false, true, false, false, true, true]);
    assert_eq!((may(5, &[1, 7]), may(7, &[1, 7]), may(7, &[1, 3])), (false, true, false));
    assert!(!may(6, &[1]), "not among the disclosed vendors");
    assert!(!may(10, &[1]), "disclosed, but without consent");
    assert!(segments.vendor(3).restricted.require_legitimate_interest.contains(2));
    assert!(!value.lacks_disclosed_vendors() && Tcf { disclosed: None, ..value }.lacks_disclosed_vendors());
}

#[test]
fn the_shorter_form_of_a_list_is_written() {
    let length = |vendors: IdSet| encode(&Tcf { head: head(), vendors, ..Tcf::default() }).unwrap().len();
    assert_eq!((length(set(1..=60_000)), length(set([1, 3]))), (52, 44));
    assert!(length(set((1..=838).filter(|id| id % 3 > 0))) < 44 + 838 / 6 + 8);
    let scattered = set((0..5000).map(|at| 1 + at * 13));
    assert_eq!(encode(&Tcf { head: head(), vendors: scattered, ..Tcf::default() }), Err(EncodeError::TooLong));
}

#[test]
fn what_no_string_can_say_is_not_written() {
    let refused = |value: Tcf| encode(&value).unwrap_err();
    let with = |head: Head| Tcf { head, ..Tcf::default() };
    assert_eq!(refused(with(Head { created: 1 << 36, ..head() })), EncodeError::Field("created"));
    assert_eq!(refused(with(Head { cmp_id: 4096, ..head() })), EncodeError::Field("cmp_id"));
    assert_eq!(refused(with(Head { purposes: Numbers::of(25), ..head() })), EncodeError::Field("purposes"));
    let list = Tcf { vendors: set([0, 5]), ..with(head()) };
    assert_eq!(refused(list), EncodeError::Field("vendors"));
    let purpose = Tcf { restrictions: vec![restriction(0, RestrictionKind::NotAllowed, set([1]))], ..with(head()) };
    assert_eq!(refused(purpose), EncodeError::Field("restrictions"));
    let custom = PublisherTc { custom_count: 1, custom: Numbers::of(2), ..PublisherTc::default() };
    assert_eq!(refused(Tcf { publisher: Some(custom), ..with(head()) }), EncodeError::Field("publisher.custom"));
}

#[test]
fn letters_are_letters() {
    assert_eq!(Letters::new("fr").unwrap().to_string(), "FR");
    assert_eq!((Letters::new("f"), Letters::new("é"), Letters::from_bits(4096)), (None, None, None));
    assert_eq!(Letters::from_bits(0x1a << 6).unwrap().to_string(), "?A");
}

fn id_sets() -> impl Strategy<Value = IdSet> {
    prop::collection::vec((1_u16..2000, 0_u16..60), 0..30).prop_map(|ranges| {
        let mut set = IdSet::new();
        ranges.iter().for_each(|(first, more)| set.insert_range(*first, first + more));
        set
    })
}

fn values() -> impl Strategy<Value = Tcf> {
    let numbers = |count: u32| (0..1_u64 << count).prop_map(Numbers::from_bits);
    let publisher = (numbers(24), numbers(24), 0_u8..=63, any::<(u64, u64)>()).prop_map(
        |(purposes, purposes_li, count, custom)| {
            let within = |bits: u64| Numbers::from_bits(bits & ((1 << count) - 1));
            PublisherTc {
                purposes,
                purposes_li,
                custom_count: count,
                custom: within(custom.0),
                custom_li: within(custom.1),
            }
        },
    );
    let fields = (
        0_u64..1 << 36,
        0_u64..1 << 36,
        4_u8..64,
        numbers(24),
        numbers(24),
        numbers(12),
        0_u16..4096,
        any::<[bool; 3]>(),
    );
    let restrictions = prop::collection::vec((1_u8..64, id_sets()), 0..4);
    let lists = (id_sets(), id_sets(), prop::option::of(id_sets()), prop::option::of(id_sets()));
    (fields, lists, restrictions, prop::option::of(publisher)).prop_map(|(h, lists, restrictions, publisher)| Tcf {
        head: Head {
            created: h.0,
            last_updated: h.1,
            policy_version: h.2,
            purposes: h.3,
            purposes_li: h.4,
            special_features: h.5,
            vendor_list_version: h.6,
            cmp_id: h.6 ^ 5,
            consent_language: Letters::from_bits(h.6).unwrap(),
            is_service_specific: h.7[0],
            use_non_standard_texts: h.7[1],
            purpose_one_treatment: h.7[2],
            ..head()
        },
        vendors: lists.0,
        vendors_li: lists.1,
        disclosed: lists.2,
        allowed: lists.3,
        restrictions: restrictions.into_iter().map(|(at, vendors)| restriction(at, kind(at), vendors)).collect(),
        publisher,
    })
}

fn kind(at: u8) -> RestrictionKind {
    use RestrictionKind::{NotAllowed, RequireConsent, RequireLegitimateInterest, Undefined};
    [NotAllowed, RequireConsent, RequireLegitimateInterest, Undefined][usize::from(at % 4)]
}

proptest! {
    #[test]
    fn every_value_comes_back(value in values()) {
        let text = encode(&value).unwrap();
        prop_assert_eq!(decode(text.as_bytes()), Ok(value));
    }

    #[test]
    fn any_bytes_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_tcf(&data);
    }

    #[test]
    fn damaged_strings_are_read_or_refused(value in values(), at in 0_usize..400, byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = encode(&value).unwrap().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        text.truncate(if cut { at } else { text.len() });
        fuzz_tcf(&text);
    }
}
