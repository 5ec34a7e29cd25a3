//! The proof of one answer: what was asked, by which rules and texts, what the visitor said, when and how.
//!
//! It is made from a valid [`super::answer`] and kept as JSON by a [`super::store`]. No address is in it.

use super::details::Details;
use crate::consent::Deciseconds;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A time as RFC 3339 in UTC with tenths of seconds: the resolution of our cookie (D16), so that the proof and the
/// cookie name the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub Deciseconds);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NANOS: i128 = 100_000_000;
        let format =
            time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:1]Z");
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0.0) * NANOS).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(format).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OffsetDateTime::from_unix_timestamp(i64::try_from(self.0.as_secs()).map_err(ser::Error::custom)?)
            .map_err(ser::Error::custom)?;
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
        let tenths = time.unix_timestamp_nanos() / 100_000_000;
        u64::try_from(tenths).map(|tenths| Self(Deciseconds(tenths))).map_err(de::Error::custom)
    }
}

/// Where in the widget the answer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The notice.
    First,
    /// The choice by category.
    Second,
    /// In the page itself: its own code, or where a service's content would stand.
    Page,
    /// Not in our widget: in another tool's, or by a button of the site's own.
    Elsewhere,
}

/// What was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Button {
    /// Yes to everything.
    AcceptAll,
    /// No to everything.
    RefuseAll,
    /// The choice as it stands.
    Save,
    /// Closed without an answer: what was not answered before is refused.
    Close,
    /// Everything was taken back, by a button of the site's own.
    Withdraw,
    /// Always allow this one service.
    Service,
    /// Something of the page's own, whose code said so (`consentry.set()`).
    Api,
    /// One of another tool's.
    Elsewhere,
}

/// Names by what was said of them; what was not answered is in neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothWays {
    /// Yes.
    pub granted: Vec<String>,
    /// No.
    pub refused: Vec<String>,
}

impl BothWays {
    /// Adds a name to its side.
    pub fn push(&mut self, name: &str, granted: bool) {
        if granted { &mut self.granted } else { &mut self.refused }.push(name.to_owned());
    }
}

/// The answer that this one replaces, as the request carried it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Previous {
    /// Where it was read: `own`, `didomi`, …
    pub source: String,
    /// Its consent id, if that format has one.
    pub consent_id: Option<Uuid>,
    /// When it was given, if the format says so.
    pub date: Option<Stamp>,
    /// What it said of the categories.
    pub categories: BothWays,
    /// The services it answered apart from their category.
    pub services: BothWays,
}

/// One proof. The order of the members is the order in the JSON that is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The form of this record: 2; 1 where there are no details.
    pub format: u32,
    /// This proof's own id.
    pub id: Uuid,
    /// The visitor's consent id, the same over all their answers.
    pub consent_id: Uuid,
    /// The site's name.
    pub site: String,
    /// When the answer came; our cookie names the same moment.
    pub date: Stamp,
    /// When it ends to be valid.
    pub date_expiration: Stamp,
    /// Who took it: `own` for our widget, the tool's name (`usercentrics`, `tcf`) where a bridge told of it.
    pub source: String,
    /// The language of the widget, if it said one.
    pub language: Option<String>,
    /// Where the answer was given.
    pub layer: Layer,
    /// By which button.
    pub button: Button,
    /// The widget's version.
    pub widget_version: String,
    /// Which form of the widget was answered, where the site's rules compare several; its name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widget_variant: Option<String>,
    /// The rule set's version: a hash of what was loaded.
    pub rules: String,
    /// The version of this site's compiled rules and texts (D5).
    pub site_version: String,
    /// The variant token of the pages that this answer leads to (D5).
    pub variant: String,
    /// What was said of the categories; `necessary` is not asked.
    pub categories: BothWays,
    /// What that means for each service of this site whose category, or which itself, was answered.
    pub services: BothWays,
    /// The answer before, if the request carried one.
    pub previous: Option<Previous>,
    /// The browser's `User-Agent`, at most 512 bytes; where the site's rules keep it.
    pub user_agent: Option<String>,
    /// The law under which it was given, by its name in the rules; `None` in records of before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regime: Option<String>,
    /// What the browser sent beside the answer. No part of it: a signal is never recorded as a choice.
    #[serde(default)]
    pub signals: SignalsSeen,
    /// Who asked under which numbers, on which device, and what was shown.
    #[serde(flatten)]
    pub details: Option<Details>,
}

/// Signals of a browser, as they were when an answer came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalsSeen {
    /// Whether `Sec-GPC: 1` was sent.
    pub gpc: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_rfc_3339_with_tenths_and_comes_back() {
        let stamp = Stamp(Deciseconds(17_637_855_631));
        let json = serde_json::to_string(&stamp).unwrap();
        assert_eq!(json, "\"2025-11-22T04:26:03.1Z\"");
        assert_eq!(serde_json::from_str::<Stamp>(&json).unwrap(), stamp);
        assert_eq!(
            serde_json::from_str::<Stamp>("\"2025-11-22T05:26:03.19+01:00\"").unwrap(),
            stamp,
            "another offset and finer parts are cut to the same tenth"
        );
    }

    #[test]
    fn a_stamp_out_of_range_is_an_error_and_no_panic() {
        assert!(serde_json::to_string(&Stamp(Deciseconds(u64::MAX))).is_err());
        assert!(serde_json::from_str::<Stamp>("\"1969-12-31T23:59:59Z\"").is_err());
    }
}
