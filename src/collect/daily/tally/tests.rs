//! The tally against a plain recount, in any order, and on what it cannot read.

use super::*;
use crate::collect::proof::{BothWays, Layer, Previous, Proof, SignalsSeen, Stamp};
use crate::consent::Deciseconds;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

const CATEGORIES: [&str; 3] = ["statistics", "marketing", "preferences"];
const SERVICES: [&str; 2] = ["meter", "pixel"];

fn proof(site: &str, button: Button, categories: BothWays, services: BothWays, previous: Option<Previous>) -> Proof {
    Proof {
        format: 1,
        id: Uuid::nil(),
        consent_id: Uuid::nil(),
        site: site.to_owned(),
        date: Stamp(Deciseconds(17_637_855_631)),
        date_expiration: Stamp(Deciseconds(17_637_855_631)),
        source: "own".to_owned(),
        language: None,
        layer: Layer::Second,
        button,
        widget_version: String::new(),
        widget_variant: None,
        rules: String::new(),
        site_version: String::new(),
        variant: String::new(),
        categories,
        services,
        previous,
        user_agent: None,
        regime: None,
        details: None,
        signals: SignalsSeen::default(),
    }
}

fn both(granted: &[&str], refused: &[&str]) -> BothWays {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    BothWays { granted: owned(granted), refused: owned(refused) }
}

fn before(categories: BothWays, services: BothWays) -> Option<Previous> {
    Some(Previous { source: "own".to_owned(), consent_id: None, date: None, categories, services })
}

fn lines(records: &[(String, Option<Vec<u8>>)]) -> Vec<Line> {
    let mut tally = Tally::default();
    records.iter().for_each(|(site, payload)| tally.add(site, payload.as_deref()));
    tally.lines()
}

fn of_one(proof: &Proof) -> Vec<Line> {
    lines(&[(proof.site.clone(), serde_json::to_vec(proof).ok())])
}

#[test]
fn a_choice_with_a_yes_and_a_no_is_partial() {
    let told = of_one(&proof("shop", Button::Save, both(&["statistics"], &["marketing"]), both(&[], &[]), None));
    assert_eq!((told[0].accepted, told[0].refused, told[0].partial), (0, 0, Some(1)));
    assert_eq!((told[1].category.as_deref(), told[1].refused), (Some("marketing"), 1));
    assert_eq!((told[2].category.as_deref(), told[2].accepted), (Some("statistics"), 1));
    assert_eq!((told[2].partial, told[2].unreadable), (None, None), "no proof says so of a category");
    let told = of_one(&proof("shop", Button::Save, both(&["statistics"], &[]), both(&[], &["meter"]), None));
    assert_eq!(told[0].partial, Some(1), "one service apart from its category");
}

#[test]
fn accept_all_is_no_partial_for_a_service_that_is_not_offered_yet() {
    let told = of_one(&proof("shop", Button::AcceptAll, both(&["statistics"], &[]), both(&[], &["meter"]), None));
    assert_eq!((told[0].accepted, told[0].partial), (1, Some(0)));
}

#[test]
fn a_withdrawal_is_a_no_after_a_yes() {
    let none = || both(&[], &[]);
    let no = both(&[], &["statistics"]);
    let after = |previous| of_one(&proof("shop", Button::RefuseAll, no.clone(), none(), previous));
    assert_eq!(after(None)[0].withdrawn, 0);
    assert_eq!(after(before(both(&[], &["statistics"]), none()))[0].withdrawn, 0, "a no again");
    let told = after(before(both(&["statistics"], &[]), none()));
    assert_eq!((told[0].withdrawn, told[1].withdrawn), (1, 1));
    let previous = before(both(&[], &["statistics"]), both(&["meter"], &[]));
    let told = of_one(&proof("shop", Button::Save, no, both(&[], &["meter"]), previous));
    assert_eq!((told[0].withdrawn, told[1].withdrawn), (1, 0), "of a service, not of its category");
}

