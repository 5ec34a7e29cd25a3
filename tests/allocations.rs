//! What the path of a request allocates while it reads consent: nothing, for the published strings, for our own cookie
//! among nineteen others, and for the IAB's strings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

use consentry::consent::codec::complianz;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::onetrust;
use consentry::consent::codec::signature::Keyring;
use consentry::consent::codec::{Format, ac, gpp, tcf, us_privacy};
use consentry::consent::formats::Answered;
use consentry::consent::mapping::{IdMap, Mapping, SourceRule};
use consentry::consent::own::{self, OwnAnswer};
use consentry::consent::reader::{Input, Reader};
use consentry::consent::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber, Source, formats};

#[path = "common/tools.rs"]
#[allow(unreachable_pub)]
mod tools;

const PUBLISHED: [&str; 3] = [
    "BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsCABFKVEACKUqgAAERY4AABEWMA.AQAACAFkVONkgUIavQPm.XF229L4wQrauAgOe/AGP0SP7fa7bclNhB0~CAISHAgCEhJnd3NfMjAyMzA0MDYtMF9SQzEaAmVuIAEaBgiAo82hBg",
    "BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsJ9iee2BAAilKiABFKVQAACIscAAAiLGAAA",
    "CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY",
];

fn category(number: u8) -> CategoryNumber {
    CategoryNumber::new(number).unwrap()
}

fn allocations<T>(work: impl FnOnce() -> T) -> u64 {
    allocation_counter::measure(|| drop(std::hint::black_box(work()))).count_total
}

fn mapping() -> Mapping {
    Mapping { categories: (0..10).map(category).collect(), ..Mapping::default() }
}

fn didomi_rule() -> SourceRule {
    SourceRule {
        purposes: (1..=8_u8).map(|id| (u16::from(id), category(id))).collect(),
        vendors: IdMap::from_iter([(128, ServiceNumber::new(1).unwrap()), (7, ServiceNumber::new(2).unwrap())]),
        ..SourceRule::new(Source::Tool(Format::Didomi))
    }
}

#[test]
fn p100_published_strings_are_read_without_an_allocation() {
    let (mapping, rule) = (mapping(), didomi_rule());
    for text in PUBLISHED {
        let mut read = None;
        assert_eq!(allocations(|| read = formats::didomi(text.as_bytes(), &mapping, &rule).unwrap()), 0, "{text}");
        let consent = read.unwrap();
        assert_eq!((consent.granted, consent.refused), (set(&[1, 2, 6, 7, 8]), set(&[3, 4])));
    }
    assert!(allocations(|| vec![1_u8; 10]) > 0, "nothing was counted at all");
}

#[test]
fn an_ot_consent_string_is_read_without_an_allocation() {
    let (mapping, mut rule) = (mapping(), SourceRule::new(Source::Tool(Format::OneTrust)));
    for (name, number) in [("C0002", 2), ("C0004", 3)] {
        rule.groups.usual(name, set(&[number]));
    }
    let json = r#"{"dsId":"x","expiryDate":1731536000456,"lastConsentDate":1700000000456,"groupConsents":{"C0001":1,"C0002":1,"C0004":0},"sdkConsents":{"a":1}}"#;
    let value = onetrust::encode(&serde_json::from_str(json).unwrap()).unwrap();
    for value in [value.replace('=', "%3D"), value] {
        let mut read = None;
        assert_eq!(allocations(|| read = formats::onetrust(value.as_bytes(), &mapping, &rule).unwrap()), 0);
        let Answered { consent, end } = read.unwrap();
        assert_eq!((consent.granted, consent.refused, end), (set(&[2]), set(&[3]), Some(Deciseconds(17_315_360_004))));
    }
}

fn set(numbers: &[u8]) -> CategorySet {
    numbers.iter().copied().map(category).collect()
}

#[test]
fn our_own_cookie_is_read_from_a_whole_header_without_an_allocation() {
    let (mapping, reader) = (mapping(), Reader::new(Keyring::new([[1; 32]]).unwrap()));
    let now = Deciseconds(17_000_000_000);
    let services = (1..=16).map(|number| (ServiceNumber::new(number).unwrap(), number % 2 == 0)).collect();
    let answer =
        OwnAnswer { id: [1; 16], created: now, updated: now, granted: set(&[1]), refused: set(&[2, 3]), services };
    let value = own::encode(&answer, &mapping.site, reader.keyring());
    let others = (0..19).map(|number| format!("cookie_{number}={}", "v".repeat(90)));
    let header = others.chain([format!("euconsent={value}")]).collect::<Vec<_>>().join("; ");
    let cookies = [header.as_bytes()];
    let input = Input { cookies: &cookies, ot_consent_string: None, now };
    assert_eq!(reader.read(&mapping, &input).consent.source, Source::Own);
    assert_eq!(allocations(|| reader.read(&mapping, &input)), 0, "once its signature is known");
}

