//! Looks up the names that a site writes in the tables of its sources.

use super::compile::Findings;
use super::services::unknown_category;
use crate::consent::mapping::Target;
use crate::consent::{CategoryNumber, CategorySet, ServiceNumber};
use crate::policy::file::{At, RuleError, nearest};
use crate::policy::service::Service;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The site's categories and services, and where errors go.
pub(super) struct Tables<'a> {
    pub(super) labels: &'a HashMap<String, CategoryNumber>,
    pub(super) services: &'a [Arc<Service>],
    pub(super) findings: &'a mut Findings,
}

impl Tables<'_> {
    /// A category by its name or alias.
    pub(super) fn category(&mut self, name: &At<String>) -> Option<CategoryNumber> {
        let found = self.labels.get(&name.value.to_lowercase()).copied();
        if found.is_none() {
            self.findings.error(unknown_category(name, self.labels));
        }
        found
    }

    /// Several, with commas between.
    pub(super) fn categories(&mut self, names: &At<String>) -> Option<CategorySet> {
        let each = names.value.split(',').map(|name| At { value: name.trim().to_owned(), place: names.place.clone() });
        each.map(|name| self.category(&name)).collect()
    }

    pub(super) fn find(&self, slug: &str) -> Option<(ServiceNumber, CategoryNumber)> {
        self.services.iter().find(|s| s.slug == slug).and_then(|s| Some((s.number?, s.category)))
    }

    /// A service by its slug.
    pub(super) fn service(&mut self, name: &At<String>) -> Option<ServiceNumber> {
        let found = self.find(&name.value);
        if found.is_none() {
            let hint = nearest(&name.value, self.services.iter().map(|s| s.slug.as_str()));
            self.findings.error(RuleError::at(&name.place, &name.value, "unknown service").hint(hint));
        }
        found.map(|(number, _)| number)
    }

    /// A service by its slug, else categories.
    pub(super) fn target(&mut self, name: &At<String>) -> Option<Target> {
        if let Some((service, category)) = self.find(&name.value) {
            return Some(Target::Service(service, category));
        }
        let known = name.value.split(',').all(|label| self.labels.contains_key(&label.trim().to_lowercase()));
        if known {
            return self.categories(name).map(Target::Categories);
        }
        let hint = nearest(&name.value, self.services.iter().map(|s| s.slug.as_str()));
        self.findings.error(RuleError::at(&name.place, &name.value, "unknown service").hint(hint));
        None
    }

    /// A table whose keys are numbers from 1 to 65535.
    pub(super) fn numbered<T>(
        &mut self,
        table: &BTreeMap<String, At<String>>,
        read: impl Fn(&mut Self, &At<String>) -> Option<T>,
    ) -> Vec<(u16, T)> {
        let mut numbered = Vec::with_capacity(table.len());
        for (key, name) in table {
            match (key.parse::<u16>(), read(self, name)) {
                (Ok(number @ 1..), Some(value)) => numbered.push((number, value)),
                (Ok(1..), None) => {}
                _ => self.findings.error(RuleError::at(
                    &name.place,
                    &name.value,
                    "the key must be a number from 1 to 65535",
                )),
            }
        }
        numbered
    }
}
