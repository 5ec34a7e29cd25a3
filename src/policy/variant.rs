//! The identity of a rewritten page: what its bytes depend on, and nothing else (D5).

use crate::consent::signal::Standing;
use crate::consent::{CategorySet, Consent};
use crate::policy::csp::Derived;
use crate::policy::site::{Delivery, Site};
use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// What is put into a page, once, first in its head (D11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The markup, pure ASCII.
    pub html: Arc<str>,
    /// SHA-256 of the guard's text, for a CSP source.
    pub sha256: [u8; 32],
    /// Changes when the markup does.
    pub version: String,
}

/// The identity of one rewritten page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variant {
    /// What this visitor said, and behind `~` what law and browser make of silence: `<granted hex>.<refused hex>.<8 hex of
    /// the site's version>[.<8 hex of service answers>][~<implied hex>.<signalled hex>]`. The companion cookie holds the
    /// part before the `~`. It is this visitor's in both deliveries.
    pub token: String,
    /// 16 hex digits over all that the page's bytes depend on: for the ETag and cache keys. In uniform delivery it is
    /// the same for everybody.
    pub id: String,
    /// The policy that such a page comes with.
    pub csp: Option<Derived>,
}

impl Variant {
    /// The variant that this visitor gets. Answers by category alone, nearly all there are, are looked up among those that
    /// were asked for before: no allocation. Else O(answers + services with a date), two small hashes.
    pub fn of(site: &Site, consent: &Consent, snippet_version: &str) -> Arc<Self> {
        let known = &site.index.variants;
        let is_dated = !site.index.since.is_empty() || !site.mapping.category_since.is_empty();
        let by_category = consent.services.is_empty() && !consent.by_service && !is_dated;
        let decision = by_category.then(|| decision(site, consent));
        if let Some(variant) = decision.and_then(|decision| known.get(decision, snippet_version)) {
            return variant;
        }
        let variant = Arc::new(Self::compute(site, consent, snippet_version));
        if let Some(decision) = decision {
            known.add(decision, snippet_version, &variant);
        }
        variant
    }

    fn compute(site: &Site, consent: &Consent, snippet_version: &str) -> Self {
        let token = token(site, consent);
        let page = match site.delivery {
            Delivery::PerVisitor => token.as_str(),
            Delivery::Uniform => short_version(site),
        };
        let mut hash = Sha256::new();
        for part in [page, &site.version, snippet_version, site.delivery.name()] {
            hash.update(part);
            hash.update([0]);
        }
        let (granted, refused, _) = decision(site, consent);
        let has_answered = !granted.is_empty() || !refused.is_empty();
        Self { id: hex(&hash.finalize(), 8), token, csp: Derived::of(site, consent, has_answered) }
    }
}

/// What the categories decide: granted, refused, and what stands beside that.
type Decision = (CategorySet, CategorySet, Standing);

/// The variants of one compiled site that were asked for. They live and die with it, so its version need not be part of
/// what they are found by.
#[derive(Debug, Default)]
pub(crate) struct Variants(ArcSwap<Vec<Known>>);

#[derive(Debug, Clone)]
struct Known {
    decision: Decision,
    snippet_version: Box<str>,
    variant: Arc<Variant>,
}

impl Variants {
    /// More than visitors make of a handful of categories. What is not kept is computed.
    const MOST: usize = 64;

    fn get(&self, decision: Decision, snippet_version: &str) -> Option<Arc<Variant>> {
        let all = self.0.load();
        let fits = |known: &&Known| known.decision == decision && *known.snippet_version == *snippet_version;
        all.iter().find(fits).map(|known| Arc::clone(&known.variant))
    }

    fn add(&self, decision: Decision, snippet_version: &str, variant: &Arc<Variant>) {
        let added = Known { decision, snippet_version: snippet_version.into(), variant: Arc::clone(variant) };
        self.0.rcu(|all| {
            let mut all = Vec::clone(all);
            if all.len() < Self::MOST {
                all.push(added.clone());
            }
            all
        });
    }
}

/// Everything about this visitor that a page depends on. `necessary` is not in it, it is the same for everybody.
fn token(site: &Site, consent: &Consent) -> String {
    let (granted, refused, Standing { implied, signalled, is_final }) = decision(site, consent);
    let mut token = format!("{:x}.{:x}.{}", granted.bits(), refused.bits(), short_version(site));
    if let Some(services) = services_hash(site, consent, granted, implied) {
        token.push('.');
        token.push_str(&services);
    }
    if !implied.is_empty() || !signalled.is_empty() {
        let mark = if is_final { "!" } else { "" };
        // Writing to a String does not fail.
        let _ = write!(token, "~{:x}.{:x}{mark}", implied.bits(), signalled.bits());
    }
    token
}

