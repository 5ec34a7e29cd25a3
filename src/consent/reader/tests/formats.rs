//! Which formats are read, and what each one says.

use super::*;

#[test]
fn d3_only_listed_sources_are_read() {
    let yes = dcs(NOW.0, Statuses::of([1, 2, 3], []), Statuses::default());
    let only_own = with_sources([SourceRule::new(Source::Own)]);
    let reading = read_with(&only_own, &[&yes, &yes, "consent-eu={\"ga\":true}", "ot=eyJ9"]);
    assert_eq!(reading.consent, Consent::default());
    assert_eq!(reading.unlisted.as_slice(), [DIDOMI, DASTRA]);
    let only_dastra = with_sources([SourceRule { cookies: list(&["x"]), ..SourceRule::new(DASTRA) }]);
    let reading = read_with(&only_dastra, &[&own(NOW.0, &[1], &[]), &yes]);
    assert_eq!((reading.consent.source, reading.unlisted.as_slice()), (Source::None, &[Source::Own, DIDOMI][..]));
}

#[test]
fn a_shape_says_the_format_whatever_the_name() {
    // Several tools use `euconsent`: here ours does.
    let ours = Mapping { own_cookie: "euconsent".to_owned(), ..with_sources([SourceRule::new(Source::Own)]) };
    let reading = read_with(&ours, &["euconsent=%7B%22ga%22%3Atrue%7D"]);
    assert_eq!((reading.consent.source, reading.unlisted.as_slice()), (Source::None, &[DASTRA][..]));
    assert!(reading.rejected.is_empty());
    // An unsigned consent string under our name is never taken for a listed foreign one.
    let value = dcs(NOW.0, Statuses::of([1, 2, 3], []), Statuses::default()).replace("didomi_dcs", "consentry");
    assert_eq!(read(&[&value]), nothing_but(Rejection::BadSignature, Source::Own));
    // A consent string under Dastra's name is a consent string.
    let value = dcs(NOW.0, Statuses::of([2], []), Statuses::default()).replace("didomi_dcs", "euconsent");
    assert_eq!(read(&[&value]).consent.source, DIDOMI);
}

#[test]
fn didomi_vendors_take_away_and_never_add() {
    let purposes = Statuses::of([2, 3], [1, 4]);
    let reading = read(&[&dcs(NOW.0, purposes.clone(), Statuses::of([128], [200]))]);
    let consent = reading.consent;
    assert_eq!((consent.granted, consent.refused), (set(&[2]), set(&[1, 3])), "purpose 4's no beats purpose 3's yes");
    assert_eq!(consent.services.as_slice(), [(service(4), false)]);
    assert_eq!(consent.id, None);
    // A vendor that the string does not name has no yes.
    let consent = read(&[&dcs(NOW.0, purposes.clone(), Statuses::of([200], []))]).consent;
    assert_eq!(consent.services.as_slice(), [(service(2), false)]);
    // A string without vendors says nothing about them.
    let consent = read(&[&dcs(NOW.0, purposes, Statuses::default())]).consent;
    assert!(consent.services.is_empty() && consent.grants(category(2), Some(service(2)), None));
}

#[test]
fn p100_ranges_over_all_ids_are_cheap_and_mean_what_they_say() {
    let mut all = crate::consent::codec::ids::IdSet::new();
    all.insert_range(1, u16::MAX);
    let everything = Statuses::new(all, &Default::default());
    let consent = read(&[&dcs(NOW.0, everything.clone(), everything)]).consent;
    assert_eq!((consent.granted, consent.services.len()), (set(&[1, 2, 3]), 0));
}

#[test]
fn onetrust_is_read_from_the_header_and_from_named_cookies() {
    let json = |status: u8, date: u64, end: u64| {
        onetrust(&format!(
            "{{\"dsId\":\"x\",\"expiryDate\":{end},\"lastConsentDate\":{date},\"groupConsents\":{{\"C0001\":1,\"C0002\":{status},\"C0004\":0}}}}"
        ))
    };
    let now = NOW.0 * 100;
    let read = |value: &str| {
        reader().read(&mapping(), &Input { cookies: &[], ot_consent_string: Some(value.as_bytes()), now: NOW })
    };
    let consent = read(&json(1, now - 1000, now + 1)).consent;
    assert_eq!((consent.source, consent.granted, consent.refused), (ONETRUST, set(&[2]), set(&[3])));
    assert_eq!(consent.updated, Some(Deciseconds(NOW.0 - 10)));
    assert_eq!(read(&json(1, now - 1000, now - 100)), nothing_but(Rejection::Expired, ONETRUST));
    let cookie = format!("ot={}", json(1, now, now).replace('=', "%3D"));
    assert_eq!(super::tests::read(&[&cookie]).consent.source, ONETRUST);
    // Before a choice there are no groups: nobody answered, and nothing is wrong.
    assert_eq!(read(&onetrust("{\"dsId\":\"x\",\"expiryDate\":null}")), Reading::default());
    assert_eq!(read(&onetrust("{\"groupConsents\":{\"C0002\":1}}")), nothing_but(Rejection::Malformed, ONETRUST));
    assert_eq!(read(&"e".repeat(16_385)), nothing_but(Rejection::TooLong, ONETRUST));
}

#[test]
fn dastra_answers_are_for_services_and_a_missing_one_has_no_yes() {
    let consent = read(&["euconsent=%7B%22ga%22%3Atrue%2C%22meta%22%3Afalse%2C%22other%22%3Atrue%7D"]).consent;
    assert_eq!((consent.source, consent.granted, consent.refused), (DASTRA, set(&[2]), set(&[3])));
    assert!(consent.grants(category(2), Some(service(2)), None));
    assert!(!consent.grants(category(2), Some(service(3)), None), "matomo is not in the cookie");
    assert!(!consent.grants(category(1), Some(service(1)), None));
    // One no in a category is a no for what only the category decides.
    let consent = read(&["consent-eu={\"ga\":true,\"matomo\":false}"]).consent;
    assert!(!consent.grants(category(2), None, None) && consent.grants(category(2), Some(service(2)), None));
    assert_eq!(read(&["consent-eu={}"]).consent, Consent::default());
    assert_eq!(read(&["consent-eu={\"ga\":tru}"]), nothing_but(Rejection::Malformed, DASTRA));
}
