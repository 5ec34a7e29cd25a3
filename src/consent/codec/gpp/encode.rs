//! Writes GPP strings as the published libraries do: each part padded to 8 bits and then to 6, which is base64url of whole
//! bytes; TC strings to 24.

use super::super::base64;
use super::super::bits::BitWriter;
use super::super::fibonacci;
use super::super::ids::IdSet;
use super::super::tcf;
use super::tcf_ca::TcfCa;
use super::us::{SENSITIVE, UsSection};
use super::{Gpp, MAX_LEN, MAX_SECTIONS, Section};

/// A value that no string can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// More than [`MAX_SECTIONS`] sections, one of them twice, or not in the order of their numbers.
    #[error("sections must stand in the order of their numbers, each once, at most {max}", max = MAX_SECTIONS)]
    Sections,
    /// A value of a section does not fit its field, or there are too few or too many of them.
    #[error("section {0}: a value does not fit its field")]
    Field(u16),
    /// The vendors of a section of Canada would be read in two ways.
    #[error("section {0}: the vendor lists would be read in two ways")]
    Ambiguous(u16),
    /// Section 2 is not written.
    #[error(transparent)]
    Tcf(#[from] tcf::EncodeError),
    /// The string would be longer than [`MAX_LEN`].
    #[error("the string would be longer than {max} bytes", max = MAX_LEN)]
    TooLong,
}

/// Writes a string. `decode(encode(x)) == x`.
///
/// # Errors
/// [`EncodeError`].
pub fn encode(value: &Gpp) -> Result<String, EncodeError> {
    let mut text = header(&value.sections)?;
    for section in &value.sections {
        text.push('~');
        text.push_str(&self::section(section)?);
    }
    if text.len() > MAX_LEN { Err(EncodeError::TooLong) } else { Ok(text) }
}

/// Type 3, version 1, and the numbers of the sections in groups.
fn header(sections: &[Section]) -> Result<String, EncodeError> {
    let mut groups: Vec<(u16, u16)> = Vec::new();
    for id in sections.iter().map(Section::id) {
        match groups.last_mut() {
            Some((_, last)) if *last >= id => return Err(EncodeError::Sections),
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => groups.push((id, id)),
        }
    }
    if sections.len() > MAX_SECTIONS || groups.first().is_some_and(|(first, _)| *first == 0) {
        return Err(EncodeError::Sections);
    }
    let mut writer = BitWriter::new();
    writer.write(3, 6);
    writer.write(1, 6);
    write_groups(&mut writer, &groups);
    Ok(base64::encode_url(&writer.finish(1)))
}

/// Count 12, then for each group a flag and the distance from the last number; for more than one, how many follow as well.
fn write_groups(writer: &mut BitWriter, groups: &[(u16, u16)]) {
    writer.write(u64::try_from(groups.len()).unwrap_or(0), 12);
    let mut before = 0;
    for (first, last) in groups {
        writer.flag(first != last);
        fibonacci::write(writer, first - before);
        if first != last {
            fibonacci::write(writer, last - first);
        }
        before = *last;
    }
}

fn section(section: &Section) -> Result<String, EncodeError> {
    match section {
        Section::TcfEu(value) => Ok(tcf::encode(value)?),
        Section::TcfCa(value) => tcf_ca(value),
        Section::UsPrivacy(value) => Ok(value.to_string()),
        Section::Us(value) => us(value),
        Section::Other { id, text } => {
            let read = super::decode_section(*id, text.as_bytes());
            if read.as_ref() == Ok(section) { Ok(text.clone()) } else { Err(EncodeError::Field(*id)) }
        }
    }
}

