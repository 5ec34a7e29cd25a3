//! Walks a consent string once, from its bytes to its runs of ids, without an allocation.
//!
//! PERF: `inline(always)` here, in `section.rs`, `bits.rs` and `fibonacci.rs` keeps the results of the small readers in
//! registers: a quarter of the time for the published string of version 2 (benchmark `codec/didomi`).

use super::super::base64;
use super::super::bits::BitReader;
use super::error::{DcsError, Problem};
use super::pairs::Pairs;
use super::section::{self, Encoder, Field};
use super::{Form, MAX_LEN};

/// What receives the ids.
pub trait Sink {
    /// What came was the wrong one of two readings: forgets all ids, and the fields from bit `from` on.
    fn restart(&mut self, from: usize);

    /// The ids `first..=last` of a section have this answer. Runs come as they stand in the string: not sorted, perhaps
    /// overlapping, but an id with both answers never comes.
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool);

    /// Whether the ids of bit fields of this section are of interest.
    #[inline]
    fn wants(&self, _field: Field) -> bool {
        true
    }

    /// Some ids of a bit field, from `first` on.
    #[inline]
    fn pairs(&mut self, field: Field, first: u16, pairs: Pairs) {
        give_runs(self, field, first, pairs);
    }

    /// What stands before the sections.
    #[inline]
    fn head(&mut self, _head: Head) {}

    /// A field begins at this bit.
    fn entry(&mut self, _key: &'static str, _offset: usize, _encoder: Encoder) {}
}

/// Gives the ids of [`Sink::pairs`] on as runs.
#[inline(always)]
pub fn give_runs<S: Sink + ?Sized>(sink: &mut S, field: Field, first: u16, pairs: Pairs) {
    for (mut bits, answer) in [(pairs.enabled(), true), (pairs.disabled(), false)] {
        while bits != 0 {
            let start = bits.leading_zeros();
            let length = (bits << start).leading_ones();
            let id = |offset: u32| first.saturating_add(u16::try_from(offset).unwrap_or(u16::MAX));
            sink.run(field, id(start), id(start + length - 1), answer);
            bits &= u32::MAX.checked_shr(start + length).unwrap_or(0);
        }
    }
}

/// The fields before the sections that every layout has at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The user's id.
    pub user_id: [u8; 16],
    /// Tenths of seconds since 1970.
    pub created: u64,
    /// Tenths of seconds since 1970.
    pub updated: u64,
}

/// The characters before the first `.` or `~` for which the small buffer is enough: those of every published string.
const SMALL: usize = 128;

/// Bytes behind the sections, so that the bits near their end are read as fast as the others.
const SLACK: usize = 8;

/// Reads the sections of `value` into `sink`; which layout they have. On an error the sink may have been given some ids: throw it away.
///
/// No allocation, except in strings whose ranges come as two lists; O(length), whatever ranges claim.
///
/// # Errors
/// [`DcsError`] with the bit, for anything but exactly one reading of the published layouts.
#[inline(always)]
pub fn scan<S: Sink>(value: &[u8], sink: &mut S) -> Result<Form, DcsError> {
    if value.len() > MAX_LEN {
        return scan_large(value, sink);
    }
    let mut buffer = [0; SMALL / 4 * 3 + SLACK];
    match base64::decode_url_prefix(value, &mut buffer) {
        Some((end, length)) if matches!(value.get(end), None | Some(b'.' | b'~')) => {
            scan_bits(BitReader::within(&buffer, length), sink)
        }
        _ => scan_large(value, sink),
    }
}

/// PERF: apart, so that clearing its buffer is paid for by long strings and wrong ones only.
#[inline(never)]
fn scan_large<S: Sink>(value: &[u8], sink: &mut S) -> Result<Form, DcsError> {
    if value.len() > MAX_LEN {
        return Err(Problem::TooLong(value.len()).at(0));
    }
    let end = memchr::memchr2(b'.', b'~', value).unwrap_or(value.len());
    let mut buffer = [0; MAX_LEN / 4 * 3 + SLACK];
    let sections = value.get(..end).unwrap_or_default();
    let length = base64::decode_url_length(sections, &mut buffer).map_err(|error| Problem::from(error).at(0))?;
    scan_bits(BitReader::within(&buffer, length), sink)
}

