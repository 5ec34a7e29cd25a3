//! IAB TCF consent strings, 2.0 to 2.3: `core[.segment…]`, base64url each, the segments in any order.
//!
//! Layout (published specification, MSB first): the fixed part of 213 bits ([`Head`]), vendors with consent and vendors on
//! legitimate interest ([`VendorList`]), the publisher's restrictions; segments begin with three bits: 1 disclosed
//! vendors, 2 allowed vendors (old), 3 the publisher's own answers ([`PublisherTc`]).
//!
//! [`View`] is for the path of a request: purposes cost a look at 44 characters, and the rest is checked when a vendor is
//! asked for. [`decode`] gives the whole value, [`encode()`] writes it.
//!
//! How the open points are read, each the stricter way where production strings allow it:
//! - Disclosed vendors are mandatory in 2.3, yet most strings with its policy (5) come without them: not refused, see
//!   [`Tcf::lacks_disclosed_vendors`]. Where they are, a vendor that is not among them has no consent.
//! - A policy below 4 in a string made or changed after 30 September 2023 is refused.
//! - Two segments of one type, unknown types, set bits behind the last field, vendors above MaxVendorId are refused.
//! - A segment may end in the `=` that make its length a multiple of four (one library writes it); in every other respect
//!   base64 is canonical, and zeros behind the last field may be any number (one library writes seven bytes).
//!
//! A published sample, in which the publisher restricts purpose 7 for vendor 32:
//!
//! ```
//! use consentry::consent::codec::tcf::{RestrictionKind, View, decode};
//!
//! let text = b"COwAdDhOwAdDhN4ABAENAPCgAAQAAv___wAAAFP_AAp_4AI6ACACAA";
//! let view = View::read(text)?;
//! assert_eq!((view.head.cmp_id, view.head.consent_language.to_string()), (888, "EN".to_owned()));
//! let restriction = &decode(text)?.restrictions[0];
//! assert_eq!((restriction.purpose, restriction.kind), (7, RestrictionKind::RequireConsent));
//! assert_eq!(restriction.vendors.ranges(), [(32, 32)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encode;
mod error;
mod head;
mod list;
mod publisher;
mod restriction;
#[cfg(test)]
mod tests;
mod view;

pub use encode::{EncodeError, encode};
pub use error::{Problem, TcfError};
pub use head::{Head, Letters};
pub use list::VendorList;
pub use publisher::PublisherTc;
pub use restriction::{Restricted, Restriction, RestrictionKind};
pub use view::{Segments, VendorAnswer, View};

pub(super) use encode::{write_field, write_numbers, write_publisher};

use super::ids::IdSet;

/// The longest value that is looked at, in bytes (D17).
pub const MAX_LEN: usize = 8192;

/// The policy version from which disclosed vendors are mandatory (TCF 2.3).
const POLICY_WITH_DISCLOSURE: u8 = 5;

/// What a TC string says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tcf {
    /// The fixed part.
    pub head: Head,
    /// Vendors with consent.
    pub vendors: IdSet,
    /// Vendors whose legitimate interest was established.
    pub vendors_li: IdSet,
    /// What the publisher restricts, in the string's order.
    pub restrictions: Vec<Restriction>,
    /// Vendors that the visitor was told of; `None` without that segment.
    pub disclosed: Option<IdSet>,
    /// Vendors allowed to be signalled elsewhere (old); `None` without that segment.
    pub allowed: Option<IdSet>,
    /// The publisher's own answers; `None` without that segment.
    pub publisher: Option<PublisherTc>,
}

impl Tcf {
    /// Whether the string's policy wants disclosed vendors and it has none: production strings do that.
    pub fn lacks_disclosed_vendors(&self) -> bool {
        self.disclosed.is_none() && self.head.policy_version >= POLICY_WITH_DISCLOSURE
    }
}

/// Decodes a whole string. Allocates; O(length), whatever ranges claim.
///
/// # Errors
/// [`TcfError`] with the segment.
pub fn decode(value: &[u8]) -> Result<Tcf, TcfError> {
    let view = View::read(value)?;
    let segments = view.vendors()?;
    Ok(Tcf {
        head: view.head,
        vendors: segments.consents.to_set(),
        vendors_li: segments.legitimate_interests.to_set(),
        restrictions: segments.restrictions.to_vec(),
        disclosed: segments.disclosed.map(|list| list.to_set()),
        allowed: segments.allowed.map(|list| list.to_set()),
        publisher: segments.publisher,
    })
}

/// For fuzzing: any bytes as a value and as a core; what is read must come back from what is written of it, and one
/// vendor asked for is what the whole value says.
pub fn fuzz_tcf(data: &[u8]) {
    for value in [data, super::base64::encode_url(data).as_bytes()] {
        if let Ok(tcf) = decode(value) {
            let vendors = View::read(value).and_then(|view| view.vendors());
            let asked = u16::try_from(data.len()).unwrap_or(0);
            assert_eq!(vendors.map(|list| list.vendor(asked).consent), Ok(tcf.vendors.contains(asked)));
            if let Ok(text) = encode(&tcf) {
                assert_eq!(decode(text.as_bytes()), Ok(tcf), "a value was not written as it was read");
            }
        }
    }
}
