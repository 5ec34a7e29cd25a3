//! The compiled, read-only rules: one shared catalogue, one overlay per site (D7). Its version is a hash of what the rules
//! mean, so comments, order and another site's edit do not change a site's.

mod catalogue;
mod compile;
mod csp;
mod embedded;
mod lists;
mod load;
mod lock;
mod mapping;
mod markup;
mod meaning;
mod regimes;
mod services;
mod signals;
mod site;
mod tables;
mod usual;

pub use lock::lock_text;

use crate::consent::Deciseconds;
use crate::policy::file::{Kind, RuleError, RuleErrors, RuleFile};
use crate::policy::service::{Category, Service};
use crate::policy::site::Site;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// All rules in force. Taken once per request and kept to its end.
#[derive(Debug)]
pub struct RuleSet {
    version: String,
    sites: Vec<Arc<Site>>,
    /// `shop.example` to a position in `sites`.
    hosts: HashMap<String, usize>,
    /// `shop.example` for `*.shop.example`.
    subdomains: HashMap<String, usize>,
    /// The site of `*`.
    any: Option<usize>,
    catalogue: Arc<[Arc<Service>]>,
    categories: Vec<Category>,
    warnings: Vec<RuleError>,
}

impl RuleSet {
    /// The embedded catalogue and one site, `default`, that answers for every host (D18).
    pub fn embedded() -> Result<Self, RuleErrors> {
        Self::embedded_with(&[])
    }

    /// The same with these sources instead of `own` alone (`--source`). Where one of them uses the cookie name
    /// `euconsent`, ours is called `consentry` (D3).
    pub fn embedded_with(sources: &[String]) -> Result<Self, RuleErrors> {
        Self::from_files(&[embedded::default_site(sources)])
    }

    /// Reads a directory: `catalogue/*.toml` and `regimes.toml` (the embedded ones where there are none), `sites/*.toml` (a
    /// site for every host where there is none) and `numbers.lock`. Every error of every file comes back.
    pub fn load(directory: &Path) -> Result<Self, RuleErrors> {
        Self::from_files(&load::files(directory)?)
    }

    /// The files that [`RuleSet::load`] would read, with the embedded ones where there are none of a kind; without a directory
    /// all embedded ones. For looking at, not for compiling.
    pub fn files(directory: Option<&Path>) -> Result<Vec<RuleFile>, RuleErrors> {
        let mut files = directory.map_or_else(|| Ok(Vec::new()), load::files)?;
        if !files.iter().any(|file| file.kind() == Some(Kind::Catalogue)) {
            files.extend(embedded::catalogue());
        }
        Ok(files)
    }

    /// Compiles files from memory; see [`RuleSet::load`].
    pub fn from_files(files: &[RuleFile]) -> Result<Self, RuleErrors> {
        compile::compile(files)
    }

    /// 16 hex digits over the meaning of everything.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The site that answers for a host: lower case, without port. An exact name comes before `*.`, the longest `*.`
    /// before the shorter, and all before `*`. One hash look-up per label at most.
    pub fn site(&self, host: &str) -> Option<&Arc<Site>> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let above = || {
            let mut rest = host;
            while let Some((_, parent)) = rest.split_once('.') {
                if let Some(at) = self.subdomains.get(parent) {
                    return Some(at);
                }
                rest = parent;
            }
            None
        };
        let at = self.hosts.get(host).or_else(above).or(self.any.as_ref())?;
        self.sites.get(*at)
    }

    /// Every site, in the order of their names.
    pub fn sites(&self) -> &[Arc<Site>] {
        &self.sites
    }

    /// The shared catalogue's services: those with a number first, in the order of their numbers, then the others.
    pub fn catalogue(&self) -> &[Arc<Service>] {
        &self.catalogue
    }

    /// What is not wrong but should be looked at.
    pub fn warnings(&self) -> &[RuleError] {
        &self.warnings
    }

    /// Keeps the prefixes of the sites that were in force before answered for a day after they changed (D10).
    pub(crate) fn keep_former_prefixes(&mut self, before: &Self, now: Deciseconds) {
        for site in &mut self.sites {
            let Some(old) = before.sites.iter().find(|old| old.name == site.name) else { continue };
            let until = Deciseconds(now.0.saturating_add(Deciseconds::DAY));
            let kept = if old.prefix == site.prefix {
                old.former_prefix.clone().filter(|(prefix, end)| *end > now && *prefix != site.prefix)
            } else {
                Some((old.prefix.clone(), until))
            };
            if site.former_prefix.is_none() && kept.is_some() {
                Arc::make_mut(site).former_prefix = kept;
            }
        }
    }
}

/// The hosts that the embedded catalogue's rules name, without paths, sorted: an oracle for leak tests.
///
/// With `whole_only` those are left out of which only some paths belong to a service.
pub fn catalogue_hosts(whole_only: bool) -> Result<Vec<String>, RuleErrors> {
    let rules = RuleSet::embedded()?;
    let patterns = rules.catalogue.iter().flat_map(|s| &s.hosts);
    let wanted = patterns.filter(|p| !(whole_only && p.contains('/')));
    let mut hosts: Vec<String> =
        wanted.map(|p| p.trim_start_matches('=').split('/').next().unwrap_or_default().to_owned()).collect();
    hosts.sort();
    hosts.dedup();
    Ok(hosts)
}

/// For fuzzing: any text as a site file and as a catalogue file; must not panic.
pub fn fuzz_rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for path in ["sites/fuzz.toml", "catalogue/fuzz.toml", "regimes.toml", "numbers.lock"] {
        drop(RuleSet::from_files(&[RuleFile::new(path, text.clone())]));
    }
}
