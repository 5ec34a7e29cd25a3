//! The whole of `OptanonConsent`, for people and tools; not on the path of a request.

use super::{ValueError, list, scan};
use crate::consent::codec::answers::Answers;
use crate::consent::codec::instant;
use crate::consent::codec::text::{self, Buffer};

/// All pairs of a cookie, decoded, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptanonConsent {
    pairs: Vec<(String, String)>,
}

impl OptanonConsent {
    /// From pairs.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { pairs: pairs.into_iter().collect() }
    }

    /// The pairs in their order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The first pair of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `groups`: the categories (`C0002`), or what the site renamed them to.
    pub fn groups(&self) -> Answers {
        self.list("groups")
    }

    /// `hosts`: single cookies' hosts (`H68`).
    pub fn hosts(&self) -> Answers {
        self.list("hosts")
    }

    /// `genVendors`: vendors outside the IAB's list (`V1`).
    pub fn vendors(&self) -> Answers {
        self.list("genVendors")
    }

    /// `datestamp`: when the cookie was last written, in milliseconds since 1970.
    pub fn written(&self) -> Option<u64> {
        instant::script_date(self.get("datestamp")?.as_bytes())
    }

    fn list(&self, name: &str) -> Answers {
        let mut answers = Vec::new();
        for (_, value) in self.pairs.iter().filter(|(known, _)| known == name) {
            // What a list has before it breaks off; of groups and vendors that came from `decode` it is all.
            let _ = list::read_decoded(value, |name, granted| answers.push((name.to_owned(), granted)));
        }
        Answers::new(answers)
    }
}

/// The whole cookie. Bytes that are no UTF-8 (a time zone's name) are replaced. Allocates.
///
/// # Errors
/// As [`scan`], and where a name that it reads is there in another spelling.
pub fn decode(value: &[u8]) -> Result<OptanonConsent, ValueError> {
    scan(value, |_, _| {})?;
    let mut whole = OptanonConsent::default();
    for (at, pair) in super::pairs(value) {
        let (raw, value) = pair.split_at_checked(memchr::memchr(b'=', pair).unwrap_or(pair.len())).unwrap_or_default();
        let name = decoded(raw);
        if READ.contains(&name.as_str()) && (raw != name.as_bytes() || value.is_empty()) {
            return Err(ValueError::at(at, "a name that is not spelt as the scripts spell it"));
        }
        whole.pairs.push((name, decoded(value.get(1..).unwrap_or_default())));
    }
    Ok(whole)
}

/// The names that `scan` reads, by their one spelling.
const READ: [&str; 6] = ["groups", "genVendors", "landingPath", "AwaitingReconsent", "isGpcEnabled", "browserGpcFlag"];

/// Writes the cookie as OneTrust does.
pub fn encode(consent: &OptanonConsent) -> String {
    let encoded = |text: &str| text::component(text).replace("%20", "+");
    let pairs = consent.pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_optanon(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        let written = text.len() > super::MAX_LEN || decode(text.as_bytes()).as_ref() == Ok(&read);
        assert!(written, "not written as it was read");
    }
    let _ = super::closed(data);
}

/// Here, and in no other tool's cookie, `+` is a space.
fn decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8_lossy(text::unescape(&spaced, &mut Buffer::new())).into_owned()
}
