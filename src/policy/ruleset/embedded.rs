//! The catalogue and the regimes that are built into the program.

use crate::policy::file::RuleFile;
use std::fmt::Write;

/// The files of `rules/catalogue/`, by hand: a test compares the list with the directory.
pub(super) const CATALOGUE: [(&str, &str); 16] = [
    ("catalogue/categories.toml", include_str!("../../../rules/catalogue/categories.toml")),
    ("catalogue/cookies.toml", include_str!("../../../rules/catalogue/cookies.toml")),
    ("catalogue/marketing-advertising.toml", include_str!("../../../rules/catalogue/marketing-advertising.toml")),
    ("catalogue/marketing-affiliates.toml", include_str!("../../../rules/catalogue/marketing-affiliates.toml")),
    ("catalogue/marketing-customers.toml", include_str!("../../../rules/catalogue/marketing-customers.toml")),
    ("catalogue/marketing-long-tail.toml", include_str!("../../../rules/catalogue/marketing-long-tail.toml")),
    ("catalogue/marketing.toml", include_str!("../../../rules/catalogue/marketing.toml")),
    ("catalogue/preferences-contact.toml", include_str!("../../../rules/catalogue/preferences-contact.toml")),
    ("catalogue/preferences-content.toml", include_str!("../../../rules/catalogue/preferences-content.toml")),
    ("catalogue/preferences-long-tail.toml", include_str!("../../../rules/catalogue/preferences-long-tail.toml")),
    ("catalogue/preferences-media.toml", include_str!("../../../rules/catalogue/preferences-media.toml")),
    ("catalogue/preferences.toml", include_str!("../../../rules/catalogue/preferences.toml")),
    ("catalogue/statistics-behaviour.toml", include_str!("../../../rules/catalogue/statistics-behaviour.toml")),
    ("catalogue/statistics-long-tail.toml", include_str!("../../../rules/catalogue/statistics-long-tail.toml")),
    ("catalogue/statistics-measuring.toml", include_str!("../../../rules/catalogue/statistics-measuring.toml")),
    ("catalogue/statistics.toml", include_str!("../../../rules/catalogue/statistics.toml")),
];

/// The embedded catalogue as files.
pub(super) fn catalogue() -> impl Iterator<Item = RuleFile> {
    CATALOGUE.into_iter().map(|(path, text)| RuleFile::new(format!("embedded/{path}"), text))
}

/// The embedded regimes.
pub(super) fn regimes() -> RuleFile {
    RuleFile::new("embedded/regimes.toml", include_str!("../../../rules/regimes.toml"))
}

/// The site of runs without site files: every host, these sources.
pub(super) fn default_site(sources: &[String]) -> RuleFile {
    let own = ["own".to_owned()];
    let sources = if sources.is_empty() { &own } else { sources };
    let mut text = String::from("format = 1\nhosts = [\"*\"]\nsources = [");
    for source in sources {
        // Writing to a String does not fail.
        let _ = write!(text, "{}, ", toml::Value::String(source.clone()));
    }
    text.push_str("]\n");
    if sources.iter().any(|source| source == "dastra") {
        text.push_str("cookie = \"consentry\"\n");
    }
    RuleFile::new("sites/default.toml", text)
}
