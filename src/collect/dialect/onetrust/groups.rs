//! What the site's categories are called there, and what a group means here.

use crate::consent::codec::Format;
use crate::consent::mapping::SourceRule;
use crate::consent::{CategoryNumber, CategorySet, Source};
use crate::policy::{Category, Site};

/// The group of what needs no consent.
pub(super) const NECESSARY: &str = "C0001";

/// The groups of one site: by `[onetrust] groups` where the site reads the string as a source, else the usual ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups<'s> {
    site: &'s Site,
    rule: Option<&'s SourceRule>,
}

impl<'s> Groups<'s> {
    pub(super) fn of(site: &'s Site) -> Self {
        Self { site, rule: site.mapping.rule(Source::Tool(Format::OneTrust)) }
    }

    /// What a category is called there: the usual id, else the site's own for it, else its name.
    pub(super) fn id(self, category: &'s Category) -> &'s str {
        let usual = match category.name.as_str() {
            "necessary" => return NECESSARY,
            "statistics" => Some("C0002"),
            "preferences" => Some("C0003"),
            "marketing" => Some("C0004"),
            _ => None,
        };
        let Some(rule) = self.rule else { return usual.unwrap_or(&category.name) };
        let alone: CategorySet = [category.number].into_iter().collect();
        let fits = |name: &&str| rule.groups.get(name).is_some_and(|group| group.categories == alone);
        let named = || rule.groups.iter().map(|(name, _)| name).filter(fits).min();
        usual.filter(fits).or_else(named).unwrap_or(&category.name)
    }

    /// The categories that a group of a string or body opens; none for one that means nothing here.
    pub(super) fn categories(self, group: &str) -> CategorySet {
        if let Some(known) = self.rule.and_then(|rule| rule.groups.get(group)) {
            return known.categories;
        }
        // Only what `id` gives: a name that the site gave another meaning is not looked at here again.
        self.asked().filter(|category| self.id(category) == group).map(|category| category.number).collect()
    }

    /// The categories that are asked.
    pub(super) fn asked(self) -> impl Iterator<Item = &'s Category> {
        self.site.categories.iter().filter(|category| category.number != CategoryNumber::NECESSARY)
    }

    /// Their numbers.
    pub(super) fn all(self) -> CategorySet {
        self.asked().map(|category| category.number).collect()
    }
}
