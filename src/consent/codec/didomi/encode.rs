//! Writes consent strings as the published ones are written: each section in its shortest form, padded to 24 bits.

use super::super::base64;
use super::super::bits::BitWriter;
use super::super::fibonacci;
use super::section::Encoder;
use super::{Dcs, Form, MAX_LEN, Statuses, decode};

/// A value that no string can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A date does not fit 36 bits (it is after the year 2187).
    #[error("a date does not fit 36 bits")]
    Date,
    /// The string would be longer than a reader takes.
    #[error("the string would be longer than {max} bytes", max = MAX_LEN)]
    TooLong,
    /// Both forms of version 1 would read the string; version 2 has no such values.
    #[error("both forms of version 1 would read the string")]
    Ambiguous,
}

/// The sections as base64url. `decode(encode(x)) == x`.
///
/// # Errors
/// [`EncodeError`]; with dates within 36 bits and ids below 2,000 only [`EncodeError::Ambiguous`], and that in version 1.
pub fn encode(dcs: &Dcs) -> Result<String, EncodeError> {
    let mut writer = BitWriter::new();
    write_head(&mut writer, dcs)?;
    for (statuses, purposes) in
        [(&dcs.purposes, true), (&dcs.purposes_li, true), (&dcs.vendors, false), (&dcs.vendors_li, false)]
    {
        // Version 1 writes purposes as a bit field only.
        let encoder = if purposes && dcs.form.version() == 1 { Encoder::BitField2Bits } else { shortest(statuses) };
        if writer.len() + section_length(statuses, encoder) > MAX_LEN * 6 {
            return Err(EncodeError::TooLong);
        }
        write_section(&mut writer, statuses, encoder);
    }
    let text = base64::encode_url(&writer.finish(3));
    if text.len() > MAX_LEN {
        return Err(EncodeError::TooLong);
    }
    if dcs.form.version() == 1 && decode(text.as_bytes()).as_ref() != Ok(dcs) {
        return Err(EncodeError::Ambiguous);
    }
    Ok(text)
}

fn write_head(writer: &mut BitWriter, dcs: &Dcs) -> Result<(), EncodeError> {
    writer.write(u64::from(dcs.form.version()), 6);
    writer.bytes(&dcs.user_id);
    write_date(writer, dcs.created)?;
    write_date(writer, dcs.updated)?;
    if let Form::V2 { regulation, .. } = dcs.form {
        writer.write(u64::from(regulation), 16);
    }
    if dcs.form != Form::V1Plain {
        writer.flag(dcs.form.sync().is_some());
        dcs.form.sync().map_or(Ok(()), |sync| write_date(writer, sync))?;
    }
    Ok(())
}

fn write_date(writer: &mut BitWriter, date: u64) -> Result<(), EncodeError> {
    if date >> 36 != 0 {
        return Err(EncodeError::Date);
    }
    writer.write(date, 36);
    Ok(())
}

/// The shortest of the published forms; lists say yes only, so a section with a no is a bit field.
fn shortest(statuses: &Statuses) -> Encoder {
    let mut best = Encoder::BitField2Bits;
    if statuses.disabled().is_empty() && !statuses.is_empty() {
        for other in [Encoder::RangesU16, Encoder::RangesFibonacci] {
            let one_range = statuses.enabled().ranges().len() == 1;
            if (one_range || other == Encoder::RangesU16)
                && section_length(statuses, other) < section_length(statuses, best)
            {
                best = other;
            }
        }
    }
    best
}

/// The first id of the shortest bit field, and how many ids it has. Naming the first id costs 16 bits.
fn bit_field(statuses: &Statuses) -> (u16, u16) {
    let Some((first, last)) = statuses.bounds() else { return (1, 0) };
    let first = if first > 9 { first } else { 1 };
    (first, (last - first).saturating_add(1))
}

/// The section's length in bits, with its algorithm.
fn section_length(statuses: &Statuses, encoder: Encoder) -> usize {
    let ranges = statuses.enabled().ranges();
    match encoder {
        Encoder::RangesU16 => 22 + ranges.iter().map(|(start, end)| if start == end { 17 } else { 33 }).sum::<usize>(),
        Encoder::RangesFibonacci => {
            22 + ranges
                .iter()
                .map(|(start, end)| fibonacci::length(*start) + fibonacci::length((end - start).saturating_add(1)))
                .sum::<usize>()
        }
        _ => {
            let (first, count) = bit_field(statuses);
            19 + if first == 1 { 0 } else { 16 } + usize::from(count) * 2
        }
    }
}

fn write_section(writer: &mut BitWriter, statuses: &Statuses, encoder: Encoder) {
    match encoder {
        Encoder::RangesU16 => {
            write_list_head(writer, 1, statuses);
            for (start, end) in statuses.enabled().ranges() {
                writer.flag(start == end);
                writer.write(u64::from(*start), 16);
                if start != end {
                    writer.write(u64::from(*end), 16);
                }
            }
        }
        Encoder::RangesFibonacci => {
            write_list_head(writer, 2, statuses);
            for (start, end) in statuses.enabled().ranges() {
                fibonacci::write(writer, *start);
                fibonacci::write(writer, (end - start).saturating_add(1));
            }
        }
        _ => write_bit_field(writer, statuses),
    }
}

/// Algorithm, EncodedStatuses `0000` (one list, enabled), NumberOfRanges.
fn write_list_head(writer: &mut BitWriter, algorithm: u64, statuses: &Statuses) {
    writer.write(algorithm, 2);
    writer.write(0, 4);
    writer.write(u64::try_from(statuses.enabled().ranges().len()).unwrap_or(0), 16);
}

fn write_bit_field(writer: &mut BitWriter, statuses: &Statuses) {
    let (first, count) = bit_field(statuses);
    writer.write(0, 2);
    writer.flag(first == 1);
    if first != 1 {
        writer.write(u64::from(first), 16);
    }
    writer.write(u64::from(count), 16);
    for id in (first..=u16::MAX).take(usize::from(count)) {
        writer.flag(statuses.enabled().contains(id));
        writer.flag(statuses.disabled().contains(id));
    }
}
