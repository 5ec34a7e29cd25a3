//! What the publisher itself restricts: of a purpose, for some vendors.

use super::super::ids::IdSet;
use super::super::numbers::Numbers;
use super::super::sextets::Sextets;
use super::error::Problem;
use super::list::Ranges;

/// How a purpose is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestrictionKind {
    /// 0: not allowed, whatever was answered.
    NotAllowed,
    /// 1: on consent only.
    RequireConsent,
    /// 2: on legitimate interest only.
    RequireLegitimateInterest,
    /// 3: not published; taken for not allowed.
    Undefined,
}

impl RestrictionKind {
    const fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::NotAllowed,
            1 => Self::RequireConsent,
            2 => Self::RequireLegitimateInterest,
            _ => Self::Undefined,
        }
    }

    /// The two bits of a string.
    pub const fn bits(self) -> u8 {
        match self {
            Self::NotAllowed => 0,
            Self::RequireConsent => 1,
            Self::RequireLegitimateInterest => 2,
            Self::Undefined => 3,
        }
    }
}

/// One restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The purpose, 1 to 63.
    pub purpose: u8,
    /// How it is restricted.
    pub kind: RestrictionKind,
    /// For whom.
    pub vendors: IdSet,
}

/// What is restricted for one vendor; a purpose can stand in several sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restricted {
    /// Purposes that are not allowed.
    pub not_allowed: Numbers,
    /// Purposes on consent only.
    pub require_consent: Numbers,
    /// Purposes on legitimate interest only.
    pub require_legitimate_interest: Numbers,
}

/// The restrictions where they stand in a string: NumPubRestrictions 12, then purpose 6, kind 2, and ranges each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restrictions<'a> {
    /// Standing at the first one.
    bits: Sextets<'a>,
    count: u16,
}

/// The fewest bits of a restriction: purpose, kind, NumEntries.
const SHORTEST: usize = 20;

impl<'a> Restrictions<'a> {
    /// Reads and checks restrictions; the reader stands behind them. O(ranges).
    #[inline(always)]
    pub(super) fn read(reader: &mut Sextets<'a>) -> Result<Self, Problem> {
        let count = reader.read(12).and_then(|count| u16::try_from(count).ok()).ok_or(Problem::Truncated)?;
        if usize::from(count) * SHORTEST > reader.remaining() {
            return Err(Problem::Truncated);
        }
        let bits = *reader;
        for _ in 0..count {
            restriction(reader)?;
        }
        Ok(Self { bits, count })
    }

    fn iter(&self) -> impl Iterator<Item = (u8, RestrictionKind, Ranges<'a>)> + use<'a> {
        let mut bits = self.bits;
        (0..self.count).map_while(move |_| restriction(&mut bits).ok())
    }

    /// What is restricted for a vendor. O(ranges), no allocation.
    #[inline(always)]
    pub(super) fn of(&self, vendor: u16) -> Restricted {
        let mut restricted = Restricted::default();
        for (purpose, kind, ranges) in self.iter() {
            if ranges.contains(vendor) {
                let set = match kind {
                    RestrictionKind::NotAllowed | RestrictionKind::Undefined => &mut restricted.not_allowed,
                    RestrictionKind::RequireConsent => &mut restricted.require_consent,
                    RestrictionKind::RequireLegitimateInterest => &mut restricted.require_legitimate_interest,
                };
                *set = set.union(Numbers::of(purpose));
            }
        }
        restricted
    }

    /// All of them, as they stand there. Allocates.
    pub(super) fn to_vec(self) -> Vec<Restriction> {
        let whole = |(purpose, kind, ranges): (u8, RestrictionKind, Ranges<'_>)| Restriction {
            purpose,
            kind,
            vendors: ranges.to_set(),
        };
        self.iter().map(whole).collect()
    }
}

fn restriction<'a>(reader: &mut Sextets<'a>) -> Result<(u8, RestrictionKind, Ranges<'a>), Problem> {
    let head = reader.read(8).ok_or(Problem::Truncated)?;
    let purpose = u8::try_from(head >> 2).ok().filter(|purpose| *purpose > 0).ok_or(Problem::Purpose)?;
    Ok((purpose, RestrictionKind::from_bits(head & 3), Ranges::read(reader, u16::MAX)?))
}
