use super::*;
use crate::policy::file::{Document, Kind as FileKind, RuleErrors, RuleFile};
use std::collections::BTreeSet;

/// The keys that the parser knows of a table: it lists them when it meets one that is like none of them.
fn known(kind: FileKind, path: &str, before: &str) -> BTreeSet<String> {
    let text = format!("format = 1\n{before}\nzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz = 1\n");
    let mut errors = RuleErrors::default();
    drop(Document::read(&RuleFile::new(path, text), kind, &mut errors));
    let error = errors.0.iter().find(|e| e.problem == "unknown key").unwrap();
    error.hint.strip_prefix("known are ").unwrap().split(", ").map(str::to_owned).collect()
}

fn written(keys: &[Key]) -> BTreeSet<String> {
    keys.iter().map(|key| key.name.to_owned()).collect()
}

fn sub<'k>(keys: &'k [Key], name: &str) -> &'k [Key] {
    match keys.iter().find(|key| key.name == name).unwrap().kind {
        Kind::Table(keys) | Kind::Tables(keys) => keys,
        _ => panic!("{name} is no table"),
    }
}

#[test]
fn the_schema_has_the_keys_that_the_parser_knows() {
    let (site, shared) = ("sites/a.toml", "catalogue/a.toml");
    assert_eq!(written(keys::SITE), known(FileKind::Site, site, "hosts = []"));
    assert_eq!(written(keys::CATALOGUE), known(FileKind::Catalogue, shared, ""));
    assert_eq!(written(keys::ALL_REGIMES), known(FileKind::Regimes, "regimes.toml", ""));
    let regime = known(FileKind::Regimes, "regimes.toml", "[[regime]]");
    assert_eq!(written(sub(keys::ALL_REGIMES, "regime")), regime);
    assert_eq!(sources::NAMES, crate::consent::Source::all().map(|source| source.name()).collect::<Vec<_>>());
    assert_eq!(written(keys::LOCK), known(FileKind::Lock, "numbers.lock", ""));
    for table in keys::SITE {
        let head = match table.kind {
            Kind::Table(_) => format!("[{}]", table.name),
            Kind::Tables(_) => format!("[[{}]]", table.name),
            _ => continue,
        };
        assert_eq!(written(sub(keys::SITE, table.name)), known(FileKind::Site, site, &head), "{head}");
    }
    let variant = known(FileKind::Site, site, "[[widget.variant]]");
    assert_eq!(written(sub(sub(keys::SITE, "widget"), "variant")), variant);
    for name in ["category", "service", "list"] {
        assert_eq!(written(sub(keys::CATALOGUE, name)), known(FileKind::Catalogue, shared, &format!("[[{name}]]")));
    }
}

#[test]
fn there_is_a_schema_for_each_kind_of_file_and_for_nothing_else() {
    assert!(SCHEMAS.iter().all(|kind| schema(kind).is_some_and(|s| s["additionalProperties"] == false)));
    assert!(schema("README").is_none());
}
