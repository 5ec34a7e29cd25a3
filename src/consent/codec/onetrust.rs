//! OneTrust's `otConsentString`: base64 of a JSON object, in a request header or a cookie that the rules name.
//!
//! Member order and unknown members are kept, so that decoding and encoding the published sample gives its bytes. The
//! prose of the format spells two members otherwise than its sample (`dsid`, `lastConsentedDate`): both are read, the
//! sample's are written.

mod scan;

pub use scan::{Head, scan, stricter};

use super::base64::{self, Base64Error};
use percent_encoding::percent_decode;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The longest value that is looked at, in bytes (D17).
pub const MAX_LEN: usize = 16_384;

/// The most members that are read; the format has twelve. Names are compared with each other, so there is a bound.
pub const MAX_MEMBERS: usize = 64;

const GROUPS: &str = "groupConsents";
const LAST_CONSENT: &str = "lastConsentDate";
const EXPIRY: &str = "expiryDate";

/// A string that is not read; it means: no consent. [`Self::code`] is what the format's own API answers.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OneTrustError {
    /// Longer than [`MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = MAX_LEN)]
    TooLong(usize),
    /// No canonical base64.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// Not a JSON object of the format's members; where, in the decoded text.
    #[error("line {line}, column {column} of the decoded text: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1; 0 at an end.
        column: usize,
        /// What is wrong; it never quotes the value.
        reason: &'static str,
    },
    /// There are answers, but no date of the answer: how old they are is unknown.
    #[error("groupConsents without a lastConsentDate")]
    Undated,
}

impl OneTrustError {
    /// The error code of OneTrust's API for such a string.
    pub const fn code(&self) -> &'static str {
        "ERROR_CODE_INVALID_OT_CONSENT_STRING"
    }
}

/// A decoded string: its members in their order, each name once, in the sample's spelling.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OtConsentString {
    members: Vec<(String, Member)>,
}

/// A member's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// `groupConsents`: groups with 0 or 1 (any other number is no answer), each once.
    Groups(Vec<(String, i64)>),
    /// Any other.
    Other(Value),
}

impl OtConsentString {
    /// From members; a later one replaces an earlier one of its name.
    pub fn new(members: impl IntoIterator<Item = (String, Member)>) -> Self {
        let mut new = Self::default();
        members.into_iter().for_each(|(name, member)| new.set(&name, member));
        new
    }

    /// Replaces a member in its place, or appends it.
    pub fn set(&mut self, name: &str, member: Member) {
        let name = spelling(name);
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = member,
            None => self.members.push((name.to_owned(), member)),
        }
    }

    /// The members in their order.
    pub fn members(&self) -> &[(String, Member)] {
        &self.members
    }

    /// A member by either spelling of its name.
    pub fn get(&self, name: &str) -> Option<&Member> {
        let name = spelling(name);
        self.members.iter().find(|(known, _)| known == name).map(|(_, member)| member)
    }

    /// The groups that were answered; `None` before a choice was made.
    pub fn groups(&self) -> Option<impl Iterator<Item = (&str, bool)>> {
        let Some(Member::Groups(groups)) = self.get(GROUPS) else { return None };
        Some(
            groups
                .iter()
                .filter(|(_, status)| matches!(status, 0 | 1))
                .map(|(name, status)| (name.as_str(), *status == 1)),
        )
    }

    /// When the choice was made, in milliseconds since 1970.
    pub fn last_consent(&self) -> Option<u64> {
        self.number(LAST_CONSENT)
    }

    /// When the choice ends, in milliseconds since 1970; `null` before one was made.
    pub fn expiry(&self) -> Option<u64> {
        self.number(EXPIRY)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Member::Other(value)) => value.as_u64(),
            _ => None,
        }
    }
}

/// Decodes a string; in a cookie its `=`, `+` and `/` may be URI-encoded. Allocates; O(length), nesting is bounded by
/// the JSON parser.
///
/// # Errors
/// [`OneTrustError`].
pub fn decode(value: &[u8]) -> Result<OtConsentString, OneTrustError> {
    if value.len() > MAX_LEN {
        return Err(OneTrustError::TooLong(value.len()));
    }
    let text: Cow<'_, [u8]> = if value.contains(&b'%') { percent_decode(value).into() } else { value.into() };
    let json = base64::decode_standard(&text)?;
    let decoded: OtConsentString = serde_json::from_slice(&json).map_err(|error| json_error(&error))?;
    if decoded.get(GROUPS).is_some() && decoded.last_consent().is_none() {
        return Err(OneTrustError::Undated);
    }
    Ok(decoded)
}

