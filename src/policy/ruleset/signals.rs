//! A site's `[signals]`, with the names of categories and services looked up.

use super::compile::Findings;
use crate::consent::CategoryNumber;
use crate::policy::file::{At, RuleError, SiteRule, nearest};
use crate::policy::service::{Category, Service};
use crate::policy::signals::{SignalTarget, Signals, TYPES, heard_by};
use std::collections::HashMap;
use std::sync::Arc;

/// Nobody is told anything where no service that is shown would hear it, unless the rules say so.
pub(super) fn compile(
    rule: &SiteRule,
    labels: &HashMap<String, CategoryNumber>,
    categories: &[Category],
    services: &[Arc<Service>],
    shown: &[Arc<Service>],
    findings: &mut Findings,
) -> Signals {
    let written = &rule.signals;
    let globals = shown.iter().flat_map(|service| service.globals.iter().map(|global| global.name.as_str()));
    let heard: Vec<_> = heard_by(globals).collect();
    let is_told = |who: &&str| match *who {
        "google" => written.google,
        _ => written.microsoft,
    };
    let tags = tags(&written.tags, labels, categories, services, findings);
    let to = ["google", "microsoft"].into_iter().filter(|who| {
        let asks = *who == "google" && !tags.is_empty();
        asks || is_told(who).unwrap_or_else(|| heard.contains(who))
    });
    let switches = [("ads_data_redaction", written.ads_data_redaction), ("url_passthrough", written.url_passthrough)];
    let to: Vec<_> = to.collect();
    let is_google = to.contains(&"google");
    let set = switches.into_iter().filter(|(_, is_on)| *is_on && is_google).map(|(name, _)| name).collect();
    let mut types = Vec::new();
    for (name, usual) in TYPES {
        let own = written.types.iter().find(|(of, _)| *of == name).map(|(_, text)| text);
        let target = own.map_or(usual, |text| text.value.as_str());
        match look_up(target, labels, categories, services) {
            Some(target) => types.push((name, target)),
            None => findings.errors_of(own, labels),
        }
    }
    Signals { to, set, tags, types }
}

/// Each id with the service of the catalogue that decides about it.
fn tags(
    written: &[At<String>],
    labels: &HashMap<String, CategoryNumber>,
    categories: &[Category],
    services: &[Arc<Service>],
    findings: &mut Findings,
) -> Vec<(String, SignalTarget)> {
    let mut tags = Vec::new();
    for id in written {
        let service = Signals::google_tag(&id.value).map(|(service, _)| service);
        match service.map(|service| look_up(service, labels, categories, services)) {
            Some(Some(target)) => tags.push((id.value.clone(), target)),
            Some(None) => {
                let problem = format!("belongs to {}, which this site has not", service.unwrap_or_default());
                findings.error(RuleError::at(&id.place, &id.value, problem).hint("leave it enabled"));
            }
            None => {
                let error = RuleError::at(&id.place, &id.value, "is no id of a tag of Google's");
                findings.error(error.hint("like \"GTM-ABC123\", \"G-ABC1234567\" or \"AW-123456789\""));
            }
        }
    }
    tags
}

fn look_up(
    name: &str,
    labels: &HashMap<String, CategoryNumber>,
    categories: &[Category],
    services: &[Arc<Service>],
) -> Option<SignalTarget> {
    let named = |number: CategoryNumber| categories.iter().find(|category| category.number == number);
    if let Some(category) = labels.get(&name.trim().to_lowercase()).and_then(|number| named(*number)) {
        return Some(SignalTarget { category: category.number, service: None, mark: format!("{}:", category.name) });
    }
    let service = services.iter().find(|service| service.slug == name)?;
    let mark = format!("{}:{}", named(service.category)?.name, service.slug);
    Some(SignalTarget { category: service.category, service: service.number, mark })
}

impl Findings {
    /// A name that means nothing here is an error where a rule gave it.
    fn errors_of(&mut self, name: Option<&At<String>>, labels: &HashMap<String, CategoryNumber>) {
        if let Some(name) = name {
            let error = RuleError::at(&name.place, &name.value, "is neither a category nor a service of this site");
            self.error(error.hint(nearest(&name.value, labels.keys().map(String::as_str))));
        }
    }
}
