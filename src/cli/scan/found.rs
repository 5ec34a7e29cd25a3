//! What a site's pages lead to: third parties that no rule knows, then those that are known, by category.

use super::crawl::Fetched;
use crate::cli::CliError;
use crate::consent::Consent;
use crate::explain;
use crate::policy::{Base, CookieVerdict, Service, Site};
use crate::rewrite::{Fetches, Page};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// How often something was met.
#[derive(Debug, Default)]
pub(super) struct Met {
    pages: usize,
    references: u64,
    fetches: Fetches,
    paths: BTreeSet<String>,
}

/// All that was met.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many pages were looked at.
    pub(super) pages: usize,
    /// By host.
    pub(super) unknown: BTreeMap<String, Met>,
    /// By category and slug.
    known: BTreeMap<(String, String), Met>,
    /// Names of cookies that no rule knows.
    cookies: BTreeSet<String>,
}

impl Found {
    /// Takes in what one page leads to. The site must want to be told of unknown third parties.
    pub(super) fn add(&mut self, site: &Arc<Site>, page: &Fetched) -> Result<(), CliError> {
        let (url, consent) = (&page.url, Arc::new(Consent::default()));
        let base = Base::document(url.scheme(), url.host_str().unwrap_or_default(), url.path());
        let judged =
            Page { site: Arc::clone(site), consent, base, snippet: None, ours: None, charset: None, trace: true };
        let (_, report) = explain::judge(judged, &page.html)?;
        self.pages += 1;
        let mut hosts = BTreeSet::new();
        for stranger in &report.unknown {
            let met = self.unknown.entry(stranger.host.to_string()).or_default();
            met.references += u64::from(stranger.count);
            met.fetches = met.fetches.union(stranger.fetches);
            met.paths.insert(stranger.path.to_string());
            hosts.insert(stranger.host.to_string());
        }
        for host in hosts {
            self.unknown.entry(host).or_default().pages += 1;
        }
        for tallies in [&report.done, &report.reported] {
            for (service, tally) in tallies.services.iter().filter_map(|(id, t)| Some((site.service_by_id(*id)?, t))) {
                let met = self.known.entry(key(site, service)).or_default();
                met.pages += 1;
                met.references += u64::from(tally.neutralised + tally.activated + tally.guarded + tally.allowed);
            }
        }
        for name in &page.cookies {
            match site.judge_cookie(name, &Consent::default()) {
                CookieVerdict::Unknown { .. } => drop(self.cookies.insert(String::from_utf8_lossy(name).into_owned())),
                CookieVerdict::Denied { service, .. } | CookieVerdict::Granted(service) => {
                    self.known.entry(key(site, service)).or_default();
                }
                CookieVerdict::Necessary => {}
            }
        }
        Ok(())
    }

    /// The slugs of the known services.
    pub(super) fn slugs(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(|(_, slug)| slug.as_str())
    }

    /// Unknown hosts, those on most pages first.
    fn unknown(&self) -> Vec<(&String, &Met)> {
        let mut unknown: Vec<_> = self.unknown.iter().collect();
        unknown.sort_by_key(|(_, met)| std::cmp::Reverse((met.pages, met.references)));
        unknown
    }

    /// For people.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nthird parties that no rule knows: {}", self.unknown.len())?;
        for (host, met) in self.unknown() {
            let kinds: Vec<&str> = met.fetches.iter().map(|fetch| fetch.name()).collect();
            writeln!(out, "  {host}: {} references on {} pages, as {}", met.references, met.pages, kinds.join(", "))?;
            for path in met.paths.iter().take(4) {
                writeln!(out, "      {path}")?;
            }
        }
        let mut before = "";
        for ((category, slug), met) in &self.known {
            if before != category {
                writeln!(out, "\n{category}")?;
                before = category;
            }
            writeln!(out, "  {slug}: {} tags on {} pages", met.references, met.pages)?;
        }
        if !self.cookies.is_empty() {
            let names: Vec<&str> = self.cookies.iter().map(String::as_str).collect();
            writeln!(out, "\ncookies that no rule knows: {}", names.join(", "))?;
        }
        Ok(())
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let unknown = self.unknown().into_iter().map(|(host, met)| {
            let kinds: Vec<&str> = met.fetches.iter().map(|fetch| fetch.name()).collect();
            json!({ "host": host, "references": met.references, "pages": met.pages, "fetchedAs": kinds, "paths": met.paths })
        });
        let known = self.known.iter().map(|((category, slug), met)| {
            json!({ "category": category, "service": slug, "tags": met.references, "pages": met.pages })
        });
        json!({ "unknown": unknown.collect::<Vec<_>>(), "known": known.collect::<Vec<_>>(), "cookies": self.cookies })
    }
}

fn key(site: &Site, service: &Service) -> (String, String) {
    let category = site.category(service.category).map_or("", |category| &category.name);
    (category.to_owned(), service.slug.clone())
}
