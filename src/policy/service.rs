//! What a visitor is asked about: categories, and the services that belong to them. Compiled from the rule files.

use crate::consent::{CategoryNumber, Deciseconds, ServiceNumber};
use crate::policy::mode::Mode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text in one or more languages, by language tag (`en`, `fr`, `pt-br`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Localized(pub BTreeMap<String, String>);

impl Localized {
    /// The same text under `en` only.
    pub fn english(text: impl Into<String>) -> Self {
        Self(BTreeMap::from([("en".to_owned(), text.into())]))
    }

    /// The text for a language tag: itself, else its primary subtag, else English, else the first there is, else "".
    pub fn get(&self, language: &str) -> &str {
        let tag = language.to_ascii_lowercase();
        let primary = tag.split('-').next().unwrap_or_default();
        let found = self.0.get(&tag).or_else(|| self.0.get(primary)).or_else(|| self.0.get("en"));
        found.or_else(|| self.0.values().next()).map_or("", String::as_str)
    }

    /// Every language and its text, in the order of the tags.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }
}

/// What a visitor agrees to or refuses as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its number (D2); 0 is `necessary`.
    pub number: CategoryNumber,
    /// Its name in rules, marks and the API: `[a-z0-9_-]+`.
    pub name: String,
    /// Other names that pages and tools give it, lower case.
    pub aliases: Vec<String>,
    /// What the widget calls it.
    pub label: Localized,
    /// One or two sentences for the widget.
    pub description: Localized,
    /// An answer older than this does not cover it.
    pub since: Option<Deciseconds>,
    /// Why it needs no consent; present for `necessary` only (D9).
    pub justification: Option<String>,
    /// Whether data is sold or shared in it: what the browser's `Sec-GPC` refuses.
    pub sale: bool,
}

/// What kind of stub the guard defines for a global until its service is allowed (D12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GlobalKind {
    /// Called: `fbq(…)`.
    Function,
    /// Pushed to: `dataLayer.push(…)`.
    Array,
    /// Only looked at or assigned to: `_sf_async_config`.
    Object,
}

impl GlobalKind {
    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// The letter in the guard's `data-globals`: `f`, `a` or `o`.
    pub const fn letter(self) -> char {
        match self {
            Self::Function => 'f',
            Self::Array => 'a',
            Self::Object => 'o',
        }
    }
}

/// A name on `window` that page code uses to talk to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Global {
    /// A JavaScript identifier, or several joined by points (`googletag.cmd`).
    pub name: String,
    /// How page code uses it.
    pub kind: GlobalKind,
}

/// Which of a site's services: its place in the compiled rules. Unlike a number every service has one; it is in no cookie,
/// and another rule set gives another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub(crate) u32);

/// One third party that a site uses. There may be a hundred thousand of them: its lists are as long as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its place in the compiled rules.
    pub id: ServiceId,
    /// Its number (D2); the vendor id in our own cookie. `None`: it cannot be answered for itself, its category decides.
    pub number: Option<ServiceNumber>,
    /// Its name in rules, marks and the API: `[a-z0-9-]+`.
    pub slug: String,
    /// The name that people know.
    pub name: String,
    /// The category that decides about it on this site.
    pub category: CategoryNumber,
    /// Whether its tags, cookies and targets are touched, or only counted.
    pub mode: Mode,
    /// An answer older than this does not cover it.
    pub since: Option<Deciseconds>,
    /// Whether every site shows it and has stubs for it, when it does not say which services it uses.
    pub common: bool,
    /// One line for the widget: what it is for. Shared: thousands of services say the same.
    pub purpose: Arc<str>,
    /// Host rules as written: `facebook.com/tr`, `=www.google.com/ads`.
    pub hosts: Box<[Box<str>]>,
    /// Path rules as written, for any host: `/gtag/js`, `*/gtm.js`.
    pub paths: Box<[Box<str>]>,
    /// Texts that give its inline code away.
    pub markers: Box<[Box<str>]>,
    /// Cookies it sets, `*` for any run of characters.
    pub cookies: Box<[Box<str>]>,
    /// The longest that one of them may live, in days.
    pub max_age_days: Option<u32>,
    /// Globals that page code calls.
    pub globals: Box<[Global]>,
    /// Its number in the IAB's list of vendors: a TC string answers for it.
    pub tcf_vendor: Option<u16>,
    /// Where the facts come from; shared.
    pub source: Arc<str>,
    /// Why it needs no consent; only where a site put it into `necessary` (D9).
    pub justification: Option<String>,
}