#[test]
fn what_is_kept_beside_a_proof_is_the_same_where_no_variant_was_answered() {
    let mut one = proof("shop", Button::Save, both(&["statistics"], &[]), both(&[], &[]), None);
    let text = |proof: &Proof| super::told(&serde_json::to_vec(proof).unwrap());
    assert_eq!(text(&one), r#"["+",false,["statistics"],[],[]]"#);
    one.widget_variant = Some("warm".to_owned());
    assert_eq!(text(&one), r#"["+",false,["statistics"],[],[],["warm",false]]"#);
    one.previous = before(both(&[], &["statistics"]), both(&[], &[]));
    assert_eq!(text(&one), r#"["+",false,["statistics"],[],[],["warm",true]]"#);
}

#[test]
fn a_variant_is_told_of_first_answers_of_withdrawals_and_of_what_was_only_shown() {
    let warm = |proof: Proof| Proof { widget_variant: Some("warm".to_owned()), ..proof };
    let yes = || both(&["statistics"], &[]);
    let no = || both(&[], &["statistics"]);
    let none = || both(&[], &[]);
    let mut tally = Tally::default();
    for proof in [
        warm(proof("shop", Button::AcceptAll, yes(), none(), None)),
        warm(proof("shop", Button::RefuseAll, no(), none(), before(yes(), none()))),
        proof("shop", Button::AcceptAll, yes(), none(), None),
    ] {
        tally.add("shop", serde_json::to_vec(&proof).ok().as_deref());
    }
    tally.shown("shop", "warm", 7);
    tally.shown("shop", "plain", 2);
    let told = tally.lines();
    let of = |name: &str| told.iter().find(|line| line.variant.as_deref() == Some(name)).unwrap();
    let line = of("warm");
    assert_eq!((line.accepted, line.refused, line.withdrawn, line.shown), (1, 0, 1, Some(7)));
    assert_eq!((of("plain").accepted, of("plain").shown), (0, Some(2)));
    let nameless =
        Proof { widget_variant: Some(String::new()), ..proof("shop", Button::AcceptAll, yes(), none(), None) };
    assert_eq!(
        (of_one(&nameless)[0].accepted, of_one(&nameless)[0].shown),
        (1, None),
        "a record that was tampered with"
    );
    assert_eq!((told[0].variant.as_deref(), told[0].accepted, told[0].refused), (None, 2, 1), "all answers");
}

#[test]
fn what_is_erased_or_damaged_is_counted_as_such() {
    let bad = [None, Some(b"{}".to_vec()), Some(b"\xff\x00".to_vec()), Some(br#"{"button":"dance"}"#.to_vec())];
    let records: Vec<_> = bad.into_iter().map(|payload| ("shop".to_owned(), payload)).collect();
    let told = lines(&records);
    assert_eq!((told.len(), told[0].unreadable, told[0].accepted, told[0].refused), (1, Some(4), 0, 0));
}

fn names(all: &'static [&'static str]) -> impl Strategy<Value = BothWays> {
    vec(any::<Option<bool>>(), all.len()).prop_map(move |said| {
        let mut both = BothWays::default();
        all.iter().zip(said).for_each(|(name, said)| said.into_iter().for_each(|yes| both.push(name, yes)));
        both
    })
}

fn proofs() -> impl Strategy<Value = Vec<Option<Proof>>> {
    let button =
        prop_oneof![Just(Button::AcceptAll), Just(Button::RefuseAll), Just(Button::Save), Just(Button::Elsewhere)];
    let previous = proptest::option::of((names(&CATEGORIES), names(&SERVICES)));
    let variant = proptest::option::of("plain|warm");
    let one = ("shop|news", button, names(&CATEGORIES), names(&SERVICES), previous, variant).prop_map(
        |(site, button, categories, services, previous, widget_variant)| Proof {
            widget_variant,
            ..proof(&site, button, categories, services, previous.and_then(|(c, s)| before(c, s)))
        },
    );
    vec(proptest::option::weighted(0.9, one), 0..40)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap()
}

fn count(all: &[&Proof], holds: impl Fn(&Proof) -> bool) -> u64 {
    wide(all.iter().filter(|proof| holds(proof)).count())
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}

/// The same, one question at a time over all proofs of a site.
fn recount(site: &str, all: &[&Proof], erased: u64) -> Vec<Line> {
    let yes = |p: &Proof| match p.button {
        Button::AcceptAll => true,
        Button::RefuseAll => false,
        _ => !(p.categories.granted.is_empty() && p.services.granted.is_empty()),
    };
    let no = |p: &Proof| match p.button {
        Button::AcceptAll => false,
        Button::RefuseAll => true,
        _ => !(p.categories.refused.is_empty() && p.services.refused.is_empty()),
    };
    let lost = |p: &Proof, name: &str| {
        has(&p.categories.refused, name) && p.previous.as_ref().is_some_and(|b| has(&b.categories.granted, name))
    };
    let lost_service = |p: &Proof, name: &str| {
        has(&p.services.refused, name) && p.previous.as_ref().is_some_and(|b| has(&b.services.granted, name))
    };
    let any_lost = |p: &Proof| CATEGORIES.iter().any(|n| lost(p, n)) || SERVICES.iter().any(|n| lost_service(p, n));
    let mut lines = vec![Line {
        site: site.to_owned(),
        category: None,
        accepted: count(all, |p| yes(p) && !no(p)),
        refused: count(all, |p| !yes(p)),
        withdrawn: count(all, any_lost),
        partial: Some(count(all, |p| yes(p) && no(p))),
        unreadable: Some(erased),
        ..Line::default()
    }];
    for name in ["plain", "warm"] {
        let own: Vec<&Proof> = all.iter().copied().filter(|p| p.widget_variant.as_deref() == Some(name)).collect();
        let first: Vec<&Proof> = own.iter().copied().filter(|p| p.previous.is_none()).collect();
        let line = Line {
            site: site.to_owned(),
            variant: Some(name.to_owned()),
            accepted: count(&first, |p| yes(p) && !no(p)),
            refused: count(&first, |p| !yes(p)),
            withdrawn: count(&own, any_lost),
            partial: Some(count(&first, |p| yes(p) && no(p))),
            shown: Some(0),
            ..Line::default()
        };
        lines.extend((!own.is_empty()).then_some(line));
    }
    for name in ["marketing", "preferences", "statistics"] {
        let line = Line {
            site: site.to_owned(),
            category: Some(name.to_owned()),
            accepted: count(all, |p| has(&p.categories.granted, name)),
            refused: count(all, |p| has(&p.categories.refused, name)),
            withdrawn: count(all, |p| lost(p, name)),
            ..Line::default()
        };
        lines.extend((line.accepted + line.refused > 0).then_some(line));
    }
    lines
}

proptest! {
    #[test]
    fn the_tally_is_what_a_plain_recount_says(proofs in proofs(), turn in any::<prop::sample::Index>()) {
        let site = |p: &Option<Proof>| p.as_ref().map_or("shop", |p| &p.site).to_owned();
        let mut records: Vec<_> = proofs.iter().map(|p| (site(p), p.as_ref().and_then(|p| serde_json::to_vec(p).ok()))).collect();
        let told = lines(&records);
        let mut expected = Vec::new();
        for name in ["news", "shop"] {
            let all: Vec<&Proof> = proofs.iter().flatten().filter(|p| p.site == name).collect();
            let erased = wide(proofs.iter().filter(|p| p.is_none() && name == "shop").count());
            if wide(all.len()) + erased > 0 {
                expected.extend(recount(name, &all, erased));
            }
        }
        prop_assert_eq!(&told, &expected);
        let whole = told.iter().filter(|line| line.category.is_none() && line.variant.is_none());
        let sum: u64 = whole.map(|l| l.accepted + l.refused + l.partial.unwrap() + l.unreadable.unwrap()).sum();
        prop_assert_eq!(sum, wide(records.len()), "each record is counted once");
        if !records.is_empty() {
            let by = turn.index(records.len());
            records.rotate_left(by);
            records.reverse();
        }
        prop_assert_eq!(lines(&records), told, "in any order");
    }

    #[test]
    fn arbitrary_payloads_never_panic(payloads in vec((".{0,4}", proptest::option::of(vec(any::<u8>(), 0..200))), 0..8)) {
        let told = lines(&payloads);
        let unreadable: u64 = told.iter().filter_map(|line| line.unreadable).sum();
        prop_assert_eq!(unreadable, wide(payloads.len()));
    }
}
