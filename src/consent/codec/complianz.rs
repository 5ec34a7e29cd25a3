//! Complianz's cookies: one for each category (`cmplz_marketing=allow`), some beside them, all with a prefix that a site
//! can change.
//!
//! Nothing is stored for a category before the visitor answers; the banner's status is. So an answer has
//! `banner-status=dismissed`, or a `deny`, which is no default anywhere. `policy_id` is the version of the questions.

#[cfg(test)]
mod tests;
mod whole;

pub use whole::{Complianz, decode, encode, fuzz_complianz};

use super::answers::{Head, Name};
use super::services;
use super::text::{self, Buffer};
use super::value_error::ValueError;

/// The longest value of one cookie that is looked at, in bytes (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// The prefix that a site has if it does not choose another.
pub const PREFIX: &[u8] = b"cmplz_";

/// The categories. `functional` is the strictly necessary one; a category in an opt-out region may have no cookie.
pub const CATEGORIES: [&str; 5] = ["functional", "preferences", "statistics", "statistics-anonymous", "marketing"];

/// Whether a value is one of a category's. Any other tool's may be as short: here the cookies' names tell the format.
pub fn is_shape(value: &[u8]) -> bool {
    matches!(value, b"allow" | b"deny")
}

/// Gives the categories and services among all cookies of a request, names with values, raw. Cookies without the prefix
/// are passed over.
///
/// No allocation up to 2,048 bytes of services that are encoded; O(length). Benchmark `codec/complianz`.
///
/// # Errors
/// [`ValueError`] for a value of these cookies that is too long, services that are no JSON object, and a policy id that
/// is no number.
pub fn scan<'v>(
    cookies: impl IntoIterator<Item = (&'v [u8], &'v [u8])>,
    prefix: &[u8],
    mut sink: impl FnMut(Name<'_>, bool),
) -> Result<Head, ValueError> {
    let mut seen = Seen::default();
    for (name, value) in cookies {
        if let Some(name) = name.strip_prefix(prefix) {
            ValueError::check_length(value)?;
            seen.cookie(name, value, &mut sink)?;
        }
    }
    Ok(seen.head())
}

#[derive(Debug, Default)]
struct Seen {
    allowed: bool,
    denied: bool,
    dismissed: Option<bool>,
    policy: Option<i64>,
}

impl Seen {
    fn cookie(&mut self, name: &[u8], value: &[u8], sink: &mut impl FnMut(Name<'_>, bool)) -> Result<(), ValueError> {
        match name {
            b"banner-status" => self.dismissed = Some(value == b"dismissed" && self.dismissed != Some(false)),
            b"policy_id" if !value.is_empty() => {
                // `+8` would be written as `%2B8`, which is no number.
                let policy = std::str::from_utf8(value).ok().filter(|_| value.first() != Some(&b'+'));
                let policy = policy.and_then(|text| text.parse().ok());
                let policy: i64 = policy.ok_or(ValueError::at(0, "a policy id that is no number"))?;
                // Of two the older one: it is asked anew sooner.
                self.policy = Some(self.policy.map_or(policy, |known| known.min(policy)));
            }
            b"consented_services" if !is_empty_list(value) => {
                services::scan(value, sink)?;
            }
            _ => {
                if let Some(category) = CATEGORIES.iter().find(|known| known.as_bytes() == name) {
                    let granted = value == b"allow";
                    *if granted { &mut self.allowed } else { &mut self.denied } = true;
                    sink(Name::Group(category), granted);
                }
            }
        }
        Ok(())
    }

    fn head(&self) -> Head {
        let dismissed = self.dismissed == Some(true);
        let answered = self.denied || self.allowed && dismissed;
        Head { answered, revision: self.policy, ..Head::default() }
    }
}

/// Nothing, or `[]`, which PHP writes for an empty object.
fn is_empty_list(value: &[u8]) -> bool {
    value.is_empty() || text::unescape(value, &mut Buffer::new()) == b"[]"
}
