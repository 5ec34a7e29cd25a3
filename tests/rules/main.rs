//! The rule files from outside: what is accepted, what is refused and how it is said, what versions depend on.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "../common/material.rs"]
mod material;

mod catalogue;
mod corpus;
mod grammar;
mod report;
mod schema;
mod sites;
#[cfg(feature = "lists")]
mod unknown;
mod variants;
mod versions;

use consentry::consent::codec::Format;
use consentry::consent::mapping::Target;
use consentry::consent::{CategoryNumber, CategorySet, Consent, Deciseconds, ServiceNumber, Source};
use consentry::policy::reference::resolve;
use consentry::policy::{Base, Label, RuleFile, RuleSet, RuleStore, Scratch, Service, Site, Variant};
use std::path::Path;
use std::sync::Arc;

const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\n";

fn try_load(files: &[(&str, &str)]) -> Result<RuleSet, String> {
    let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect();
    RuleSet::from_files(&files).map_err(|errors| errors.to_string())
}

fn load(files: &[(&str, &str)]) -> RuleSet {
    try_load(files).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The site of one file that begins like [`SITE`].
fn site(rest: &str) -> Arc<Site> {
    Arc::clone(&load(&[("sites/shop.toml", &format!("{SITE}{rest}"))]).sites()[0])
}

fn embedded() -> Arc<Site> {
    Arc::clone(RuleSet::embedded().unwrap().site("any.example").unwrap())
}

fn service<'s>(site: &'s Site, raw: &str) -> Option<&'s Service> {
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    let target = resolve(raw.as_bytes(), &base, &mut scratch)?;
    site.service_at(&target)
}

fn slug<'s>(site: &'s Site, raw: &str) -> &'s str {
    service(site, raw).map_or("", |s| &s.slug)
}

fn number(n: u8) -> CategoryNumber {
    CategoryNumber::new(n).unwrap()
}

/// The examples of `rules/README.md`, each under the path of a file that it could be.
fn examples() -> Vec<(&'static str, String)> {
    let readme = std::fs::read_to_string("rules/README.md").unwrap();
    let texts = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let path = |text: &str| match text {
        site if site.contains("hosts = [\"shop") => "sites/shop.toml",
        lock if lock.contains("[categories]") => "numbers.lock",
        regimes if regimes.contains("[[regime]]") => "regimes.toml",
        _ => "catalogue/example.toml",
    };
    texts.map(|text| (path(&text), text)).collect()
}
