//! What a proof says besides the answer: who asked under which numbers, on which device, and what was shown. With the
//! [`Questions`] that were shown it is the record that Dastra publishes.

use crate::collect::address::Addresses;
use crate::collect::api::ApiRequest;
use crate::collect::dialect::dastra;
use crate::collect::digests;
use crate::collect::ledger::Hash;
use crate::collect::proof::Stamp;
use crate::consent::Deciseconds;
use crate::policy::{Category, Service, Site};
use crate::widget::{self, Words};
use http::HeaderMap;
use http::header::USER_AGENT;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The members of a proof from its second form on; records of before have none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The tenant, by the site's rules.
    pub tenant_id: u32,
    /// The workspace, by the site's rules.
    pub work_space_id: u32,
    /// The widget: the number that Dastra's clients ask for, else 1.
    pub widget_id: u32,
    /// The same for a visitor's answers of one UTC day. It is made of the consent id: no visitor is followed for it.
    pub session_id: Uuid,
    /// What happened: 2, an answer.
    #[serde(rename = "type")]
    pub kind: u8,
    /// On what.
    pub type_device: Device,
    /// The version of the questions, as Dastra's clients know it.
    pub version_key: Uuid,
    /// The SHA-256 of the [`Questions`] that were shown, in hex digits.
    pub questions: String,
    /// What is kept of the visitor's address, by the site's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A telephone.
    Mobile,
    /// A computer.
    Desktop,
    /// A tablet.
    Tablet,
    /// Not known.
    Unknown,
}

impl Device {
    /// By what the browser says of itself: the client hint, else the words that browsers have in `User-Agent`.
    pub fn of(headers: &HeaderMap) -> Self {
        let hint = headers.get("sec-ch-ua-mobile").map(http::HeaderValue::as_bytes);
        let agent = headers.get(USER_AGENT).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let says = |word: &[u8]| agent.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
        match hint {
            _ if says(b"ipad") || says(b"tablet") || (says(b"android") && !says(b"mobile")) => Self::Tablet,
            Some(b"?1") => Self::Mobile,
            Some(b"?0") => Self::Desktop,
            _ if says(b"mobi") || says(b"iphone") => Self::Mobile,
            _ if says(b"windows") || says(b"macintosh") || says(b"x11") || says(b"cros") => Self::Desktop,
            _ => Self::Unknown,
        }
    }

    /// The number in Dastra's record. Only 2 is published; the others are ours.
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Mobile => 1,
            Self::Desktop => 2,
            Self::Tablet => 3,
        }
    }
}

/// What visitors were asked in one language under one version of a site's rules: kept once, and named by its hash in each
/// proof. With it a proof can be read when the rules are long gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Questions {
    /// The form of this document: 1.
    pub format: u32,
    /// The site.
    pub site: String,
    /// The version of its rules and texts.
    pub site_version: String,
    /// The version of the widget.
    pub widget_version: String,
    /// The form of the widget, where the site's rules compare several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widget_variant: Option<String>,
    /// The language.
    pub language: String,
    /// The services that were asked about.
    pub services: Vec<Asked>,
    /// Both layers as a document, with styles and words.
    pub html: String,
}

/// A service as it was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Its number.
    pub id: u16,
    /// The name that people know.
    pub name: String,
    /// Its name in rules and answers.
    pub slug: String,
    /// Its category's name.
    pub category: String,
    /// Changes when what is said of it does.
    pub version: Uuid,
    /// The number of its purpose in Dastra's records.
    pub purpose: u8,
}

impl Asked {
    fn of(service: &Service, category: &Category) -> Option<Self> {
        let id = service.number?.get();
        let Service { slug, name, purpose, .. } = service;
        Some(Self {
            id,
            name: name.clone(),
            slug: slug.clone(),
            category: category.name.clone(),
            version: digests::uuid(&["service", slug, name, &category.name, purpose, &service.hosts.join(" ")]),
            purpose: dastra::purpose(category),
        })
    }
}

impl Questions {
    /// What is asked of visitors who read this language and see this form of the widget. O(services of the site).
    pub fn of(site: &Site, language: &str, variant: Option<&str>) -> Self {
        let site = &*site.as_shown(variant);
        let asked = |service: &Arc<Service>| Asked::of(service, site.category(service.category)?);
        Self {
            format: 1,
            site: site.name.clone(),
            site_version: site.version.clone(),
            widget_version: widget::version().to_owned(),
            widget_variant: variant.map(str::to_owned),
            language: Words::of(site, language).language().to_owned(),
            services: site.shown.iter().filter_map(asked).collect(),
            html: widget::snapshot(site, language),
        }
    }
}

