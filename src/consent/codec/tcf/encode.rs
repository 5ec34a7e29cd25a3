//! Writes TC strings as the published library does: padded to 24 bits, vendors as a bit field or as ranges, the shorter.

use super::super::base64;
use super::super::bits::BitWriter;
use super::super::ids::IdSet;
use super::super::numbers::Numbers;
use super::{Head, MAX_LEN, PublisherTc, Restriction, Tcf};

/// A value that no string can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// This field is larger than its bits.
    #[error("{0} does not fit its field")]
    Field(&'static str),
    /// The string would be longer than [`MAX_LEN`].
    #[error("the string would be longer than {max} bytes", max = MAX_LEN)]
    TooLong,
}

/// How many ranges or restrictions a count of 12 bits holds.
const MAX_COUNT: usize = 4095;

/// Writes a string: the core, then disclosed vendors, allowed vendors and the publisher's answers where they are.
/// `decode(encode(x)) == x`.
///
/// # Errors
/// [`EncodeError`].
pub fn encode(value: &Tcf) -> Result<String, EncodeError> {
    let mut core = BitWriter::new();
    write_head(&mut core, &value.head)?;
    write_list(&mut core, &value.vendors)?;
    write_list(&mut core, &value.vendors_li)?;
    write_restrictions(&mut core, &value.restrictions)?;
    let mut text = base64::encode_url(&core.finish(3));
    for (kind, list) in [(1, &value.disclosed), (2, &value.allowed)] {
        if let Some(list) = list {
            let mut writer = BitWriter::new();
            writer.write(kind, 3);
            write_list(&mut writer, list)?;
            append(&mut text, writer);
        }
    }
    if let Some(publisher) = &value.publisher {
        let mut writer = BitWriter::new();
        write_publisher(&mut writer, publisher)?;
        append(&mut text, writer);
    }
    if text.len() > MAX_LEN { Err(EncodeError::TooLong) } else { Ok(text) }
}

fn append(text: &mut String, segment: BitWriter) {
    text.push('.');
    text.push_str(&base64::encode_url(&segment.finish(3)));
}

fn write_head(writer: &mut BitWriter, head: &Head) -> Result<(), EncodeError> {
    writer.write(2, 6);
    write_field(writer, "created", head.created, 36)?;
    write_field(writer, "last_updated", head.last_updated, 36)?;
    write_field(writer, "cmp_id", head.cmp_id.into(), 12)?;
    write_field(writer, "cmp_version", head.cmp_version.into(), 12)?;
    write_field(writer, "consent_screen", head.consent_screen.into(), 6)?;
    write_field(writer, "consent_language", head.consent_language.bits().into(), 12)?;
    write_field(writer, "vendor_list_version", head.vendor_list_version.into(), 12)?;
    write_field(writer, "policy_version", head.policy_version.into(), 6)?;
    writer.flag(head.is_service_specific);
    writer.flag(head.use_non_standard_texts);
    write_numbers(writer, "special_features", head.special_features, 12)?;
    write_numbers(writer, "purposes", head.purposes, 24)?;
    write_numbers(writer, "purposes_li", head.purposes_li, 24)?;
    writer.flag(head.purpose_one_treatment);
    write_field(writer, "publisher_country", head.publisher_country.bits().into(), 12)
}

/// Appends a number of `count` bits.
pub(in super::super) fn write_field(
    writer: &mut BitWriter,
    name: &'static str,
    value: u64,
    count: u8,
) -> Result<(), EncodeError> {
    if value >> count != 0 {
        return Err(EncodeError::Field(name));
    }
    writer.write(value, count);
    Ok(())
}

/// Appends a set of numbers up to `count`.
pub(in super::super) fn write_numbers(
    writer: &mut BitWriter,
    name: &'static str,
    numbers: Numbers,
    count: u8,
) -> Result<(), EncodeError> {
    if numbers.last() > u32::from(count) {
        return Err(EncodeError::Field(name));
    }
    numbers.write(writer, count);
    Ok(())
}

/// Appends a list of vendors.
fn write_list(writer: &mut BitWriter, vendors: &IdSet) -> Result<(), EncodeError> {
    let max = vendors.last().unwrap_or(0);
    let ranges = vendors.ranges();
    let by_range = ranges.len() <= MAX_COUNT && range_length(vendors) < usize::from(max);
    // A bit field this long is never short enough for the whole string.
    if vendors.contains(0) || (!by_range && usize::from(max) > MAX_LEN * 6) {
        return Err(if vendors.contains(0) { EncodeError::Field("vendors") } else { EncodeError::TooLong });
    }
    writer.write(max.into(), 16);
    writer.flag(by_range);
    if by_range {
        return write_ranges(writer, vendors);
    }
    let mut next = 1;
    for (first, last) in ranges {
        (next..*first).for_each(|_| writer.flag(false));
        (*first..=*last).for_each(|_| writer.flag(true));
        next = last.saturating_add(1);
    }
    Ok(())
}

/// How many bits [`write_ranges`] appends.
fn range_length(vendors: &IdSet) -> usize {
    12 + vendors.ranges().iter().map(|(first, last)| if first == last { 17 } else { 33 }).sum::<usize>()
}

fn write_ranges(writer: &mut BitWriter, vendors: &IdSet) -> Result<(), EncodeError> {
    let ranges = vendors.ranges();
    let count = u64::try_from(ranges.len()).unwrap_or(u64::MAX);
    write_field(writer, "vendors", count, 12)?;
    for (first, last) in ranges {
        writer.flag(first != last);
        writer.write((*first).into(), 16);
        if first != last {
            writer.write((*last).into(), 16);
        }
    }
    Ok(())
}

/// Appends the publisher's restrictions.
fn write_restrictions(writer: &mut BitWriter, restrictions: &[Restriction]) -> Result<(), EncodeError> {
    let count = u64::try_from(restrictions.len()).unwrap_or(u64::MAX);
    write_field(writer, "restrictions", count, 12)?;
    for restriction in restrictions {
        if restriction.purpose == 0 || restriction.vendors.contains(0) {
            return Err(EncodeError::Field("restrictions"));
        }
        write_field(writer, "restrictions", restriction.purpose.into(), 6)?;
        writer.write(restriction.kind.bits().into(), 2);
        write_ranges(writer, &restriction.vendors)?;
    }
    Ok(())
}

/// Appends the publisher's segment, with its type.
pub(in super::super) fn write_publisher(writer: &mut BitWriter, publisher: &PublisherTc) -> Result<(), EncodeError> {
    writer.write(3, 3);
    write_numbers(writer, "publisher.purposes", publisher.purposes, 24)?;
    write_numbers(writer, "publisher.purposes_li", publisher.purposes_li, 24)?;
    write_field(writer, "publisher.custom_count", publisher.custom_count.into(), 6)?;
    write_numbers(writer, "publisher.custom", publisher.custom, publisher.custom_count)?;
    write_numbers(writer, "publisher.custom_li", publisher.custom_li, publisher.custom_count)
}
