//! Reads an `otConsentString` for the path of a request: the groups' answers and the two dates, nothing is kept of the
//! rest. It takes exactly what [`super::decode`] takes.

use super::super::base64;
use super::{EXPIRY, GROUPS, LAST_CONSENT, MAX_LEN, MAX_MEMBERS, OneTrustError, TWICE, json_error, spelling};
use percent_encoding::percent_decode;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// What a string says beside its groups. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Whether a choice was made: the string has groups.
    pub answered: bool,
    /// When.
    pub last_consent: Option<u64>,
    /// When it ends.
    pub expiry: Option<u64>,
}

/// The base64 characters for which the small buffer is enough: the published strings have 336 to 868.
const SMALL: usize = 2048;

/// Gives each group of `value` and its answer to `sink`, in their order: yes, no, or (any other number) none. A group can
/// come twice; the stricter answer counts, no before none before yes. On an error the sink may have been given some.
///
/// No allocation for strings of up to 2 kB without escapes in their texts; O(length), nesting is bounded by the JSON
/// parser. Benchmark `codec/onetrust`.
///
/// # Errors
/// [`OneTrustError`], as [`super::decode`].
pub fn scan(value: &[u8], sink: impl FnMut(&str, Option<bool>)) -> Result<Head, OneTrustError> {
    if value.len() > MAX_LEN {
        return Err(OneTrustError::TooLong(value.len()));
    }
    if memchr::memchr(b'%', value).is_some() {
        let text: SmallVec<[u8; SMALL]> = percent_decode(value).collect();
        return scan_base64(&text, sink);
    }
    scan_base64(value, sink)
}

fn scan_base64(text: &[u8], sink: impl FnMut(&str, Option<bool>)) -> Result<Head, OneTrustError> {
    if text.len() > SMALL {
        return scan_large(text, sink);
    }
    let mut buffer = [0; SMALL / 4 * 3 + base64::SLACK];
    scan_json(base64::decode_standard_into(text, &mut buffer)?, sink)
}

/// PERF: apart, so that clearing its buffer is paid for by long strings only.
#[inline(never)]
fn scan_large(text: &[u8], sink: impl FnMut(&str, Option<bool>)) -> Result<Head, OneTrustError> {
    let mut buffer = [0; MAX_LEN / 4 * 3 + base64::SLACK];
    scan_json(base64::decode_standard_into(text, &mut buffer)?, sink)
}

fn scan_json(json: &[u8], sink: impl FnMut(&str, Option<bool>)) -> Result<Head, OneTrustError> {
    // PERF: asked once for the whole text, not again for each string in it.
    match std::str::from_utf8(json) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), sink),
        // The parser knows where, and perhaps of something before that.
        Err(_) => read(serde_json::Deserializer::from_slice(json), sink),
    }
}

fn read<'de, R: serde_json::de::Read<'de>>(
    mut parser: serde_json::Deserializer<R>,
    sink: impl FnMut(&str, Option<bool>),
) -> Result<Head, OneTrustError> {
    let read = parser.deserialize_map(Members { sink }).and_then(|head| parser.end().map(|()| head));
    let head = read.map_err(|error| json_error(&error))?;
    if head.answered && head.last_consent.is_none() { Err(OneTrustError::Undated) } else { Ok(head) }
}

/// The members of the whole object.
struct Members<F> {
    sink: F,
}

impl<'de, F: FnMut(&str, Option<bool>)> Visitor<'de> for Members<F> {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head::default();
        let mut names = SmallVec::<[Cow<'de, str>; 16]>::new();
        while let Some(Text(name)) = map.next_key()? {
            let known = spelling(&name);
            if names.len() >= MAX_MEMBERS || names.iter().any(|earlier| spelling(earlier) == known) {
                return Err(A::Error::custom(TWICE));
            }
            match known {
                GROUPS => {
                    map.next_value_seed(Groups { sink: &mut self.sink })?;
                    head.answered = true;
                }
                LAST_CONSENT => head.last_consent = map.next_value::<Number>()?.0,
                EXPIRY => head.expiry = map.next_value::<Number>()?.0,
                _ => _ = map.next_value::<Number>()?,
            }
            names.push(name);
        }
        Ok(head)
    }
}

/// The groups and their answers.
struct Groups<'s, F> {
    sink: &'s mut F,
}

impl<'de, F: FnMut(&str, Option<bool>)> DeserializeSeed<'de> for Groups<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, Option<bool>)> Visitor<'de> for Groups<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of groups and 0 or 1")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(group), status)) = map.next_entry::<Text<'de>, i64>()? {
            (self.sink)(&group, status_of(status));
        }
        Ok(())
    }
}

/// A text, borrowed where it has no escapes.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

/// Any value; kept of it is a whole number that is not negative.
///
/// CORRECTNESS: not serde's `IgnoredAny`, which takes nestings, numbers and escapes that a value is refused for.
struct Number(Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(Number(Some(number)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Number, A::Error> {
        while list.next_element::<Number>()?.is_some() {}
        Ok(Number(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
        while map.next_entry::<Text<'de>, Number>()?.is_some() {}
        Ok(Number(None))
    }
}

/// Of two answers for one group the one that counts: a no before none, none before a yes.
pub const fn stricter(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), other) | (other, Some(true)) => other,
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
    }
}

/// 1 is a yes, 0 a no; any other number is no answer.
const fn status_of(status: i64) -> Option<bool> {
    match status {
        1 => Some(true),
        0 => Some(false),
        _ => None,
    }
}