/// A document of questions with its hash.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) hash: Hash,
    pub(super) json: Arc<str>,
}

/// A site, a language, and the form of the widget.
type Place = (String, String, Option<String>);

/// The questions of each site, language and form of the widget as they are now: one entry for each.
#[derive(Debug, Default)]
pub(super) struct QuestionsCache(Mutex<HashMap<Place, (String, Kept)>>);

impl QuestionsCache {
    /// Made where the site's rules are new. One lock and a few small allocations else. The variant is one of the site's: there
    /// are no more entries than the rules have.
    pub(super) fn get(&self, site: &Site, language: &str, variant: Option<&str>) -> Kept {
        let key = (site.name.clone(), Words::of(site, language).language().to_owned(), variant.map(str::to_owned));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, kept)) = all.get(&key)
            && *version == site.version
        {
            return kept.clone();
        }
        let json: Arc<str> = serde_json::to_string(&Questions::of(site, language, variant)).unwrap_or_default().into();
        let kept = Kept { hash: Sha256::digest(json.as_bytes()).into(), json };
        all.insert(key, (site.version.clone(), kept.clone()));
        kept
    }
}

impl Details {
    pub(super) fn of(
        site: &Site,
        request: &ApiRequest<'_>,
        consent_id: Uuid,
        questions: &Kept,
        addresses: &Addresses,
    ) -> Self {
        let day = (request.now.0 / Deciseconds::DAY).to_string();
        Self {
            tenant_id: site.proof.tenant,
            work_space_id: site.proof.workspace,
            widget_id: site.api.dastra.as_ref().map_or(1, |api| api.widget),
            session_id: digests::uuid(&["session", &consent_id.to_string(), &day]),
            kind: 2,
            type_device: Device::of(request.headers),
            version_key: dastra::version_key(site),
            questions: digests::hex(&questions.hash),
            address: request.client.and_then(|client| addresses.kept(client, site.proof.address, request.now)),
        }
    }
}

/// Six calendar months later, as Dastra counts; the last day of a month that has no such day.
pub fn six_months_after(date: Stamp) -> Stamp {
    let Ok(seconds) = i64::try_from(date.0.as_secs()) else { return date };
    let Ok(time) = time::OffsetDateTime::from_unix_timestamp(seconds) else { return date };
    let (mut year, mut month) = (time.year(), time.month());
    for _ in 0..6 {
        month = month.next();
        year += i32::from(month == time::Month::January);
    }
    let day = time.day().min(month.length(year));
    let later = time::Date::from_calendar_date(year, month, day).map(|day| time.replace_date(day));
    let later = later.ok().and_then(|time| u64::try_from(time.unix_timestamp()).ok());
    later.map_or(date, |seconds| Stamp(Deciseconds(Deciseconds::from_secs(seconds).0 + date.0.0 % 10)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn six_months_are_calendar_months() {
        let later = |text: &str| {
            let stamp: Stamp = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            six_months_after(stamp).to_string()
        };
        assert_eq!(later("2025-11-22T04:26:03.1Z"), "2026-05-22T04:26:03.1Z");
        assert_eq!(later("2025-08-31T00:00:00Z"), "2026-02-28T00:00:00.0Z");
        assert_eq!(later("2027-08-31T00:00:00Z"), "2028-02-29T00:00:00.0Z");
        assert_eq!(later("2025-01-15T23:59:59.9Z"), "2025-07-15T23:59:59.9Z");
    }

    #[test]
    fn devices_are_known_by_what_browsers_say() {
        let of = |agent: &'static str, hint: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_static(agent));
            hint.map(|hint| headers.insert("sec-ch-ua-mobile", HeaderValue::from_static(hint)));
            Device::of(&headers)
        };
        assert_eq!(of("Mozilla/5.0 (X11; Linux x86_64) Chrome/1", Some("?0")), Device::Desktop);
        assert_eq!(of("Mozilla/5.0 (Macintosh; Intel)", None), Device::Desktop);
        assert_eq!(of("Mozilla/5.0 (Linux; Android 10; K) Mobile Safari", Some("?1")), Device::Mobile);
        assert_eq!(of("Mozilla/5.0 (iPhone; CPU iPhone OS)", None), Device::Mobile);
        assert_eq!(of("Mozilla/5.0 (iPad; CPU OS) Mobile/15E", None), Device::Tablet);
        assert_eq!(of("Mozilla/5.0 (Linux; Android 10; K) Safari", Some("?0")), Device::Tablet);
        assert_eq!(of("curl/8", None), Device::Unknown);
    }
}
