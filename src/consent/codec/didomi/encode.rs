//! Writes consent strings as the published ones are written: each section in its shortest form, padded to 24 bits.

use super::super::base64;
use super::super::bits::BitWriter;
use super::super::fibonacci;
use super::super::ids::IdSet;
use super::section::{Encoder, Field};
use super::{Algorithms, Dcs, Form, MAX_LEN, Statuses, decode};

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
    /// No algorithm that is allowed for the section holds its answers: Fibonacci ranges hold one range of ids with a yes.
    #[error("{field}: no algorithm that is allowed holds these answers (ranges_fibonacci holds one range of enabled ids; purposes of version 1 are a bit field)", field = .0.key())]
    Algorithms(Field),
}

/// The sections as base64url. `decode(encode(x)) == x`.
///
/// # Errors
/// [`EncodeError`]; with dates within 36 bits and ids below 2,000 only [`EncodeError::Ambiguous`], and that in version 1.
pub fn encode(dcs: &Dcs) -> Result<String, EncodeError> {
    encode_with(dcs, &Algorithms::ALL)
}

/// [`encode`] in these algorithms only: of those that hold a section's answers the shortest is taken.
///
/// # Errors
/// As [`encode`], and [`EncodeError::Algorithms`].
pub fn encode_with(dcs: &Dcs, algorithms: &Algorithms) -> Result<String, EncodeError> {
    let mut writer = BitWriter::new();
    write_head(&mut writer, dcs)?;
    for (statuses, field) in
        [&dcs.purposes, &dcs.purposes_li, &dcs.vendors, &dcs.vendors_li].into_iter().zip(Field::ALL)
    {
        // Version 1 writes purposes as a bit field only.
        let bit_field_only = field.is_purposes() && dcs.form.version() == 1;
        let allows =
            |encoder| algorithms.allows(field, encoder) && (!bit_field_only || encoder == Encoder::BitField2Bits);
        let encoder = shortest(statuses, allows).ok_or(EncodeError::Algorithms(field))?;
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

/// The shortest of the allowed forms that hold the answers; the bit field when it is as short as another.
///
/// One list of ranges says yes only. A section with a no is a bit field, where that is allowed, as every published one is;
/// else the two lists of the documentation's example. Of Fibonacci ranges one at most is published.
fn shortest(statuses: &Statuses, allows: impl Fn(Encoder) -> bool) -> Option<Encoder> {
    let yes_only = statuses.disabled().is_empty();
    let bit_field = allows(Encoder::BitField2Bits);
    let holds = |encoder: Encoder| match encoder {
        // No id stands behind the last, so a no there would be in no list.
        Encoder::RangesU16 if !bit_field => !statuses.disabled().contains(u16::MAX),
        Encoder::RangesU16 => yes_only && !statuses.is_empty(),
        Encoder::RangesFibonacci => {
            yes_only && statuses.enabled().ranges().len() <= 1 && !(bit_field && statuses.is_empty())
        }
        _ => true,
    };
    [Encoder::BitField2Bits, Encoder::RangesU16, Encoder::RangesFibonacci]
        .into_iter()
        .filter(|encoder| allows(*encoder) && holds(*encoder))
        .min_by_key(|encoder| section_length(statuses, *encoder))
}

/// The ids without an answer below the last that has one, and one more where the last is a no: with these and the enabled
/// ids in two lists, the rest is disabled.
fn undefined(statuses: &Statuses) -> IdSet {
    let Some((_, last)) = statuses.bounds() else { return IdSet::new() };
    let mut all = IdSet::new();
    let end = if statuses.disabled().contains(last) { last.saturating_add(1) } else { last };
    all.insert_range(1, end);
    all.difference(statuses.enabled()).difference(statuses.disabled())
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
    let u16_list =
        |ids: &IdSet| 16 + ids.ranges().iter().map(|(start, end)| if start == end { 17 } else { 33 }).sum::<usize>();
    match encoder {
        Encoder::RangesU16 if statuses.disabled().is_empty() => 6 + u16_list(statuses.enabled()),
        Encoder::RangesU16 => 6 + u16_list(&undefined(statuses)) + u16_list(statuses.enabled()),
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

/// Algorithm, for lists EncodedStatuses, and the answers.
fn write_section(writer: &mut BitWriter, statuses: &Statuses, encoder: Encoder) {
    match encoder {
        Encoder::RangesU16 if statuses.disabled().is_empty() => {
            writer.write(0b01_0000, 6);
            write_u16_list(writer, statuses.enabled());
        }
        // Undefined, then enabled; the rest is disabled.
        Encoder::RangesU16 => {
            writer.write(0b01_1100, 6);
            write_u16_list(writer, &undefined(statuses));
            write_u16_list(writer, statuses.enabled());
        }
        Encoder::RangesFibonacci => {
            writer.write(0b10_0000, 6);
            write_count(writer, statuses.enabled());
            for (start, end) in statuses.enabled().ranges() {
                fibonacci::write(writer, *start);
                fibonacci::write(writer, (end - start).saturating_add(1));
            }
        }
        _ => write_bit_field(writer, statuses),
    }
}

/// NumberOfRanges, then the ranges.
fn write_u16_list(writer: &mut BitWriter, ids: &IdSet) {
    write_count(writer, ids);
    for (start, end) in ids.ranges() {
        writer.flag(start == end);
        writer.write(u64::from(*start), 16);
        if start != end {
            writer.write(u64::from(*end), 16);
        }
    }
}

fn write_count(writer: &mut BitWriter, ids: &IdSet) {
    writer.write(u64::try_from(ids.ranges().len()).unwrap_or(0), 16);
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
