//! tarteaucitron's cookie (`tarteaucitron`, or a name the site chose): `!gtag=true!youtube=false!vimeo=wait`, raw.
//!
//! `wait` is a service that was not answered yet: a value with nothing else is no answer, and beside answers it is a
//! service without a yes. Foreign members occur (`!id=…`). There is no time in it.
//!
//! ```
//! use consentry::consent::codec::tarteaucitron::decode;
//!
//! let cookie = decode(b"!gtag=true!youtube=false!vimeo=wait")?;
//! assert_eq!(cookie.services().get("gtag"), Some(true));
//! assert_eq!(cookie.services().get("youtube"), Some(false));
//! assert_eq!(cookie.services().get("vimeo"), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::answers::{Answers, Head, Name};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// All members of a cookie, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tarteaucitron {
    members: Vec<(String, String)>,
}

impl Tarteaucitron {
    /// From services with `true`, `false` or `wait`. `None` where one cannot be written: no name has a `!` or `=` or is
    /// empty, no value has a `!`.
    pub fn new(members: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let members: Vec<_> = members.into_iter().collect();
        let fits =
            |(name, value): &(String, String)| !name.is_empty() && !name.contains(['!', '=']) && !value.contains('!');
        members.iter().all(fits).then_some(Self { members })
    }

    /// The members in their order, foreign ones too.
    pub fn members(&self) -> &[(String, String)] {
        &self.members
    }

    /// The services that were answered; those that wait have a no where one of their name was answered at all.
    pub fn services(&self) -> Answers {
        let answered = |name: &str| self.members.iter().any(|(known, value)| known == name && is_answer(value));
        let services = self.members.iter().filter(|(name, _)| answered(name));
        services.map(|(name, value)| (name.clone(), value == "true")).collect()
    }
}

/// Whether a value has the form of this tool's cookie: it begins with `!` and a name.
pub fn is_shape(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"!").or_else(|| value.strip_prefix(b"%21")).unwrap_or_default();
    rest.contains(&b'=') || memchr::memmem::find(rest, b"%3D").is_some()
}

/// Gives each service: a yes for `true`, a no for anything else, so that a service that waits, or a member of somebody
/// else, never has a yes.
///
/// No allocation up to 2,048 bytes that are encoded; O(length). Benchmark `codec/tarteaucitron`.
///
/// # Errors
/// [`ValueError`] for anything but such a list.
pub fn scan(value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    let mut answered = false;
    read(value, |name, value| {
        answered |= is_answer(value);
        sink(Name::Service(name), value == "true");
    })?;
    Ok(Head { answered, ..Head::default() })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Tarteaucitron, ValueError> {
    let mut members = Vec::new();
    read(value, |name, value| members.push((name.to_owned(), value.to_owned())))?;
    Ok(Tarteaucitron { members })
}

/// Writes the value as tarteaucitron does; what no cookie may hold is escaped.
pub fn encode(cookie: &Tarteaucitron) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';');
    let members: String = cookie.members.iter().map(|(name, value)| format!("!{name}={value}")).collect();
    utf8_percent_encode(&members, ESCAPED).to_string()
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_tarteaucitron(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()), Ok(read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}

fn is_answer(value: &str) -> bool {
    matches!(value, "true" | "false")
}

fn read(value: &[u8], mut member: impl FnMut(&str, &str)) -> Result<(), ValueError> {
    ValueError::check_length(value)?;
    let mut buffer = Buffer::new();
    let text = std::str::from_utf8(text::unescape(value, &mut buffer))
        .map_err(|error| ValueError::at(error.valid_up_to(), "not UTF-8"))?;
    let members = text.strip_prefix('!').ok_or(ValueError::at(0, "it does not begin with an exclamation mark"))?;
    let mut at = 1;
    for part in text::pieces(members, b'!') {
        match text::cut(part, b'=') {
            Some((name, value)) if !name.is_empty() => member(name, value),
            _ => return Err(ValueError::at(at, "a member without a name or a value")),
        }
        at += part.len() + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn services_are_read_and_those_that_wait_have_no_yes() {
        for value in
            ["!gtag=true!vimeo=wait!youtube=false!id=0", "%21gtag%3Dtrue%21vimeo%3Dwait%21youtube%3Dfalse%21id%3D0"]
        {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            assert_eq!(head, Head { answered: true, ..Head::default() });
            let want = [("s:gtag", true), ("s:vimeo", false), ("s:youtube", false), ("s:id", false)];
            assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
            let whole = decode(value.as_bytes()).unwrap();
            assert_eq!(whole.services().iter().collect::<Vec<_>>(), [("gtag", true), ("youtube", false)]);
            assert_eq!(encode(&whole), "!gtag=true!vimeo=wait!youtube=false!id=0");
            assert!(is_shape(value.as_bytes()));
        }
        assert!(!is_shape(b"!important") && !is_shape(b"gtag=true"));
    }

    #[test]
    fn waiting_for_everything_is_no_answer() {
        for value in ["!a=wait", "!a=wait!b=wait", "!id=0", "!a=TRUE", "!a="] {
            assert!(!scan(value.as_bytes(), |_, _| {}).unwrap().answered, "{value}");
        }
    }

    #[test]
    fn of_two_answers_for_one_service_the_no_counts() {
        for value in ["!a=true!a=false", "!a=false!a=true", "!a=true!a=wait", "!a=wait!a=true", "!a=true!a=1"] {
            assert_eq!(decode(value.as_bytes()).unwrap().services().get("a"), Some(false), "{value}");
        }
    }

    #[test]
    fn p100_what_is_no_list_is_refused() {
        for value in ["", "!", "a=true", "!a", "!=true", "!a=true!", "!!a=true"] {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Text { .. })), "{value}");
        }
        assert!(decode(b"!a=\xff").is_err());
        let long = "!a=true".repeat(MAX_LEN);
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
        assert_eq!(Tarteaucitron::new([("a=b".to_owned(), String::new())]), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(members in prop::collection::vec(("[^!=]{1,9}", "true|false|wait|[^!]{0,9}"), 1..9)) {
            let whole = Tarteaucitron::new(members).unwrap();
            prop_assert_eq!(decode(encode(&whole).as_bytes()), Ok(whole));
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz_tarteaucitron(&value);
            fuzz_tarteaucitron(&[b"!a=true!b".as_slice(), &value].concat());
        }
    }
}
