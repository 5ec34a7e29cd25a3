//! The rule files' grammar: text in, typed rules with their places out; every error of every file, not only the first.
//!
//! `rules/README.md` is the same grammar for people. `fields` reads one table and refuses what it does not know,
//! `grammar`, `service`, `list`, `site`, `api`, `cookies`, `edge`, `csp`, `look`, `experiment`, `signals`, `source` and `regime` say which keys
//! there are, `error` how a refusal reads,
//! `schema` says the same to editors.

mod api;
mod cookies;
mod csp;
mod edge;
mod error;
mod experiment;
mod fields;
mod grammar;
mod list;
mod look;
mod pattern;
mod regime;
mod schema;
mod service;
mod signals;
mod site;
mod source;
mod thumbnail;
mod value;

pub(crate) use error::{Place, nearest};
pub use error::{RuleError, RuleErrors};
pub(crate) use fields::{At, Pairs};
pub(crate) use grammar::{CategoryRule, Document};
pub(crate) use list::ListRule;
pub(crate) use pattern::{canonical, host as host_pattern};
pub(crate) use regime::RegimeRule;
pub use schema::{SCHEMAS, schema};
pub(crate) use service::ServiceRule;
pub(crate) use site::{OverrideRule, SiteRegimes, SiteRule};
pub(crate) use source::SourceTable;

/// One rule file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its path; the last folder says what it is: `…/catalogue/x.toml`, `…/sites/x.toml`, `…/lists/x.txt`,
    /// `…/regimes.toml`, `…/numbers.lock`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What a file's path makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Catalogue,
    Site,
    Regimes,
    /// A filter list in the syntax of ad blockers.
    List,
    Lock,
}

impl RuleFile {
    /// A file in memory.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// What it is; `None` for files that are not rules (README.md, editors' leavings).
    pub(crate) fn kind(&self) -> Option<Kind> {
        let mut parts = self.path.rsplit(['/', '\\']);
        let name = parts.next().unwrap_or_default();
        let folder = parts.next();
        match (folder, name.strip_suffix(".toml")) {
            (Some("lists"), None) if name.ends_with(".txt") && !name.starts_with('.') => Some(Kind::List),
            (_, None) if name == "numbers.lock" => Some(Kind::Lock),
            (Some("catalogue"), Some(stem)) if !stem.starts_with('.') => Some(Kind::Catalogue),
            (Some("sites"), Some(stem)) if !stem.starts_with('.') => Some(Kind::Site),
            (_, Some("regimes")) => Some(Kind::Regimes),
            _ => None,
        }
    }

    /// The file's name without folder and `.toml`: a site's name.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit(['/', '\\']).next().unwrap_or_default();
        name.strip_suffix(".toml").unwrap_or(name)
    }
}
