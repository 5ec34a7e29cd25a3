//! The keys of a site file, but for its categories and services.

use super::error::Place;
use super::fields::{At, Fields, Pairs, mapped};
use super::grammar::slug;
use super::service::checked;
use super::signals::SignalsRule;
use super::source::{BridgeTable, SourceTable};
use super::{RuleError, pattern};
use crate::consent::Deciseconds;
use crate::policy::Look;
use crate::policy::api::ApiRules;
use crate::policy::cookies::CookieRules;
use crate::policy::csp::CspRules;
use crate::policy::edge::EdgeRules;
use crate::policy::experiment::Experiment;
use crate::policy::failure::{FailureAction, FailureReason, OnFailure};
use crate::policy::markup::Tool;
use crate::policy::matcher::HostPattern;
use crate::policy::mode::Mode;
use crate::policy::proof::ProofRules;
use crate::policy::site::{Delivery, ElementRule, Texts, UnknownParty};

/// `[[override]]` of a site.
#[derive(Debug)]
pub(crate) struct OverrideRule {
    pub(crate) service: At<String>,
    pub(crate) category: Option<At<String>>,
    pub(crate) enabled: bool,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) mode: Option<Mode>,
    pub(crate) justification: Option<String>,
    pub(crate) max_age_days: Option<u32>,
}

/// `[regimes]`: names of `regimes.toml`.
#[derive(Debug, Default)]
pub(crate) struct SiteRegimes {
    pub(crate) elsewhere: Option<At<String>>,
    pub(crate) unknown: Option<At<String>>,
}

/// The rest of a site file.
#[derive(Debug)]
pub(crate) struct SiteRule {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) mode: Option<At<Mode>>,
    pub(crate) hosts: Vec<At<String>>,
    pub(crate) origin: Option<String>,
    pub(crate) prefix: Option<At<String>>,
    pub(crate) former_prefix: Option<(String, Deciseconds)>,
    pub(crate) cookie: Option<At<String>>,
    pub(crate) sources: Option<Vec<At<String>>>,
    pub(crate) tables: Vec<SourceTable>,
    pub(crate) regimes: SiteRegimes,
    pub(crate) bridge: Option<BridgeTable>,
    pub(crate) inject: bool,
    pub(crate) delivery: Delivery,
    pub(crate) on_failure: OnFailure,
    pub(crate) lifetime_days: u32,
    pub(crate) reask: Option<Deciseconds>,
    pub(crate) texts: Texts,
    pub(crate) no_transform: bool,
    pub(crate) cache: bool,
    pub(crate) overrides: Vec<OverrideRule>,
    pub(crate) unknown: UnknownParty,
    pub(crate) allow_hosts: Vec<(At<String>, HostPattern)>,
    pub(crate) shown: Option<Vec<At<String>>>,
    pub(crate) deep_attributes: bool,
    pub(crate) elements: Vec<ElementRule>,
    pub(crate) markup: Vec<(Tool, Pairs)>,
    pub(crate) cookies: CookieRules,
    pub(crate) edge: Option<EdgeRules>,
    pub(crate) api: ApiRules,
    pub(crate) proof: ProofRules,
    pub(crate) csp: Option<At<CspRules>>,
    pub(crate) look: Look,
    pub(crate) experiment: Experiment,
    pub(crate) signals: SignalsRule,
}

pub(super) fn site(name: &str, fields: &mut Fields<'_, '_>) -> SiteRule {
    let deliveries = [Delivery::PerVisitor, Delivery::Uniform].map(|d| (d.name(), d));
    let hosts = fields.texts("hosts");
    let (look, experiment) = super::look::look(fields);
    SiteRule {
        name: name.to_owned(),
        place: fields.here(),
        mode: fields.placed_choice("mode", &Mode::words()),
        hosts: fields.required("hosts", hosts, "[\"shop.example\"]").unwrap_or_default(),
        origin: fields.text("origin").map(|t| t.value),
        prefix: prefix(fields),
        former_prefix: former_prefix(fields),
        cookie: cookie(fields),
        sources: fields.texts("sources"),
        tables: super::source::sources(fields),
        regimes: regimes(fields),
        bridge: super::source::bridge(fields),
        inject: fields.flag("inject").is_none_or(|f| f.value),
        delivery: fields.choice("delivery", &deliveries).unwrap_or_default(),
        on_failure: on_failure(fields),
        lifetime_days: fields.number("lifetime_days", 1..=400).map_or(180, |n| n.value),
        reask: fields.date("reask").map(|d| d.value),
        texts: texts(fields),
        no_transform: fields.flag("no_transform").is_some_and(|f| f.value),
        cache: fields.flag("cache").is_some_and(|f| f.value),
        overrides: fields.tables("override").into_iter().filter_map(service_override).collect(),
        unknown: fields.choice("unknown", &UnknownParty::ALL.map(|u| (u.name(), u))).unwrap_or_default(),
        allow_hosts: checked(fields, "allow_hosts", pattern::host),
        shown: fields.texts("shown"),
        deep_attributes: fields.flag("deep_attributes").is_none_or(|f| f.value),
        elements: fields.tables("element").into_iter().filter_map(element).collect(),
        markup: markup(fields),
        cookies: super::cookies::cookies(fields),
        edge: super::edge::edge(fields),
        api: super::api::api(fields),
        proof: super::api::proof(fields),
        csp: super::csp::csp(fields),
        look,
        experiment,
        signals: super::signals::signals(fields),
    }
}