fn json_error(error: &serde_json::Error) -> OneTrustError {
    OneTrustError::Json {
        line: error.line(),
        column: error.column(),
        reason: match error.classify() {
            serde_json::error::Category::Eof => "the text ends too early",
            serde_json::error::Category::Data => "not the format's members, one of them twice, or more than 64",
            _ => "not JSON",
        },
    }
}

/// Writes the string as the sample is written.
///
/// # Errors
/// [`OneTrustError::TooLong`] where [`decode`] would refuse it.
pub fn encode(value: &OtConsentString) -> Result<String, OneTrustError> {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let text = base64::encode_standard(&json);
    if text.len() > MAX_LEN { Err(OneTrustError::TooLong(text.len())) } else { Ok(text) }
}

/// For fuzzing: any bytes as a value and as the JSON in it; what is read must come back from what is written of it.
pub fn fuzz_onetrust(data: &[u8]) {
    for value in [data, base64::encode_standard(data).as_bytes()] {
        check_scan(value);
        if let Ok(read) = decode(value)
            && let Ok(text) = encode(&read)
        {
            assert_eq!(decode(text.as_bytes()), Ok(read), "a value was not written as it was read");
        }
    }
}

const TWICE: &str = "a member stands twice, or there are too many";

/// What [`scan()`] gives is what [`decode`] gives.
fn check_scan(value: &[u8]) {
    let mut groups: Vec<(String, Option<bool>)> = Vec::new();
    let scanned = scan(value, |group, answer| match groups.iter_mut().find(|(known, _)| known == group) {
        Some((_, known)) => *known = stricter(*known, answer),
        None => groups.push((group.to_owned(), answer)),
    });
    let decoded = decode(value);
    assert_eq!(scanned.as_ref().err(), decoded.as_ref().err(), "read in one way only");
    if let (Ok(head), Ok(whole)) = (scanned, decoded) {
        assert_eq!((head.last_consent, head.expiry), (whole.last_consent(), whole.expiry()), "the dates differ");
        groups.retain(|(_, answer)| answer.is_some());
        let whole = whole.groups().map(|groups| groups.map(|(name, yes)| (name.to_owned(), Some(yes))).collect());
        assert_eq!(head.answered.then_some(groups), whole, "the groups differ");
    }
}

/// The sample's spelling of a member's name.
fn spelling(name: &str) -> &str {
    match name {
        "dsid" => "dsId",
        "lastConsentedDate" => LAST_CONSENT,
        other => other,
    }
}

impl Serialize for OtConsentString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (name, member) in &self.members {
            match member {
                Member::Groups(groups) => map.serialize_entry(name, &Ordered(groups))?,
                Member::Other(value) => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

struct Ordered<'a>(&'a [(String, i64)]);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, status)| (name, status)))
    }
}

impl<'de> Deserialize<'de> for OtConsentString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = OtConsentString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut read = OtConsentString::default();
                let mut names = std::collections::HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    let name = spelling(&name).to_owned();
                    if names.len() >= MAX_MEMBERS || !names.insert(name.clone()) {
                        return Err(A::Error::custom(TWICE));
                    }
                    let member = if name == GROUPS {
                        Member::Groups(map.next_value::<Groups>()?.0)
                    } else {
                        Member::Other(map.next_value()?)
                    };
                    read.members.push((name, member));
                }
                Ok(read)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// [`stricter()`] for statuses as they are written.
const fn stricter_status(a: i64, b: i64) -> i64 {
    match (a, b) {
        (1, other) | (other, 1) => other,
        (0, _) | (_, 0) => 0,
        (other, _) => other,
    }
}

/// Groups in their order; of two answers for one group the stricter one counts.
struct Groups(Vec<(String, i64)>);

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Groups;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of groups and 0 or 1")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Groups, A::Error> {
                let mut groups: Vec<(String, i64)> = Vec::new();
                let mut places = std::collections::HashMap::new();
                while let Some((name, status)) = map.next_entry::<String, i64>()? {
                    let at = *places.entry(name.clone()).or_insert(groups.len());
                    match groups.get_mut(at) {
                        Some((_, known)) => *known = stricter_status(*known, status),
                        None => groups.push((name, status)),
                    }
                }
                Ok(Groups(groups))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests;
