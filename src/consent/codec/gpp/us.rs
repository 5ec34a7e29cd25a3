//! Sections of the United States: the version in 6 bits, fields of two bits, and in a part of its own the visitor's Global
//! Privacy Control. Notices are 0 not applicable, 1 given, 2 not given; opt-outs 1 opted out, 2 not; consents 1 no, 2 yes;
//! MSPA members 1 yes, 2 no. They never grant anything elsewhere; they refuse.

use super::super::sextets::Sextets;
use super::error::Problem;
use super::layout::{Field, Layout, MAX_VALUES, Part, layout};
use smallvec::SmallVec;

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
const OPTED_OUT: u8 = 1;

/// How many values the part of sensitive data has.
pub(super) const SENSITIVE: usize = 8;

/// A section's values while they are read: no allocation.
type Values = SmallVec<[u8; MAX_VALUES]>;

struct Read {
    layout: &'static Layout,
    values: Values,
    gpc: Option<bool>,
    sensitive: Option<Values>,
}

/// Decodes the text of a section. Allocates.
pub(super) fn decode(id: u16, text: &[u8]) -> Result<UsSection, Problem> {
    let read = read(id, text)?;
    Ok(UsSection {
        layout: read.layout,
        values: read.values.to_vec(),
        gpc: read.gpc,
        sensitive: read.sensitive.map(|values| values.to_vec()),
    })
}

/// What the text of a section opts out of. No allocation.
pub(super) fn opt_out(id: u16, text: &[u8]) -> Result<OptOut, Problem> {
    let read = read(id, text)?;
    let mut found = OptOut { gpc: read.gpc == Some(true), ..OptOut::default() };
    let mut at = 0;
    for field in read.layout.fields {
        let opted_out = read.values.get(at) == Some(&OPTED_OUT);
        match field.name {
            "SaleOptOut" => found.sale = opted_out,
            "SharingOptOut" => found.sharing = opted_out,
            "TargetedAdvertisingOptOut" => found.targeted_advertising = opted_out,
            _ => {}
        }
        at += field.count;
    }
    Ok(found)
}

fn read(id: u16, text: &[u8]) -> Result<Read, Problem> {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut core = Sextets::new(parts.next().unwrap_or_default())?;
    let version = core.read(6).and_then(|version| u8::try_from(version).ok()).ok_or(Problem::Truncated)?;
    let layout = layout(id, version).ok_or(Problem::Version(version))?;
    let written = written_fields(layout, core.remaining());
    let mut read = Read { layout, values: Values::new(), gpc: None, sensitive: None };
    for (field, written) in layout.fields.iter().zip(written) {
        read_values(&mut core, field.name, written.count, &mut read.values)?;
        read.values.extend((written.count..field.count).map(|_| 0));
    }
    ends(&core)?;
    for text in parts {
        read_part(&mut read, Sextets::new(text)?)?;
    }
    Ok(read)
}

/// The fields as they stand in a core of so many bits: version 2 of the national section is also found with the shorter
/// lists of version 1; what these lack is not applicable.
fn written_fields(layout: &'static Layout, bits: usize) -> &'static [Field] {
    match self::layout(layout.id, 1) {
        Some(first) if layout.version == 2 && bits < 2 * layout.length() => first.fields,
        _ => layout.fields,
    }
}

fn read_values(reader: &mut Sextets<'_>, name: &'static str, count: usize, values: &mut Values) -> Result<(), Problem> {
    for _ in 0..count {
        let (high, low) = (reader.flag().ok_or(Problem::Truncated)?, reader.flag().ok_or(Problem::Truncated)?);
        if high && low {
            return Err(Problem::Value(name));
        }
        values.push(u8::from(high) << 1 | u8::from(low));
    }
    Ok(())
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
            let values = read.sensitive.insert(Values::new());
            read_values(&mut reader, "SensitiveDataProcessing", SENSITIVE, values)?;
        }
        _ => return Err(Problem::Part),
    }
    ends(&reader)
}

/// Padding to 6 bits, to 8 and then to 6, or, as seen, longer: zeros only.
fn ends(reader: &Sextets<'_>) -> Result<(), Problem> {
    if reader.rest_is_zero() { Ok(()) } else { Err(Problem::Trailing) }
}