fn us(value: &UsSection) -> Result<String, EncodeError> {
    let id = value.layout.id;
    let whole = value.values.len() == value.layout.length();
    let sensitive = value.sensitive.as_deref().is_none_or(|values| values.len() == SENSITIVE);
    if !whole || !sensitive {
        return Err(EncodeError::Field(id));
    }
    let mut core = BitWriter::new();
    core.write(value.layout.version.into(), 6);
    value.values.iter().for_each(|value| core.write((*value).into(), 2));
    let mut text = base64::encode_url(&core.finish(1));
    if let Some(gpc) = value.gpc {
        let mut part = BitWriter::new();
        part.write(1, 2);
        part.flag(gpc);
        append(&mut text, part);
    }
    if let Some(values) = &value.sensitive {
        let mut part = BitWriter::new();
        values.iter().for_each(|value| part.write((*value).into(), 2));
        append(&mut text, part);
    }
    // What the section cannot say (a value of 3, a part that it does not have) is not read back.
    let read = super::us::decode(id, text.as_bytes());
    if read.as_ref() == Ok(value) { Ok(text) } else { Err(EncodeError::Field(id)) }
}

fn append(text: &mut String, part: BitWriter) {
    text.push('.');
    text.push_str(&base64::encode_url(&part.finish(1)));
}

fn tcf_ca(value: &TcfCa) -> Result<String, EncodeError> {
    let mut core = BitWriter::new();
    write_ca_fields(&mut core, value)?;
    write_ca_list(&mut core, &value.vendors_express)?;
    write_ca_list(&mut core, &value.vendors_implied)?;
    core.write(0, 12);
    let mut text = base64::encode_url(&core.finish(1));
    if let Some(disclosed) = &value.disclosed {
        let mut part = BitWriter::new();
        part.write(1, 3);
        write_ca_list(&mut part, disclosed)?;
        append(&mut text, part);
    }
    if let Some(publisher) = &value.publisher {
        let mut part = BitWriter::new();
        tcf::write_publisher(&mut part, publisher)?;
        append(&mut text, part);
    }
    // Restrictions cannot be written, and ranges could have a second meaning.
    let read = super::tcf_ca::decode(text.as_bytes());
    if value.restrictions_unread {
        return Err(EncodeError::Field(super::TCF_CA_V1));
    }
    if read.as_ref() == Ok(value) { Ok(text) } else { Err(EncodeError::Ambiguous(super::TCF_CA_V1)) }
}

fn write_ca_fields(writer: &mut BitWriter, value: &TcfCa) -> Result<(), EncodeError> {
    writer.write(1, 6);
    tcf::write_field(writer, "created", value.created, 36)?;
    tcf::write_field(writer, "last_updated", value.last_updated, 36)?;
    tcf::write_field(writer, "cmp_id", value.cmp_id.into(), 12)?;
    tcf::write_field(writer, "cmp_version", value.cmp_version.into(), 12)?;
    tcf::write_field(writer, "consent_screen", value.consent_screen.into(), 6)?;
    tcf::write_field(writer, "consent_language", value.consent_language.bits().into(), 12)?;
    tcf::write_field(writer, "vendor_list_version", value.vendor_list_version.into(), 12)?;
    tcf::write_field(writer, "policy_version", value.policy_version.into(), 6)?;
    writer.flag(value.use_non_standard_texts);
    tcf::write_numbers(writer, "special_features", value.special_features, 12)?;
    tcf::write_numbers(writer, "purposes_express", value.purposes_express, 24)?;
    tcf::write_numbers(writer, "purposes_implied", value.purposes_implied, 24)?;
    Ok(())
}

/// A list of vendors as the published library writes it for Canada: Fibonacci ranges, or a bit field where that is shorter.
fn write_ca_list(writer: &mut BitWriter, vendors: &IdSet) -> Result<(), EncodeError> {
    let (max, mut ranges) = (vendors.last().unwrap_or(0), BitWriter::new());
    if vendors.contains(0) || vendors.ranges().len() > 4095 {
        return Err(EncodeError::Field(super::TCF_CA_V1));
    }
    write_groups(&mut ranges, vendors.ranges());
    let by_range = ranges.len() < usize::from(max);
    writer.write(max.into(), 16);
    writer.flag(by_range);
    if by_range {
        write_groups(writer, vendors.ranges());
    } else {
        (1..=max).for_each(|vendor| writer.flag(vendors.contains(vendor)));
    }
    Ok(())
}
