//! Dastra's cookie (`euconsent` or `consent-eu`): a JSON object of service slugs and booleans, URI-encoded.
//!
//! No whole value is published and it holds no time; only its pairs (`"crisp":true`) are known.

use super::answers::Answers;
use super::services;
use super::text;

pub use super::value_error::ValueError as DastraError;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// The answers, in the order of the cookie, each slug once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dastra {
    services: Answers,
}

impl Dastra {
    /// From answers; of two for one slug the no counts.
    pub fn new(answers: impl IntoIterator<Item = (String, bool)>) -> Self {
        Self { services: Answers::new(answers) }
    }

    /// Slugs with their answers.
    pub fn services(&self) -> &[(String, bool)] {
        self.services.as_slice()
    }
}

/// Decodes a value, URI-encoded or already decoded by a proxy. A member that is not a boolean counts as a no; of two
/// members with one name the no counts. Allocates; O(length), nesting is bounded by the JSON parser.
///
/// # Errors
/// [`DastraError`].
pub fn decode(value: &[u8]) -> Result<Dastra, DastraError> {
    services::decode(value).map(|services| Dastra { services })
}

/// Writes the value as a cookie holds it.
pub fn encode(dastra: &Dastra) -> String {
    services::encode(&dastra.services)
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_dastra(data: &[u8]) {
    services::fuzz(data);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(value: &str) -> Vec<(String, bool)> {
        decode(value.as_bytes()).unwrap().services().to_vec()
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
