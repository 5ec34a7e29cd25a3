//! One site, compiled: what its rules say, ready to be asked by every request. The shared catalogue is behind it (D7).

use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::{CategoryNumber, Deciseconds, ServiceNumber};
use crate::policy::api::ApiRules;
use crate::policy::cookies::{CookieNames, CookieRules};
use crate::policy::csp::CspRules;
use crate::policy::edge::EdgeRules;
use crate::policy::experiment::Experiment;
use crate::policy::failure::OnFailure;
use crate::policy::list::{List, ListCounts};
use crate::policy::look::Look;
use crate::policy::markup::names::{ByName, Names};
use crate::policy::matcher::Matcher;
use crate::policy::mode::Mode;
use crate::policy::proof::ProofRules;
use crate::policy::regime::Regimes;
use crate::policy::service::{Category, Global, Service, ServiceId};
use crate::policy::signals::Signals;
use crate::policy::thumbnail::Thumbnail;
use crate::policy::variant::Variants;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How rewritten pages are made (D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// The page carries what this visitor allowed.
    #[default]
    PerVisitor,
    /// Everything is neutralised for everybody, the browser unlocks.
    Uniform,
}

impl Delivery {
    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerVisitor => "per-visitor",
            Self::Uniform => "uniform",
        }
    }
}

/// What happens to a reference to a third party that no rule and no list knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownParty {
    /// It is let through.
    #[default]
    Allow,
    /// It is let through and reported.
    Report,
    /// It is reported, and blocked whatever the visitor answers: nobody could ask about it.
    Block,
}

impl UnknownParty {
    /// All of them, from the mildest.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Report, Self::Block];

    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Report => "report",
            Self::Block => "block",
        }
    }
}

/// Texts of the widget that the site overrides: language, then key.
pub type Texts = BTreeMap<String, BTreeMap<String, String>>;

/// One site of the rule set.
#[derive(Debug, Clone)]
pub struct Site {
    /// The file's name without `.toml`; `default` without site files.
    pub name: String,
    /// Whether anything is done here, or only counted.
    pub mode: Mode,
    /// The hosts it answers for: `shop.example`, `*.shop.example` (sub-domains), `*` (every other host).
    pub hosts: Vec<String>,
    /// The name of an origin in `consentry.toml`; `None` = the only one there.
    pub origin: Option<String>,
    /// 16 hex digits of the compiled meaning: another site's edit, comments and order do not change it (D5).
    pub version: String,
    /// Where our own paths begin, with both slashes: `/_c/` (D10).
    pub prefix: String,
    /// A prefix that is still answered, and until when (D10).
    pub former_prefix: Option<(String, Deciseconds)>,
    /// The name of our own cookie.
    pub cookie: String,
    /// What others' cookies mean here; for the reader.
    pub mapping: Mapping,
    /// A tool whose answers a script in the page tells of, and what its names mean here.
    pub bridge: Option<SourceRule>,
    /// Which law applies to whom.
    pub regimes: Regimes,
    /// In the order of their numbers; `necessary` first.
    pub categories: Vec<Category>,
    /// The services that can be answered for themselves here, catalogue and own, in the order of their numbers.
    pub services: Arc<[Arc<Service>]>,
    /// Those of them that the widget lists, that a proof names and that the guard has stubs for, in the order of their
    /// numbers: the site's own, those it changes, and those it names in `shown`, or else the catalogue's common ones.
    pub shown: Arc<[Arc<Service>]>,
    /// Whether the guard and the widget are put into pages.
    pub inject: bool,
    /// Per visitor or uniform.
    pub delivery: Delivery,
    /// What happens to a document that cannot be rewritten to its end.
    pub on_failure: OnFailure,
    /// How long an answer holds, in days.
    pub lifetime_days: u32,
    /// Answers older than this are asked again.
    pub reask: Option<Deciseconds>,
    /// The site's own words in the widget.
    pub texts: Texts,
    /// How the widget looks.
    pub look: Look,
    /// Forms of it that are compared.
    pub experiment: Experiment,
    /// Where pictures of what waits for consent are, the site's own rules first; none where the site does not want any.
    pub thumbnails: Arc<[Thumbnail]>,
    /// What tags are told that ask for consent signals.
    pub signals: Signals,
    /// Whether `Cache-Control: no-transform` of the origin is obeyed; default no: we act for the origin (pitfall 41).
    pub no_transform: bool,
    /// Whether what the origin lets everybody have is kept by the gateway, and pages by variant.
    pub cache: bool,
    /// What happens to third parties that nobody knows.
    pub unknown: UnknownParty,
    /// Third parties that are let through unknown: host rules as written.
    pub allow_hosts: Vec<String>,
    /// Whether attributes that any tag can have (handlers, `style`, `ping`, lazy loading) are judged on tags that are not
    /// looked at otherwise.
    pub deep_attributes: bool,
    /// Elements of the site's own that fetch.
    pub elements: Vec<ElementRule>,
    /// What happens to cookies.
    pub cookies: CookieRules,
    /// Whether and how long a cache before us may share pages; `None`: it may not.
    pub edge: Option<EdgeRules>,
    /// Consent APIs of other tools that are answered below the prefix.
    pub api: ApiRules,
    /// What proofs hold beside the answer.
    pub proof: ProofRules,
    /// Whether pages come with a policy that is made of the visitor's answer; `None`: they do not.
    pub csp: Option<CspRules>,
    /// What the compiler made for look-ups.
    pub(crate) index: Index,
}

/// `[[element]]`: an element that fetches, by the site's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementRule {
    /// Its name, lower case.
    pub name: String,
    /// The attributes that hold a URL, lower case.
    pub attributes: Vec<String>,
}

