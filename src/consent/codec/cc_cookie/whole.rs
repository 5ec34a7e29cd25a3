//! The whole of vanilla-cookieconsent's cookie, for people and tools; not on the path of a request.

use super::{ValueError, scan};
use crate::consent::codec::{instant, json};
use serde_json::{Map, Value, json};

/// All members of a cookie, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CcCookie {
    members: Map<String, Value>,
}

impl CcCookie {
    /// An answer as the library stores it: the accepted categories, for each category its accepted services, the revision
    /// of the site's questions, the visitor's random id, and when it was given, in milliseconds since 1970.
    pub fn new(accepted: &[&str], services: &[(&str, &[&str])], revision: i64, consent_id: &str, at: u64) -> Self {
        let services: Map<String, Value> =
            services.iter().map(|(category, names)| ((*category).to_owned(), json!(names))).collect();
        let at = instant::write_iso8601(at);
        let members = [
            ("categories", json!(accepted)),
            ("revision", json!(revision)),
            ("data", Value::Null),
            ("consentTimestamp", json!(at)),
            ("consentId", json!(consent_id)),
            ("services", Value::Object(services)),
            ("lastConsentTimestamp", json!(at)),
        ];
        Self { members: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    /// The members in their order: `categories`, `revision`, `data` (the site's own), `consentTimestamp`, `consentId`,
    /// `services`, `languageCode`, `lastConsentTimestamp`, `expirationTime`.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The accepted categories.
    pub fn categories(&self) -> Vec<&str> {
        self.members.get("categories").map(strings).unwrap_or_default()
    }

    /// The categories with their accepted services.
    pub fn services(&self) -> Vec<(&str, Vec<&str>)> {
        let services = self.members.get("services").and_then(Value::as_object).into_iter().flatten();
        services.map(|(category, names)| (category.as_str(), strings(names))).collect()
    }
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The whole value. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode(value: &[u8]) -> Result<CcCookie, ValueError> {
    scan(value, |_, _| {})?;
    json::whole(value).map(|members| CcCookie { members })
}

/// Writes the value as the library does.
pub fn encode(cookie: &CcCookie) -> String {
    json::write(&cookie.members)
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it, and mean the same.
pub fn fuzz_cc_cookie(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let text = encode(&read);
        if text.len() <= super::MAX_LEN {
            assert_eq!(decode(text.as_bytes()).as_ref(), Ok(&read), "not written as it was read");
            assert_eq!(scan(text.as_bytes(), |_, _| {}), scan(data, |_, _| {}), "not written as it was meant");
        }
    }
}
