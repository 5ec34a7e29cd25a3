//! Walks a consent string once, from its bytes to its runs of ids, without an allocation.

use super::super::base64;
use super::super::bits::BitReader;
use super::error::{DcsError, Problem};
use super::section::{self, Encoder, Field};
use super::{Form, MAX_LEN};

/// What receives the ids. It is cloned where a string could be read in two ways, and the wrong clone thrown away.
pub trait Sink: Clone {
    /// The ids `first..=last` of a section have this answer. Runs come as they stand in the string: not sorted, perhaps
    /// overlapping, but an id with both answers never comes.
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool);

    /// Some ids of a bit field, at most 32: bit `n` of `enabled` or `disabled` is the id `first + n`; no bit stands in both.
    #[inline]
    fn bits(&mut self, field: Field, first: u16, enabled: u32, disabled: u32) {
        give_runs(self, field, first, enabled, disabled);
    }

    /// A field begins at this bit.
    fn entry(&mut self, _key: &'static str, _offset: usize, _encoder: Encoder) {}
}

/// Gives the ids of [`Sink::bits`] on as runs.
#[inline]
pub fn give_runs<S: Sink>(sink: &mut S, field: Field, first: u16, enabled: u32, disabled: u32) {
    for (mut bits, answer) in [(enabled, true), (disabled, false)] {
        while bits != 0 {
            let start = bits.trailing_zeros();
            let length = (bits >> start).trailing_ones();
            let id = |offset: u32| first.saturating_add(u16::try_from(offset).unwrap_or(u16::MAX));
            sink.run(field, id(start), id(start + length - 1), answer);
            bits &= u32::MAX.checked_shl(start + length).unwrap_or(0);
        }
    }
}

/// The fields before the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The layout.
    pub form: Form,
    /// The user's id.
    pub user_id: [u8; 16],
    /// Tenths of seconds since 1970.
    pub created: u64,
    /// Tenths of seconds since 1970.
    pub updated: u64,
}

/// The base64 characters for which the small buffer is enough: every published string.
const SMALL: usize = 256;

/// Bytes behind the sections, so that the bits near their end are read as fast as the others.
const SLACK: usize = 8;

/// Reads the sections of `value` into `sink`. On an error the sink may have been given some ids: throw it away.
///
/// No allocation, except in strings whose ranges come as two lists; O(length), whatever ranges claim.
///
/// # Errors
/// [`DcsError`] with the bit, for anything but exactly one reading of the published layouts.
#[inline]
pub fn scan<S: Sink>(value: &[u8], sink: &mut S) -> Result<Head, DcsError> {
    if value.len() > MAX_LEN {
        return Err(Problem::TooLong(value.len()).at(0));
    }
    let end = memchr::memchr2(b'.', b'~', value).unwrap_or(value.len());
    let sections = value.get(..end).unwrap_or_default();
    if sections.len() > SMALL {
        return scan_large(sections, sink);
    }
    let mut buffer = [0; SMALL / 4 * 3 + SLACK];
    let length = base64::decode_url_length(sections, &mut buffer).map_err(|error| Problem::from(error).at(0))?;
    scan_bits(BitReader::within(&buffer, length), sink)
}

/// PERF: apart, so that clearing its buffer is paid for by long strings only.
#[inline(never)]
fn scan_large<S: Sink>(sections: &[u8], sink: &mut S) -> Result<Head, DcsError> {
    let mut buffer = [0; MAX_LEN / 4 * 3 + SLACK];
    let length = base64::decode_url_length(sections, &mut buffer).map_err(|error| Problem::from(error).at(0))?;
    scan_bits(BitReader::within(&buffer, length), sink)
}

#[inline]
fn scan_bits<S: Sink>(mut reader: BitReader<'_>, sink: &mut S) -> Result<Head, DcsError> {
    let version = reader.read(6).ok_or(Problem::Truncated.at(0))?;
    sink.entry("version", 0, Encoder::U6);
    match version {
        1 => scan_v1(reader, sink),
        2 => walk(reader, Layout::V2, sink).map(|(head, _)| head),
        other => Err(Problem::Version(u8::try_from(other).unwrap_or(u8::MAX)).at(0)),
    }
}

/// The two forms of version 1 carry no mark. Exactly one of them consumes four sections and leaves less than 24 zero
/// bits; where both do, the one whose purposes are bit fields, as every writer of version 1 writes them.
fn scan_v1<S: Sink>(reader: BitReader<'_>, sink: &mut S) -> Result<Head, DcsError> {
    let (mut plain_sink, mut flag_sink) = (sink.clone(), sink.clone());
    let plain = walk(reader, Layout::V1Plain, &mut plain_sink);
    let flag = walk(reader, Layout::V1, &mut flag_sink);
    let (head, chosen) = match (plain, flag) {
        (Ok((head, true)), Ok((_, false))) => (head, plain_sink),
        (Ok((_, false)), Ok((head, true))) => (head, flag_sink),
        (Ok(_), Ok(_)) => return Err(Problem::Ambiguous.at(section::V1_START)),
        (Ok((head, _)), Err(_)) => (head, plain_sink),
        (Err(_), Ok((head, _))) => (head, flag_sink),
        // The reading that came further is the likelier one.
        (Err(plain), Err(flag)) => return Err(if flag.bit > plain.bit { flag } else { plain }),
    };
    *sink = chosen;
    Ok(head)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    V1Plain,
    V1,
    V2,
}

/// Reads everything behind the version in one layout; also whether both purpose sections are bit fields.
#[inline]
fn walk<S: Sink>(mut reader: BitReader<'_>, layout: Layout, sink: &mut S) -> Result<(Head, bool), DcsError> {
    let head = read_head(&mut reader, layout, sink).ok_or_else(|| Problem::Truncated.at(reader.position()))?;
    let mut plain_purposes = true;
    for field in Field::ALL {
        let encoder = section::read(&mut reader, field, sink)?;
        plain_purposes &= encoder == Encoder::BitField2Bits || !field.is_purposes();
    }
    let trailing = reader.first_set().or((reader.remaining() >= 24).then_some(reader.position()));
    trailing.map_or(Ok((head, plain_purposes)), |bit| Err(Problem::Trailing.at(bit)))
}

#[inline]
fn read_head<S: Sink>(reader: &mut BitReader<'_>, layout: Layout, sink: &mut S) -> Option<Head> {
    sink.entry("user_id", reader.position(), Encoder::Uuid);
    let user_id = reader.bytes16()?;
    sink.entry("created", reader.position(), Encoder::Date);
    let created = reader.read(36)?;
    sink.entry("updated", reader.position(), Encoder::Date);
    let updated = reader.read(36)?;
    let form = match layout {
        Layout::V1Plain => Form::V1Plain,
        Layout::V1 => Form::V1 { sync: read_sync(reader, sink)? },
        Layout::V2 => {
            sink.entry("regulation_id", reader.position(), Encoder::U16);
            Form::V2 { regulation: reader.u16()?, sync: read_sync(reader, sink)? }
        }
    };
    Some(Head { form, user_id, created, updated })
}

#[inline]
fn read_sync<S: Sink>(reader: &mut BitReader<'_>, sink: &mut S) -> Option<Option<u64>> {
    sink.entry("sync", reader.position(), Encoder::Date);
    if reader.flag()? { reader.read(36).map(Some) } else { Some(None) }
}
