//! Rules to start from: what an operator copies into a file and completes.

use std::fmt::Write;

/// A `[[service]]` for a host that nobody knew, in this category. `note` stands behind the category.
pub fn service(host: &str, category: &str, note: &str) -> String {
    let mut text = String::new();
    let note = if note.is_empty() { String::new() } else { format!(" # {note}") };
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "[[service]]\nslug = {}\ncategory = {}{note}\nhosts = [{}]\n",
        quoted(&slug(host)),
        quoted(category),
        quoted(host)
    );
    text
}

/// A host as a slug: `cdn.example.com` is `cdn-example-com`.
fn slug(host: &str) -> String {
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' { c } else { '-' };
    let slug: String = host.chars().map(plain).take(64).collect();
    if slug.is_empty() { "unknown".to_owned() } else { slug }
}

/// A TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};

    #[test]
    fn a_draft_is_a_good_rule() {
        for host in ["cdn.example.com", "xn--bcher-kva.example", "192.0.2.1", "localhost"] {
            let text = format!("format = 1\nhosts = [\"shop.example\"]\n{}", service(host, "marketing", "choose"));
            let rules = RuleSet::from_files(&[RuleFile::new("sites/a.toml", text)]).unwrap();
            assert_eq!(rules.sites()[0].every_service().last().unwrap().hosts.len(), 1, "{host}");
        }
        assert!(service("a.example", "x", "choose").contains("slug = \"a-example\"\ncategory = \"x\" # choose\n"));
    }
}
