//! What holds without the visitor having said it: the regime of the region a request comes from, and `Sec-GPC`.
//!
//! A signal is no answer: it is never stored as one, and never ranked among the sources. [`Consent::under`] puts what
//! regime and signal say beside what the visitor said, as [`Standing`].

use super::mapping::Mapping;
use super::{CategorySet, Consent};
use std::borrow::Cow;
use std::fmt;

/// Where a request comes from, as ISO 3166 has it: `FR`, or with a subdivision `US-CA`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    country: [u8; 2],
    /// Up to three letters or digits; zeros behind, or nothing but zeros.
    subdivision: [u8; 3],
}

impl Region {
    /// Reads `FR`, `us-ca`, `US_CA`. `None` for everything else, and for the codes that stand for nobody knows where (`XX`,
    /// `ZZ`; CDNs' `T1` and `A1` are no letters). 1 to 6 bytes are looked at.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (country, rest) = text.trim_ascii().split_at_checked(2)?;
        let country: [u8; 2] = country.try_into().ok().map(|code: [u8; 2]| code.map(|c| c.to_ascii_uppercase()))?;
        if !country.iter().all(u8::is_ascii_uppercase) || matches!(&country, b"XX" | b"ZZ") {
            return None;
        }
        let subdivision = match rest.split_first() {
            None => [0; 3],
            Some((b'-' | b'_', code)) => subdivision(code)?,
            Some(_) => return None,
        };
        Some(Self { country, subdivision })
    }

    /// The same country with this subdivision, from a field of its own (`CA`); without it where that makes no sense.
    #[must_use]
    pub fn within(self, code: &[u8]) -> Self {
        match subdivision(code.trim_ascii()) {
            Some(subdivision) if self.subdivision == [0; 3] => Self { subdivision, ..self },
            _ => self,
        }
    }

    /// The country alone.
    #[must_use]
    pub const fn country(self) -> Self {
        Self { subdivision: [0; 3], ..self }
    }
}

/// As [`Region::parse`] reads it: `FR`, `US-CA`.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| bytes.iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect::<String>();
        f.write_str(&text(&self.country))?;
        if self.subdivision == [0; 3] { Ok(()) } else { write!(f, "-{}", text(&self.subdivision)) }
    }
}

/// One to three letters or digits (ISO 3166-2).
fn subdivision(code: &[u8]) -> Option<[u8; 3]> {
    let fits = (1..=3).contains(&code.len()) && code.iter().all(u8::is_ascii_alphanumeric);
    let mut padded = [0; 3];
    for (place, byte) in padded.iter_mut().zip(code) {
        *place = byte.to_ascii_uppercase();
    }
    fits.then_some(padded)
}

/// What silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum RegimeKind {
    /// Nothing is allowed that was not said yes to.
    #[default]
    OptIn,
    /// Everything is allowed that was not said no to.
    OptOut,
    /// No law asks: as [`Self::OptOut`], under its own name in proofs and statistics.
    None,
}

impl RegimeKind {
    /// The word in rule files, proofs and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::OptOut => "opt-out",
            Self::None => "none",
        }
    }
}

/// The law that applies to a request, by its region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Regime {
    /// Its name in the rules and in proofs.
    pub name: Cow<'static, str>,
    /// What silence means.
    pub kind: RegimeKind,
    /// Whether `Sec-GPC: 1` is a refusal of sale and sharing.
    pub gpc: bool,
    /// Whether it is a refusal of everything that is asked about: the browser answers for the visitor.
    pub gpc_refuses_all: bool,
    /// Whether a yes that the visitor gave to this site counts although the browser sends the signal.
    pub explicit_beats_gpc: bool,
}

impl Regime {
    /// The strictest: what holds where nothing else is known to.
    pub const STRICT: Self = Self {
        name: Cow::Borrowed("strict"),
        kind: RegimeKind::OptIn,
        gpc: true,
        gpc_refuses_all: false,
        explicit_beats_gpc: true,
    };
}

/// What a request says beside the visitor's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// Whether the browser sends `Sec-GPC: 1`.
    pub gpc: bool,
    /// Where the request comes from, if somebody who may be believed said so.
    pub region: Option<Region>,
}

/// Whether these `Sec-GPC` fields are the signal: one of them is exactly `1`, any other value is ignored.
pub fn is_gpc<'v>(fields: impl IntoIterator<Item = &'v [u8]>) -> bool {
    fields.into_iter().any(|field| field == b"1")
}

/// What holds without the visitor having said it. The default: nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Standing {
    /// Categories that are allowed as long as nobody says no, also for what came later than the answer.
    pub implied: CategorySet,
    /// Categories that the browser's signal refuses.
    pub signalled: CategorySet,
    /// Whether the signal also counts against a yes for a single service.
    pub is_final: bool,
}

