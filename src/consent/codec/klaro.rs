//! Klaro's cookie (`klaro`, or a name the site chose): a JSON object of service names and booleans, URI-encoded.
//!
//! It is written when the visitor answers; it holds no time. A service that it does not name was not confirmed. Its shape
//! is Dastra's: only the cookie's name tells them apart.

use super::answers::{Answers, Head, Name};
use super::services;
use super::text;
use super::value_error::ValueError;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// The answers for the site's services, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Klaro {
    /// By the names that the site's configuration gives its services.
    pub services: Answers,
}

/// Whether a value has the form of this tool's cookie, which is Dastra's too.
pub const fn is_shape(value: &[u8]) -> bool {
    text::begins_object(value)
}

/// Gives each service's answer. No allocation up to 2,048 bytes that are encoded; O(length). Benchmark `codec/klaro`.
///
/// # Errors
/// [`ValueError`] for anything but a JSON object.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    services::scan(value, sink)
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Klaro, ValueError> {
    services::decode(value).map(|services| Klaro { services })
}

/// Writes the value as Klaro does.
pub fn encode(klaro: &Klaro) -> String {
    services::encode(&klaro.services)
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_klaro(data: &[u8]) {
    services::fuzz(data);
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;

    #[test]
    fn each_service_is_given_with_its_answer() {
        let value = "%7B%22matomo%22%3Atrue%2C%22caf\u{e9}%22%3Afalse%2C%22matomo%22%3Anull%7D";
        let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
        assert_eq!(head, Head { answered: true, ..Head::default() });
        let want = [("s:matomo", true), ("s:caf\u{e9}", false), ("s:matomo", false)];
        assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
        let written = encode(&decode(value.as_bytes()).unwrap());
        assert_eq!(written, "%7B%22matomo%22%3Afalse%2C%22caf%C3%A9%22%3Afalse%7D");
    }

    #[test]
    fn an_empty_object_is_no_answer() {
        for value in ["{}", "%7B%7D", "{ }"] {
            assert_eq!(scan(value.as_bytes(), |_, _| panic!("a name")), Ok(Head::default()), "{value}");
        }
    }
}