/// The compiled look-ups of one site.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// The catalogue's matcher, shared by all sites; positions are those of `slots`.
    pub(crate) catalogue: Arc<Matcher>,
    /// The service at each position of the catalogue as it is on this site; `None` = switched off.
    pub(crate) slots: Arc<[Option<Arc<Service>>]>,
    /// The site's own services' matcher; it is asked first.
    pub(crate) own: Arc<Matcher>,
    /// The service at each position of `own`.
    pub(crate) own_slots: Arc<[Option<Arc<Service>>]>,
    /// Filter lists and the services that their matches are, the site's own first.
    pub(crate) lists: Arc<[(ServiceId, Arc<List>)]>,
    /// Hosts that are let through unknown, the site's own among them; a match means nothing but that.
    pub(crate) allowed: Arc<Matcher>,
    /// Category names and aliases, lower case.
    pub(crate) labels: Arc<HashMap<String, CategoryNumber>>,
    /// What consent tools' names in markup mean here, by the site's rules.
    pub(crate) names: Arc<Names>,
    /// Services by name.
    pub(crate) by_name: ByName,
    /// Services that are younger than some answers.
    pub(crate) since: Arc<[Arc<Service>]>,
    /// The catalogue's cookies; positions are those of `slots`.
    pub(crate) catalogue_cookies: Arc<CookieNames>,
    /// The site's own services' cookies; positions are those of `own_slots`.
    pub(crate) own_cookies: Arc<CookieNames>,
    /// Cookies that are never touched: those that the site lists, and those of the tools whose answers it reads.
    pub(crate) necessary_cookies: Arc<CookieNames>,
    /// Cookies whose bearers get pages of their own at an edge.
    pub(crate) private_cookies: Arc<CookieNames>,
    /// Whether anything here is only reported.
    pub(crate) is_reporting: bool,
    /// Variants that were asked for.
    pub(crate) variants: Arc<Variants>,
}

impl Site {
    /// A category by its number. O(categories).
    pub fn category(&self, number: CategoryNumber) -> Option<&Category> {
        self.categories.iter().find(|c| c.number == number)
    }

    /// A category by its name or one of its aliases, in any ASCII case. One allocation.
    pub fn category_named(&self, name: &str) -> Option<&Category> {
        let number = self.index.labels.get(&name.trim().to_lowercase())?;
        self.category(*number)
    }

    /// A service by its number. O(log services).
    pub fn service(&self, number: ServiceNumber) -> Option<&Service> {
        let at = self.services.binary_search_by_key(&Some(number), |s| s.number).ok()?;
        self.services.get(at).map(AsRef::as_ref)
    }

    /// A service by its place in the rules; `None` when it is switched off here. O(1).
    pub fn service_by_id(&self, id: ServiceId) -> Option<&Service> {
        let Index { slots, own_slots, .. } = &self.index;
        let at = usize::try_from(id.0).ok()?;
        let slot = at.checked_sub(slots.len()).map_or_else(|| slots.get(at), |own| own_slots.get(own));
        slot?.as_deref()
    }

    /// A service by its slug. O(services): not for the request path.
    pub fn service_named(&self, slug: &str) -> Option<&Service> {
        self.every_service().find(|s| s.slug == slug)
    }

    /// Every service that can decide here, with a number or without.
    pub fn every_service(&self) -> impl Iterator<Item = &Service> {
        self.index.slots.iter().chain(self.index.own_slots.iter()).flatten().map(AsRef::as_ref)
    }

    /// Whether anything here is only reported. O(1).
    pub const fn is_reporting(&self) -> bool {
        self.index.is_reporting
    }

    /// Whether what this service would be kept from is only counted.
    pub fn only_reports(&self, service: &Service) -> bool {
        self.mode == Mode::Report || service.mode == Mode::Report
    }

    /// The services that are only reported, on a site that enforces its rules for the others.
    pub fn reported(&self) -> impl Iterator<Item = &Service> {
        self.every_service().filter(|service| service.mode == Mode::Report)
    }

    /// The filter lists of this site, and what was found in each.
    pub fn lists(&self) -> impl Iterator<Item = (&Service, ListCounts)> {
        self.index.lists.iter().filter_map(|(id, list)| Some((self.service_by_id(*id)?, list.counts())))
    }

    /// The longest that a cookie of a service is kept here, in days: what the rules cap it to, else as long as browsers keep any.
    /// SPEC: RFC 6265bis §5.5, 400 days.
    pub fn cookie_days(&self, service: &Service) -> u32 {
        [service.max_age_days, self.cookies.max_age_days].into_iter().flatten().min().unwrap_or(400)
    }

    /// Every global of the services shown once, sorted by name: what the guard defines stubs for (D12).
    pub fn globals(&self) -> Vec<&Global> {
        let mut globals: Vec<&Global> = self.shown.iter().flat_map(|s| &s.globals).collect();
        globals.sort();
        globals.dedup_by(|a, b| a.name == b.name);
        globals
    }

    /// Services that are younger than some answers.
    pub fn dated(&self) -> impl Iterator<Item = &Service> {
        self.index.since.iter().map(AsRef::as_ref)
    }

    /// Whether a request path is below our prefix, or below the former one while that is still answered (D10).
    pub fn own_path<'p>(&self, path: &'p str, now: Deciseconds) -> Option<&'p str> {
        let former = || {
            let (prefix, until) = self.former_prefix.as_ref()?;
            (now < *until).then(|| path.strip_prefix(prefix.as_str())).flatten()
        };
        path.strip_prefix(self.prefix.as_str()).or_else(former)
    }
}
