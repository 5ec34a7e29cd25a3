//! Borlabs' cookie (`borlabs-cookie`): a JSON object, URI-encoded, with the accepted services of each accepted group:
//! `{"consents":{"essential":["borlabs-cookie"],"external-media":[…]},…,"expires":"Sun, 11 Jan 2026 08:07:14 GMT",…}`.
//!
//! A group is granted when its list is not empty; who is not named was refused. It is written when the visitor answers.
//! `version` is the site's: it raises it to ask anew. `expires` is the cookie's end; when the answer was given is not in
//! it.

use super::answers::{Head, Name};
use super::instant;
use super::json::{self, Members, Object, Scalar, Strings};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::{Error, MapAccess};
use serde_json::{Map, Value};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// All members of a cookie, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Borlabs {
    members: Map<String, Value>,
}

impl Borlabs {
    /// The members in their order: `consents`, `domainPath`, `expires`, `uid`, `v3`, `version`.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The groups with their accepted services.
    pub fn consents(&self) -> Vec<(&str, Vec<&str>)> {
        let groups = self.members.get("consents").and_then(Value::as_object).into_iter().flatten();
        groups
            .map(|(group, list)| {
                let services = list.as_array().into_iter().flatten().filter_map(Value::as_str);
                (group.as_str(), services.collect())
            })
            .collect()
    }
}

/// Whether a value has the form of this tool's cookie: JSON with `consents` and `domainPath`.
pub fn is_shape(value: &[u8]) -> bool {
    text::begins_object(value) && text::names_member(value, "consents") && text::names_member(value, "domainPath")
}

/// Gives each group's answer, and a yes for each service that is named.
///
/// No allocation up to 2,048 bytes that are encoded; O(length). Benchmark `codec/borlabs`.
///
/// # Errors
/// [`ValueError`] for anything but the format's members, and for one of those read here twice.
pub fn scan(value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    ValueError::check_length(value)?;
    let mut seen = Seen { sink, consents: None, expires: None, version: None };
    json::read(text::json(value, &mut Buffer::new()), &mut seen)?;
    Ok(Head {
        answered: seen.consents == Some(true),
        updated: None,
        expires: seen.expires,
        revision: seen.version,
        rest: Some(false),
    })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Borlabs, ValueError> {
    scan(value, |_, _| {})?;
    json::whole(value).map(|members| Borlabs { members })
}

/// Writes the value as the script does.
pub fn encode(cookie: &Borlabs) -> String {
    json::write(&cookie.members)
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_borlabs(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}

struct Seen<S> {
    sink: S,
    consents: Option<bool>,
    expires: Option<u64>,
    version: Option<i64>,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Seen<S> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "consents" => {
                let mut groups = Groups { sink: &mut self.sink, any: false };
                map.next_value_seed(Object(&mut groups))?;
                let any = groups.any;
                json::once(&mut self.consents, any)
            }
            "expires" => match map.next_value::<Scalar<'de>>()? {
                Scalar::Text(text) => {
                    let end = instant::http_date(text.as_bytes()).ok_or_else(|| A::Error::custom("not a date"))?;
                    json::once(&mut self.expires, end)
                }
                _ => Err(A::Error::custom("not a date")),
            },
            // A string in older versions of the plugin.
            "version" => {
                let version = match map.next_value::<Scalar<'de>>()? {
                    Scalar::Integer(version) => version,
                    Scalar::Text(text) => text.parse().map_err(A::Error::custom)?,
                    _ => return Err(A::Error::custom("not a version")),
                };
                json::once(&mut self.version, version)
            }
            _ => map.next_value::<Scalar<'de>>().map(drop),
        }
    }
}

struct Groups<'s, S> {
    sink: &'s mut S,
    any: bool,
}

impl<'de, S: FnMut(Name<'_>, bool)> Members<'de> for Groups<'_, S> {
    fn member<A: MapAccess<'de>>(&mut self, group: &str, map: &mut A) -> Result<(), A::Error> {
        let mut granted = false;
        map.next_value_seed(Strings(|service: &str| {
            granted = true;
            (self.sink)(Name::Service(service), true);
        }))?;
        (self.sink)(Name::Group(group), granted);
        self.any = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"{"consents":{"essential":["borlabs-cookie"],"external-media":["vimeo","youtube"],"statistics":[]},"domainPath":"www.example.com/","expires":"Sun, 11 Jan 2026 08:07:14 GMT","uid":"x","v3":true,"version":4}"#;

    #[test]
    fn groups_services_and_the_end_are_read() {
        for value in [WHOLE, &text::component(WHOLE), &WHOLE.replace(":4", ":\"4\"")] {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            let want = Head {
                answered: true,
                updated: None,
                expires: Some(1_768_118_834_000),
                revision: Some(4),
                rest: Some(false),
            };
            assert_eq!(head, want, "{value}");
            let want = [
                ("s:borlabs-cookie", true),
                ("g:essential", true),
                ("s:vimeo", true),
                ("s:youtube", true),
                ("g:external-media", true),
                ("g:statistics", false),
            ];
            assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
            assert!(is_shape(value.as_bytes()));
        }
        assert_eq!(encode(&decode(WHOLE.as_bytes()).unwrap()), text::component(WHOLE));
        assert_eq!(decode(WHOLE.as_bytes()).unwrap().consents()[1], ("external-media", vec!["vimeo", "youtube"]));
    }

    #[test]
    fn without_groups_nobody_answered() {
        for json in ["{}", r#"{"consents":{}}"#, r#"{"domainPath":"x","version":1}"#] {
            assert!(!scan(json.as_bytes(), |_, _| {}).unwrap().answered, "{json}");
        }
    }

    #[test]
    fn p100_what_is_not_the_format_is_refused() {
        for value in [
            "",
            "[]",
            "{",
            r#"{"consents":[]}"#,
            r#"{"consents":{"marketing":true}}"#,
            r#"{"consents":{"marketing":[true]}}"#,
            r#"{"consents":{},"consents":{"marketing":["x"]}}"#,
            &WHOLE.replace(" GMT", ""),
            &WHOLE.replace(":4", ":null"),
            &WHOLE.replace("\"x\"", &"[".repeat(300)),
        ] {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Json { .. })), "{value}");
        }
        let long = WHOLE.replace("vimeo", &"v".repeat(MAX_LEN));
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_borlabs(&value);
            fuzz_borlabs(&[b"{\"consents\":{\"marketing\":[\"a\"".as_slice(), &value].concat());
        }
    }
}