/// A published string with all segments and a range list, and one of 44 characters.
const TC_STRINGS: [&str; 2] = [
    "COvzTO5OvzTO5B7ABCENAPCYAKdAADkAAIqIFhwBAAGAAXAFGAsMAhYAgAMAAegBYAEKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw.QE5QAwCvgHyATkA",
    "COx3XOeOx3XOeLkAAAENAfCIAAAAAHgAAIAAAAAAAAAA",
];

#[test]
fn every_vendor_of_the_catalogue_may_be_refused_without_an_allocation() {
    let vendors = (1..=15_u16).map(|vendor| (vendor + 800, ServiceNumber::new(vendor).unwrap()));
    let rule =
        SourceRule { purposes: [(1, category(1))].into_iter().collect(), vendors: vendors.collect(), ..didomi_rule() };
    let mapping = mapping();
    // It grants purpose 1, and no vendor above 749.
    let read = || formats::tcf(TC_STRINGS[0].as_bytes(), &[], &mapping, &rule).unwrap().unwrap();
    assert_eq!(read().services.len(), 15);
    assert_eq!(allocations(read), 0);
}

#[test]
fn p100_strings_of_the_iab_are_read_without_an_allocation() {
    for text in TC_STRINGS {
        let vendor = || {
            let view = tcf::View::read(text.as_bytes()).unwrap();
            view.vendors().unwrap().vendor(707).consents_to(Numbers::of(1), &view.head)
        };
        assert_eq!(allocations(vendor), 0, "{text}");
    }
    let all = format!("{}~1YNN~BVVVVVVVVWA.YA~BVqqqqpY.YA~BVVVVWY", header());
    assert_eq!(allocations(|| gpp::View::read(all.as_bytes()).unwrap().opt_out().unwrap()), 0);
    assert!(gpp::View::read(all.as_bytes()).unwrap().opt_out().unwrap().unwrap().gpc);
    assert_eq!(allocations(|| gpp::View::read(b"DBGBM~x")), 0, "a refusal neither");
    assert_eq!(allocations(|| ac::View::read(b"2~1.35.41.101~dv.9.21").unwrap().consented(101)), 0);
    assert_eq!(allocations(|| us_privacy::decode(b"1YNN")), 0);
}

/// The header of sections 6 to 9.
fn header() -> String {
    let privacy = gpp::Section::UsPrivacy(us_privacy::decode(b"1YNN").unwrap());
    let states = (7..=9).map(|id| {
        let layout = gpp::layouts(id).next().unwrap();
        gpp::Section::Us(gpp::UsSection { layout, values: vec![0; layout.length()], gpc: None, sensitive: None })
    });
    let text = gpp::encode(&gpp::Gpp { sections: [privacy].into_iter().chain(states).collect() }).unwrap();
    text.split('~').next().unwrap().to_owned()
}

#[test]
fn the_tools_cookies_are_scanned_without_an_allocation() {
    assert_eq!(tools::OPTANON.len(), 700);
    for (name, scan, value) in tools::SAMPLES {
        let (mut read, mut given) = (None, 0);
        let work = || read = Some(scan(value.as_bytes(), &mut |_, _| given += 1));
        assert_eq!(allocations(work), 0, "{name}");
        assert!(read.unwrap().unwrap().answered && given > 0, "{name}");
    }
    let mut read = None;
    let work = || read = Some(complianz::scan(tools::COMPLIANZ, complianz::PREFIX, |_, _| {}));
    assert_eq!(allocations(work), 0);
    assert!(read.unwrap().unwrap().answered);
}

#[cfg(feature = "gateway")]
#[test]
fn a_page_of_a_known_decision_is_counted_without_an_allocation() {
    use consentry::collect::effects::{Counters, Done, Hour, PageDone};
    let rules = consentry::policy::RuleSet::embedded().unwrap();
    let site = rules.site("shop.example").unwrap();
    let page = PageDone {
        site: &site.name,
        rules: rules.version(),
        variant: "0.e.12345678",
        is_unfinished: false,
        labelled: Done::default(),
        unclassified: 1,
    };
    let counters = Counters::default();
    let count = || {
        let services =
            site.services.iter().take(20).map(|service| (service.id, Done { neutralised: 3, ..Done::default() }));
        let name =
            |id| site.services.iter().find(|service| service.id == id).map_or("", |service| service.slug.as_str());
        counters.page(&page, Hour(1), services, name);
    };
    assert!(allocations(count) > 0, "the first time it is made");
    assert_eq!(allocations(|| (0..100).for_each(|_| count())), 0);
}
