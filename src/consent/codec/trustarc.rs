//! TrustArc's cookies: `cmapi_cookie_privacy=permit 1,2,3`, `notice_gdpr_prefs=0,1,2:` and `notice_preferences=2:`, raw.
//!
//! All three say which levels are permitted. `cmapi_cookie_privacy` counts from 1 (1 required, 2 functional,
//! 3 advertising); the others count from 0, and `notice_preferences` names the highest one only. Here they are all
//! counted from 1. There is no time in them, and no shape tells them from other tools' values: their names do.

use super::answers::{Head, Name};
use super::text::{self, Buffer};
use super::value_error::ValueError;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// The levels by the names under which [`scan`] gives them, counted from 1; more than are known.
const LEVELS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Which of the three cookies a value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// `cmapi_cookie_privacy`: the permitted levels.
    CmApi,
    /// `notice_gdpr_prefs`: the permitted levels, counted from 0.
    GdprPrefs,
    /// `notice_preferences`: the highest permitted level, counted from 0.
    Preferences,
}

impl Cookie {
    /// By the cookie's name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"cmapi_cookie_privacy" => Some(Self::CmApi),
            b"notice_gdpr_prefs" => Some(Self::GdprPrefs),
            b"notice_preferences" => Some(Self::Preferences),
            _ => None,
        }
    }
}

/// The permitted levels, counted from 1: bit `n` stands for level `n + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permitted(u16);

impl Permitted {
    /// From levels, 1 to 9; others are left out.
    pub fn new(levels: impl IntoIterator<Item = u8>) -> Self {
        let known = levels.into_iter().filter(|level| (1..=9).contains(level));
        Self(known.fold(0, |bits, level| bits | 1 << (level - 1)))
    }

    /// The levels in their order.
    pub fn levels(self) -> impl Iterator<Item = u8> {
        (1..=9_u8).filter(move |level| self.0 >> (level - 1) & 1 == 1)
    }
}

/// Whether `notice_behavior` says that nobody was asked: the notice is implied, or there is none. The other cookies then
/// hold what the site presumes.
pub fn is_implied(behavior: &[u8]) -> bool {
    behavior.starts_with(b"implied") || behavior.starts_with(b"none")
}

/// Gives each permitted level, counted from 1, as a group; the others were refused. Whether anybody was asked says another
/// cookie ([`is_implied`]).
///
/// No allocation; O(length). Benchmark `codec/trustarc`.
///
/// # Errors
/// As [`decode`].
pub fn scan(cookie: Cookie, value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    let permitted = decode(cookie, value)?;
    for (level, name) in (1_u8..).zip(LEVELS) {
        if permitted.0 >> (level - 1) & 1 == 1 {
            sink(Name::Group(name), true);
        }
    }
    Ok(Head { answered: true, rest: Some(false), ..Head::default() })
}

/// The permitted levels.
///
/// # Errors
/// [`ValueError`] for anything but the cookie's form with at least one level, each of one digit.
pub fn decode(cookie: Cookie, value: &[u8]) -> Result<Permitted, ValueError> {
    ValueError::check_length(value)?;
    let mut buffer = Buffer::new();
    let text = text::unescape(value, &mut buffer);
    match cookie {
        Cookie::CmApi if text == b"permit 1 required" => Ok(Permitted(1)),
        Cookie::CmApi => {
            let list = text.strip_prefix(b"permit ").ok_or(ValueError::at(0, "it does not begin with `permit`"))?;
            levels(list, 1, 7)
        }
        // What stands behind the colon is not published and not read.
        Cookie::GdprPrefs => levels(before_colon(text)?, 0, 0),
        Cookie::Preferences => match before_colon(text)? {
            [digit @ b'0'..=b'8'] => Ok(Permitted((1 << (digit - b'0' + 1)) - 1)),
            _ => Err(ValueError::at(0, "not one level")),
        },
    }
}

/// Writes the value as TrustArc does. The highest permitted level stands for all below it in `notice_preferences`.
pub fn encode(cookie: Cookie, permitted: Permitted) -> String {
    let list = |least: u8| {
        let levels: Vec<String> = permitted.levels().map(|level| (level - 1 + least).to_string()).collect();
        levels.join(",")
    };
    match cookie {
        Cookie::CmApi if permitted.0 <= 1 => "permit 1 required".to_owned(),
        Cookie::CmApi => format!("permit {}", list(1)),
        Cookie::GdprPrefs => format!("{}:", list(0)),
        Cookie::Preferences => format!("{}:", permitted.levels().last().unwrap_or(1) - 1),
    }
}

