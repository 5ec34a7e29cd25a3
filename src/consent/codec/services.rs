//! A JSON object of service names and booleans: the form that Klaro's and Dastra's cookies share, and that Complianz
//! uses for its services. It holds no time.

use super::answers::{Answers, Head, Name};
use super::json::{self, Members, Scalar};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::MapAccess;
use serde_json::Value;

/// Gives each service's answer. A member that is not a boolean counts as a no; an empty object is no answer.
///
/// No allocation up to 2,048 bytes that are encoded; O(length).
///
/// # Errors
/// [`ValueError`] for anything but an object of at most [`text::MAX_LEN`] bytes.
pub(super) fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    ValueError::check_length(value)?;
    let mut services = Services { sink, any: false };
    json::read(text::json(value, &mut Buffer::new()), &mut services)?;
    Ok(Head { answered: services.any, ..Head::default() })
}

/// The answers, each name once. Allocates.
///
/// # Errors
/// As [`scan`].
pub(super) fn decode(value: &[u8]) -> Result<Answers, ValueError> {
    let mut answers = Vec::new();
    scan(value, |name, granted| answers.push((name.as_str().to_owned(), granted)))?;
    Ok(Answers::new(answers))
}

/// Writes the value as a cookie holds it.
pub(super) fn encode(answers: &Answers) -> String {
    let pairs: Vec<String> = answers.iter().map(|(name, granted)| format!("{}:{granted}", Value::from(name))).collect();
    text::component(&format!("{{{}}}", pairs.join(",")))
}

/// Any bytes as a value; what is read must come back from what is written of it.
pub(super) fn fuzz(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        // Each byte of a value that came decoded takes three.
        let written = text.len() > text::MAX_LEN || decode(text.as_bytes()).as_ref() == Ok(&read);
        assert!(written, "not written as it was read");
    }
}

struct Services<S> {
    sink: S,
    any: bool,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Services<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        (self.sink)(Name::Service(name), map.next_value::<Scalar<'de>>()?.is_true());
        self.any = true;
        Ok(())
    }
}
