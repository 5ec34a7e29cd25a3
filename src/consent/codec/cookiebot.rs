//! Cookiebot's cookie (`CookieConsent`): a JavaScript literal with bare names and single quotes,
//! `{stamp:'…',necessary:true,…,method:'explicit',ver:1,utc:…,region:'ae'}`, of which only `'` and `,` are escaped.
//!
//! A stamp of `-1` stands for a visitor outside the region where is asked, `0` for a site where nothing had to be: both
//! are defaults, and so is what was answered by `method:'implied'`. Older cookies have no method.
//!
//! ```
//! use consentry::consent::codec::cookiebot::decode;
//!
//! let text = b"{stamp:%27AAAA%27%2Cnecessary:true%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27}";
//! let cookie = decode(text)?;
//! assert_eq!((cookie.category("statistics"), cookie.category("marketing")), (Some(true), Some(false)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod literal;
#[cfg(test)]
mod tests;

pub use literal::Literal;

use super::answers::{Head, Name};
use super::text::{self, Buffer};
use super::value_error::ValueError;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// The four categories. `necessary` is always true.
pub const CATEGORIES: [&str; 4] = ["necessary", "preferences", "statistics", "marketing"];

/// All members of a cookie in their order, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cookiebot {
    members: Vec<(String, Literal<String>)>,
}

impl Cookiebot {
    /// From members. Of two answers for one category the no counts; of other members the last. `None` where a name or a
    /// string cannot be written: a name is letters, digits and `_`, a string has no `'` and no backslash.
    pub fn new(members: impl IntoIterator<Item = (String, Literal<String>)>) -> Option<Self> {
        let mut new = Self::default();
        for (name, value) in members {
            if !literal::can_be_written(&name, &value) {
                return None;
            }
            new.put(name, value);
        }
        Some(new)
    }

    /// The members in their order: the categories, `stamp`, `method`, `ver`, `utc`, `region`, on sites of the IAB's
    /// framework `iab2` (a TC string) and `gacm` (Google's additional vendors).
    pub fn members(&self) -> &[(String, Literal<String>)] {
        &self.members
    }

    /// A member.
    pub fn get(&self, name: &str) -> Option<&Literal<String>> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The answer for a category; anything but `true` is a no.
    pub fn category(&self, name: &str) -> Option<bool> {
        self.get(name).map(Literal::is_true)
    }

    fn put(&mut self, name: String, value: Literal<String>) {
        match self.members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if CATEGORIES.contains(&name.as_str()) && !known.is_true() => {}
            Some((_, known)) => *known = value,
            None => self.members.push((name, value)),
        }
    }
}

/// Whether a value has the form of this tool's cookie; `{stamp:` begins no JSON.
pub const fn is_shape(value: &[u8]) -> bool {
    matches!(value, [b'{', b's', b't', b'a', b'm', b'p', ..])
        || matches!(value, [b'%', b'7', b'B' | b'b', b's', b't', b'a', b'm', b'p', ..])
}

/// Gives the answer of each category, and when it was given.
///
/// No allocation up to 2,048 bytes; O(length). Benchmark `codec/cookiebot`.
///
/// # Errors
/// [`ValueError`] for anything but such a literal, and for `stamp`, `method` or `utc` twice.
pub fn scan(value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Head, ValueError> {
    let mut seen = Seen::default();
    read(value, |name, value| {
        if CATEGORIES.contains(&name) {
            sink(Name::Group(name), value.is_true());
        }
        seen.member(name, value)
    })?;
    Ok(Head { answered: seen.is_answer(), updated: seen.utc, ..Head::default() })
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<Cookiebot, ValueError> {
    let (mut whole, mut seen) = (Cookiebot::default(), Seen::default());
    read(value, |name, value| {
        whole.put(name.to_owned(), value.to_owned());
        seen.member(name, value)
    })?;
    Ok(whole)
}

/// Writes the value as Cookiebot does.
pub fn encode(cookiebot: &Cookiebot) -> String {
    let members = cookiebot.members.iter().map(|(name, value)| format!("{name}:{}", literal::write(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join("%2C"))
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_cookiebot(data: &[u8]) {
    let scanned = scan(data, |_, _| {});
    let read = decode(data);
    assert_eq!(scanned.err(), read.as_ref().err().copied(), "two readings of one value");
    if let Ok(read) = read {
        let text = encode(&read);
        if text.len() <= MAX_LEN {
            assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scanned, "not written as it was meant");
        }
    }
}

fn read(value: &[u8], member: impl FnMut(&str, Literal<&str>) -> Result<(), &'static str>) -> Result<(), ValueError> {
    ValueError::check_length(value)?;
    literal::members(text::unescape(value, &mut Buffer::new()), member)
}

/// What decides whether the categories are an answer.
#[derive(Debug, Default)]
struct Seen {
    stamp: Option<bool>,
    method: Option<bool>,
    utc: Option<u64>,
}

impl Seen {
    fn member(&mut self, name: &str, value: Literal<&str>) -> Result<(), &'static str> {
        let twice = match name {
            "stamp" => {
                self.stamp.replace(matches!(value, Literal::Text(stamp) if !["", "0", "-1"].contains(&stamp))).is_some()
            }
            "method" => self.method.replace(value == Literal::Text("explicit")).is_some(),
            "utc" => match value {
                Literal::Number(at) => self.utc.replace(at).is_some(),
                _ => return Err("utc is no number"),
            },
            _ => false,
        };
        if twice { Err("a member stands twice") } else { Ok(()) }
    }

    fn is_answer(&self) -> bool {
        self.stamp == Some(true) && self.method != Some(false)
    }
}