/// For fuzzing: any bytes as each cookie; what is read must come back from what is written of it.
pub fn fuzz_trustarc(data: &[u8]) {
    for cookie in [Cookie::CmApi, Cookie::GdprPrefs, Cookie::Preferences] {
        if let Ok(read) = decode(cookie, data) {
            assert_eq!(decode(cookie, encode(cookie, read).as_bytes()), Ok(read), "not written as it was read");
        }
    }
    let _ = is_implied(data);
}

fn before_colon(text: &[u8]) -> Result<&[u8], ValueError> {
    let end = memchr::memchr(b':', text).ok_or(ValueError::at(text.len(), "no colon behind the levels"))?;
    Ok(text.get(..end).unwrap_or_default())
}

/// Digits between commas, the first level being `least`; `offset` is where the list stands in the value.
fn levels(list: &[u8], least: u8, offset: usize) -> Result<Permitted, ValueError> {
    let mut bits = 0;
    for (number, level) in list.split(|byte| *byte == b',').enumerate() {
        let error = ValueError::at(offset + 2 * number, "not a level");
        let [digit] = level else { return Err(error) };
        let at = digit.checked_sub(b'0' + least).filter(|at| usize::from(*at) < LEVELS.len()).ok_or(error)?;
        bits |= 1 << at;
    }
    Ok(Permitted(bits))
}

#[cfg(test)]
mod tests {
    use super::super::answers::listed;
    use super::*;
    use proptest::prelude::*;

    fn read(cookie: Cookie, value: &str) -> Option<Vec<u8>> {
        decode(cookie, value.as_bytes()).ok().map(|permitted| permitted.levels().collect())
    }

    #[test]
    fn each_cookie_counts_its_own_way() {
        for (cookie, value, want) in [
            (Cookie::CmApi, "permit 1,2,3", vec![1, 2, 3]),
            (Cookie::CmApi, "permit%201%2C3", vec![1, 3]),
            (Cookie::CmApi, "permit 1 required", vec![1]),
            (Cookie::GdprPrefs, "0,1,2:", vec![1, 2, 3]),
            (Cookie::GdprPrefs, "0,2:x", vec![1, 3]),
            (Cookie::GdprPrefs, "0%2C1%3A", vec![1, 2]),
            (Cookie::Preferences, "2:", vec![1, 2, 3]),
            (Cookie::Preferences, "0:", vec![1]),
        ] {
            assert_eq!(read(cookie, value), Some(want), "{cookie:?} {value}");
        }
    }

    #[test]
    fn what_is_not_permitted_was_refused() {
        let (head, found) = listed(|sink| scan(Cookie::CmApi, b"permit 1,3", sink)).unwrap();
        assert_eq!(head, Head { answered: true, rest: Some(false), ..Head::default() });
        assert_eq!(found, [("g:1".to_owned(), true), ("g:3".to_owned(), true)]);
    }

    #[test]
    fn nobody_was_asked_where_the_notice_is_implied() {
        assert!(is_implied(b"implied,us") && is_implied(b"implied|us") && is_implied(b"none"));
        assert!(!is_implied(b"expressed,eu") && !is_implied(b""));
    }

    #[test]
    fn p100_anything_else_is_refused() {
        for (cookie, value) in [
            (Cookie::CmApi, ""),
            (Cookie::CmApi, "permit "),
            (Cookie::CmApi, "permit 0"),
            (Cookie::CmApi, "permit 1,"),
            (Cookie::CmApi, "permit 1,12"),
            (Cookie::CmApi, "permit 1,2 required"),
            (Cookie::CmApi, "deny 1"),
            (Cookie::GdprPrefs, "0,1"),
            (Cookie::GdprPrefs, ":"),
            (Cookie::GdprPrefs, "9:"),
            (Cookie::Preferences, "0,1:"),
            (Cookie::Preferences, "9:"),
            (Cookie::Preferences, ":"),
            (Cookie::Preferences, "2"),
        ] {
            assert!(matches!(decode(cookie, value.as_bytes()), Err(ValueError::Text { .. })), "{cookie:?} {value}");
        }
        let long = "1,".repeat(MAX_LEN);
        assert_eq!(decode(Cookie::GdprPrefs, long.as_bytes()), Err(ValueError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(levels in prop::collection::btree_set(2..=9_u8, 0..9)) {
            let permitted = Permitted::new(levels.into_iter().chain([1]));
            for cookie in [Cookie::CmApi, Cookie::GdprPrefs] {
                prop_assert_eq!(decode(cookie, encode(cookie, permitted).as_bytes()), Ok(permitted));
            }
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..40), near in "(permit )?[0-9,:]{0,9}( required)?") {
            fuzz_trustarc(&value);
            fuzz_trustarc(near.as_bytes());
        }
    }
}
