//! From files to a [`RuleSet`], in one pass; all that is wrong is collected.

use super::catalogue::Catalogue;
use super::meaning::Meaning;
use super::regimes::Laws;
use super::{RuleSet, embedded, lists, lock, site};
use crate::policy::file::{At, Document, Kind, RuleError, RuleErrors, RuleFile, SiteRule};
use crate::policy::site::Site;
use std::collections::HashMap;
use std::sync::Arc;

/// What is wrong, and what should be looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) errors: RuleErrors,
    pub(super) warnings: Vec<RuleError>,
}

impl Findings {
    pub(super) fn error(&mut self, error: RuleError) {
        self.errors.0.push(error);
    }
}

/// Compiles files. Files that are not rules are passed over.
pub(super) fn compile(files: &[RuleFile]) -> Result<RuleSet, RuleErrors> {
    let mut findings = Findings::default();
    let (mut shared, mut sites, locks) = read(files, &mut findings);
    // A site's rules are judged against the whole catalogue: with a broken file in it every name would be unknown.
    if !findings.errors.0.is_empty() {
        return Err(sorted(findings.errors));
    }
    let documents = sites.iter().map(|(_, document)| document).chain([&shared]);
    let lists = lists::compile(files, documents, &mut findings);
    let laws = Laws::compile(std::mem::take(&mut shared.regimes), &mut findings);
    let catalogue = Catalogue::compile(shared, &lists, &mut findings);
    sites.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let compiled: Vec<(SiteRule, Site)> = sites
        .into_iter()
        .map(|(rule, document)| {
            let site = site::compile(&rule, document, &catalogue, &lists, &laws, &mut findings);
            (rule, site)
        })
        .collect();
    let hosts = Hosts::of(&compiled, &mut findings);
    let sites: Vec<Arc<Site>> = compiled.into_iter().map(|(_, site)| Arc::new(site)).collect();
    lock::check(&locks, &catalogue.services, &catalogue.categories, &sites, &mut findings);
    if !findings.errors.0.is_empty() {
        return Err(sorted(findings.errors));
    }
    let version = version(&sites, &catalogue);
    let Hosts { exact, subdomains, any } = hosts;
    let Findings { warnings, .. } = findings;
    let Catalogue { services, categories, .. } = catalogue;
    Ok(RuleSet { version, sites, hosts: exact, subdomains, any, catalogue: services, categories, warnings })
}

fn sorted(mut errors: RuleErrors) -> RuleErrors {
    errors.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    errors
}

type Read = (Document, Vec<(SiteRule, Document)>, Vec<(RuleFile, Document)>);

/// Reads every file: the shared part in one document, the sites, the locks.
fn read(files: &[RuleFile], findings: &mut Findings) -> Read {
    let own = |kind| files.iter().any(|f| f.kind() == Some(kind));
    let embedded: Vec<RuleFile> = if own(Kind::Catalogue) { Vec::new() } else { embedded::catalogue().collect() };
    let regimes = if own(Kind::Regimes) { None } else { Some(embedded::regimes()) };
    let every_host = if own(Kind::Site) { None } else { Some(embedded::default_site(&[])) };
    let mut shared = Document::default();
    let (mut sites, mut locks) = (Vec::new(), Vec::new());
    for file in embedded.iter().chain(files).chain(&regimes).chain(&every_host) {
        let Some(kind) = file.kind().filter(|kind| *kind != Kind::List) else { continue };
        let mut document = Document::read(file, kind, &mut findings.errors);
        match (kind, document.site.take()) {
            (Kind::Lock, _) => locks.push((file.clone(), document)),
            (Kind::Site, Some(site)) => sites.push((site, document)),
            _ => {
                shared.categories.append(&mut document.categories);
                shared.services.append(&mut document.services);
                shared.regimes.append(&mut document.regimes);
                shared.lists.append(&mut document.lists);
                shared.thumbnails.append(&mut document.thumbnails);
                shared.ambiguous_cookies.append(&mut document.ambiguous_cookies);
            }
        }
    }
    (shared, sites, locks)
}

/// Which site answers for which host.
#[derive(Default)]
struct Hosts {
    exact: HashMap<String, usize>,
    subdomains: HashMap<String, usize>,
    any: Option<usize>,
}

impl Hosts {
    fn of(sites: &[(SiteRule, Site)], findings: &mut Findings) -> Self {
        let mut hosts = Self::default();
        for (at, (rule, site)) in sites.iter().enumerate() {
            for (host, written) in site.hosts.iter().zip(&rule.hosts) {
                let taken = match (host.as_str(), host.strip_prefix("*.")) {
                    ("*", _) => hosts.any.replace(at),
                    (_, Some(parent)) => hosts.subdomains.insert(parent.to_owned(), at),
                    (name, None) => hosts.exact.insert(name.to_owned(), at),
                };
                if let Some((first, _)) = taken.and_then(|at| sites.get(at)) {
                    findings.error(twice(written, &first.name));
                }
            }
        }
        hosts
    }
}

fn twice(host: &At<String>, site: &str) -> RuleError {
    RuleError::at(&host.place, &host.value, format!("this host is the site {site:?}'s already"))
        .hint("a host belongs to one site")
}

fn version(sites: &[Arc<Site>], catalogue: &Catalogue) -> String {
    let mut meaning = Meaning::default();
    meaning.text(&catalogue.version);
    for site in sites {
        meaning.text(&site.name).texts(&site.hosts).texts(&site.origin).text(&site.version);
    }
    meaning.version()
}
