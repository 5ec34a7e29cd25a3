//! The identity of a rewritten page: what its bytes depend on, and nothing else (D5).

use crate::consent::signal::Standing;
use crate::consent::{CategorySet, Consent};
use crate::policy::site::{Delivery, Site};
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
}

impl Variant {
    /// The variant that this visitor gets. O(answers + services with a date), two small hashes, two allocations.
    pub fn of(site: &Site, consent: &Consent, snippet_version: &str) -> Self {
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
        Self { id: hex(&hash.finalize(), 8), token }
    }
}

/// Everything about this visitor that a page depends on. `necessary` is not in it, it is the same for everybody.
fn token(site: &Site, consent: &Consent) -> String {
    let asked = site.mapping.categories.difference(CategorySet::NECESSARY);
    let refused = consent.refused.intersection(asked);
    let granted = consent.granted.intersection(asked).difference(refused);
    let mut token = format!("{:x}.{:x}.{}", granted.bits(), refused.bits(), short_version(site));
    let Standing { implied, signalled, is_final } = consent.standing;
    let (implied, signalled) = (implied.intersection(asked), signalled.intersection(asked));
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

fn short_version(site: &Site) -> &str {
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
