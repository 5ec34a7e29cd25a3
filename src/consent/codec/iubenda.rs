//! iubenda's cookie (`_iub_cs-<policy id>` or `_iub_cs-s<site id>`): a JSON object, URI-encoded, with an answer for each
//! purpose or one for everything. With neither, nobody answered. And `usprivacy` where its script writes it: JSON around
//! the IAB's four characters.
//!
//! Purposes: 1 necessary, 2 functionality, 3 experience, 4 measurement, 5 marketing.

use super::answers::{Head, Name};
use super::instant;
use super::json::{self, Members, Object, Scalar};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::{Error, MapAccess};
use serde_json::{Map, Value};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// All members of a cookie, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Iubenda {
    members: Map<String, Value>,
}

impl Iubenda {
    /// The members in their order: `timestamp`, `version`, `purposes` or `consent`, `id`, `cons`.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The purposes' answers, by number; anything but `true` is a no.
    pub fn purposes(&self) -> Vec<(&str, bool)> {
        let purposes = self.members.get("purposes").and_then(Value::as_object).into_iter().flatten();
        purposes.map(|(number, value)| (number.as_str(), *value == Value::Bool(true))).collect()
    }

    /// The one answer for everything.
    pub fn consent(&self) -> Option<bool> {
        self.members.get("consent").map(|value| *value == Value::Bool(true))
    }
}

/// Whether a value has the form of an answer: JSON with a time, a version, and purposes or a consent. A value without an
/// answer (`{"id":1}`) has no shape of its own.
pub fn is_shape(value: &[u8]) -> bool {
    let names = |name| text::names_member(value, name);
    text::begins_object(value) && names("timestamp") && names("version") && (names("purposes") || names("consent"))
}

/// Gives each purpose's answer; the one for everything is [`Head::rest`].
///
/// No allocation up to 2,048 bytes that are encoded; O(length). Benchmark `codec/iubenda`.
///
/// # Errors
/// [`ValueError`] for anything but the format's members, for one of those read here twice, and where a purpose has a yes
/// and everything a no.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    ValueError::check_length(value)?;
    let mut seen = Seen { sink, purposes: None, consent: None, timestamp: None };
    json::read(text::json(value, &mut Buffer::new()), &mut seen)?;
    if seen.consent == Some(false) && seen.purposes.is_some_and(|purposes| purposes.granted) {
        return Err(ValueError::at(0, "a yes to a purpose and a no to everything"));
    }
    let answered = seen.consent.is_some() || seen.purposes.is_some_and(|purposes| purposes.any);
    Ok(Head { answered, updated: seen.timestamp, rest: seen.consent, ..Head::default() })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Iubenda, ValueError> {
    scan(value, |_, _| {})?;
    json::whole(value).map(|members| Iubenda { members })
}

/// Writes the value as the script does.
pub fn encode(cookie: &Iubenda) -> String {
    json::write(&cookie.members)
}

/// The US privacy string in iubenda's form of `usprivacy` (`{"uspString":"1YNN",…}`): its four bytes, whatever they are.
/// No allocation.
///
/// # Errors
/// [`ValueError`] for anything but such an object.
pub fn us_privacy(value: &[u8]) -> Result<[u8; 4], ValueError> {
    ValueError::check_length(value)?;
    let mut usp = Usp(None);
    json::read(text::json(value, &mut Buffer::new()), &mut usp)?;
    usp.0.ok_or(ValueError::at(0, "no uspString"))
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_iubenda(data: &[u8]) {
    let _ = us_privacy(data);
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
        }
    }
}

struct Seen<S> {
    sink: S,
    purposes: Option<Found>,
    consent: Option<bool>,
    timestamp: Option<u64>,
}

/// What is among the purposes.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    any: bool,
    granted: bool,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Seen<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "purposes" => {
                let mut purposes = Purposes { sink: &mut self.sink, found: Found::default() };
                map.next_value_seed(Object(&mut purposes))?;
                let found = purposes.found;
                json::once(&mut self.purposes, found)
            }
            "consent" => json::once(&mut self.consent, map.next_value::<Scalar<'de>>()?.is_true()),
            "timestamp" => match map.next_value::<Scalar<'de>>()? {
                Scalar::Text(text) => {
                    let at = instant::iso8601(text.as_bytes()).ok_or_else(|| A::Error::custom("not a time"))?;
                    json::once(&mut self.timestamp, at)
                }
                _ => Err(A::Error::custom("not a time")),
            },
            _ => map.next_value::<Scalar<'de>>().map(drop),
        }
    }
}

