//! Commanders Act's cookie (`TC_PRIVACY`, or a name the site chose), fields between `@`, some of them URI-encoded:
//! `status@version[|tcf]@[banner@site@]categories@locked categories@updated[,created,expires]@vendors`.
//!
//! Status 0 is an opt-in, 1 an opt-out, and the categories follow it: after an opt-in they are the granted ones (`ALL`:
//! every one), after an opt-out the refused ones. Locked categories cannot be switched: nobody answered for them. The
//! vendors are an opaque string. `TC_PRIVACY_CENTER` repeats the categories without the status and is not read.

use super::answers::{Head, Name};
use super::text::{self, Buffer};
use super::value_error::ValueError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// What the categories after it mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// 0: the listed categories are granted.
    OptIn,
    /// 1: the listed categories, and all others, are refused.
    #[default]
    OptOut,
}

/// A whole value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commanders {
    /// What the categories mean.
    pub status: Status,
    /// The version of the privacy settings, perhaps with `|` and two versions of the IAB's framework.
    pub version: String,
    /// The banner's and the site's ids, which older cookies have.
    pub banner: Option<(String, String)>,
    /// The categories, by their numbers; or `ALL` alone.
    pub categories: Vec<String>,
    /// Categories that cannot be switched off.
    pub locked: Vec<String>,
    /// When the answer was given, in milliseconds since 1970.
    pub updated: u64,
    /// When one was first given, and when it ends; older cookies do not have them.
    pub created_and_expires: Option<(u64, u64)>,
    /// The vendors' string.
    pub vendors: String,
}

/// Whether a value has the form of this tool's cookie: the status, and four more fields at least.
pub fn is_shape(value: &[u8]) -> bool {
    let escaped = memchr::memmem::find_iter(value, b"%40").count();
    let marks = memchr::memchr_iter(b'@', value).count() + escaped;
    matches!(value, [b'0' | b'1', b'@', ..] | [b'0' | b'1', b'%', b'4', b'0', ..]) && marks >= 4
}

/// Gives the listed categories as groups. Whoever is not listed was refused, except after `0@…@ALL`.
///
/// No allocation up to 2,048 bytes; O(length). Benchmark `codec/commanders`.
///
/// # Errors
/// [`ValueError`] for anything but the format's fields.
pub fn scan(value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    let mut buffer = Buffer::new();
    let fields = Fields::read(value, &mut buffer)?;
    let granted = fields.status == Status::OptIn;
    let mut rest = false;
    for category in list(fields.categories) {
        if category == "ALL" {
            rest = granted;
        } else {
            sink(Name::Group(category), granted);
        }
    }
    let version = text::pieces(fields.version, b'|').next().unwrap_or_default();
    Ok(Head {
        answered: true,
        updated: Some(fields.updated),
        expires: fields.created_and_expires.map(|(_, expires)| expires),
        revision: version.parse().ok(),
        rest: Some(rest),
    })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Commanders, ValueError> {
    let mut buffer = Buffer::new();
    let fields = Fields::read(value, &mut buffer)?;
    let owned = |text: &str| list(text).map(str::to_owned).collect();
    Ok(Commanders {
        status: fields.status,
        version: fields.version.to_owned(),
        banner: fields.banner.map(|(banner, site)| (banner.to_owned(), site.to_owned())),
        categories: owned(fields.categories),
        locked: owned(fields.locked),
        updated: fields.updated,
        created_and_expires: fields.created_and_expires,
        vendors: fields.vendors.to_owned(),
    })
}

/// Writes the value as the tool does. A `@` inside a field would make another one: it is written as a space.
pub fn encode(value: &Commanders) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'@');
    let text = |text: &str| utf8_percent_encode(&text.replace('@', " "), ESCAPED).to_string();
    let status = if value.status == Status::OptIn { "0" } else { "1" };
    let banner =
        value.banner.as_ref().map_or_else(String::new, |(banner, site)| format!("{}@{}@", text(banner), text(site)));
    let times = match value.created_and_expires {
        Some((created, expires)) => format!("{}%2C{created}%2C{expires}", value.updated),
        None => value.updated.to_string(),
    };
    let (categories, locked) = (text(&value.categories.join(",")), text(&value.locked.join(",")));
    format!("{status}@{}@{banner}{categories}@{locked}@{times}@{}", text(&value.version), text(&value.vendors))
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_commanders(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()), Ok(read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}

/// The fields, borrowed.
struct Fields<'t> {
    status: Status,
    version: &'t str,
    banner: Option<(&'t str, &'t str)>,
    categories: &'t str,
    locked: &'t str,
    updated: u64,
    created_and_expires: Option<(u64, u64)>,
    vendors: &'t str,
}

impl<'t> Fields<'t> {
    fn read(value: &'t [u8], buffer: &'t mut Buffer) -> Result<Self, ValueError> {
        ValueError::check_length(value)?;
        let whole = std::str::from_utf8(text::unescape(value, buffer))
            .map_err(|error| ValueError::at(error.valid_up_to(), "not UTF-8"))?;
        let mut fields = text::pieces(whole, b'@');
        let mut next = || fields.next().ok_or(ValueError::at(whole.len(), "a field is missing"));
        let status = match next()? {
            "0" => Status::OptIn,
            "1" => Status::OptOut,
            _ => return Err(ValueError::at(0, "a status that is neither 0 nor 1")),
        };
        let version = next()?;
        let (third, fourth, fifth) = (next()?, next()?, next()?);
        // The times tell where they are: nothing else is that long a number.
        let (banner, categories, locked, times) = match times(fifth) {
            Some(times) => (None, third, fourth, times),
            None => {
                let (sixth, seventh) = (next()?, next()?);
                // Written without its empty names such a field would be the times.
                if list(fifth).any(|name| self::times(name).is_some()) {
                    return Err(ValueError::at(0, "a category that is a time"));
                }
                let times = times(seventh).ok_or(ValueError::at(0, "no time where one belongs"))?;
                (Some((third, fourth)), fifth, sixth, times)
            }
        };
        let vendors = fields.next().unwrap_or_default();
        if fields.next().is_some() {
            return Err(ValueError::at(whole.len(), "too many fields"));
        }
        let (updated, created_and_expires) = times;
        Ok(Self { status, version, banner, categories, locked, updated, created_and_expires, vendors })
    }
}

