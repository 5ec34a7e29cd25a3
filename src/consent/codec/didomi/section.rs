//! One section: the answers to a list of ids, in one of three algorithms.

use super::super::bits::BitReader;
use super::super::fibonacci;
use super::super::ids::IdSet;
use super::error::{DcsError, Problem};
use super::pairs::{EVERY_OTHER, Pairs};
use super::scan::Sink;
use super::short;

/// The bit at which the two forms of version 1 part.
pub(super) const V1_START: usize = 206;

/// The four sections, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Purposes by consent.
    Purposes,
    /// Purposes on legitimate interest.
    PurposesLi,
    /// Vendors by consent.
    Vendors,
    /// Vendors on legitimate interest.
    VendorsLi,
}

impl Field {
    /// In the order of the string.
    pub const ALL: [Self; 4] = [Self::Purposes, Self::PurposesLi, Self::Vendors, Self::VendorsLi];

    /// The name in the format's own log.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Purposes => "purposes_optin",
            Self::PurposesLi => "purposes_optout",
            Self::Vendors => "vendors_optin",
            Self::VendorsLi => "vendors_optout",
        }
    }

    /// Whether its ids are purposes.
    pub const fn is_purposes(self) -> bool {
        matches!(self, Self::Purposes | Self::PurposesLi)
    }
}

/// How a field is written, by the names of the format's own log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoder {
    /// Six bits.
    U6,
    /// Sixteen bits.
    U16,
    /// Sixteen bytes.
    Uuid,
    /// 36 bits, tenths of seconds since 1970.
    Date,
    /// Two bits for each id.
    BitField2Bits,
    /// Ranges of 16-bit numbers.
    RangesU16,
    /// Ranges in Fibonacci codes.
    RangesFibonacci,
}

impl Encoder {
    /// The name in the format's own log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U6 => "u6",
            Self::U16 => "u16",
            Self::Uuid => "UUID",
            Self::Date => "date",
            Self::BitField2Bits => "bitField2Bits",
            Self::RangesU16 => "rangesU16",
            Self::RangesFibonacci => "rangesFibonacci",
        }
    }
}

/// Reads one section into `sink` and says how it was written.
#[inline(always)]
pub(super) fn read<S: Sink>(reader: &mut BitReader<'_>, field: Field, sink: &mut S) -> Result<Encoder, DcsError> {
    match short::read(reader, field, sink) {
        Some(encoder) => Ok(encoder),
        None => read_any(reader, field, sink),
    }
}

/// PERF: apart, so that the short way is short.
#[inline(never)]
pub(super) fn read_any<S: Sink>(reader: &mut BitReader<'_>, field: Field, sink: &mut S) -> Result<Encoder, DcsError> {
    let start = reader.position();
    // PERF: one window holds the whole start of a section, whatever its algorithm.
    let window = reader.window();
    let encoder = match window >> 62 {
        _ if reader.remaining() < 2 => return Err(Problem::Truncated.at(start)),
        0 => Encoder::BitField2Bits,
        1 => Encoder::RangesU16,
        2 => Encoder::RangesFibonacci,
        _ => return Err(Problem::Algorithm.at(start)),
    };
    sink.entry(field.key(), start, encoder);
    if encoder == Encoder::BitField2Bits {
        read_bit_field(reader, window, field, sink)?;
    } else {
        read_lists(reader, window, encoder, field, sink)?;
    }
    Ok(encoder)
}

/// First id, number of ids, and bits before their answers: StartFromOne 1, StartID 16 when that is 0, NumberOfIDs 16.
#[inline(always)]
pub(super) fn bit_field_head(window: u64) -> (u16, u16, usize) {
    match window >> 61 {
        1 => (1, bits16(window, 3), 19),
        _ => (bits16(window, 3), bits16(window, 19), 35),
    }
}

/// The 16 bits of a window from `at` (0 to 41).
#[inline(always)]
pub(super) fn bits16(window: u64, at: u32) -> u16 {
    u16::try_from(window << at >> 48).unwrap_or_default()
}

/// Its head, then two bits for each id.
#[inline(always)]
fn read_bit_field<S: Sink>(
    reader: &mut BitReader<'_>,
    window: u64,
    field: Field,
    sink: &mut S,
) -> Result<(), DcsError> {
    let at = reader.position();
    let (start, count, header) = bit_field_head(window);
    reader.skip(header).ok_or_else(|| Problem::Truncated.at(at))?;
    if start == 0 || (count > 0 && start.checked_add(count - 1).is_none()) {
        return Err(Problem::Range.at(at));
    }
    if usize::from(count) * 2 > reader.remaining() {
        return Err(Problem::Truncated.at(at));
    }
    let mut first = start;
    let mut left = count;
    while left > 0 {
        let ids = left.min(WINDOW);
        let pairs = reader.window() & !(u64::MAX >> (ids * 2));
        if pairs >> 1 & pairs & EVERY_OTHER != 0 {
            return Err(Problem::Status.at(reader.position()));
        }
        if sink.wants(field) {
            sink.pairs(field, first, Pairs(pairs));
        }
        reader.skip(usize::from(ids) * 2).ok_or_else(|| Problem::Truncated.at(at))?;
        first = first.saturating_add(ids);
        left -= ids;
    }
    Ok(())
}

/// The ids whose pairs of bits are read at once: 56 bits of a window.
const WINDOW: u16 = 28;

/// What one list of ranges, or the rest of the ids, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Enabled,
    Disabled,
    Undefined,
}