impl Consent {
    /// The same answer under a regime, with the browser's signal. What the visitor said stays as it is in `granted`,
    /// `refused` and `services`: only [`Consent::standing`] is new. A few operations on sets, no allocation.
    #[must_use]
    pub fn under(mut self, regime: &Regime, gpc: bool, mapping: &Mapping) -> Self {
        let asked = mapping.categories.difference(CategorySet::NECESSARY);
        let sale = match (gpc && regime.gpc, regime.gpc_refuses_all) {
            (true, true) => asked,
            (true, false) => mapping.sale.intersection(asked),
            (false, _) => CategorySet::EMPTY,
        };
        let implied = match regime.kind {
            RegimeKind::OptIn => CategorySet::EMPTY,
            RegimeKind::OptOut | RegimeKind::None => asked.difference(self.refused).difference(sale),
        };
        let said_yes = if regime.explicit_beats_gpc { self.granted } else { CategorySet::EMPTY };
        let signalled = sale.difference(said_yes).difference(self.refused);
        self.standing = Standing { implied, signalled, is_final: !regime.explicit_beats_gpc };
        self
    }

    /// What the visitor said, without what law and browser add.
    #[must_use]
    pub fn as_said(&self) -> Self {
        Self { standing: Standing::default(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{Answer, CategoryNumber, Deciseconds, ServiceNumber, Source};
    use proptest::prelude::*;

    const fn category(number: u8) -> CategoryNumber {
        CategoryNumber::new(number).unwrap()
    }

    fn service(number: u16) -> ServiceNumber {
        ServiceNumber::new(number).unwrap()
    }

    fn set(numbers: &[u8]) -> CategorySet {
        numbers.iter().map(|number| category(*number)).collect()
    }

    /// Categories 1 to 3, of which 3 is a sale.
    fn mapping() -> Mapping {
        Mapping { categories: set(&[0, 1, 2, 3]), sale: set(&[3]), ..Mapping::default() }
    }

    fn regime(kind: RegimeKind, explicit_beats_gpc: bool) -> Regime {
        Regime { kind, explicit_beats_gpc, ..Regime::STRICT }
    }

    fn said(granted: &[u8], refused: &[u8]) -> Consent {
        let updated = Some(Deciseconds(100));
        Consent { source: Source::Own, granted: set(granted), refused: set(refused), updated, ..Consent::default() }
    }

    fn allowed(consent: &Consent) -> Vec<u8> {
        (1..=3).filter(|number| consent.grants(category(*number), None, None)).collect()
    }

    #[test]
    fn a_signal_that_refuses_all_answers_for_who_has_said_nothing_and_a_choice_beats_it() {
        let regime = Regime { gpc_refuses_all: true, ..Regime::STRICT };
        let silent = Consent::default().under(&regime, true, &mapping());
        assert_eq!(silent.standing.signalled, set(&[1, 2, 3]));
        assert!((1..=3).all(|number| silent.category(category(number)) == Answer::Refused));
        assert!(!silent.as_said().is_answered());
        let chosen = said(&[2], &[1]).under(&regime, true, &mapping());
        assert_eq!((allowed(&chosen), chosen.standing.signalled), (vec![2], set(&[3])));
        assert_eq!(Consent::default().under(&regime, false, &mapping()).standing, Standing::default());
    }

    #[test]
    fn the_regime_decides_what_silence_means() {
        for (kind, gpc, expected) in [
            (RegimeKind::OptIn, false, vec![]),
            (RegimeKind::OptIn, true, vec![]),
            (RegimeKind::OptOut, false, vec![1, 2, 3]),
            (RegimeKind::OptOut, true, vec![1, 2]),
            (RegimeKind::None, false, vec![1, 2, 3]),
            (RegimeKind::None, true, vec![1, 2]),
        ] {
            let consent = Consent::default().under(&regime(kind, true), gpc, &mapping());
            assert_eq!(allowed(&consent), expected, "{kind:?} {gpc}");
            assert!(!consent.is_answered() && consent.granted.is_empty() && consent.refused.is_empty());
            let of_sale = if gpc { Answer::Refused } else { consent.category(category(2)) };
            assert_eq!(consent.category(category(3)), of_sale, "{kind:?} {gpc}");
        }
        let off = Regime { gpc: false, ..regime(RegimeKind::OptOut, true) };
        assert_eq!(allowed(&Consent::default().under(&off, true, &mapping())), [1, 2, 3]);
    }

    #[test]
    fn an_answer_is_obeyed_under_every_regime() {
        for kind in [RegimeKind::OptIn, RegimeKind::OptOut, RegimeKind::None] {
            let consent = said(&[1], &[2, 3]).under(&regime(kind, true), false, &mapping());
            assert_eq!(allowed(&consent), [1], "{kind:?}");
            assert_eq!(consent.as_said(), said(&[1], &[2, 3]));
        }
        let part = said(&[], &[2]).under(&regime(RegimeKind::OptOut, true), false, &mapping());
        assert_eq!(allowed(&part), [1, 3], "what was not asked about is silence");
    }

    #[test]
    fn check10_a_yes_that_was_given_beats_the_signal_where_the_regime_says_so() {
        for kind in [RegimeKind::OptIn, RegimeKind::OptOut] {
            let wins = said(&[1, 2, 3], &[]).under(&regime(kind, true), true, &mapping());
            assert_eq!(allowed(&wins), [1, 2, 3]);
            let loses = said(&[1, 2, 3], &[]).under(&regime(kind, false), true, &mapping());
            assert_eq!(allowed(&loses), [1, 2]);
            assert_eq!(loses.category(category(3)), Answer::Refused);
            assert_eq!(loses.granted, set(&[1, 2, 3]), "what the visitor said stays known");
        }
    }

    #[test]
    fn check10_the_signal_and_single_services() {
        let mut answer = said(&[1], &[]);
        answer.services = [(service(7), true), (service(8), false)].into_iter().collect();
        for (beats, kind, of_seven) in
            [(true, RegimeKind::OptOut, true), (true, RegimeKind::OptIn, true), (false, RegimeKind::OptOut, false)]
        {
            let consent = answer.clone().under(&regime(kind, beats), true, &mapping());
            assert_eq!(consent.grants(category(3), Some(service(7)), None), of_seven, "{beats} {kind:?}");
            for other in [Some(service(8)), Some(service(9)), None] {
                assert!(!consent.grants(category(3), other, None), "{beats} {kind:?} {other:?}");
            }
            assert!(!consent.grants(category(1), Some(service(8)), None));
            assert!(!consent.grants(category(3), Some(service(7)), Some(Deciseconds(200))), "a stale yes");
        }
    }

    #[test]
    fn d2_silence_covers_what_came_later_and_a_no_too() {
        let later = Some(Deciseconds(200));
        let out = said(&[1], &[2]).under(&regime(RegimeKind::OptOut, true), false, &mapping());
        assert!(out.grants(category(1), Some(service(5)), later) && out.grants(category(3), None, later));
        assert!(!out.grants(category(2), Some(service(5)), later));
        let strict = said(&[1], &[2]).under(&regime(RegimeKind::OptIn, true), false, &mapping());
        assert!(!strict.grants(category(1), Some(service(5)), later));
    }

    #[test]
    fn only_exactly_one_is_the_signal() {
        let gpc = |fields: &[&str]| is_gpc(fields.iter().map(|field| field.as_bytes()));
        assert!(gpc(&["1"]) && gpc(&["0", "1"]) && gpc(&["1", "x"]));
        for fields in [&[][..], &["0"], &[""], &["true"], &["01"], &["1, 1"], &["1;"], &["?1"], &["1 "]] {
            assert!(!gpc(fields), "{fields:?}");
        }
    }

    #[test]
    fn regions_are_iso_codes() {
        let region = |text: &str| Region::parse(text.as_bytes());
        assert_eq!(region("fr"), region(" FR "));
        assert_eq!(region("us-ca"), region("US_CA"));
        assert_eq!(region("US-CA").unwrap().country(), region("US").unwrap());
        assert_eq!(region("us_ca").unwrap().to_string(), "US-CA");
        assert_eq!(region("fr").unwrap().to_string(), "FR");
        assert_eq!(region("US").unwrap().within(b"ca"), region("US-CA").unwrap());
        assert_eq!(region("US-NY").unwrap().within(b"ca"), region("US-NY").unwrap());
        assert_eq!(region("US").unwrap().within(b"California"), region("US").unwrap());
        assert!(region("GB-ENG").is_some() && region("FR-75").is_some());
        for none in ["", "F", "FRA", "XX", "ZZ", "T1", "A1", "US-", "US-CALI", "US-C\u{e9}", "US CA", "\u{ff}\u{ff}"] {
            assert_eq!(region(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_as_a_region(text in prop::collection::vec(any::<u8>(), 0..9)) {
            let _ = Region::parse(&text).map(|region| region.within(&text));
        }

        /// Whatever was said: a signal and a stricter law never allow more.
        #[test]
        fn a_signal_only_takes_away(granted in 0_u64..16, refused in 0_u64..16, beats in any::<bool>(), yes in any::<bool>()) {
            let refused = CategorySet::from_bits(refused & !1);
            let mut answer = said(&[], &[]);
            (answer.granted, answer.refused) = (CategorySet::from_bits(granted & !1).difference(refused), refused);
            answer.services = [(service(1), yes)].into_iter().collect();
            for number in 1..=3 {
                for of in [None, Some(service(1)), Some(service(2))] {
                    for since in [None, Some(Deciseconds(50)), Some(Deciseconds(150))] {
                        let grants = |kind, gpc| answer.clone().under(&regime(kind, beats), gpc, &mapping()).grants(category(number), of, since);
                        prop_assert!(!grants(RegimeKind::OptIn, true) || grants(RegimeKind::OptIn, false));
                        prop_assert!(!grants(RegimeKind::OptOut, true) || grants(RegimeKind::OptOut, false));
                        prop_assert!(!grants(RegimeKind::OptIn, false) || grants(RegimeKind::OptOut, false));
                        prop_assert_eq!(grants(RegimeKind::OptIn, false), answer.grants(category(number), of, since));
                    }
                }
            }
        }
    }
}
