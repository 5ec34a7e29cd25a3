//! A GPP string as it came, split into its sections and not copied: for the path of a request. Nothing here allocates.

use super::super::fibonacci;
use super::super::sextets::Sextets;
use super::super::us_privacy::{self, Answer};
use super::error::{GppError, Problem};
use super::layout::{USP_V1, layouts};
use super::us::{self, OptOut};
use super::{MAX_LEN, MAX_SECTIONS};
use smallvec::SmallVec;

/// The header, read, and the sections, as they stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<'a> {
    ids: SmallVec<[u16; MAX_SECTIONS]>,
    /// Everything behind the header, without the `~` before it; `None` without sections.
    sections: Option<&'a [u8]>,
}

impl<'a> View<'a> {
    /// Reads the header and counts the sections; what is in them is not looked at. O(length).
    ///
    /// # Errors
    /// [`GppError`], all but [`GppError::Section`].
    #[inline]
    pub fn read(value: &'a [u8]) -> Result<Self, GppError> {
        if value.len() > MAX_LEN {
            return Err(GppError::TooLong(value.len()));
        }
        let (header, sections) = match memchr::memchr(b'~', value).and_then(|at| value.split_at_checked(at)) {
            Some((header, rest)) => (header, rest.get(1..)),
            None => (value, None),
        };
        let view = Self { ids: read_header(header)?, sections };
        let count = view.texts().count();
        if count != view.ids.len() {
            return Err(GppError::Count { ids: view.ids.len(), sections: count });
        }
        Ok(view)
    }

    /// The sections' numbers, in order.
    pub fn ids(&self) -> &[u16] {
        &self.ids
    }

    /// Numbers and texts, in order.
    pub fn sections(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        self.ids.iter().copied().zip(self.texts())
    }

    /// The text of one section, if it is there.
    pub fn section(&self, id: u16) -> Option<&'a [u8]> {
        self.sections().find(|(known, _)| *known == id).map(|(_, text)| text)
    }

    fn texts(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.sections.into_iter().flat_map(|text| text.split(|byte| *byte == b'~'))
    }

    /// What the sections of the United States (6 and 7 to 27) opt out of, taken together; `None` without one. Sections with
    /// other numbers are not looked at. O(length).
    ///
    /// # Errors
    /// [`GppError::Section`] for the first of them that is not read: it could hold an opt-out.
    #[inline]
    pub fn opt_out(&self) -> Result<Option<OptOut>, GppError> {
        let mut all: Option<OptOut> = None;
        for (id, text) in self.sections() {
            let found = if id == USP_V1 {
                let read = us_privacy::decode(text).map_err(|error| Problem::from(error).of(id))?;
                OptOut { sale: read.opt_out_sale == Answer::Yes, ..OptOut::default() }
            } else if layouts(id).next().is_some() {
                us::opt_out(id, text).map_err(|problem| problem.of(id))?
            } else {
                continue;
            };
            all = Some(all.unwrap_or_default().or(found));
        }
        Ok(all)
    }
}

/// Type 6 (3), version 6 (1), then the sections as a range of Fibonacci codes. Both paddings that are written are taken: to
/// 6 bits, and to 8 and then to 6.
fn read_header(text: &[u8]) -> Result<SmallVec<[u16; MAX_SECTIONS]>, GppError> {
    let mut reader = Sextets::new(text)?;
    let part = |bits: u64| u8::try_from(bits & 63).unwrap_or(0);
    let head = reader.read(12).ok_or(GppError::Ids)?;
    if head != 3 << 6 | 1 {
        return Err(GppError::Header(part(head >> 6), part(head)));
    }
    let ids = read_ids(&mut reader)?;
    if reader.rest_is_zero() { Ok(ids) } else { Err(GppError::Trailing) }
}

/// Count 12, then for each a flag and the distance from the last number; for a group, how many follow as well.
fn read_ids(reader: &mut Sextets<'_>) -> Result<SmallVec<[u16; MAX_SECTIONS]>, GppError> {
    let (mut ids, mut last) = (SmallVec::new(), 0_u16);
    for _ in 0..reader.read(12).ok_or(GppError::Ids)? {
        let group = reader.flag().ok_or(GppError::Ids)?;
        let mut number = || fibonacci::read_text(reader).ok_or(GppError::Ids);
        let first = last.checked_add(number()?).ok_or(GppError::Ids)?;
        last = if group { first.checked_add(number()?).ok_or(GppError::Ids)? } else { first };
        if usize::from(last - first) >= MAX_SECTIONS - ids.len() {
            return Err(GppError::TooManySections);
        }
        ids.extend(first..=last);
    }
    Ok(ids)
}