#[inline(always)]
fn scan_bits<S: Sink>(mut reader: BitReader<'_>, sink: &mut S) -> Result<Form, DcsError> {
    let version = reader.read(6).ok_or(Problem::Truncated.at(0))?;
    sink.entry("version", 0, Encoder::U6);
    if !matches!(version, 1 | 2) {
        return Err(Problem::Version(u8::try_from(version).unwrap_or(u8::MAX)).at(0));
    }
    let head = read_head(&mut reader, sink).ok_or_else(|| Problem::Truncated.at(reader.position()))?;
    sink.head(head);
    if version == 2 { walk(reader, Layout::V2, sink).map(|(form, _)| form) } else { scan_v1(reader, sink) }
}

/// The two forms of version 1 carry no mark. Exactly one of them consumes four sections and leaves less than 24 zero
/// bits; where both do, the one whose purposes are bit fields, as every writer of version 1 writes them.
///
/// PERF: the form with the flag first: read as the plain form it fails early, and the other way round. Apart: version 2 is
/// what is written today.
#[inline(never)]
fn scan_v1<S: Sink>(reader: BitReader<'_>, sink: &mut S) -> Result<Form, DcsError> {
    let (form, flag_fields) = match walk(reader, Layout::V1, sink) {
        Ok(read) => read,
        Err(flag) => {
            sink.restart(section::V1_START);
            // Where neither form reads it, the error of the one that came further.
            return walk(reader, Layout::V1Plain, sink)
                .map(|(form, _)| form)
                .map_err(|plain| if flag.bit > plain.bit { flag } else { plain });
        }
    };
    match walk(reader, Layout::V1Plain, &mut Nothing) {
        Err(_) => Ok(form),
        Ok((_, plain_fields)) if plain_fields == flag_fields => Err(Problem::Ambiguous.at(section::V1_START)),
        Ok(_) if flag_fields => Ok(form),
        Ok(_) => {
            sink.restart(section::V1_START);
            walk(reader, Layout::V1Plain, sink).map(|(form, _)| form)
        }
    }
}

/// Only looks whether a reading is one.
struct Nothing;

impl Sink for Nothing {
    fn restart(&mut self, _from: usize) {}

    fn wants(&self, _field: Field) -> bool {
        false
    }

    fn run(&mut self, _field: Field, _first: u16, _last: u16, _enabled: bool) {}
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    V1Plain,
    V1,
    V2,
}

/// Reads everything behind the dates in one layout; also whether both purpose sections are bit fields.
#[inline(always)]
fn walk<S: Sink>(mut reader: BitReader<'_>, layout: Layout, sink: &mut S) -> Result<(Form, bool), DcsError> {
    let form = read_form(&mut reader, layout, sink).ok_or_else(|| Problem::Truncated.at(reader.position()))?;
    // PERF: written out, so that each section's code knows which ids nobody asks for.
    let purposes = section::read(&mut reader, Field::Purposes, sink)?;
    let purposes_li = section::read(&mut reader, Field::PurposesLi, sink)?;
    section::read(&mut reader, Field::Vendors, sink)?;
    section::read(&mut reader, Field::VendorsLi, sink)?;
    let plain_purposes = purposes == Encoder::BitField2Bits && purposes_li == Encoder::BitField2Bits;
    let (at, left) = (reader.position(), reader.remaining());
    if left >= 24 || reader.window() >> 1 >> (63 - left) != 0 {
        return Err(Problem::Trailing.at(reader.first_set().unwrap_or(at)));
    }
    Ok((form, plain_purposes))
}

/// The user id and the two dates, which every layout has at the same place.
#[inline(always)]
fn read_head<S: Sink>(reader: &mut BitReader<'_>, sink: &mut S) -> Option<Head> {
    sink.entry("user_id", reader.position(), Encoder::Uuid);
    let user_id = reader.bytes16()?;
    sink.entry("created", reader.position(), Encoder::Date);
    let created = reader.read(36)?;
    sink.entry("updated", reader.position(), Encoder::Date);
    let updated = reader.read(36)?;
    Some(Head { user_id, created, updated })
}

/// What stands between the dates and the sections.
#[inline(always)]
fn read_form<S: Sink>(reader: &mut BitReader<'_>, layout: Layout, sink: &mut S) -> Option<Form> {
    Some(match layout {
        Layout::V1Plain => Form::V1Plain,
        Layout::V1 => Form::V1 { sync: read_sync(reader, sink)? },
        Layout::V2 => {
            sink.entry("regulation_id", reader.position(), Encoder::U16);
            Form::V2 { regulation: reader.u16()?, sync: read_sync(reader, sink)? }
        }
    })
}

#[inline(always)]
fn read_sync<S: Sink>(reader: &mut BitReader<'_>, sink: &mut S) -> Option<Option<u64>> {
    sink.entry("sync", reader.position(), Encoder::Date);
    if reader.flag()? { reader.read(36).map(Some) } else { Some(None) }
}
