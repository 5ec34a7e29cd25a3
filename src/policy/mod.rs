//! What the rules say. Knows consent, no HTML and no HTTP.
//!
//! Read in the order of the data: [`mod@file`] turns text into typed rules with places, [`ruleset`] compiles them into a
//! read-only [`RuleSet`] of [`Site`]s that [`store`] hands out; [`mod@reference`] turns an attribute into a [`Target`],
//! [`matcher`] finds the service behind it (`packed` is its rules for the browser), [`owner`] asks filter [`list`]s and the
//! site about those it does not know, [`cookies`] says whose a cookie is, [`rule`] which rule said so, [`markup`] reads the page's own labels, [`verdict`] says what happens, and
//! [`variant`] names the page that comes out, [`edge`] what a shared cache before us keeps it by, [`csp`] the policies that it
//! comes with, [`look`] how the widget looks, [`experiment`] which forms of it are compared, [`thumbnail`] which pictures it has for what waits, [`signals`] what tags are told that ask for it, [`api`] which other tools' clients
//! may ask here, [`proof`] what proofs hold. [`draft`] writes rules to start
//! from.

pub mod api;
pub mod cookies;
pub mod csp;
pub mod draft;
pub mod edge;
pub mod experiment;
pub mod failure;
pub mod file;
pub mod list;
pub mod look;
pub mod markup;
pub mod matcher;
pub mod mode;
pub mod owner;
mod packed;
pub mod proof;
pub mod reference;
pub mod regime;
pub mod rule;
pub mod ruleset;
pub mod service;
pub mod signals;
pub mod site;
pub mod store;
pub mod thumbnail;
pub mod variant;
pub mod verdict;

pub use api::{ApiRules, DastraApi, OneTrustApi};
pub use cookies::{CookieRules, CookieVerdict, UnknownCookie};
pub use csp::CspRules;
pub use edge::EdgeRules;
pub use experiment::{Experiment, WidgetVariant};
pub use failure::{FailureAction, FailureReason, OnFailure};
pub use file::{RuleError, RuleErrors, RuleFile};
pub use list::{Fetch, ListCounts};
pub use look::Look;
pub use markup::Label;
pub use mode::Mode;
pub use owner::Owner;
pub use packed::{Packed, ServiceKeys};
pub use proof::{KeptAddress, ProofRules};
pub use reference::{Base, Scratch, Target};
pub use regime::Regimes;
pub use ruleset::RuleSet;
pub use service::{Category, Global, GlobalKind, Localized, Service, ServiceId};
pub use site::{Delivery, ElementRule, Site, UnknownParty};
pub use store::{ReloadStatus, RuleStore};
pub use thumbnail::Thumbnail;
pub use variant::{Snippet, Variant};
pub use verdict::{Decider, Deciders, Verdict};
