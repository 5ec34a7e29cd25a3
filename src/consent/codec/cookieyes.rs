//! CookieYes' cookie (`cookieyes-consent`): `consentid:…,consent:yes,action:yes,necessary:yes,analytics:no`, plain.
//!
//! It is written on the first page view: only `action:yes` says that the visitor answered. Under opt-out laws `consent` is
//! inverted (`yes` = opted out), so it is never read; the categories are.

use super::answers::{Answers, Head, Name};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// Members that are no categories; every other is one.
const OTHERS: [&str; 4] = ["consentid", "consent", "action", "lastRenewedDate"];

/// All members of a cookie, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CookieYes {
    members: Vec<(String, String)>,
}

impl CookieYes {
    /// From members. `None` where one cannot be written: no name has a `,` or `:` or is empty, no value has a `,`.
    pub fn new(members: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let members: Vec<_> = members.into_iter().collect();
        let fits =
            |(name, value): &(String, String)| !name.is_empty() && !name.contains([',', ':']) && !value.contains(',');
        members.iter().all(fits).then_some(Self { members })
    }

    /// The members in their order: `consentid`, `consent`, `action`, the categories.
    pub fn members(&self) -> &[(String, String)] {
        &self.members
    }

    /// The first member of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The categories with their answers; anything but `yes` is a no.
    pub fn categories(&self) -> Answers {
        let categories = self.members.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str()));
        categories.map(|(name, value)| (name.clone(), value == "yes")).collect()
    }
}

/// Whether a value has the form of this tool's cookie: it begins with the id.
pub fn is_shape(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"consentid").unwrap_or_default();
    rest.starts_with(b":") || rest.starts_with(b"%3A") || rest.starts_with(b"%3a")
}

/// Gives each category's answer. There is no time in the value.
///
/// No allocation up to 2,048 bytes; O(length). Benchmark `codec/cookieyes`.
///
/// # Errors
/// [`ValueError`] for anything but such a list.
pub fn scan(value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    let mut action = None;
    read(value, |name, value| match name {
        "action" => action = Some(value == "yes" && action != Some(false)),
        name if OTHERS.contains(&name) => {}
        name => sink(Name::Group(name), value == "yes"),
    })?;
    Ok(Head { answered: action == Some(true), ..Head::default() })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<CookieYes, ValueError> {
    let mut members = Vec::new();
    read(value, |name, value| members.push((name.to_owned(), value.to_owned())))?;
    Ok(CookieYes { members })
}

/// Writes the value as CookieYes does; what no cookie may hold is escaped.
pub fn encode(cookie: &CookieYes) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b';');
    let members = cookie.members.iter().map(|(name, value)| format!("{name}:{value}"));
    utf8_percent_encode(&members.collect::<Vec<_>>().join(","), ESCAPED).to_string()
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_cookieyes(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()), Ok(read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}

fn read(value: &[u8], mut member: impl FnMut(&str, &str)) -> Result<(), ValueError> {
    ValueError::check_length(value)?;
    let mut buffer = Buffer::new();
    let list = std::str::from_utf8(text::unescape(value, &mut buffer))
        .map_err(|error| ValueError::at(error.valid_up_to(), "not UTF-8"))?;
    let mut at = 0;
    for part in text::pieces(list, b',') {
        match text::cut(part, b':') {
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

    const WHOLE: &str = "consentid:QUFBQQ==,consent:no,action:yes,necessary:yes,functional:no,analytics:yes,performance:,advertisement:Yes,lastRenewedDate:1700000000000";

    fn answered(value: &str) -> bool {
        scan(value.as_bytes(), |_, _| {}).unwrap().answered
    }

    #[test]
    fn categories_are_read_and_consent_is_not() {
        let encoded = text::component(WHOLE);
        for value in [WHOLE, &WHOLE.replace("consent:no", "consent:yes"), &encoded] {
            let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
            assert_eq!(head, Head { answered: true, ..Head::default() });
            let want = [
                ("necessary", true),
                ("functional", false),
                ("analytics", true),
                ("performance", false),
                ("advertisement", false),
            ];
            assert_eq!(found, want.map(|(name, granted)| (format!("g:{name}"), granted)));
        }
        assert_eq!(encode(&decode(encoded.as_bytes()).unwrap()), WHOLE);
        assert!(is_shape(WHOLE.as_bytes()) && is_shape(encoded.as_bytes()) && !is_shape(b"consentid"));
    }

    #[test]
    fn only_an_action_is_an_answer() {
        for action in ["x:yes", "action:", "action:no", "action:true", "action:yes,action:no", "action:no,action:yes"] {
            assert!(!answered(&WHOLE.replace("action:yes", action)), "{action}");
        }
        assert!(answered("action:yes"));
    }

    #[test]
    fn of_two_answers_for_one_category_the_no_counts() {
        let whole = decode(b"action:yes,analytics:no,analytics:yes,other:yes,other:x").unwrap().categories();
        assert_eq!(whole.iter().collect::<Vec<_>>(), [("analytics", false), ("other", false)]);
    }

    #[test]
    fn p100_what_is_no_list_is_refused() {
        for (value, offset) in [("", 0), ("a", 0), ("a:1,", 4), ("a:1,b", 4), (":1", 0), ("a:1,,b:1", 4)] {
            let want = ValueError::at(offset, "a member without a name or a value");
            assert_eq!(decode(value.as_bytes()), Err(want), "{value}");
        }
        assert_eq!(decode(b"a:\xff"), Err(ValueError::at(2, "not UTF-8")));
        let long = "a:1,".repeat(MAX_LEN);
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
        assert_eq!(CookieYes::new([("a:b".to_owned(), String::new())]), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(members in prop::collection::vec(("[^,:]{1,9}", "[^,]{0,9}"), 1..9)) {
            let whole = CookieYes::new(members).unwrap();
            prop_assert_eq!(decode(encode(&whole).as_bytes()), Ok(whole));
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz_cookieyes(&value);
            fuzz_cookieyes(&[b"action:yes,a:".as_slice(), &value].concat());
        }
    }
}
