//! The Didomi consent string (DCS): `Sections[.DID[.OUID]]~Signature`, version 1 in its two forms and version 2.
//!
//! Layout (`docs` of the format, MSB first, padded with zero bits to 24): version 6, user id 128, created 36, updated 36,
//! in version 2 the regulation 16, a flag and the sync date 1 + 36 (not in version 1 as the documentation's sample has
//! it), then four sections: purposes, purposes on legitimate interest, vendors, vendors on legitimate interest.
//!
//! [`decode`] gives the whole value, [`scan()`] walks it without an allocation for the path of a request, [`encode()`] writes
//! what the published strings look like ([`object`] reads the format's own status object for it). Our own cookie is such a string with a signature of ours.
//!
//! The published sample of version 2:
//!
//! ```
//! use consentry::consent::codec::didomi::{decode, encode};
//!
//! let text = "CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY";
//! let dcs = decode(text.as_bytes())?;
//! assert_eq!(dcs.purposes.enabled().iter().collect::<Vec<_>>(), [1, 2, 6, 7, 8]);
//! assert_eq!(dcs.purposes.disabled().iter().collect::<Vec<_>>(), [3, 4]);
//! assert_eq!(encode(&dcs)?, text);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod algorithms;
mod encode;
mod error;
pub mod object;
mod pairs;
mod parts;
mod scan;
mod section;
mod short;
mod status;
#[cfg(test)]
mod tests;

pub use algorithms::Algorithms;
pub use encode::{EncodeError, encode, encode_with};
pub use error::{DcsError, Problem};
pub use pairs::Pairs;
pub use parts::Parts;
pub use scan::{Head, Sink, give_runs, scan};
pub use section::{Encoder, Field};
pub use status::Statuses;

/// The longest value that is looked at, in bytes (D17).
pub const MAX_LEN: usize = 4096;

/// Which of the published layouts a string has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Version 1 as in the documentation's sample: no sync flag.
    V1Plain,
    /// Version 1 as in the library's README: a flag, and the sync date when it is set.
    V1 {
        /// When the choice was synchronised, in tenths of seconds since 1970.
        sync: Option<u64>,
    },
    /// Version 2.
    V2 {
        /// The regulation's number; the table of numbers is not published.
        regulation: u16,
        /// When the choice was synchronised, in tenths of seconds since 1970.
        sync: Option<u64>,
    },
}

impl Form {
    /// 1 or 2.
    pub const fn version(self) -> u8 {
        match self {
            Self::V1Plain | Self::V1 { .. } => 1,
            Self::V2 { .. } => 2,
        }
    }

    /// The sync date, where the form has one and it is set.
    pub const fn sync(self) -> Option<u64> {
        match self {
            Self::V1Plain => None,
            Self::V1 { sync } | Self::V2 { sync, .. } => sync,
        }
    }
}

/// What the sections of a consent string say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dcs {
    /// The layout, with what only some layouts have.
    pub form: Form,
    /// The user's id (a UUID).
    pub user_id: [u8; 16],
    /// When the id was made, in tenths of seconds since 1970 (36 bits).
    pub created: u64,
    /// When the choice was made last, likewise.
    pub updated: u64,
    /// Purposes by consent.
    pub purposes: Statuses,
    /// Purposes on legitimate interest.
    pub purposes_li: Statuses,
    /// Vendors by consent.
    pub vendors: Statuses,
    /// Vendors on legitimate interest.
    pub vendors_li: Statuses,
}

/// One field of a string, as the format's own library logs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// The field's name: `version`, `user_id`, …, `vendors_optout`.
    pub key: &'static str,
    /// The offset of its first bit.
    pub offset: usize,
    /// How it is written.
    pub encoder: Encoder,
}

/// Decodes the sections of a consent string; what follows the first `.` or `~` is left to [`Parts`].
///
/// # Errors
/// [`DcsError`] with the offset, for anything that is not exactly one reading of the published layouts.
pub fn decode(value: &[u8]) -> Result<Dcs, DcsError> {
    decode_logged(value).map(|(dcs, _)| dcs)
}

/// [`decode`], with the offset and encoder of each field.
///
/// # Errors
/// As [`decode`].
pub fn decode_logged(value: &[u8]) -> Result<(Dcs, Vec<LogEntry>), DcsError> {
    let mut sink = Collector::default();
    let form = scan(value, &mut sink)?;
    let [purposes, purposes_li, vendors, vendors_li] =
        sink.lists.map(|(enabled, disabled)| Statuses::new(enabled, &disabled));
    let Head { user_id, created, updated } = sink.head;
    let dcs = Dcs { form, user_id, created, updated, purposes, purposes_li, vendors, vendors_li };
    Ok((dcs, sink.log))
}

/// For fuzzing: any bytes as a value and as sections; what is read must come back from what is written of it.
pub fn fuzz_didomi(data: &[u8]) {
    for value in [data, super::base64::encode_url(data).as_bytes()] {
        if let Ok(dcs) = decode(value)
            && let Ok(text) = encode(&dcs)
        {
            assert_eq!(decode(text.as_bytes()), Ok(dcs), "a value was not written as it was read");
        }
    }
}

/// Keeps everything that [`scan()`] comes by.
#[derive(Default)]
struct Collector {
    head: Head,
    lists: [(super::ids::IdSet, super::ids::IdSet); 4],
    log: Vec<LogEntry>,
}

impl Sink for Collector {
    fn restart(&mut self, from: usize) {
        self.lists = Default::default();
        self.log.retain(|entry| entry.offset < from);
    }

    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool) {
        let [purposes, purposes_li, vendors, vendors_li] = &mut self.lists;
        let list = match field {
            Field::Purposes => purposes,
            Field::PurposesLi => purposes_li,
            Field::Vendors => vendors,
            Field::VendorsLi => vendors_li,
        };
        if enabled { &mut list.0 } else { &mut list.1 }.insert_range(first, last);
    }

    fn head(&mut self, head: Head) {
        self.head = head;
    }

    fn entry(&mut self, key: &'static str, offset: usize, encoder: Encoder) {
        self.log.push(LogEntry { key, offset, encoder });
    }
}
