//! Lists of vendors where they stand in a string: a bit field, or ranges. A range that claims thousands costs as much as
//! one that claims two, and a count that claims more than there are bits is refused before anything is walked.

use super::super::ids::IdSet;
use super::super::sextets::Sextets;
use super::error::Problem;

/// A list of vendors: MaxVendorId 16, IsRangeEncoding 1, then MaxVendorId bits or ranges.
#[derive(Debug, Clone, Copy)]
pub struct VendorList<'a> {
    max: u16,
    form: Form<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    /// Standing at the bit of vendor 1.
    Field(Sextets<'a>),
    Ranges(Ranges<'a>),
}

impl<'a> VendorList<'a> {
    /// Reads and checks a list; the reader stands behind it. O(ranges).
    #[inline(always)]
    pub(in super::super) fn read(reader: &mut Sextets<'a>) -> Result<Self, Problem> {
        let head = reader.read(17).ok_or(Problem::Truncated)?;
        let max = u16::try_from(head >> 1).unwrap_or(u16::MAX);
        let form = if head & 1 == 1 {
            Form::Ranges(Ranges::read(reader, max)?)
        } else {
            let field = *reader;
            reader.skip(usize::from(max)).ok_or(Problem::Truncated)?;
            Form::Field(field)
        };
        Ok(Self { max, form })
    }

    /// Whether a vendor is in it. A bit field is asked for one bit, ranges are walked: O(ranges), no allocation.
    #[inline(always)]
    pub fn contains(&self, vendor: u16) -> bool {
        if vendor == 0 || vendor > self.max {
            return false;
        }
        match &self.form {
            Form::Field(field) => field.bit(field.position() + usize::from(vendor) - 1) == Some(true),
            Form::Ranges(ranges) => ranges.contains(vendor),
        }
    }

    /// The largest vendor that the list can hold, whether or not it does.
    pub const fn max(&self) -> u16 {
        self.max
    }

    /// All of them. Allocates.
    pub fn to_set(&self) -> IdSet {
        match self.form {
            Form::Field(field) => field_to_set(field, self.max),
            Form::Ranges(ranges) => ranges.to_set(),
        }
    }
}

fn field_to_set(mut field: Sextets<'_>, max: u16) -> IdSet {
    let (mut set, mut start) = (IdSet::new(), None);
    for vendor in 1..=max {
        match (field.flag() == Some(true), start) {
            (true, None) => start = Some(vendor),
            (false, Some(first)) => {
                set.insert_range(first, vendor - 1);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(first) = start {
        set.insert_range(first, max);
    }
    set
}

/// The fewest bits of a range: IsARange 1, one vendor 16.
const SHORTEST: usize = 17;

/// Ranges of vendors: NumEntries 12, then IsARange 1, first 16, and last 16 if it is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranges<'a> {
    /// Standing at the first range.
    bits: Sextets<'a>,
    count: u16,
}

impl<'a> Ranges<'a> {
    /// Reads and checks ranges of vendors up to `max`; the reader stands behind them.
    #[inline(always)]
    pub(super) fn read(reader: &mut Sextets<'a>, max: u16) -> Result<Self, Problem> {
        let count = reader.read(12).and_then(|count| u16::try_from(count).ok()).ok_or(Problem::Truncated)?;
        if usize::from(count) * SHORTEST > reader.remaining() {
            return Err(Problem::Truncated);
        }
        let bits = *reader;
        for _ in 0..count {
            let (first, last) = range(reader).ok_or(Problem::Truncated)?;
            if first == 0 || first > last || last > max {
                return Err(Problem::Range);
            }
        }
        Ok(Self { bits, count })
    }

    /// Whether a vendor is in one of them.
    pub(super) fn contains(&self, vendor: u16) -> bool {
        self.iter().any(|(first, last)| first <= vendor && vendor <= last)
    }

    /// First and last vendor of each, as they stand there: not sorted, perhaps overlapping.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let mut bits = self.bits;
        (0..self.count).map_while(move |_| range(&mut bits))
    }

    /// All vendors of them. Allocates.
    pub(super) fn to_set(self) -> IdSet {
        let mut set = IdSet::new();
        self.iter().for_each(|(first, last)| set.insert_range(first, last));
        set
    }
}

/// One range. PERF: its 33 bits are one window.
#[inline(always)]
fn range(reader: &mut Sextets<'_>) -> Option<(u16, u16)> {
    let window = reader.window();
    let vendor = |shift: u32| u16::try_from(window >> shift & 0xffff).ok();
    let first = vendor(47)?;
    if window >> 63 == 1 {
        reader.skip(33)?;
        Some((first, vendor(31)?))
    } else {
        reader.skip(SHORTEST)?;
        Some((first, first))
    }
}