/// `updated`, or `updated,created,expires`, each of at least 12 digits (from March 1973).
fn times(field: &str) -> Option<(u64, Option<(u64, u64)>)> {
    let time = |text: &str| {
        let plain = text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        if plain { text.parse().ok() } else { None }
    };
    match text::cut(field, b',') {
        None => Some((time(field)?, None)),
        Some((updated, others)) => {
            let (created, expires) = text::cut(others, b',')?;
            Some((time(updated)?, Some((time(created)?, time(expires)?))))
        }
    }
}

/// Names between commas; an empty field has none.
fn list(field: &str) -> impl Iterator<Item = &str> {
    text::pieces(field, b',').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    const AT: u64 = 1_615_799_744_862;

    fn read(value: &str) -> (Head, Vec<(String, bool)>) {
        listed(|sink| scan(value.as_bytes(), sink)).unwrap_or_else(|error| panic!("{value}: {error}"))
    }

    #[test]
    fn categories_follow_the_status() {
        for value in [
            "0@019|2|42@2%2C3@1@1615799744862@",
            "0@019|2|42@2,3@1@1615799744862",
            "0%40019%7C2%7C42%402%2C3%401%401615799744862%40x",
        ] {
            let (head, found) = read(value);
            let want = Head { answered: true, updated: Some(AT), expires: None, revision: Some(19), rest: Some(false) };
            assert_eq!(head, want, "{value}");
            assert_eq!(found, [("g:2".to_owned(), true), ("g:3".to_owned(), true)]);
            assert!(is_shape(value.as_bytes()));
        }
        let (head, found) = read("1@003@2,ALL@@1615799744862@");
        assert_eq!((head.answered, head.rest, found), (true, Some(false), vec![("g:2".to_owned(), false)]));
        let (head, found) = read("0@003@ALL@@1615799744862@");
        assert_eq!((head.rest, found), (Some(true), vec![]));
        assert!(!is_shape(b"1@a.example") && !is_shape(b"2@1@2@3@4@"));
    }

    #[test]
    fn older_cookies_name_the_banner_and_the_site() {
        let value = "0@002@12@34@1%2C3@4@1592900933049";
        let whole = decode(value.as_bytes()).unwrap();
        assert_eq!(whole.banner, Some(("12".to_owned(), "34".to_owned())));
        assert_eq!((whole.categories, whole.locked), (vec!["1".to_owned(), "3".to_owned()], vec!["4".to_owned()]));
        assert_eq!(read(value).0.updated, Some(1_592_900_933_049));
        // Found by fuzzing: what is written of it had a field too many.
        assert!(decode(b"0@6@,@@1600030189690,,@@1600030189690").is_err());
    }

    #[test]
    fn the_end_is_read() {
        let value = "0@1@2@1@1701350442246,1701350442247,1735046442246@v";
        let whole = decode(value.as_bytes()).unwrap();
        assert_eq!(whole.created_and_expires, Some((1_701_350_442_247, 1_735_046_442_246)));
        assert_eq!(read(value).0.expires, Some(1_735_046_442_246));
        assert_eq!(encode(&whole), value.replace(',', "%2C"));
    }

    #[test]
    fn p100_anything_else_is_refused() {
        for value in [
            "",
            "0",
            "2@1@2@1@1615799744862@",
            "@1@2@1@1615799744862@",
            "0@1@2@1@@",
            "0@1@2@1@161579974486x@",
            "0@1@2@1@1615799744862,1615799744862@",
            "0@1@2@1@16157997448621615799744862@",
            "0@1@2@1@1615799744862@v@more",
            "0@1@2@1@5@6@7@8@9",
        ] {
            assert!(matches!(decode(value.as_bytes()), Err(ValueError::Text { .. })), "{value}");
        }
        let long = "0@".repeat(MAX_LEN);
        assert_eq!(decode(long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(opt_in in any::<bool>(), version in "[^@]{0,9}", banner in prop::option::of(("[^@]{0,5}", "[^@]{0,5}")), categories in prop::collection::vec("[^@,]{1,4}", 0..5), locked in prop::collection::vec("[0-9]{1,4}", 0..3), updated in 100_000_000_000..u64::MAX, more in prop::option::of((100_000_000_000..u64::MAX, 100_000_000_000..u64::MAX)), vendors in "[^@]{0,9}") {
            let status = if opt_in { Status::OptIn } else { Status::OptOut };
            let whole = Commanders { status, version, banner, categories, locked, updated, created_and_expires: more, vendors };
            prop_assert_eq!(decode(encode(&whole).as_bytes()), Ok(whole));
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..100), near in "[01]@[0-9|]{0,4}(@[0-9,AL]{0,4}){2,4}@1615799744862(,[0-9]{13}){0,2}(@[a-z%@]{0,4})?") {
            fuzz_commanders(&value);
            fuzz_commanders(near.as_bytes());
        }
    }
}
