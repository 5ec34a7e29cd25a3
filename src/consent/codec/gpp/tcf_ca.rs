//! Section 5, the TCF for Canada: `core[.segment…]`, express and implied consent. Layout: version 6 (1), created 36, last
//! updated 36, CMP id 12 and version 12, screen 6, language 12, vendor list 12, policy 6, non-standard texts 1, special
//! features 12, purposes 24 twice, vendor lists twice; then restrictions, which some leave out and which are not read.
//!
//! Libraries write the ranges of a vendor list in two layouts, 16-bit numbers and Fibonacci codes, without a mark: the one
//! that reads the whole section counts.

use super::super::fibonacci;
use super::super::ids::IdSet;
use super::super::numbers::Numbers;
use super::super::sextets::Sextets;
use super::super::tcf::{Letters, PublisherTc, VendorList};
use super::error::Problem;

/// What a string for Canada says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TcfCa {
    /// When the string was made, in tenths of seconds since 1970 (36 bits).
    pub created: u64,
    /// When it was changed last, likewise.
    pub last_updated: u64,
    /// The consent tool (12 bits).
    pub cmp_id: u16,
    /// Its version (12 bits).
    pub cmp_version: u16,
    /// On which of its screens the answer was given (6 bits).
    pub consent_screen: u8,
    /// The language in which it asked.
    pub consent_language: Letters,
    /// The version of the list of vendors (12 bits).
    pub vendor_list_version: u16,
    /// The version of the framework's policies (6 bits).
    pub policy_version: u8,
    /// The tool used other texts than the published ones.
    pub use_non_standard_texts: bool,
    /// Special features with express consent (1 to 12).
    pub special_features: Numbers,
    /// Purposes with express consent (1 to 24).
    pub purposes_express: Numbers,
    /// Purposes with implied consent (1 to 24): no answer that a visitor gave.
    pub purposes_implied: Numbers,
    /// Vendors with express consent.
    pub vendors_express: IdSet,
    /// Vendors with implied consent.
    pub vendors_implied: IdSet,
    /// Something stands where the publisher's restrictions would: libraries write them in three layouts, so that they are
    /// not read. Then no vendor has consent that a restriction could take away.
    pub restrictions_unread: bool,
    /// Vendors that the visitor was told of; `None` without that segment.
    pub disclosed: Option<IdSet>,
    /// The publisher's own answers, express where a [`PublisherTc`] has consent and implied where it has legitimate
    /// interest; `None` without that segment.
    pub publisher: Option<PublisherTc>,
}

/// How the ranges of a vendor list are written.
#[derive(Clone, Copy)]
enum Ranges {
    U16,
    Fibonacci,
}

/// Decodes the text of a section. Allocates; O(length), whatever ranges claim.
pub(super) fn decode(text: &[u8]) -> Result<TcfCa, Problem> {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut value = read_core(Sextets::new(parts.next().unwrap_or_default())?)?;
    for text in parts {
        let mut reader = Sextets::new(text)?;
        let free = match reader.read(3).ok_or(Problem::Truncated)? {
            1 => value.disclosed.replace(either(reader, read_disclosed)?.0).is_none(),
            3 => {
                let publisher = PublisherTc::read(&mut reader).ok_or(Problem::Truncated)?;
                ends(&reader)?;
                value.publisher.replace(publisher).is_none()
            }
            _ => false,
        };
        if !free {
            return Err(Problem::Part);
        }
    }
    Ok(value)
}

fn read_core(mut reader: Sextets<'_>) -> Result<TcfCa, Problem> {
    let version = reader.read(6).and_then(|version| u8::try_from(version).ok()).ok_or(Problem::Truncated)?;
    if version != 1 {
        return Err(Problem::Version(version));
    }
    let mut value = read_fields(&mut reader).ok_or(Problem::Truncated)?;
    ((value.vendors_express, value.vendors_implied), value.restrictions_unread) = either(reader, read_vendors)?;
    Ok(value)
}

fn read_fields(reader: &mut Sextets<'_>) -> Option<TcfCa> {
    let mut short = |count: u8| reader.read(count);
    Some(TcfCa {
        created: short(36)?,
        last_updated: short(36)?,
        cmp_id: short(12)?.try_into().ok()?,
        cmp_version: short(12)?.try_into().ok()?,
        consent_screen: short(6)?.try_into().ok()?,
        consent_language: Letters::from_bits(short(12)?.try_into().ok()?)?,
        vendor_list_version: short(12)?.try_into().ok()?,
        policy_version: short(6)?.try_into().ok()?,
        use_non_standard_texts: short(1)? == 1,
        special_features: Numbers::read(reader, 12)?,
        purposes_express: Numbers::read(reader, 24)?,
        purposes_implied: Numbers::read(reader, 24)?,
        ..TcfCa::default()
    })
}

/// Reads what is left in both layouts: one of them, or both with one meaning. The one that leaves nothing unread counts.
fn either<T: PartialEq>(
    reader: Sextets<'_>,
    read: impl Fn(Sextets<'_>, Ranges) -> Result<(T, bool), Problem>,
) -> Result<(T, bool), Problem> {
    match (read(reader, Ranges::U16), read(reader, Ranges::Fibonacci)) {
        (Ok(one), Ok((_, true))) if !one.1 => Ok(one),
        (Ok((_, true)), Ok(other)) if !other.1 => Ok(other),
        (Ok(one), Ok(other)) if one != other => Err(Problem::Ambiguous),
        (Ok(value), _) | (_, Ok(value)) => Ok(value),
        (Err(problem), Err(_)) => Err(problem),
    }
}

/// Both lists, and whether something is left behind them that is not padding.
fn read_vendors(mut reader: Sextets<'_>, ranges: Ranges) -> Result<((IdSet, IdSet), bool), Problem> {
    let lists = (read_list(&mut reader, ranges)?, read_list(&mut reader, ranges)?);
    Ok((lists, !reader.rest_is_zero()))
}

fn read_disclosed(mut reader: Sextets<'_>, ranges: Ranges) -> Result<(IdSet, bool), Problem> {
    let list = read_list(&mut reader, ranges)?;
    ends(&reader).map(|()| (list, false))
}

fn read_list(reader: &mut Sextets<'_>, ranges: Ranges) -> Result<IdSet, Problem> {
    let mut probe = *reader;
    let head = probe.read(17).ok_or(Problem::Truncated)?;
    if matches!(ranges, Ranges::U16) || head & 1 == 0 {
        return VendorList::read(reader).map(|list| list.to_set()).map_err(|_| Problem::Truncated);
    }
    let max = u16::try_from(head >> 1).unwrap_or(u16::MAX);
    let set = read_fibonacci(&mut probe, max).ok_or(Problem::Truncated)?;
    *reader = probe;
    Ok(set)
}

/// Count 12, then for each a flag and the distance from the last number; for a group, how many follow as well.
fn read_fibonacci(reader: &mut Sextets<'_>, max: u16) -> Option<IdSet> {
    let (mut set, mut last) = (IdSet::new(), 0_u16);
    for _ in 0..reader.read(12)? {
        let group = reader.flag()?;
        let first = last.checked_add(fibonacci::read_text(reader)?)?;
        last = if group { first.checked_add(fibonacci::read_text(reader)?)? } else { first };
        if last > max {
            return None;
        }
        set.insert_range(first, last);
    }
    Some(set)
}

fn ends(reader: &Sextets<'_>) -> Result<(), Problem> {
    if reader.rest_is_zero() { Ok(()) } else { Err(Problem::Trailing) }
}
