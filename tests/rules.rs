//! The rule files from outside: what is accepted, what is refused and how it is said, what versions depend on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use consentry::policy::{Base, Label, RuleFile, RuleSet, Scratch, reference::resolve};

fn load(files: &[(&str, &str)]) -> RuleSet {
    let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect();
    RuleSet::from_files(&files).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_embedded_rules_answer_for_every_host() {
    let rules = RuleSet::embedded().unwrap_or_else(|e| panic!("{e}"));
    let site = rules.site("whatever.example").unwrap();
    assert_eq!((site.name.as_str(), site.prefix.as_str(), site.cookie.as_str()), ("default", "/_c/", "euconsent"));
    let mut scratch = Scratch::default();
    let base = Base::document("https", "shop.example", "/");
    let target = resolve(b"https://www.facebook.com/tr?id=1&amp;ev=PageView", &base, &mut scratch).unwrap();
    let service = site.service_at(&target).unwrap();
    assert_eq!(service.slug, "meta-pixel");
    assert_eq!(site.mark(&[site.decider(service, Label::Absent)]), "marketing:meta-pixel");
    assert_eq!(rules.version().len(), 16);
}

#[test]
fn a_site_file_is_read() {
    let rules = load(&[("sites/shop.toml", "format = 1\nhosts = [\"shop.example\", \"*.shop.example\"]\n")]);
    assert!(rules.site("shop.example").is_some());
    assert!(rules.site("a.b.shop.example").is_some());
    assert!(rules.site("other.example").is_none());
}
