//! The shared part, compiled once: categories and services that every site starts from.

use super::compile::Findings;
use super::lists::Lists;
use super::meaning::Meaning;
use super::services::{self, Compiled, Scope, out_of_range, taken};
use crate::consent::CategoryNumber;
use crate::policy::cookies::CookieNames;
use crate::policy::file::{CategoryRule, Document, Place, RuleError};
use crate::policy::list::List;
use crate::policy::matcher::Matcher;
use crate::policy::service::{Category, Service, ServiceId};
use crate::policy::thumbnail::Thumbnail;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Numbers of the catalogue; the rest are the sites', so that neither grows into the other.
pub(super) const SHARED_CATEGORIES: RangeInclusive<u32> = 0..=31;
/// See [`SHARED_CATEGORIES`].
pub(super) const SHARED_SERVICES: RangeInclusive<u32> = 1..=59_999;
/// See [`SHARED_CATEGORIES`].
pub(super) const SITE_CATEGORIES: RangeInclusive<u32> = 32..=63;
/// See [`SHARED_CATEGORIES`].
pub(super) const SITE_SERVICES: RangeInclusive<u32> = 60_000..=65_535;

/// The compiled shared part. A match of `matcher` is a position in `services` and `slots`.
pub(super) struct Catalogue {
    pub(super) categories: Vec<Category>,
    pub(super) labels: HashMap<String, CategoryNumber>,
    /// In the order of their ids.
    pub(super) services: Arc<[Arc<Service>]>,
    /// Those with a number, by number.
    pub(super) numbered: Arc<[Arc<Service>]>,
    /// Those of them that sites show when they do not say which.
    pub(super) common: Arc<[Arc<Service>]>,
    pub(super) slots: Arc<[Option<Arc<Service>>]>,
    pub(super) matcher: Arc<Matcher>,
    /// The services' cookies, without the ambiguous ones.
    pub(super) cookies: Arc<CookieNames>,
    pub(super) lists: Vec<(ServiceId, Arc<List>)>,
    pub(super) thumbnails: Vec<Thumbnail>,
    pub(super) version: String,
    /// After the services, for the sites that change none of them.
    pub(super) meaning: Meaning,
}

impl Catalogue {
    pub(super) fn compile(shared: Document, lists: &Lists, findings: &mut Findings) -> Self {
        let mut labels = HashMap::new();
        let categories = categories(shared.categories, &SHARED_CATEGORIES, &mut labels, &[], findings);
        if !labels.contains_key("necessary") {
            let problem = "no [[category]] is called necessary".to_owned();
            let hint = "copy rules/catalogue/categories.toml".to_owned();
            findings.error(RuleError { file: "catalogue".to_owned(), problem, hint, ..RuleError::default() });
        }
        let scope = Scope { numbers: &SHARED_SERVICES, first: 0, labels: &labels, lists };
        let Compiled { services, matcher, lists } = services::compile(shared.services, shared.lists, &scope, findings);
        let ambiguous: HashSet<&str> = shared.ambiguous_cookies.iter().map(String::as_str).collect();
        let cookies = Arc::new(services::cookie_names(&services, &ambiguous));
        let mut meaning = Meaning::default();
        services.iter().for_each(|s| meaning.service(s));
        let mut ambiguous: Vec<&str> = ambiguous.into_iter().collect();
        ambiguous.sort_unstable();
        meaning.texts(ambiguous);
        let version = meaning.clone().version();
        let numbered: Arc<[_]> = services.iter().filter(|s| s.number.is_some()).cloned().collect();
        let common = numbered.iter().filter(|s| s.common).cloned().collect();
        let slots = services.iter().cloned().map(Some).collect();
        let (services, matcher, thumbnails) = (services.into(), Arc::new(matcher), shared.thumbnails);
        Self {
            categories,
            labels,
            services,
            numbered,
            common,
            slots,
            matcher,
            cookies,
            lists,
            thumbnails,
            version,
            meaning,
        }
    }

    pub(super) fn by_slug(&self, slug: &str) -> Option<(usize, &Arc<Service>)> {
        self.services.iter().enumerate().find(|(_, s)| s.slug == slug)
    }
}

/// Compiles categories, checks them against each other and against `before`, and adds their names to `labels`.
pub(super) fn categories(
    rules: Vec<CategoryRule>,
    numbers: &RangeInclusive<u32>,
    labels: &mut HashMap<String, CategoryNumber>,
    before: &[Category],
    findings: &mut Findings,
) -> Vec<Category> {
    let mut categories: Vec<Category> = before.to_vec();
    for rule in rules {
        if !numbers.contains(&rule.number.value) {
            findings.error(out_of_range(&rule.number, numbers));
        }
        let Some(number) = u8::try_from(rule.number.value).ok().and_then(CategoryNumber::new) else { continue };
        if let Some(other) = categories.iter().find(|c| c.number == number) {
            findings.error(taken(&rule.number, &other.name));
        }
        for name in std::iter::once(&rule.name).chain(&rule.aliases) {
            if labels.insert(name.value.trim().to_lowercase(), number).is_some() {
                findings.error(RuleError::at(&name.place, &name.value, "another category has this name or alias"));
            }
        }
        justified(&rule, number, findings);
        if let Some(sale) = rule.sale.as_ref().filter(|sale| sale.value && number == CategoryNumber::NECESSARY) {
            let error = RuleError::at(&sale.place, sale.value, "what is sold or shared is not necessary");
            findings.error(error.hint("put it into a category that is asked for"));
        }
        categories.push(category(rule, number));
    }
    categories.sort_by_key(|c| c.number);
    categories
}

/// `necessary` needs its reason, and nothing else may claim one (D9).
fn justified(rule: &CategoryRule, number: CategoryNumber, findings: &mut Findings) {
    let necessary = number == CategoryNumber::NECESSARY;
    if necessary != (rule.name.value == "necessary") {
        let error =
            RuleError::at(&rule.name.place, &rule.name.value, "number 0 and the name necessary belong together");
        findings.error(error);
    }
    let written = rule.justification.as_ref().is_some_and(|j| !j.value.trim().is_empty());
    match (&rule.justification, necessary) {
        (_, true) if !written => {
            let place = Place { key: rule.name.place.key.beside("justification"), ..rule.name.place.clone() };
            let error = RuleError::at(&place, "", "is missing: what needs no consent needs a written reason");
            findings.error(error.hint("write justification = \"…\""));
        }
        (Some(text), false) => {
            let error = RuleError::at(&text.place, &text.value, "only necessary has a justification");
            findings.error(error.hint("remove it: this category is asked for"));
        }
        _ => {}
    }
}

fn category(rule: CategoryRule, number: CategoryNumber) -> Category {
    let mut aliases: Vec<String> = rule.aliases.into_iter().map(|a| a.value.trim().to_lowercase()).collect();
    aliases.sort();
    Category {
        number,
        name: rule.name.value,
        aliases,
        label: rule.label,
        description: rule.description,
        since: rule.since,
        justification: rule.justification.map(|j| j.value),
        sale: rule.sale.is_some_and(|sale| sale.value),
    }
}