/// What holds for the categories of this site.
fn decision(site: &Site, consent: &Consent) -> Decision {
    let asked = site.mapping.categories.difference(CategorySet::NECESSARY);
    let refused = consent.refused.intersection(asked);
    let granted = consent.granted.intersection(asked).difference(refused);
    let Standing { implied, signalled, is_final } = consent.standing;
    let standing =
        Standing { implied: implied.intersection(asked), signalled: signalled.intersection(asked), is_final };
    (granted, refused, standing)
}

/// Hashes what the categories do not say: answers for single services, and which services and categories are younger
/// than the answer. `None` when every page would come out as if there were none.
fn services_hash(site: &Site, consent: &Consent, granted: CategorySet, implied: CategorySet) -> Option<String> {
    let any_yes = !granted.is_empty() || consent.services.iter().any(|(_, yes)| *yes);
    let nothing_said = granted.is_empty() && consent.services.is_empty();
    if nothing_said || (!any_yes && implied.is_empty()) {
        return None;
    }
    let granted = granted.union(implied);
    let mut hash = Sha256::new();
    let mut any = false;
    let mut add = |kind: u8, name: &[u8]| {
        any = true;
        hash.update([kind]);
        hash.update(name);
    };
    let all = site.mapping.categories.difference(CategorySet::NECESSARY);
    for (number, yes) in &consent.services {
        // An answer that is also every category's answer changes no page, whatever category a label moves it to.
        let redundant = if *yes { granted == all } else { granted.is_empty() };
        if !redundant && site.service(*number).is_some() {
            add(u8::from(*yes), &number.get().to_be_bytes());
        }
    }
    if consent.by_service {
        add(5, b"");
    }
    let stale = |since| consent.updated.is_none_or(|updated| updated < since);
    for service in site.index.since.iter().filter(|s| s.since.is_some_and(stale)) {
        // Only numbers and slugs outlive a change of the rules.
        match service.number {
            Some(number) => add(2, &number.get().to_be_bytes()),
            None => add(4, service.slug.as_bytes()),
        }
    }
    for (number, since) in &site.mapping.category_since {
        if stale(*since) {
            add(3, &u16::from(number.get()).to_be_bytes());
        }
    }
    any.then(|| hex(&hash.finalize(), 4))
}

/// The categories with a yes and those with a no, where a page depends on nothing else that was said.
pub(super) fn by_category_alone(site: &Site, consent: &Consent) -> Option<(CategorySet, CategorySet)> {
    let (granted, refused, Standing { implied, .. }) = decision(site, consent);
    services_hash(site, consent, granted, implied).is_none().then_some((granted, refused))
}

/// What stands for the site's version in tokens: 8 hex digits.
pub(super) fn short_version(site: &Site) -> &str {
    site.version.get(..8).unwrap_or(&site.version)
}

/// The first `bytes` bytes in hex.
pub(crate) fn hex(digest: &[u8], bytes: usize) -> String {
    digest.iter().take(bytes).fold(String::with_capacity(bytes * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleSet;

    #[test]
    fn what_is_looked_up_is_what_would_be_computed() {
        let rules = RuleSet::embedded().unwrap();
        let site = rules.site("shop.example").unwrap();
        let sets = [0b0000, 0b0010, 0b0110, 0b1110].map(CategorySet::from_bits);
        for _ in 0..2 {
            for (granted, refused) in sets.iter().flat_map(|granted| sets.map(|refused| (*granted, refused))) {
                for snippet in ["a", "b"] {
                    let consent = Consent { granted, refused, ..Consent::default() };
                    let gpc = consent.clone().under(site.regimes.of(None), true, &site.mapping);
                    for consent in [consent, gpc] {
                        assert_eq!(*Variant::of(site, &consent, snippet), Variant::compute(site, &consent, snippet));
                    }
                }
            }
        }
        assert!(site.index.variants.0.load().len() <= Variants::MOST);
    }

    #[test]
    fn an_answer_for_one_service_is_never_taken_for_its_category_alone() {
        let rules = RuleSet::embedded().unwrap();
        let site = rules.site("shop.example").unwrap();
        let granted = CategorySet::from_bits(0b1000);
        let by_category = Consent { granted, ..Consent::default() };
        let service = site.services.iter().filter(|s| granted.contains(s.category)).find_map(|s| s.number).unwrap();
        let deviating = Consent { services: smallvec::smallvec![(service, false)], ..by_category.clone() };
        let plain = Variant::of(site, &by_category, "a");
        assert_ne!(Variant::of(site, &deviating, "a").id, plain.id);
        assert_eq!(Variant::of(site, &by_category, "a").id, plain.id);
    }
}
