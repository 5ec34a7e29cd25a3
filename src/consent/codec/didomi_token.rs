//! Didomi's older cookie (`didomi_token`): base64 (standard alphabet, padded) of a JSON object with a user's id, two times
//! and lists of enabled and disabled purposes and vendors. `didomi_dcs` ([`super::didomi`]) replaces it.
//!
//! Before a choice there are no lists at all; after a refusal there are only disabled ones. An id that is in no list is no
//! consent. Ids are as the tool writes them, some with a prefix that it no longer needs (`c:hotjar`, `didomi:google`).

use super::answers::{Head, Name};
use super::base64;
use super::instant;
use super::json::{self, Members, Object, Scalar, Strings};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::{Error, MapAccess};
use serde_json::{Map, Value, json};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// All members of a token, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DidomiToken {
    members: Map<String, Value>,
}

impl DidomiToken {
    /// An answer as the SDK stores it: purposes and vendors, each enabled or not, and when it was given, in milliseconds
    /// since 1970.
    pub fn new(user_id: &str, at: u64, purposes: &[(&str, bool)], vendors: &[(&str, bool)]) -> Self {
        let lists = |answers: &[(&str, bool)]| {
            let of =
                |wanted: bool| answers.iter().filter(|(_, yes)| *yes == wanted).map(|(id, _)| *id).collect::<Vec<_>>();
            json!({ "enabled": of(true), "disabled": of(false) })
        };
        let at = instant::write_iso8601(at);
        let members = [
            ("user_id", json!(user_id)),
            ("created", json!(at)),
            ("updated", json!(at)),
            ("version", json!(2)),
            ("purposes", lists(purposes)),
            ("vendors", lists(vendors)),
        ];
        Self { members: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    /// The members in their order: `user_id`, `created`, `updated`, `version` (of the IAB's framework), `purposes`,
    /// `vendors`, both again on legitimate interest with `_li`, `ac` (Google's additional vendors).
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The enabled or disabled ids of `purposes`, `vendors`, `purposes_li` or `vendors_li`.
    pub fn ids(&self, list: &str, enabled: bool) -> Vec<&str> {
        let status = if enabled { "enabled" } else { "disabled" };
        let ids = self.members.get(list).and_then(|lists| lists.get(status)).and_then(Value::as_array);
        ids.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Whether a value has the form of a token: base64 of `{"user_id`.
pub fn is_shape(value: &[u8]) -> bool {
    value.starts_with(b"eyJ1c2VyX2lk")
}

/// Gives the purposes as groups and the vendors as services. Legitimate interest is no consent and is not given.
///
/// No allocation up to 2,048 bytes; O(length). Benchmark `codec/didomi_token`.
///
/// # Errors
/// [`ValueError`] for anything but the format's members.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    with_json(value, |json| {
        let mut seen = Seen { sink, any: false, updated: None };
        json::read(json, &mut seen)?;
        Ok(Head { answered: seen.any, updated: seen.updated, ..Head::default() })
    })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<DidomiToken, ValueError> {
    scan(value, |_, _| {})?;
    with_json(value, |json| Ok(DidomiToken { members: serde_json::from_slice(json)? }))
}

/// Writes the value as the SDK does.
pub fn encode(token: &DidomiToken) -> String {
    base64::encode_standard(&serde_json::to_vec(&token.members).unwrap_or_default())
}

/// For fuzzing: any bytes as a value and as the JSON in it; what is read must come back from what is written of it, and
/// mean the same.
pub fn fuzz_didomi_token(data: &[u8]) {
    for value in [data, base64::encode_standard(data).as_bytes()] {
        if let Ok(read) = decode(value) {
            let text = encode(&read);
            if text.len() <= MAX_LEN {
                assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
            }
        }
    }
}

/// The JSON in a value whose `=`, `+` and `/` may be percent-encoded.
fn with_json<T>(value: &[u8], read: impl FnOnce(&[u8]) -> Result<T, ValueError>) -> Result<T, ValueError> {
    ValueError::check_length(value)?;
    let (mut plain, mut json) = (Buffer::new(), Buffer::new());
    let text = text::unescape(value, &mut plain);
    json.resize(text.len().div_ceil(4) * 3, 0);
    read(base64::decode_standard_into(text, &mut json)?)
}

struct Seen<S> {
    sink: S,
    any: bool,
    updated: Option<u64>,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Seen<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "purposes" => map.next_value_seed(Object(&mut Lists { seen: self, name: |id| Name::Group(id) })),
            "vendors" => map.next_value_seed(Object(&mut Lists { seen: self, name: |id| Name::Service(id) })),
            "updated" => match map.next_value::<Scalar<'de>>()? {
                Scalar::Text(text) => {
                    let at = instant::iso8601(text.as_bytes()).ok_or_else(|| A::Error::custom("not a time"))?;
                    json::once(&mut self.updated, at)
                }
                _ => Err(A::Error::custom("not a time")),
            },
            _ => map.next_value::<Scalar<'de>>().map(drop),
        }
    }
}

