//! A TC string as it came, read only as far as it is asked: for the path of a request. Nothing here allocates.

use super::super::base64::Base64Error;
use super::super::numbers::Numbers;
use super::super::sextets::{Sextets, Start};
use super::MAX_LEN;
use super::error::{Problem, TcfError};
use super::head::{BITS, Head};
use super::list::VendorList;
use super::publisher::PublisherTc;
use super::restriction::{Restricted, Restrictions};

/// The fixed part of a string, and the rest unread.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The fixed part.
    pub head: Head,
    value: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads the fixed part. What is looked at: the length, and the characters that the shortest core has, 44; all of them
    /// are of the alphabet. A fault behind them does not touch the purposes; [`Self::vendors`] finds it.
    ///
    /// # Errors
    /// [`TcfError`] for a string that is too long or too short, of another version, or made under a policy that was not
    /// valid any more.
    #[inline]
    pub fn read(value: &'a [u8]) -> Result<Self, TcfError> {
        if value.len() > MAX_LEN {
            return Err(Problem::TooLong(value.len()).at(0));
        }
        let text = value.first_chunk().ok_or(Problem::Truncated.at(0))?;
        let start = Start::new(text).map_err(|error| Problem::from(error).at(0))?;
        let head = Head::read(&start).map_err(|problem| problem.at(0))?;
        Ok(Self { head, value })
    }

    /// Reads and checks everything else, to the last character of the last segment. O(length), whatever ranges claim.
    ///
    /// # Errors
    /// [`TcfError`] with the segment. A fault anywhere means no consent for any vendor.
    #[inline]
    pub fn vendors(&self) -> Result<Segments<'a>, TcfError> {
        let (core, mut rest) = cut(self.value);
        let mut segments = Segments::read_core(core).map_err(|problem| problem.at(0))?;
        for at in 1.. {
            let Some(text) = rest else { break };
            let (segment, next) = cut(text);
            segments.read_segment(segment).map_err(|problem| problem.at(at))?;
            rest = next;
        }
        Ok(segments)
    }
}

/// The vendors of a string and its further segments, checked.
#[derive(Debug, Clone, Copy)]
pub struct Segments<'a> {
    /// Vendors with consent.
    pub consents: VendorList<'a>,
    /// Vendors whose legitimate interest was established.
    pub legitimate_interests: VendorList<'a>,
    /// Vendors that the visitor was told of, if the string has that segment.
    pub disclosed: Option<VendorList<'a>>,
    /// Vendors that the publisher allows to be signalled elsewhere; an old segment without a meaning today.
    pub allowed: Option<VendorList<'a>>,
    /// The publisher's own answers, if the string has that segment.
    pub publisher: Option<PublisherTc>,
    pub(super) restrictions: Restrictions<'a>,
}

impl<'a> Segments<'a> {
    #[inline]
    fn read_core(text: &'a [u8]) -> Result<Self, Problem> {
        let mut reader = segment(text)?;
        reader.skip(BITS).ok_or(Problem::Truncated)?;
        let (consents, legitimate_interests) = (VendorList::read(&mut reader)?, VendorList::read(&mut reader)?);
        let restrictions = Restrictions::read(&mut reader)?;
        if !reader.rest_is_zero() {
            return Err(Problem::Trailing);
        }
        Ok(Self { consents, legitimate_interests, restrictions, disclosed: None, allowed: None, publisher: None })
    }

    fn read_segment(&mut self, text: &'a [u8]) -> Result<(), Problem> {
        let mut reader = segment(text)?;
        let kind = reader.read(3).and_then(|kind| u8::try_from(kind).ok()).ok_or(Problem::Truncated)?;
        let twice = match kind {
            1 => self.disclosed.replace(VendorList::read(&mut reader)?).is_some(),
            2 => self.allowed.replace(VendorList::read(&mut reader)?).is_some(),
            3 => self.publisher.replace(PublisherTc::read(&mut reader).ok_or(Problem::Truncated)?).is_some(),
            other => return Err(Problem::SegmentType(other)),
        };
        match (twice, reader.rest_is_zero()) {
            (true, _) => Err(Problem::SecondSegment(kind)),
            (false, false) => Err(Problem::Trailing),
            (false, true) => Ok(()),
        }
    }

    /// What the string says of one vendor. O(ranges).
    #[inline]
    pub fn vendor(&self, vendor: u16) -> VendorAnswer {
        VendorAnswer {
            consent: self.consents.contains(vendor),
            legitimate_interest: self.legitimate_interests.contains(vendor),
            disclosed: self.disclosed.map(|list| list.contains(vendor)),
            restricted: self.restrictions.of(vendor),
        }
    }
}

/// What a string says of one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorAnswer {
    /// It has consent.
    pub consent: bool,
    /// Its legitimate interest was established.
    pub legitimate_interest: bool,
    /// The visitor was told of it; `None` when the string does not say.
    pub disclosed: Option<bool>,
    /// What the publisher restricts for it.
    pub restricted: Restricted,
}

impl VendorAnswer {
    /// Whether the vendor may do `purposes` on consent: it has consent, it was disclosed where the string says who was,
    /// each purpose has consent in the string's `head`, and the publisher neither forbids one of them nor leaves it to
    /// legitimate interest.
    pub fn consents_to(&self, purposes: Numbers, head: &Head) -> bool {
        let barred = self.restricted.not_allowed.union(self.restricted.require_legitimate_interest);
        self.consent
            && self.disclosed != Some(false)
            && head.purposes.contains_all(purposes)
            && !barred.intersects(purposes)
    }
}

/// The text before the first dot, and what is behind it, if there is one.
#[inline(always)]
fn cut(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'.', text).and_then(|at| text.split_at_checked(at)) {
        Some((segment, rest)) => (segment, rest.get(1..)),
        None => (text, None),
    }
}

/// The bits of one segment. Padding with `=` is taken where it makes the length a multiple of four, as one library writes
/// it; a length that no whole number of bytes has is refused.
#[inline(always)]
fn segment(text: &[u8]) -> Result<Sextets<'_>, Problem> {
    let bare = match text {
        [bare @ .., b'=', b'='] | [bare @ .., b'='] if text.len().is_multiple_of(4) => bare,
        _ => text,
    };
    if bare.len() % 4 == 1 {
        return Err(Base64Error::Length(bare.len()).into());
    }
    Ok(Sextets::new(bare)?)
}
