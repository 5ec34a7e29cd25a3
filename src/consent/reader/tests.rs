//! The reader as a whole. What each format says, and which of several answers counts, stand in files of their own.

mod formats;
mod rank;

use super::*;
use crate::consent::codec::didomi::{Dcs, Form, Statuses};
use crate::consent::codec::{Format, didomi};
use crate::consent::mapping::{IdMap, PurposeMap, SourceRule};
use crate::consent::own::{self, OwnAnswer};
use crate::consent::{Answer, CategoryNumber, CategorySet, ServiceNumber};

use proptest::prelude::*;

const NOW: Deciseconds = Deciseconds(17_000_000_000);
const HOUR: u64 = 36_000;
const DIDOMI: Source = Source::Tool(Format::Didomi);
const ONETRUST: Source = Source::Tool(Format::OneTrust);
const DASTRA: Source = Source::Tool(Format::Dastra);

fn category(number: u8) -> CategoryNumber {
    CategoryNumber::new(number).unwrap()
}

fn service(number: u16) -> ServiceNumber {
    ServiceNumber::new(number).unwrap()
}

fn set(numbers: &[u8]) -> CategorySet {
    numbers.iter().map(|number| category(*number)).collect()
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Categories 1 to 3 (preferences, statistics, marketing; marketing is a sale), every source listed, our cookie `consentry`.
fn mapping() -> Mapping {
    let slugs = [("crisp", 1, 1), ("ga", 2, 2), ("matomo", 3, 2), ("meta", 4, 3)];
    let mut sources = vec![SourceRule::new(Source::Own), SourceRule::new(DIDOMI), SourceRule::new(ONETRUST)];
    if let [_, didomi, onetrust] = sources.as_mut_slice() {
        didomi.purposes =
            PurposeMap::from_iter([(1, category(1)), (2, category(2)), (3, category(3)), (4, category(3))]);
        didomi.vendors = IdMap::from_iter([(128, service(2)), (200, service(4))]);
        onetrust.cookies = list(&["ot"]);
        usual(onetrust, &[("C0002", 2), ("C0003", 1), ("C0004", 3)]);
    }
    sources.push(SourceRule::new(DASTRA));
    Mapping {
        own_cookie: "consentry".to_owned(),
        site: "shop".to_owned(),
        sources,
        categories: set(&[0, 1, 2, 3]),
        sale: set(&[3]),
        service_slugs: slugs.map(|(slug, s, c)| (slug.to_owned(), (service(s), category(c)))).into(),
        ..Mapping::default()
    }
}

fn usual(rule: &mut SourceRule, groups: &[(&str, u8)]) {
    groups.iter().for_each(|(name, number)| rule.groups.usual(name, set(&[*number])));
}

/// The same site with nothing listed but these.
fn with_sources(sources: impl IntoIterator<Item = SourceRule>) -> Mapping {
    Mapping { sources: sources.into_iter().collect(), ..mapping() }
}

fn reader() -> Reader {
    Reader::new(Keyring::new([[1; 32]]).unwrap())
}

fn read_with(mapping: &Mapping, cookies: &[&str]) -> Reading {
    let cookies: Vec<&[u8]> = cookies.iter().map(|cookie| cookie.as_bytes()).collect();
    reader().read(mapping, &Input { cookies: &cookies, ot_consent_string: None, now: NOW })
}

fn read(cookies: &[&str]) -> Reading {
    read_with(&mapping(), cookies)
}

fn answer(updated: u64, granted: &[u8], refused: &[u8]) -> OwnAnswer {
    OwnAnswer {
        id: [7; 16],
        created: Deciseconds(updated),
        updated: Deciseconds(updated),
        granted: set(granted),
        refused: set(refused),
        services: Vec::new(),
    }
}

fn own_cookie(answer: &OwnAnswer) -> String {
    format!("consentry={}", own::encode(answer, "shop", reader().keyring()))
}

fn own(updated: u64, granted: &[u8], refused: &[u8]) -> String {
    own_cookie(&answer(updated, granted, refused))
}

fn dcs(updated: u64, purposes: Statuses, vendors: Statuses) -> String {
    let (form, none) = (Form::V2 { regulation: 1, sync: None }, Statuses::default());
    let dcs = Dcs {
        form,
        user_id: [3; 16],
        created: updated,
        updated,
        purposes,
        purposes_li: none.clone(),
        vendors,
        vendors_li: none,
    };
    format!("didomi_dcs={}", didomi::encode(&dcs).unwrap())
}

fn onetrust(json: &str) -> String {
    super::super::codec::base64::encode_standard(json.as_bytes())
}

fn nothing_but(rejection: Rejection, source: Source) -> Reading {
    Reading { rejected: [(source, rejection)].into_iter().collect(), ..Reading::default() }
}

#[test]
fn our_own_cookie_is_read_with_its_id_and_services() {
    let mut given = answer(NOW.0 - HOUR, &[0, 1, 3], &[2]);
    given.services = vec![(service(9), true), (service(4), false), (service(9), false)];
    let reading = read(&["a=1", &own_cookie(&given)]);
    let consent = &reading.consent;
    assert_eq!((consent.source, consent.id, consent.updated), (Source::Own, Some([7; 16]), Some(given.updated)));
    assert_eq!((consent.granted, consent.refused), (set(&[1, 3]), set(&[2])));
    assert_eq!(consent.services.as_slice(), [(service(4), false), (service(9), false)]);
    assert!(reading.rejected.is_empty() && reading.unlisted.is_empty());
}

#[test]
fn a_category_that_the_site_does_not_have_is_ignored() {
    let reading = read(&[&own(NOW.0, &[1, 9], &[63])]);
    assert_eq!((reading.consent.granted, reading.consent.refused), (set(&[1]), set(&[])));
    assert_eq!(read(&[&own(NOW.0, &[9], &[63])]).consent, Consent::default());
}

#[test]
fn a_damaged_value_of_a_listed_source_is_counted() {
    for (cookie, rejection, source) in [
        ("didomi_dcs=rubbish".to_owned(), Rejection::Malformed, DIDOMI),
        (format!("didomi_dcs=C{}", "A".repeat(100)), Rejection::Malformed, DIDOMI),
        (format!("didomi_dcs=C{}", "A".repeat(5000)), Rejection::TooLong, DIDOMI),
        (format!("consent-eu={{{}", "x".repeat(9000)), Rejection::TooLong, DASTRA),
        ("euconsent=1".to_owned(), Rejection::Malformed, DASTRA),
        ("ot=\"x\"".to_owned(), Rejection::Malformed, ONETRUST),
        (format!("ot={}", "e".repeat(16_385)), Rejection::TooLong, ONETRUST),
    ] {
        assert_eq!(read(&[&cookie]), nothing_but(rejection, source), "{cookie}");
    }
    assert_eq!(read(&["didomi_dcs=; euconsent=\"\"; a=didomi_dcs"]), Reading::default());
    let only_own = with_sources([SourceRule::new(Source::Own)]);
    assert_eq!(read_with(&only_own, &["didomi_dcs=rubbish; euconsent=1"]), Reading::default());
}

#[test]
fn our_own_cookie_counts_only_with_our_signature_for_this_site() {
    let text = own(NOW.0, &[1, 2, 3], &[]);
    let other_key = Keyring::new([[2; 32]]).unwrap();
    let forged = own::encode(&answer(NOW.0, &[1], &[]), "shop", &other_key);
    let other_site = own::encode(&answer(NOW.0, &[1], &[]), "blog", reader().keyring());
    let unsigned = text.split('~').next().unwrap().to_owned();
    let extended = text.replace('~', ".DID~");
    let changed = text.replacen('C', "B", 1);
    for bad in [format!("consentry={forged}"), format!("consentry={other_site}"), unsigned, extended, changed] {
        assert_eq!(read(&[&bad]), nothing_but(Rejection::BadSignature, Source::Own), "{bad}");
    }
    assert_eq!(read(&[&format!("{text}; consentry=x")]).consent.granted, set(&[1, 2, 3]));
    assert_eq!(read(&["consentry=rubbish"]), nothing_but(Rejection::Malformed, Source::Own));
    assert_eq!(read(&[&format!("consentry=C{}", "A".repeat(5000))]), nothing_but(Rejection::TooLong, Source::Own));
    assert_eq!(read(&["consentry="]), Reading::default());
}

#[test]
fn a_verified_value_is_known_and_a_forged_one_is_not() {
    let reader = reader();
    let value = own::encode(&answer(NOW.0, &[1], &[]), "shop", reader.keyring());
    let forged = format!("{}~", &value[..value.len() - 1]);
    let verifier = &reader.verifier;
    assert!(verifier.known("shop", value.as_bytes(), |_| ()).is_none());
    for _ in 0..3 {
        assert!(verifier.read("shop", value.as_bytes()).is_some_and(|said| said.is_ok()));
        assert!(verifier.known("shop", value.as_bytes(), |_| ()).is_some());
        for (site, value) in [("blog", &value), ("shop", &forged), ("", &value)] {
            assert!(
                verifier.known(site, value.as_bytes(), |_| ()).is_none()
                    && verifier.read(site, value.as_bytes()).is_none()
            );
        }
    }
}

#[test]
fn p24_foreign_bytes_and_quotes_hide_nothing() {
    let value = own(NOW.0, &[1], &[]);
    let quoted = format!("consentry=\"{}\"", value.trim_start_matches("consentry="));
    for text in [value, quoted] {
        let field = [b"a=\xff\xfe; ".as_slice(), text.as_bytes(), b"; \xff"].concat();
        let reading = reader().read(&mapping(), &Input { cookies: &[&field], ot_consent_string: None, now: NOW });
        assert!(reading.consent.is_answered());
    }
}

#[test]
fn a_cookie_of_ours_always_fits_and_loses_no_no() {
    let mut given = answer(NOW.0, &[1, 2], &[3]);
    given.services = vec![(service(1), false), (service(60_000), false)];
    let text = own_cookie(&given);
    assert!(text.len() < didomi::MAX_LEN);
    let consent = read(&[&text]).consent;
    assert_eq!((consent.granted, consent.refused, consent.services.len()), (set(&[]), set(&[1, 2, 3]), 0));
}

#[test]
fn p104_nothing_prints_a_cookie_or_a_key() {
    let reader = reader();
    let value = own::encode(&answer(NOW.0, &[1], &[]), "shop", reader.keyring());
    assert!(reader.verifier.read("shop", value.as_bytes()).is_some());
    assert_eq!(format!("{reader:?}"), "Reader { verifier: Verifier { keyring: Keyring { keys: 1 }, .. } }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn our_own_answers_come_back(granted in any::<u64>(), refused in any::<u64>(), id in any::<[u8; 16]>(), services in prop::collection::btree_map(1_u16..3000, any::<bool>(), 0..9)) {
        let granted = CategorySet::from_bits(granted & !1 & !refused);
        let refused = CategorySet::from_bits(refused & !1);
        prop_assume!(!granted.is_empty() || !refused.is_empty());
        let services: Vec<_> = services.into_iter().map(|(s, yes)| (service(s), yes)).collect();
        let given = OwnAnswer { id, granted, refused, services, ..answer(NOW.0, &[], &[]) };
        let mapping = Mapping { categories: CategorySet::from_bits(u64::MAX), ..mapping() };
        let consent = read_with(&mapping, &[&own_cookie(&given)]).consent;
        prop_assert_eq!((consent.id, consent.granted, consent.refused), (Some(id), granted, refused));
        prop_assert_eq!(consent.services.as_slice(), given.services.as_slice());
    }

    #[test]
    fn no_header_panics(fields in prop::collection::vec((0_usize..9, prop::collection::vec(any::<u8>(), 0..200)), 0..5)) {
        let own = own(NOW.0, &[1], &[]);
        let foreign = dcs(NOW.0, Statuses::of([1], [2]), Statuses::of([4], []));
        let starts = ["consentry=", "didomi_dcs=", "euconsent=", "ot=", "; ", "consent-eu={", "ot=eyJ", &own, &foreign];
        let line = |(at, bytes): (usize, Vec<u8>)| [starts[at].as_bytes(), &bytes].concat();
        let lines: Vec<Vec<u8>> = fields.into_iter().map(line).collect();
        fuzz_reader(&lines.join(&b'\n'));
    }
}