/// `enabled` and `disabled`.
struct Lists<'s, S> {
    seen: &'s mut Seen<S>,
    name: fn(&str) -> Name<'_>,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Lists<'_, S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let enabled = match name {
            "enabled" => true,
            "disabled" => false,
            _ => return map.next_value::<Scalar<'de>>().map(drop),
        };
        map.next_value_seed(Strings(|id: &str| {
            self.seen.any = true;
            (self.seen.sink)((self.name)(id), enabled);
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    fn encoded(json: &str) -> String {
        base64::encode_standard(json.as_bytes())
    }

    #[test]
    fn purposes_and_vendors_are_apart_and_legitimate_interest_is_no_consent() {
        let json = r#"{"user_id":"x","created":"2024-11-04T08:53:20.053Z","updated":"2024-11-04T08:53:22.528Z","vendors":{"enabled":["cookies"],"disabled":["c:hotjar"]},"purposes":{"enabled":["geo"],"other":1},"purposes_li":{"enabled":["ads"]},"vendors_li":{"enabled":["v"]},"version":2,"ac":"A.A"}"#;
        for value in [encoded(json), text::component(&encoded(json))] {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            assert_eq!(head, Head { answered: true, updated: Some(1_730_710_402_528), ..Head::default() });
            let want = [("s:cookies", true), ("s:c:hotjar", false), ("g:geo", true)];
            assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
            let whole = decode(value.as_bytes()).unwrap();
            assert_eq!(whole.ids("purposes_li", true), ["ads"]);
            assert_eq!(encode(&whole), encoded(json));
            assert!(is_shape(value.as_bytes()));
        }
    }

    #[test]
    fn without_lists_nobody_answered() {
        for lists in
            ["", r#","vendors":{},"purposes":{"enabled":[],"disabled":[]}"#, r#","vendors_li":{"enabled":["a"]}"#]
        {
            let json = format!(r#"{{"user_id":"x","updated":"2024-11-04T08:53:22.528Z","version":null{lists}}}"#);
            assert!(!scan(encoded(&json).as_bytes(), |_, _| {}).unwrap().answered, "{lists}");
        }
    }

    #[test]
    fn p100_what_is_no_token_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for json in [
            "[]",
            "{",
            "{}x",
            &deep,
            r#"{"purposes":[]}"#,
            r#"{"purposes":{"enabled":{"a":1}}}"#,
            r#"{"purposes":{"enabled":["\ud800"]}}"#,
            r#"{"updated":1}"#,
            r#"{"updated":"x"}"#,
            r#"{"updated":"2024-11-04T08:53:22.528Z","updated":"2025-11-04T08:53:22.528Z"}"#,
        ] {
            assert!(matches!(decode(encoded(json).as_bytes()), Err(ValueError::Json { .. })), "{json}");
        }
        for value in ["e30", "e31=", "e3 0=", "%", "e30%"] {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Base64(_))), "{value}");
        }
        let long = encoded(&" ".repeat(MAX_LEN));
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(answers in prop::collection::vec((".{0,9}", any::<bool>()), 0..9), at in 0..=instant::MAX) {
            let answers: Vec<(&str, bool)> = answers.iter().map(|(id, yes)| (id.as_str(), *yes)).collect();
            let whole = DidomiToken::new("id", at, &answers, &answers);
            let text = encode(&whole);
            prop_assert_eq!(decode(text.as_bytes()), Ok(whole));
            let (head, found) = listed(|sink| scan(text.as_bytes(), sink)).unwrap();
            prop_assert_eq!((head.updated, head.answered, found.len()), (Some(at), !answers.is_empty(), 2 * answers.len()));
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_didomi_token(&value);
            fuzz_didomi_token(&[b"{\"purposes\":{\"enabled\":[\"a\"".as_slice(), &value].concat());
        }
    }
}
