//! What consent tools' names in a site's markup mean: the site's `[markup.<tool>]` tables.

use super::compile::Findings;
use crate::consent::CategoryNumber;
use crate::policy::file::{RuleError, SiteRule, nearest};
use crate::policy::markup::Meaning;
use crate::policy::markup::names::Names;
use crate::policy::service::Service;
use std::collections::HashMap;
use std::sync::Arc;

/// Each name is a category's or a service's.
pub(super) fn names<'s>(
    rule: &SiteRule,
    labels: &HashMap<String, CategoryNumber>,
    services: impl Iterator<Item = &'s Arc<Service>> + Clone,
    findings: &mut Findings,
) -> Names {
    let mut names = Names::new();
    for (tool, pairs) in &rule.markup {
        for (name, means) in pairs {
            let category = labels.get(&means.value.to_lowercase());
            let service = || services.clone().find(|s| s.slug == means.value).map(|s| Meaning::Service(s.id));
            let meaning = category.map(|c| Meaning::Categories([*c].into_iter().collect())).or_else(service);
            match meaning {
                Some(meaning) => drop(names.insert((*tool, name.to_lowercase()), meaning)),
                None => {
                    let known = labels.keys().map(String::as_str).chain(services.clone().map(|s| s.slug.as_str()));
                    let error = RuleError::at(&means.place, &means.value, "no category and no service");
                    findings.error(error.hint(nearest(&means.value, known)));
                }
            }
        }
    }
    names
}
