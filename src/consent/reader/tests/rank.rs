//! Which of several answers counts, and for how long.

use super::*;

#[test]
fn p101_of_duplicates_the_newest_valid_one_counts_in_both_orders() {
    let (old, new) = (own(NOW.0 - 2 * HOUR, &[1, 2, 3], &[]), own(NOW.0 - HOUR, &[1], &[2, 3]));
    let future = own(NOW.0 + 2 * Deciseconds::DAY, &[1, 2, 3], &[]);
    for cookies in [[&old, &new, &future], [&future, &new, &old], [&new, &future, &old]] {
        let one_field = cookies.map(String::as_str).join("; ");
        for reading in [read(&cookies.map(String::as_str)), read(&[&one_field])] {
            assert_eq!((reading.consent.granted, reading.consent.refused), (set(&[1]), set(&[2, 3])));
            assert_eq!(reading.rejected.as_slice(), [(Source::Own, Rejection::FutureDated)]);
        }
    }
}

#[test]
fn p101_of_equally_old_answers_the_stricter_counts_in_both_orders() {
    let (a, b) = (own(NOW.0, &[1, 2], &[3]), own(NOW.0, &[1, 3], &[2]));
    let foreign = dcs(NOW.0, Statuses::of([2, 3, 4], [1]), Statuses::default());
    for cookies in [[&a, &b], [&b, &a]] {
        let consent = read(&cookies.map(String::as_str)).consent;
        assert_eq!((consent.granted, consent.refused), (set(&[1]), set(&[2, 3])));
    }
    for cookies in [[&a, &foreign], [&foreign, &a]] {
        assert_eq!(read(&cookies.map(String::as_str)).consent.granted, set(&[2]).difference(set(&[])));
    }
    let mut more = answer(NOW.0, &[1, 2], &[3]);
    more.services = vec![(service(4), true), (service(2), false)];
    for cookies in [[&a, &own_cookie(&more)], [&own_cookie(&more), &a]] {
        let consent = read(&cookies.map(String::as_str)).consent;
        assert_eq!(consent.services.as_slice(), [(service(2), false)]);
    }
}

#[test]
fn d16_an_answer_without_a_time_only_takes_away() {
    let timed = own(NOW.0 - HOUR, &[1, 2], &[]);
    let timeless = "euconsent={\"ga\":false,\"meta\":true}";
    for cookies in [[timed.as_str(), timeless], [timeless, timed.as_str()]] {
        let consent = read(&cookies).consent;
        assert_eq!((consent.source, consent.granted, consent.refused), (Source::Own, set(&[1]), set(&[2])));
        assert_eq!(consent.category(category(3)), Answer::Unanswered);
        assert_eq!(consent.services.as_slice(), [(service(2), false)]);
    }
    let (a, b) = ("euconsent={\"ga\":false,\"crisp\":true}", "consent-eu={\"ga\":true,\"crisp\":true}");
    let consent = read(&[a, b]).consent;
    assert_eq!((consent.granted, consent.refused), (set(&[1]), set(&[2])));
}

#[test]
fn ages_are_limited_on_both_sides() {
    let at = |updated: u64| read(&[&own(updated, &[1], &[])]);
    let lifetime = Mapping::LIFETIME;
    assert!(at(NOW.0 - lifetime).consent.is_answered());
    assert_eq!(at(NOW.0 - lifetime - 1), nothing_but(Rejection::Expired, Source::Own));
    assert!(at(NOW.0 + Deciseconds::DAY).consent.is_answered(), "visitors' clocks are wrong");
    assert_eq!(at(NOW.0 + Deciseconds::DAY + 1), nothing_but(Rejection::FutureDated, Source::Own));
}

#[test]
fn answers_before_the_re_ask_date_are_asked_again() {
    let mapping = Mapping { reask: Some(Deciseconds(NOW.0 - HOUR)), ..mapping() };
    assert!(read_with(&mapping, &[&own(NOW.0 - HOUR, &[1], &[])]).consent.is_answered());
    let reading = read_with(&mapping, &[&own(NOW.0 - HOUR - 1, &[1], &[])]);
    assert_eq!(reading, nothing_but(Rejection::Reask, Source::Own));
    let reading = read_with(&mapping, &["euconsent={\"ga\":true}"]);
    assert_eq!(reading, nothing_but(Rejection::Reask, DASTRA));
}

#[test]
fn d2_a_category_that_came_later_is_not_covered() {
    let since = vec![(category(2), NOW), (category(3), Deciseconds(NOW.0 - 2 * HOUR))];
    let mapping = Mapping { category_since: since, ..mapping() };
    let mut given = answer(NOW.0 - HOUR, &[1, 2, 3], &[]);
    given.services = vec![(service(2), true), (service(3), false), (service(4), true), (service(99), true)];
    let consent = read_with(&mapping, &[&own_cookie(&given)]).consent;
    assert_eq!(consent.granted, set(&[1, 3]));
    assert_eq!(consent.category(category(2)), Answer::Unanswered);
    assert_eq!(consent.services.as_slice(), [(service(3), false), (service(4), true)]);
    let consent = read_with(&mapping, &["euconsent={\"ga\":true,\"crisp\":true}"]).consent;
    assert_eq!(consent.granted, set(&[1]), "an answer without a time covers nothing that came later");
}
