//! Sections of the United States: the version in 6 bits, fields of two bits, and in a part of its own the visitor's Global
//! Privacy Control. Notices are 0 not applicable, 1 given, 2 not given; opt-outs 1 opted out, 2 not; consents 1 no, 2 yes;
//! MSPA members 1 yes, 2 no. They never grant anything elsewhere; they refuse.

use super::super::sextets::Sextets;
use super::error::Problem;
use super::layout::{Field, Layout, MAX_COUNT, Part, Use, layout};

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsSection {
    /// Number, version and fields.
    pub layout: &'static Layout,
    /// The fields' values, 0 to 2, in the layout's order; [`Self::fields`] gives them by name.
    pub values: Vec<u8>,
    /// Global Privacy Control; `None` without that part.
    pub gpc: Option<bool>,
    /// Eight values on sensitive data, in sections that have them in a part of their own; `None` without that part.
    pub sensitive: Option<Vec<u8>>,
}

impl UsSection {
    /// Each field's name and values.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let mut at = 0;
        self.layout.fields.iter().map_while(move |field| {
            let values = self.values.get(at..at + field.count)?;
            at += field.count;
            Some((field.name, values))
        })
    }

    /// The values of one field.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(known, _)| *known == name).map(|(_, values)| values)
    }
}

/// What a visitor opted out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OptOut {
    /// Sale of personal data.
    pub sale: bool,
    /// Sharing of it.
    pub sharing: bool,
    /// Targeted advertising.
    pub targeted_advertising: bool,
    /// Global Privacy Control was on.
    pub gpc: bool,
}

impl OptOut {
    /// Whether anything was opted out of: then there is no marketing.
    pub const fn any(self) -> bool {
        self.sale || self.sharing || self.targeted_advertising || self.gpc
    }

    /// What one of the two opts out of.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            sale: self.sale || other.sale,
            sharing: self.sharing || other.sharing,
            targeted_advertising: self.targeted_advertising || other.targeted_advertising,
            gpc: self.gpc || other.gpc,
        }
    }
}

/// The value of an opt-out field that says yes.
const OPTED_OUT: u64 = 1;

/// How many values the part of sensitive data has.
pub(super) const SENSITIVE: usize = 8;

/// Decodes the text of a section. Allocates.
pub(super) fn decode(id: u16, text: &[u8]) -> Result<UsSection, Problem> {
    let mut values = Vec::new();
    let read = read(id, text, |field, written, bits| {
        values.extend(unpacked(bits, written).chain((written..field.count).map(|_| 0)));
    })?;
    let sensitive = read.sensitive.map(|bits| unpacked(bits, SENSITIVE).collect());
    Ok(UsSection { layout: read.layout, values, gpc: read.gpc, sensitive })
}

/// What the text of a section opts out of. No allocation.
pub(super) fn opt_out(id: u16, text: &[u8]) -> Result<OptOut, Problem> {
    let mut found = OptOut::default();
    let read = read(id, text, |field, _, bits| match field.opts_out_of {
        Some(Use::Sale) => found.sale = bits == OPTED_OUT,
        Some(Use::Sharing) => found.sharing = bits == OPTED_OUT,
        Some(Use::TargetedAdvertising) => found.targeted_advertising = bits == OPTED_OUT,
        None => {}
    })?;
    found.gpc = read.gpc == Some(true);
    Ok(found)
}

/// What stands around the fields.
struct Read {
    layout: &'static Layout,
    gpc: Option<bool>,
    sensitive: Option<u64>,
}

/// Reads a section; `each` gets a field, how many values of it were written, and these as bits.
fn read(id: u16, text: &[u8], mut each: impl FnMut(&Field, usize, u64)) -> Result<Read, Problem> {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut core = Sextets::new(parts.next().unwrap_or_default())?;
    let version = core.read(6).and_then(|version| u8::try_from(version).ok()).ok_or(Problem::Truncated)?;
    let layout = layout(id, version).ok_or(Problem::Version(version))?;
    for (field, written) in layout.fields.iter().zip(written_fields(layout, core.remaining())) {
        each(field, written.count, read_values(&mut core, field.name, written.count)?);
    }
    ends(&core)?;
    let mut read = Read { layout, gpc: None, sensitive: None };
    for text in parts {
        read_part(&mut read, Sextets::new(text)?)?;
    }
    Ok(read)
}

/// The fields as they stand in a core of so many bits: version 2 of the national section is also found with the shorter
/// lists of version 1; what these lack is not applicable.
fn written_fields(layout: &'static Layout, bits: usize) -> &'static [Field] {
    if layout.version == 1 || bits >= 2 * layout.length() {
        return layout.fields;
    }
    self::layout(layout.id, 1).map_or(layout.fields, |first| first.fields)
}

/// Values of two bits, at most [`MAX_COUNT`] of them, none of them 3.
fn read_values(reader: &mut Sextets<'_>, name: &'static str, count: usize) -> Result<u64, Problem> {
    let bits = u8::try_from(2 * count.min(MAX_COUNT)).ok().and_then(|count| reader.read(count));
    let bits = bits.ok_or(Problem::Truncated)?;
    // Both bits of a pair set.
    if bits & (bits >> 1) & 0x5555_5555_5555_5555 != 0 { Err(Problem::Value(name)) } else { Ok(bits) }
}

/// `count` values of two bits, in order.
fn unpacked(bits: u64, count: usize) -> impl Iterator<Item = u8> {
    (0..count).rev().map(move |at| u8::try_from(bits >> (2 * at) & 3).unwrap_or(0))
}

fn read_part(read: &mut Read, mut reader: Sextets<'_>) -> Result<(), Problem> {
    match read.layout.part {
        Part::Gpc if read.gpc.is_none() => {
            if reader.read(2).ok_or(Problem::Truncated)? != 1 {
                return Err(Problem::Part);
            }
            read.gpc = Some(reader.flag().ok_or(Problem::Truncated)?);
        }
        Part::Sensitive if read.sensitive.is_none() => {
            read.sensitive = Some(read_values(&mut reader, "SensitiveDataProcessing", SENSITIVE)?);
        }
        _ => return Err(Problem::Part),
    }
    ends(&reader)
}

/// Padding to 6 bits, to 8 and then to 6, or, as seen, longer: zeros only.
fn ends(reader: &Sextets<'_>) -> Result<(), Problem> {
    if reader.rest_is_zero() { Ok(()) } else { Err(Problem::Trailing) }
}
