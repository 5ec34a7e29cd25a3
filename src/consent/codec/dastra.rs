//! Dastra's cookie (`euconsent` or `consent-eu`): a JSON object of service slugs and booleans, URI-encoded.
//!
//! No whole value is published and it holds no time; only its pairs (`"crisp":true`) are known.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = 8192;

/// A value that is not read; it means: no consent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DastraError {
    /// Longer than [`MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = MAX_LEN)]
    TooLong(usize),
    /// Not a JSON object; where, in the text with its URI encoding removed.
    #[error("line {line}, column {column} of the decoded text: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1; 0 at an end.
        column: usize,
        /// What the parser says; it never quotes the value.
        reason: &'static str,
    },
}

/// The answers, in the order of the cookie, each slug once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dastra {
    services: Vec<(String, bool)>,
}

impl Dastra {
    /// From answers; of two for one slug the no counts.
    pub fn new(answers: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut services: Vec<(String, bool)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for (slug, granted) in answers {
            let at = *places.entry(slug.clone()).or_insert(services.len());
            match services.get_mut(at) {
                Some((_, known)) => *known &= granted,
                None => services.push((slug, granted)),
            }
        }
        Self { services }
    }

    /// Slugs with their answers.
    pub fn services(&self) -> &[(String, bool)] {
        &self.services
    }
}

/// Decodes a value, URI-encoded or already decoded by a proxy. A member that is not a boolean counts as a no; of two
/// members with one name the no counts. Allocates; O(length), nesting is bounded by the JSON parser.
///
/// # Errors
/// [`DastraError`].
pub fn decode(value: &[u8]) -> Result<Dastra, DastraError> {
    if value.len() > MAX_LEN {
        return Err(DastraError::TooLong(value.len()));
    }
    // A value that reads as it is was decoded already: its `%` are its own.
    if let (Some(b'{'), Ok(read)) = (value.first(), parse(value)) {
        return Ok(read);
    }
    let text: Cow<'_, [u8]> = percent_decode(value).into();
    parse(&text).map_err(|error| DastraError::Json {
        line: error.line(),
        column: error.column(),
        reason: match error.classify() {
            serde_json::error::Category::Eof => "the text ends too early",
            serde_json::error::Category::Data => "not an object of slugs",
            _ => "not JSON",
        },
    })
}

/// Writes the value as a cookie holds it.
pub fn encode(dastra: &Dastra) -> String {
    /// What JavaScript's `encodeURIComponent` leaves.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'~')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')');
    let pairs: Vec<String> =
        dastra.services.iter().map(|(slug, granted)| format!("{}:{granted}", Value::from(slug.as_str()))).collect();
    utf8_percent_encode(&format!("{{{}}}", pairs.join(",")), ENCODED).to_string()
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_dastra(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        // Each byte of a value that came decoded takes three.
        assert!(text.len() > MAX_LEN || decode(text.as_bytes()).as_ref() == Ok(&read), "not written as it was read");
    }
}

fn parse(text: &[u8]) -> serde_json::Result<Dastra> {
    serde_json::from_slice::<Pairs>(text).map(|pairs| Dastra::new(pairs.0))
}

/// Members in their order, duplicates too: a map would keep the last and lose the stricter.
struct Pairs(Vec<(String, bool)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of service slugs and booleans")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((slug, value)) = map.next_entry::<String, Value>()? {
                    pairs.push((slug, value == Value::Bool(true)));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(value: &str) -> Vec<(String, bool)> {
        decode(value.as_bytes()).unwrap().services
    }

    #[test]
    fn encoded_decoded_and_half_encoded_values_say_the_same() {
        let want = vec![("crisp".to_owned(), true), ("google-analytics".to_owned(), false)];
        for value in [
            "%7B%22crisp%22%3Atrue%2C%22google-analytics%22%3Afalse%7D",
            "{\"crisp\":true,\"google-analytics\":false}",
            "{%22crisp%22:true,%22google-analytics%22:false}",
            "%7b%22crisp%22:true,%20%22google-analytics%22:false%7d",
        ] {
            assert_eq!(answers(value), want, "{value}");
        }
        assert_eq!(encode(&Dastra::new(want)), "%7B%22crisp%22%3Atrue%2C%22google-analytics%22%3Afalse%7D");
    }

    #[test]
    fn of_two_answers_for_one_slug_the_no_counts() {
        for value in
            ["{\"a\":true,\"a\":false}", "{\"a\":false,\"a\":true}", "{\"a\":true,\"a\":1}", "{\"a\":\"true\"}"]
        {
            assert_eq!(answers(value), [("a".to_owned(), false)], "{value}");
        }
    }

    #[test]
    fn p100_what_is_no_object_is_refused() {
        let deep = format!("{{\"a\":{}", "[".repeat(4000));
        for value in ["", "{", "[]", "true", "\"a\":true", "{\"a\":true}x", "%7B", "%", &deep] {
            assert!(matches!(decode(value.as_bytes()), Err(DastraError::Json { .. })), "{value}");
        }
        let long = format!("{{\"a\":true{}}}", " ".repeat(MAX_LEN));
        assert_eq!(decode(long.as_bytes()), Err(DastraError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(answers in prop::collection::vec((".{0,12}", any::<bool>()), 0..9)) {
            let dastra = Dastra::new(answers);
            prop_assert_eq!(decode(encode(&dastra).as_bytes()).unwrap(), dastra);
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_dastra(&value);
            fuzz_dastra(&[b"%7B\"a\":".as_slice(), &value].concat());
        }
    }
}