struct Purposes<'s, S> {
    sink: &'s mut S,
    found: Found,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Purposes<'_, S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let granted = map.next_value::<Scalar<'de>>()?.is_true();
        self.found = Found { any: true, granted: self.found.granted || granted };
        (self.sink)(Name::Group(name), granted);
        Ok(())
    }
}

struct Usp(Option<[u8; 4]>);

impl<'de> Members<'de> for Usp {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match map.next_value::<Scalar<'de>>()? {
            Scalar::Text(text) if name == "uspString" => {
                let four = text.as_bytes().try_into().map_err(|_| A::Error::custom("not four characters"))?;
                json::once(&mut self.0, four)
            }
            _ if name == "uspString" => Err(A::Error::custom("not a string")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    const PURPOSES: &str = r#"{"timestamp":"2025-02-05T15:40:00.391Z","version":"1.75.1","purposes":{"1":true,"4":false,"5":1},"id":5,"cons":{"rand":"x"}}"#;
    const SIMPLE: &str = r#"{"consent":true,"timestamp":"2025-02-05T15:40:00.391Z","version":"1.51.0","id":7}"#;
    const AT: Option<u64> = Some(1_738_770_000_391);

    fn head(json: &str) -> Result<Head, ValueError> {
        scan(json.as_bytes(), |_, _| {})
    }

    #[test]
    fn purposes_or_one_answer_for_everything_are_read() {
        for value in [PURPOSES, &text::component(PURPOSES)] {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            assert_eq!(head, Head { answered: true, updated: AT, ..Head::default() });
            assert_eq!(found, [("g:1", true), ("g:4", false), ("g:5", false)].map(|(n, g)| (n.to_owned(), g)));
            assert_eq!(encode(&decode(value.as_bytes()).unwrap()), text::component(PURPOSES));
            assert!(is_shape(value.as_bytes()));
        }
        assert_eq!(head(SIMPLE), Ok(Head { answered: true, updated: AT, rest: Some(true), ..Head::default() }));
        assert_eq!(head(&SIMPLE.replace("true", "false")).unwrap().rest, Some(false));
        assert_eq!(decode(PURPOSES.as_bytes()).unwrap().purposes(), [("1", true), ("4", false), ("5", false)]);
        assert_eq!(decode(SIMPLE.as_bytes()).unwrap().consent(), Some(true));
        assert!(is_shape(SIMPLE.as_bytes()) && !is_shape(b"{\"id\":5}"));
    }

    #[test]
    fn without_purposes_and_consent_nobody_answered() {
        for json in [r#"{"id":5}"#, r#"{"purposes":{},"id":5}"#, r#"{"timestamp":"2025-02-05T15:40:00.391Z"}"#] {
            assert!(!head(json).unwrap().answered, "{json}");
        }
    }

    #[test]
    fn a_no_to_everything_and_a_yes_contradict_each_other() {
        for json in [r#"{"purposes":{"4":true},"consent":false}"#, r#"{"consent":false,"purposes":{"4":true}}"#] {
            assert!(head(json).is_err(), "{json}");
        }
        assert!(head(r#"{"consent":true,"purposes":{"4":false}}"#).unwrap().answered);
    }

    #[test]
    fn us_privacy_is_found_in_its_json() {
        for value in [r#"{"uspString":"1YNN","firstAcceptance":{"a":1}}"#, "%7B%22uspString%22%3A%221YNN%22%7D"] {
            assert_eq!(us_privacy(value.as_bytes()), Ok(*b"1YNN"), "{value}");
        }
        for value in
            ["1YNN", "{}", r#"{"uspString":1}"#, r#"{"uspString":"1YN"}"#, r#"{"uspString":"1YNN","uspString":"1YYN"}"#]
        {
            assert!(us_privacy(value.as_bytes()).is_err(), "{value}");
        }
    }

    #[test]
    fn p100_what_is_not_the_format_is_refused() {
        let deep = format!("{{\"cons\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for value in
            ["", "[]", "{", &deep, r#"{"purposes":[4]}"#, r#"{"timestamp":5}"#, r#"{"consent":false,"consent":true}"#]
        {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Json { .. })), "{value}");
        }
        let long = SIMPLE.replace("1.51.0", &"1".repeat(MAX_LEN));
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_iubenda(&value);
            fuzz_iubenda(&[b"{\"purposes\":{\"4\":true},\"".as_slice(), &value].concat());
        }
    }
}
