//! Axeptio's cookies: `axeptio_cookies`, a JSON object of which only `"` and `,` are escaped, with the vendors' answers
//! beside members of its own that begin with `$$`; and `axeptio_authorized_vendors`, `axeptio_all_vendors`, lists like
//! `,a,b,`.
//!
//! `$$completed:false` is a visitor who did not answer yet. The lists repeat the answers without saying whether there was
//! one, and without a time: they can only refuse.

use super::answers::{Answers, Head, Name};
use super::instant;
use super::json::{self, Members, Scalar};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::{Error, MapAccess};
use serde_json::{Map, Value, json};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// All members of `axeptio_cookies`, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axeptio {
    members: Map<String, Value>,
}

impl Axeptio {
    /// A completed answer as the script stores it: the visitor's random token, the vendors, and when it was given, in
    /// milliseconds since 1970. A vendor whose name begins with `$$` is left out.
    pub fn new(token: &str, at: u64, vendors: &Answers) -> Self {
        let mut members = Map::new();
        members.insert("$$token".to_owned(), json!(token));
        members.insert("$$date".to_owned(), json!(instant::write_iso8601(at)));
        let vendors = vendors.iter().filter(|(name, _)| is_vendor(name));
        members.extend(vendors.map(|(name, granted)| (name.to_owned(), json!(granted))));
        members.insert("$$completed".to_owned(), json!(true));
        Self { members }
    }

    /// The members in their order: `$$token`, `$$date`, `$$cookiesVersion`, `$$scope`, `$$duration`, `$$completed`, and
    /// the vendors.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The vendors' answers; anything but `true` is a no.
    pub fn vendors(&self) -> Answers {
        let vendors = self.members.iter().filter(|(name, _)| is_vendor(name));
        vendors.map(|(name, value)| (name.clone(), *value == Value::Bool(true))).collect()
    }
}

/// Whether a value has the form of `axeptio_cookies`: JSON with `$$completed` or `$$token`.
pub fn is_shape(value: &[u8]) -> bool {
    let names = ["$$completed", "$$token", "%24%24completed", "%24%24token"];
    text::begins_object(value) && names.iter().any(|name| text::names_member(value, name))
}

/// Gives each vendor's answer in `axeptio_cookies`.
///
/// No allocation up to 2,048 bytes; O(length). Benchmark `codec/axeptio`.
///
/// # Errors
/// [`ValueError`] for anything but such an object, and for `$$completed` or `$$date` twice.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    ValueError::check_length(value)?;
    let mut seen = Seen { sink, completed: None, date: None };
    json::read(text::json(value, &mut Buffer::new()), &mut seen)?;
    Ok(Head { answered: seen.completed == Some(true), updated: seen.date, ..Head::default() })
}

/// Gives each name of `axeptio_authorized_vendors` or `axeptio_all_vendors`; `,,` is none. No allocation up to 2,048
/// bytes; O(length).
///
/// # Errors
/// [`ValueError`] for anything that does not begin and end with a comma.
pub fn scan_vendors(value: &[u8], mut sink: impl FnMut(&str)) -> Result<(), ValueError> {
    ValueError::check_length(value)?;
    let mut buffer = Buffer::new();
    let text = std::str::from_utf8(text::unescape(value, &mut buffer))
        .map_err(|error| ValueError::at(error.valid_up_to(), "not UTF-8"))?;
    let list = text.strip_prefix(',').and_then(|rest| rest.strip_suffix(','));
    let list = list.ok_or(ValueError::at(0, "a list is between two commas"))?;
    list.split(',').filter(|name| !name.is_empty()).for_each(&mut sink);
    Ok(())
}

/// The whole of `axeptio_cookies`. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Axeptio, ValueError> {
    scan(value, |_, _| {})?;
    json::whole(value).map(|members| Axeptio { members })
}

/// Writes `axeptio_cookies` as the script does.
pub fn encode(cookie: &Axeptio) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';');
    utf8_percent_encode(&serde_json::to_string(&cookie.members).unwrap_or_default(), ESCAPED).to_string()
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_axeptio(data: &[u8]) {
    let _ = scan_vendors(data, |_| {});
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}

