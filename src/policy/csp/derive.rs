//! The policy that a page comes with beside its own: what is allowed is the first party, what the rules let through, and the
//! hosts of the services that this visitor granted. It is about hosts alone: inline code is as free as without it, since the
//! page's own would stop otherwise, and is judged by the rewriter and the guard.
//!
//! CORRECTNESS: it is made of what [`crate::policy::Variant`] is made of and nothing else, so that a cache which keeps the page
//! apart for each variant keeps its policy apart too (D5).

use crate::consent::{CategorySet, Consent, Deciseconds};
use crate::policy::file::canonical;
use crate::policy::mode::Mode;
use crate::policy::site::{Delivery, Site};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The longest that a policy may be, in bytes, with everything granted: whole heads of more than 4 kB are refused by proxies
/// in their usual settings.
pub const LENGTH_MAX: usize = 3_072;

/// What a page may do whatever its hosts are: all that it could do before.
const ALL_INLINE: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";

/// A policy for one visitor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Derived {
    /// Whether it is enforced; else browsers only report.
    pub is_enforced: bool,
    /// Its directives, without those that say where reports go. ASCII.
    pub text: Box<str>,
}

impl Derived {
    /// The policy of a visitor who has answered, or has not. `None` where the rules ask for none, where a page is everybody's,
    /// and where a site only reports. O(services shown).
    pub(crate) fn of(site: &Site, consent: &Consent, has_answered: bool) -> Option<Self> {
        let rules = site.csp.as_ref()?;
        if site.mode == Mode::Report || site.delivery == Delivery::Uniform {
            return None;
        }
        let is_enforced = has_answered && rules.mode == Mode::Enforce;
        Some(Self { is_enforced, text: text(site, consent, &rules.sources).into() })
    }
}

/// How long the policy is with everything granted.
pub(crate) fn longest(site: &Site, sources: &[String]) -> usize {
    let everybody = Consent {
        granted: CategorySet::from_bits(u64::MAX),
        updated: Some(Deciseconds(u64::MAX)),
        ..Consent::default()
    };
    text(site, &everybody, sources).len()
}

fn text(site: &Site, consent: &Consent, sources: &[String]) -> String {
    let mut hosts = Hosts::default();
    site.hosts.iter().for_each(|host| hosts.add_own(host));
    site.allow_hosts.iter().for_each(|rule| hosts.add(rule));
    let services = site.shown.iter().chain(site.index.own_slots.iter().flatten());
    let granted = services.filter(|service| {
        site.only_reports(service) || consent.grants(service.category, service.number, service.since)
    });
    granted.flat_map(|service| &service.hosts).for_each(|rule| hosts.add(rule));
    let mut text = ALL_INLINE.to_owned();
    hosts.write(&mut text);
    for source in sources {
        text.push(' ');
        text.push_str(source);
    }
    text
}

/// Canonical hosts, and whether their sub-domains are meant too.
#[derive(Default)]
struct Hosts(BTreeMap<String, bool>);

impl Hosts {
    /// A host rule: `=` is that host alone. Paths are left out: a policy's are not compared after a redirect, and end where
    /// they are written.
    fn add(&mut self, rule: &str) {
        let (is_exact, rest) = rule.strip_prefix('=').map_or((false, rule), |rest| (true, rest));
        let name = rest.split('/').next().unwrap_or_default();
        if let Ok(host) = canonical(name) {
            self.insert(host, !is_exact);
        }
    }

    /// One of the site's own: as a first party is judged, with all below it, `www.` left aside.
    fn add_own(&mut self, host: &str) {
        if host != "*" {
            let host = host.strip_prefix("*.").or_else(|| host.strip_prefix("www.")).unwrap_or(host);
            self.insert(host.to_owned(), true);
        }
    }

    fn insert(&mut self, host: String, with_below: bool) {
        *self.0.entry(host).or_default() |= with_below;
    }

    /// Each once, without those that a shorter one stands for. A host without a scheme is none for sockets.
    fn write(&self, text: &mut String) {
        for (host, with_below) in self.0.iter().filter(|(host, _)| !self.is_covered(host)) {
            // Writing to a String does not fail.
            let _ = write!(text, " {host} wss://{host}");
            if *with_below && !is_address(host) {
                let _ = write!(text, " *.{host} wss://*.{host}");
            }
        }
    }

    fn is_covered(&self, host: &str) -> bool {
        let mut rest = host;
        while let Some((_, parent)) = rest.split_once('.') {
            if self.0.get(parent).copied().unwrap_or_default() {
                return true;
            }
            rest = parent;
        }
        false
    }
}

/// An address has no sub-domains.
fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests;
