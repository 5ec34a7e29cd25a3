//! The page's own labels, who decides about a tag, and the mark it gets (D8, D9).
//!
//! [`claim`] reads what consent tools write into tags, [`names`] what their names mean.

pub mod claim;
pub mod names;

pub use claim::{Claim, Marker, On};
pub use names::{Meaning, Tool};

use crate::consent::{CategoryNumber, CategorySet, Deciseconds};
use crate::policy::service::Service;
use crate::policy::site::Site;
use crate::policy::verdict::{Decider, Deciders};

/// What a page says about one of its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Nothing: no such attribute, or an empty one.
    Absent,
    /// One category of this site, not `necessary`.
    Category(CategoryNumber),
    /// Several, all of which are needed.
    Categories(CategorySet),
    /// `!name`: runs where this category is refused.
    Refused(CategoryNumber),
    /// `necessary`, which frees nothing that the rules know (D9).
    Necessary,
    /// A name that this site does not know: not granted on scripts and iframes, no label on other elements (D9).
    Unknown,
}

/// What stands for a category that the site does not know.
const UNCLASSIFIED: &str = "unclassified";

impl Site {
    /// Reads the raw bytes of a `data-category` attribute: character references are decoded, names trimmed and compared
    /// without regard to case, with every alias; several names are separated by commas, and all are needed. One unknown
    /// name makes the whole unknown.
    pub fn label(&self, raw: &[u8]) -> Label {
        self.claim(std::iter::once((Marker::Category, raw))).label
    }

    fn label_number(&self, name: &str) -> Option<CategoryNumber> {
        let labels = &self.index.labels;
        // Most pages write it as the rules do: no copy then.
        labels.get(name).or_else(|| labels.get(&name.to_lowercase())).copied()
    }

    /// Who decides about a tag of this service: the page's label may move it to another category; `necessary` frees
    /// nothing. For a label of several categories use [`Site::deciders`].
    pub fn decider(&self, service: &Service, label: Label) -> Decider {
        self.deciders(&[service], label).into_iter().next().unwrap_or(UNKNOWN)
    }

    /// All who decide about a tag: its services (none, when the rules know none) under the page's label. Empty = nobody:
    /// the tag is kept.
    pub fn deciders(&self, services: &[&Service], label: Label) -> Deciders {
        if services.is_empty() && !matches!(label, Label::Refused(_)) {
            return self.categories_of(label).into_iter().map(|c| self.decide(c, None)).collect();
        }
        let mut deciders = Deciders::new();
        if let Label::Refused(_) = label {
            deciders.extend(self.categories_of(label).into_iter().map(|c| self.when_refused(c)));
        }
        for service in services {
            let labelled =
                if matches!(label, Label::Refused(_)) { smallvec::smallvec![] } else { self.categories_of(label) };
            if labelled.is_empty() {
                deciders.push(self.decide(Some(service.category), Some(service)));
            }
            deciders.extend(labelled.into_iter().map(|c| self.decide(c, Some(service))));
        }
        deciders
    }

    /// The same for a tag that may also lead to an unknown third party which the site blocks: nobody grants that one,
    /// unless the page's label says what it is.
    pub fn deciders_of(&self, services: &[&Service], is_blocked: bool, label: Label) -> Deciders {
        let mut deciders = self.deciders(services, label);
        if is_blocked && matches!(label, Label::Absent | Label::Necessary | Label::Refused(_)) {
            deciders.push(UNKNOWN);
        }
        deciders
    }

    /// The categories that a label asks for; `None` in it is an unknown one.
    fn categories_of(&self, label: Label) -> smallvec::SmallVec<[Option<CategoryNumber>; 2]> {
        match label {
            Label::Absent | Label::Necessary => smallvec::SmallVec::new(),
            Label::Category(category) | Label::Refused(category) => smallvec::smallvec![Some(category)],
            Label::Categories(set) => set.iter().map(Some).collect(),
            Label::Unknown => smallvec::smallvec![None],
        }
    }

    fn decide(&self, category: Option<CategoryNumber>, service: Option<&Service>) -> Decider {
        let of_category: Option<Deciseconds> = category.and_then(|number| self.category(number)?.since);
        let since = of_category.max(service.and_then(|s| s.since));
        let (number, id) = (service.and_then(|s| s.number), service.map(|s| s.id));
        Decider { category, service: number, id, since, when_refused: false }
    }

    fn when_refused(&self, category: Option<CategoryNumber>) -> Decider {
        Decider { when_refused: true, ..self.decide(category, None) }
    }

    /// The value of `data-consentry` (D8): `marketing:meta-pixel,statistics:`, bytes `[a-z0-9_:,-]` only. One allocation.
    pub fn mark(&self, deciders: &[Decider]) -> String {
        let mut mark = String::with_capacity(deciders.len() * 24);
        for decider in deciders {
            if !mark.is_empty() {
                mark.push(',');
            }
            if decider.when_refused {
                mark.push('!');
            }
            let category = decider.category.and_then(|number| self.category(number));
            mark.push_str(category.map_or(UNCLASSIFIED, |c| &c.name));
            mark.push(':');
            mark.push_str(decider.id.and_then(|id| self.service_by_id(id)).map_or("", |s| &s.slug));
        }
        mark
    }
}

/// Granted by nobody.
const UNKNOWN: Decider = Decider { category: None, service: None, id: None, since: None, when_refused: false };