fn is_vendor(name: &str) -> bool {
    !name.starts_with("$$")
}

struct Seen<S> {
    sink: S,
    completed: Option<bool>,
    date: Option<u64>,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Seen<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let value = map.next_value::<Scalar<'de>>()?;
        match (name, value) {
            ("$$completed", value) => json::once(&mut self.completed, value.is_true()),
            ("$$date", Scalar::Text(text)) => {
                let at = instant::iso8601(text.as_bytes()).ok_or_else(|| A::Error::custom("not a time"))?;
                json::once(&mut self.date, at)
            }
            ("$$date", _) => Err(A::Error::custom("not a time")),
            (name, value) => {
                if is_vendor(name) {
                    (self.sink)(Name::Service(name), value.is_true());
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"{"$$token":"x","$$date":"2024-12-20T18:55:15.412Z","$$cookiesVersion":{"name":"n"},"facebook_pixel":true,"Hotjar":false,"odd":1,"$$completed":true}"#;

    #[test]
    fn vendors_and_time_are_read_in_every_encoding() {
        let half = WHOLE.replace('"', "%22").replace(',', "%2C");
        for value in [WHOLE, &half, &text::component(WHOLE)] {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            assert_eq!(head, Head { answered: true, updated: Some(1_734_720_915_412), ..Head::default() }, "{value}");
            let want = [("s:facebook_pixel", true), ("s:Hotjar", false), ("s:odd", false)];
            assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
            assert!(is_shape(value.as_bytes()), "{value}");
            assert_eq!(encode(&decode(value.as_bytes()).unwrap()), half);
        }
        assert_eq!(decode(WHOLE.as_bytes()).unwrap().vendors().get("odd"), Some(false));
    }

    #[test]
    fn what_is_not_completed_is_no_answer() {
        for completed in ["false", "null", "1", "\"true\""] {
            let value = WHOLE.replace("completed\":true", &format!("completed\":{completed}"));
            assert!(!scan(value.as_bytes(), |_, _| {}).unwrap().answered, "{completed}");
        }
        assert!(!scan(b"{\"facebook_pixel\":true}", |_, _| {}).unwrap().answered);
    }

    #[test]
    fn lists_of_vendors_are_read() {
        let names = |value: &str| {
            let mut names = Vec::new();
            scan_vendors(value.as_bytes(), |name| names.push(name.to_owned())).map(|()| names)
        };
        for value in ["%2Ca%2CDouble_Click%2C", ",a,Double_Click,"] {
            assert_eq!(names(value).unwrap(), ["a", "Double_Click"], "{value}");
        }
        for value in ["%2C%2C", ",,"] {
            assert!(names(value).unwrap().is_empty());
        }
        for value in ["", ",", "a", "a,b", ",a"] {
            assert!(names(value).is_err(), "{value}");
        }
    }

    #[test]
    fn p100_what_is_not_the_format_is_refused() {
        let twice = WHOLE.replace("\"odd\":1", "\"$$completed\":false");
        for value in ["", "[]", "{", &twice, &WHOLE.replace("2024", "24"), &WHOLE.replace(r#""n""#, &"[".repeat(300))] {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Json { .. })), "{value}");
        }
        let long = WHOLE.replace("Hotjar", &"h".repeat(MAX_LEN));
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(vendors in prop::collection::vec((".{0,9}", any::<bool>()), 0..9), at in 0..=instant::MAX) {
            let vendors = Answers::new(vendors.into_iter().filter(|(name, _)| is_vendor(name)));
            let whole = Axeptio::new("t", at, &vendors);
            let text = encode(&whole);
            prop_assert_eq!(decode(text.as_bytes()), Ok(whole.clone()));
            prop_assert_eq!(whole.vendors(), vendors);
            let want = Head { answered: true, updated: Some(at), ..Head::default() };
            prop_assert_eq!(scan(text.as_bytes(), |_, _| {}), Ok(want));
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_axeptio(&value);
            fuzz_axeptio(&[b"{\"$$completed\":true,\"a\":".as_slice(), &value].concat());
        }
    }
}