/// `[markup.<tool>]`.
fn markup(fields: &mut Fields<'_, '_>) -> Vec<(Tool, Pairs)> {
    let Some(mut tables) = fields.table("markup") else { return Vec::new() };
    let mut read = Vec::new();
    for (name, tool) in Tool::NAMED {
        if let Some(mut table) = tables.table(name) {
            read.push((tool, mapped(table.table("names").map(Fields::pairs).unwrap_or_default())));
            table.finish();
        }
    }
    tables.finish();
    read
}

/// `[[element]]`.
fn element(mut fields: Fields<'_, '_>) -> Option<ElementRule> {
    let name = fields.text("name");
    let name = fields.required("name", name, "\"x-player\"");
    let attributes = fields.texts("attributes");
    let attributes = fields.required("attributes", attributes, "[\"src\"]");
    let is_name = |text: &str| {
        let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':' | b'.');
        text.len() <= 64 && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) && text.bytes().all(part)
    };
    for text in name.iter().chain(attributes.iter().flatten()).filter(|text| !is_name(&text.value)) {
        let problem = "must be a name in lower case: a letter, then letters, digits, - _ : .";
        fields.refuse(RuleError::at(&text.place, &text.value, problem));
    }
    fields.finish();
    Some(ElementRule { name: name?.value, attributes: attributes?.into_iter().map(|a| a.value).collect() })
}

const PREFIX: &str = "must begin and end with a slash, with letters, digits, - _ . ~ in between, like \"/_c/\"";

fn prefix(fields: &mut Fields<'_, '_>) -> Option<At<String>> {
    let text = fields.text("prefix")?;
    if !pattern::is_prefix(&text.value) {
        fields.refuse(RuleError::at(&text.place, &text.value, PREFIX));
        return None;
    }
    Some(text)
}

fn former_prefix(fields: &mut Fields<'_, '_>) -> Option<(String, Deciseconds)> {
    let mut table = fields.table("former_prefix")?;
    let (path, until) = (table.text("path"), table.date("until"));
    let path = table.required("path", path, "\"/_old/\"");
    let until = table.required("until", until, "2026-03-31");
    if let Some(path) = path.as_ref().filter(|p| !pattern::is_prefix(&p.value)) {
        table.refuse(RuleError::at(&path.place, &path.value, PREFIX));
    }
    table.finish();
    Some((path?.value, until?.value))
}

fn cookie(fields: &mut Fields<'_, '_>) -> Option<At<String>> {
    let text = fields.text("cookie")?;
    if !pattern::is_cookie(&text.value) || text.value.contains('*') {
        fields.refuse(RuleError::at(&text.place, &text.value, "is no cookie name").hint("like \"euconsent\""));
        return None;
    }
    Some(text)
}

fn regimes(fields: &mut Fields<'_, '_>) -> SiteRegimes {
    let Some(mut table) = fields.table("regimes") else { return SiteRegimes::default() };
    let regimes = SiteRegimes { elsewhere: table.text("elsewhere"), unknown: table.text("unknown") };
    table.finish();
    regimes
}

fn on_failure(fields: &mut Fields<'_, '_>) -> OnFailure {
    let mut actions = OnFailure::default();
    let Some(mut table) = fields.table("on_failure") else { return actions };
    let words = [FailureAction::Scan, FailureAction::Abort, FailureAction::Pass].map(|a| (a.name(), a));
    for reason in FailureReason::ALL {
        let possible = if reason.can_scan() { words.as_slice() } else { words.get(1..).unwrap_or_default() };
        if let Some(action) = table.choice(reason.name(), possible) {
            actions.set(reason, action);
        }
    }
    table.finish();
    actions
}

/// `[texts.fr]`.
fn texts(fields: &mut Fields<'_, '_>) -> Texts {
    let languages = fields.table("texts").map(Fields::sub_tables).unwrap_or_default();
    let read = |(language, table): (String, Fields<'_, '_>)| {
        let pairs = table.pairs();
        super::experiment::labels(fields, &pairs);
        (language.to_ascii_lowercase(), pairs.into_iter().map(|(key, text)| (key.value, text.value)).collect())
    };
    languages.into_iter().map(read).collect()
}

fn service_override(mut fields: Fields<'_, '_>) -> Option<OverrideRule> {
    let service = slug(&mut fields, "service", "\"meta-pixel\"");
    let category = fields.text("category");
    let enabled = fields.flag("enabled").is_none_or(|f| f.value);
    let since = fields.date("since").map(|d| d.value);
    let mode = fields.choice("mode", &Mode::words());
    let justification = fields.text("justification").map(|t| t.value);
    let max_age_days = fields.number("max_age_days", 1..=400).map(|days| days.value);
    fields.finish();
    Some(OverrideRule { service: service?, category, enabled, since, mode, justification, max_age_days })
}
