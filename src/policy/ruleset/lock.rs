//! `numbers.lock`: the numbers that were ever given (D2). A change or a reuse would turn one visitor's answer into an
//! answer to another question.

use super::RuleSet;
use super::compile::Findings;
use crate::policy::file::{At, Document, RuleError, RuleFile};
use crate::policy::service::{Category, Service};
use crate::policy::site::Site;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Names and numbers: `statistics`, `meta-pixel`, and `shop/crm` for what is a site's own.
type Numbers = BTreeMap<String, u32>;

/// Categories and services in use. A site's own are those that the catalogue does not number.
fn used(services: &[Arc<Service>], categories: &[Category], sites: &[Arc<Site>]) -> [Numbers; 2] {
    let mut of_categories: Numbers = categories.iter().map(|c| (c.name.clone(), c.number.get().into())).collect();
    let mut of_services: Numbers =
        services.iter().filter_map(|s| Some((s.slug.clone(), s.number?.get().into()))).collect();
    for site in sites {
        let own = site.categories.iter().filter(|c| !categories.iter().any(|k| k.number == c.number));
        of_categories.extend(own.map(|c| (format!("{}/{}", site.name, c.name), c.number.get().into())));
        let own = site.index.own_slots.iter().flatten();
        of_services.extend(own.filter_map(|s| Some((format!("{}/{}", site.name, s.slug), s.number?.get().into()))));
    }
    [of_categories, of_services]
}

/// Refuses changed and reused numbers; warns of numbers that are not recorded yet, when there is a lock.
pub(super) fn check(
    locks: &[(RuleFile, Document)],
    services: &[Arc<Service>],
    categories: &[Category],
    sites: &[Arc<Site>],
    findings: &mut Findings,
) {
    for (file, document) in locks {
        let Some(recorded) = &document.lock else { continue };
        for (used, recorded) in used(services, categories, sites).iter().zip(recorded) {
            compare(file, used, recorded, findings);
        }
    }
}

fn compare(file: &RuleFile, used: &Numbers, recorded: &[(At<String>, u32)], findings: &mut Findings) {
    let by_name: BTreeMap<&str, &(At<String>, u32)> = recorded.iter().map(|r| (r.0.value.as_str(), r)).collect();
    let mut by_number: BTreeMap<(&str, u32), &At<String>> = BTreeMap::new();
    for (name, number) in recorded {
        if let Some(other) = by_number.insert((scope(&name.value), *number), name) {
            let problem = format!("{:?} has this number too", other.value);
            findings.error(RuleError::at(&name.place, number, problem));
        }
    }
    for (name, number) in used {
        match (by_name.get(name.as_str()), by_number.get(&(scope(name), *number))) {
            (Some((at, old)), _) if old != number => {
                let error =
                    RuleError::at(&at.place, old, format!("{name:?} now says {number}: a number never changes"));
                findings.error(error.hint(format!("give it {old} again, or a new name with a new number")));
            }
            (None, Some(other)) => {
                let problem =
                    format!("{name:?} has this number, which was {:?}'s: a number is never used again", other.value);
                findings.error(
                    RuleError::at(&other.place, number, problem).hint("give it a number that is not in this file"),
                );
            }
            (None, None) => {
                let problem = format!("the number {number} of {name:?} is not recorded");
                let hint = "run consentry check --write-lock".to_owned();
                findings.warnings.push(RuleError { file: file.path.clone(), problem, hint, ..RuleError::default() });
            }
            _ => {}
        }
    }
}

/// A site's own numbers are its own: two sites may use the same.
fn scope(name: &str) -> &str {
    name.split_once('/').map_or("", |(site, _)| site)
}

/// The lock's new text: what `recorded` holds stays for ever, what is new is added.
pub fn lock_text(rules: &RuleSet, recorded: Option<&RuleFile>) -> String {
    let mut numbers = used(&rules.catalogue, &rules.categories, &rules.sites);
    let old =
        recorded.and_then(|file| Document::read(file, crate::policy::file::Kind::Lock, &mut Default::default()).lock);
    for (numbers, old) in numbers.iter_mut().zip(old.into_iter().flatten()) {
        numbers.extend(old.into_iter().map(|(name, number)| (name.value, number)));
    }
    let mut text = String::from(
        "# Written by `consentry check --write-lock`. Numbers in visitors' cookies: never change or reuse one.\nformat = 1\n",
    );
    for (title, numbers) in ["categories", "services"].into_iter().zip(numbers) {
        // Writing to a String does not fail.
        let _ = writeln!(text, "\n[{title}]");
        let mut sorted: Vec<(u32, String)> = numbers.into_iter().map(|(name, number)| (number, name)).collect();
        sorted.sort();
        for (number, name) in sorted {
            let _ = if name.contains('/') {
                writeln!(text, "{name:?} = {number}")
            } else {
                writeln!(text, "{name} = {number}")
            };
        }
    }
    text
}
