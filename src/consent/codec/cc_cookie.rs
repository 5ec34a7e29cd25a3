//! vanilla-cookieconsent's cookie (`cc_cookie`, or a name the site chose), version 3: a JSON object, URI-encoded.
//!
//! `categories` holds the names that were accepted: the others were refused. `services` holds the accepted services of
//! each category. As in the library itself it is an answer only with `consentId` and both timestamps; and only to the
//! questions of its `revision`, which the site knows.

#[cfg(test)]
mod tests;
mod whole;

pub use whole::{CcCookie, decode, encode, fuzz_cc_cookie};

use super::answers::{Head, Name};
use super::instant;
use super::json::{self, Members, Object, Scalar, Strings};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::{Error, MapAccess};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// Whether a value has the form of this tool's cookie: JSON that names categories and a consent id.
pub fn is_shape(value: &[u8]) -> bool {
    text::begins_object(value) && text::names_member(value, "categories") && text::names_member(value, "consentId")
}

/// Gives the accepted categories, and the accepted services of all of them; who is not given was refused.
///
/// No allocation up to 2,048 bytes that are encoded; O(length). Benchmark `codec/cc_cookie`.
///
/// # Errors
/// [`ValueError`] for anything but the format's members, and for one of those read here twice.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    ValueError::check_length(value)?;
    let mut seen =
        Seen { sink, categories: None, services: None, revision: None, id: None, first: None, last: None, end: None };
    json::read(text::json(value, &mut Buffer::new()), &mut seen)?;
    Ok(seen.head())
}

struct Seen<S> {
    sink: S,
    categories: Option<()>,
    services: Option<()>,
    revision: Option<i64>,
    id: Option<()>,
    first: Option<u64>,
    last: Option<u64>,
    end: Option<u64>,
}

impl<S> Seen<S> {
    fn head(&self) -> Head {
        Head {
            answered: self.categories.is_some() && self.id.is_some() && self.first.is_some() && self.last.is_some(),
            updated: self.last,
            expires: self.end,
            revision: self.revision,
            rest: Some(false),
        }
    }
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Seen<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let sink = &mut self.sink;
        match name {
            "categories" => {
                json::once(&mut self.categories, ())?;
                map.next_value_seed(Strings(|category: &str| sink(Name::Group(category), true)))
            }
            "services" => {
                json::once(&mut self.services, ())?;
                map.next_value_seed(Object(&mut Services(sink)))
            }
            "revision" => json::once(&mut self.revision, whole(map)?),
            "consentId" => match map.next_value::<Scalar<'de>>()? {
                Scalar::Text(id) if !id.is_empty() => json::once(&mut self.id, ()),
                _ => Err(A::Error::custom("no id")),
            },
            "consentTimestamp" => json::once(&mut self.first, time(map)?),
            "lastConsentTimestamp" => json::once(&mut self.last, time(map)?),
            "expirationTime" => {
                let end = u64::try_from(whole(map)?).map_err(A::Error::custom)?;
                json::once(&mut self.end, end)
            }
            _ => map.next_value::<Scalar<'de>>().map(drop),
        }
    }
}

/// Category names with the lists of their accepted services.
struct Services<'s, S>(&'s mut S);

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Services<'_, S> {
    fn member<A: MapAccess<'de>>(&mut self, _category: &str, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(Strings(|service: &str| (self.0)(Name::Service(service), true)))
    }
}

fn whole<'de, A: MapAccess<'de>>(map: &mut A) -> Result<i64, A::Error> {
    match map.next_value::<Scalar<'de>>()? {
        Scalar::Integer(number) => Ok(number),
        _ => Err(A::Error::custom("not a whole number")),
    }
}

fn time<'de, A: MapAccess<'de>>(map: &mut A) -> Result<u64, A::Error> {
    match map.next_value::<Scalar<'de>>()? {
        Scalar::Text(text) => instant::iso8601(text.as_bytes()).ok_or_else(|| A::Error::custom("not a time")),
        _ => Err(A::Error::custom("not a time")),
    }
}
