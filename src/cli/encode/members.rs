//! Cookies that hold one JSON object: the members that a reader looks at are checked where they stand, the others are kept.

use super::{CliError, Options};
use crate::consent::codec::place::{Place, PlaceError};
use crate::consent::codec::value_error::ValueError;
use crate::consent::codec::{axeptio, base64, borlabs, cc_cookie, didomi_token, instant, iubenda, text};
use serde_json::Value;

/// What a member must be.
#[derive(Clone, Copy)]
enum Kind {
    Time,
    HttpDate,
    Integer,
    Bool,
    Text,
    Strings,
    /// An object of lists of strings.
    Lists,
    /// An object of booleans.
    Answers,
}

impl Kind {
    fn check(self, place: &Place<'_>) -> Result<(), PlaceError> {
        match self {
            Self::Time => place.read("a time in quotes, as \"2024-11-20T19:02:36.823Z\"", |value| {
                instant::iso8601(value.as_str()?.as_bytes()).map(drop)
            }),
            Self::HttpDate => place.read("a date in quotes, as \"Sun, 11 Jan 2026 08:07:14 GMT\"", |value| {
                instant::http_date(value.as_str()?.as_bytes()).map(drop)
            }),
            Self::Integer => place.read("a whole number", |value| value.as_i64().map(drop)),
            Self::Bool => place.read("true or false", |value| value.as_bool().map(drop)),
            Self::Text => place.read("a text in quotes", |value| value.as_str().map(drop)),
            Self::Strings => {
                place.items("a list of names in quotes")?.iter().try_for_each(|item| Self::Text.check(item))
            }
            Self::Lists => each(place, "an object of lists of names, as {\"analytics\": [\"ga\"]}", Self::Strings),
            Self::Answers => each(place, "an object of true and false, as {\"4\": true}", Self::Bool),
        }
    }
}

fn each(place: &Place<'_>, right: &str, kind: Kind) -> Result<(), PlaceError> {
    place.members(right)?.iter().try_for_each(|(_, place)| kind.check(place))
}

/// Checks the members that have a kind.
fn check(json: &Value, kind: impl Fn(&str) -> Option<Kind>) -> Result<(), PlaceError> {
    let members = Place::new(json).members("an object, as `decode --json` prints under value")?;
    members.iter().try_for_each(|(name, place)| kind(name).map_or(Ok(()), |kind| kind.check(place)))
}

/// The object as a cookie holds it, once more by the format's own reader and writer: what is refused is not written.
fn written<T>(
    json: &Value,
    decode: impl FnOnce(&[u8]) -> Result<T, ValueError>,
    encode: impl Fn(&T) -> String,
) -> Result<String, CliError> {
    Ok(encode(&decode(text::component(&json.to_string()).as_bytes())?))
}

pub(super) fn cc_cookie(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    check(json, |name| match name {
        "categories" => Some(Kind::Strings),
        "services" => Some(Kind::Lists),
        "revision" => Some(Kind::Integer),
        "consentTimestamp" | "lastConsentTimestamp" => Some(Kind::Time),
        "consentId" => Some(Kind::Text),
        _ => None,
    })?;
    written(json, cc_cookie::decode, cc_cookie::encode)
}

pub(super) fn axeptio(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    check(json, |name| match name {
        "$$date" => Some(Kind::Time),
        "$$completed" => Some(Kind::Bool),
        name if name.starts_with("$$") => None,
        _ => Some(Kind::Bool),
    })?;
    written(json, axeptio::decode, axeptio::encode)
}

pub(super) fn iubenda(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    check(json, |name| match name {
        "timestamp" => Some(Kind::Time),
        "purposes" => Some(Kind::Answers),
        "consent" => Some(Kind::Bool),
        _ => None,
    })?;
    written(json, iubenda::decode, iubenda::encode)
}

pub(super) fn borlabs(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    check(json, |name| match name {
        "consents" => Some(Kind::Lists),
        "expires" => Some(Kind::HttpDate),
        _ => None,
    })?;
    written(json, borlabs::decode, borlabs::encode)
}

pub(super) fn didomi_token(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    check(json, |name| match name {
        "user_id" => Some(Kind::Text),
        "created" | "updated" => Some(Kind::Time),
        "purposes" | "vendors" => Some(Kind::Lists),
        _ => None,
    })?;
    let token = didomi_token::decode(base64::encode_standard(json.to_string().as_bytes()).as_bytes())?;
    Ok(didomi_token::encode(&token))
}