/// What the four bits EncodedStatuses say: the status of each list that follows, and of the ids in no list.
///
/// SPEC: only `0000` (one list, enabled) and `1100` (undefined, then enabled, the rest disabled) are published. They read
/// as two 2-bit codes, 00 enabled, 01 disabled, 11 undefined, the same code twice for a single list. Pairs under which
/// the ids in no list would be *enabled* are refused: nothing published says so, and it would grant what is not named.
const fn list_statuses(code: u8) -> Option<(Status, Option<Status>, Status)> {
    use Status::{Disabled, Enabled, Undefined};
    match code {
        0b0000 => Some((Enabled, None, Undefined)),
        0b0101 => Some((Disabled, None, Undefined)),
        0b1111 => Some((Undefined, None, Undefined)),
        0b0001 => Some((Enabled, Some(Disabled), Undefined)),
        0b0100 => Some((Disabled, Some(Enabled), Undefined)),
        0b0011 => Some((Enabled, Some(Undefined), Disabled)),
        0b1100 => Some((Undefined, Some(Enabled), Disabled)),
        _ => None,
    }
}

/// EncodedStatuses 4, then for each list NumberOfRanges 16 and its ranges.
#[inline(always)]
fn read_lists<S: Sink>(
    reader: &mut BitReader<'_>,
    window: u64,
    encoder: Encoder,
    field: Field,
    sink: &mut S,
) -> Result<(), DcsError> {
    let at = reader.position() + 2;
    reader.skip(6).ok_or_else(|| Problem::Truncated.at(at))?;
    let code = u8::try_from(window << 2 >> 60).unwrap_or(u8::MAX);
    let (first, second, rest) = list_statuses(code).ok_or_else(|| Problem::ListStatuses(code).at(at))?;
    let Some(second) = second else {
        return read_list(reader, encoder, 0, |start, end| give(sink, field, start, end, first)).map(drop);
    };
    read_two_lists(reader, encoder, field, sink, (first, second, rest))
}

/// PERF: apart and rare; the only place that may allocate, for lists of more than four ranges.
#[inline(never)]
fn read_two_lists<S: Sink>(
    reader: &mut BitReader<'_>,
    encoder: Encoder,
    field: Field,
    sink: &mut S,
    statuses: (Status, Status, Status),
) -> Result<(), DcsError> {
    let at = reader.position();
    let (mut one, mut two) = (IdSet::new(), IdSet::new());
    let ranges = read_list(reader, encoder, 0, |start, end| one.insert_range(start, end))?;
    read_list(reader, encoder, ranges, |start, end| two.insert_range(start, end))?;
    if one.intersects(&two) {
        return Err(Problem::Overlap.at(at));
    }
    let mut rest = IdSet::new();
    rest.insert_range(1, one.last().max(two.last()).unwrap_or(0));
    let rest = rest.difference(&one).difference(&two);
    for (list, status) in [(one, statuses.0), (two, statuses.1), (rest, statuses.2)] {
        list.ranges().iter().for_each(|(start, end)| give(sink, field, *start, *end, status));
    }
    Ok(())
}

#[inline(always)]
fn give<S: Sink>(sink: &mut S, field: Field, start: u16, end: u16, status: Status) {
    match status {
        Status::Enabled => sink.run(field, start, end, true),
        Status::Disabled => sink.run(field, start, end, false),
        Status::Undefined => {}
    }
}

/// NumberOfRanges 16, then the ranges; `earlier` are the ranges of the section's lists before this one. How many there
/// were in all.
#[inline(always)]
fn read_list(
    reader: &mut BitReader<'_>,
    encoder: Encoder,
    earlier: u16,
    mut range: impl FnMut(u16, u16),
) -> Result<u16, DcsError> {
    let at = reader.position();
    let count = reader.u16().ok_or_else(|| Problem::Truncated.at(at))?;
    let fibonacci = encoder == Encoder::RangesFibonacci;
    if fibonacci && count.saturating_add(earlier) > 1 {
        return Err(Problem::SecondFibonacciRange.at(at));
    }
    for _ in 0..count {
        let at = reader.position();
        let (start, end) = if fibonacci { read_fibonacci(reader)? } else { read_u16(reader)? };
        if start == 0 || end < start {
            return Err(Problem::Range.at(at));
        }
        range(start, end);
    }
    Ok(count.saturating_add(earlier))
}

/// SingleIdRange 1, start 16, end 16 unless single.
#[inline(always)]
fn read_u16(reader: &mut BitReader<'_>) -> Result<(u16, u16), DcsError> {
    let at = reader.position();
    let window = reader.window();
    let single = window >> 63 == 1;
    reader.skip(if single { 17 } else { 33 }).ok_or_else(|| Problem::Truncated.at(at))?;
    let start = bits16(window, 1);
    Ok((start, if single { start } else { bits16(window, 17) }))
}

/// Start and number of ids, each in Fibonacci code; there is no bit for single ids.
#[inline(always)]
fn read_fibonacci(reader: &mut BitReader<'_>) -> Result<(u16, u16), DcsError> {
    let at = reader.position();
    let start = fibonacci::read(reader).ok_or_else(|| Problem::Fibonacci.at(at))?;
    let count = fibonacci::read(reader).ok_or_else(|| Problem::Fibonacci.at(at))?;
    let end = start.checked_add(count - 1).ok_or_else(|| Problem::Range.at(at))?;
    Ok((start, end))
}
