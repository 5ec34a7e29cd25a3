//! A site's host and path rules in short: what the guard judges by in the browser, made once per site.
//!
//! The catalogue's plain hosts (no path, sub-domains included, more than one label) are hashes in a string of bits
//! (`packed/bits.rs`): half of what their names take, compressed. All else is text.
//!
//! The text is two blocks, the site's own services and what the catalogue has without a host (paths), an empty line between them; what
//! the catalogue has of hosts is a block of its own, for whoever is asked about a host that the site's own services do not have. One line
//! per service in the order in which the matcher asks them. A line is `<category>.<number> <rule> <rule> …`. The category's number is left out where
//! it is that of the line before; the service's number is what lies between it and the one before, left out where that is
//! nothing, `=7` where it is not behind it, and `-` for a service that has none. A service that is only reported has the category of
//! what always runs, and no number. Rules are written as in rule files, hosts in their canonical form; but `facebook` stands for `facebook.com`, `a.b.`
//! for `a.b.com`, `localhost..` for a host of one label, and a file in any folder of a host is `connect.facebook.net*/sdk.js`.
//!
//! A service has a key for each of its hosts that is hashed, beside its number.

mod bits;

use crate::consent::{CategoryNumber, ServiceNumber};
use crate::policy::file::host_pattern;
use crate::policy::matcher::{HostPattern, PathPattern};
use crate::policy::mode::Mode;
use crate::policy::service::Service;
use crate::policy::site::Site;
use bits::Hashed;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

/// What the browser is given of a site's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The site's own services, and the catalogue's paths: printable ASCII and line feeds.
    pub text: String,
    /// The catalogue's hosts that are not hashed.
    pub rest: String,
    /// The hashes of the others, in base64.
    pub hosts: String,
    /// The cookies of what the site shows and of its own services.
    pub cookies: String,
    /// The keys of the services' hashed hosts, each at least 65536.
    pub keys: ServiceKeys,
}

/// Keys by service.
pub type ServiceKeys = HashMap<ServiceNumber, Vec<u32>>;

impl Site {
    /// The rules that [`Site::service_at`] asks, for the browser. O(rules): not for the request path.
    pub fn packed(&self) -> Packed {
        let mut hashed = Hashed::default();
        let (mut own, mut paths, mut rest) = (Block::default(), Block::default(), Block::default());
        for service in self.index.own_slots.iter().flatten() {
            own.push(service, hosts(service, |_| false) + &self::paths(service));
        }
        for service in self.index.slots.iter().flatten() {
            let (category, number) = judged(service);
            rest.push(service, hosts(service, |pattern| hashed.take(category, number, pattern)));
            paths.push(service, self::paths(service));
        }
        let (hosts, keys) = hashed.finish();
        let text = [own.text, paths.text].join("\n\n");
        Packed { text, rest: rest.text, hosts, cookies: self.packed_cookies(), keys }
    }

    /// One line per service, `<category>.<number> <name> <name> …`, with `*` for any ending. The catalogue's other services are left
    /// out: a page that a script of theirs runs on is rare, and their names would be a third of the file.
    fn packed_cookies(&self) -> String {
        let own = self.index.own_slots.iter().flatten();
        let mut lines = BTreeSet::new();
        for service in self.shown.iter().chain(own) {
            let is_judged = service.category != CategoryNumber::NECESSARY && service.mode == Mode::Enforce;
            let (Some(number), true) = (service.number, is_judged) else { continue };
            let names = service.cookies.iter().filter(|name| self.judges_cookie(name, number));
            let line = names.fold(String::new(), |line, name| line + " " + name);
            if !line.is_empty() {
                lines.insert(format!("{}.{}{line}", service.category.get(), number.get()));
            }
        }
        lines.into_iter().collect::<Vec<_>>().join("\n")
    }

    /// Whether a name of a service's counts as its, and is not one that the site needs.
    fn judges_cookie(&self, name: &str, number: ServiceNumber) -> bool {
        let mut counts = false;
        self.each_service_of_cookie(name.as_bytes(), |service| counts |= service.number == Some(number));
        counts && name.is_ascii() && !self.is_necessary_cookie(name.as_bytes())
    }
}

/// What decides about a service in the browser. What is only reported runs there too: it keeps its rules, so that no other rule
/// takes its hosts.
fn judged(service: &Service) -> (CategoryNumber, Option<ServiceNumber>) {
    match service.mode {
        Mode::Report => (CategoryNumber::NECESSARY, None),
        Mode::Enforce => (service.category, service.number),
    }
}

/// Lines, each in short beside the one before it.
#[derive(Debug, Default)]
struct Block {
    text: String,
    category: Option<CategoryNumber>,
    number: u16,
}

impl Block {
    /// Adds a service's line, if it has rules.
    fn push(&mut self, service: &Service, rules: String) {
        if rules.is_empty() {
            return;
        }
        let (category, number) = judged(service);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if self.category.replace(category) != Some(category) {
            // Writing to a String does not fail.
            let _ = write!(self.text, "{}", category.get());
        }
        push_number(number.map(ServiceNumber::get), &mut self.number, &mut self.text);
        self.text.push_str(&rules);
    }
}

fn push_number(own: Option<u16>, before: &mut u16, text: &mut String) {
    // Writing to a String does not fail.
    let _ = match own.map(|own| (own, own.checked_sub(before.saturating_add(1)))) {
        None => write!(text, ".-"),
        Some((_, Some(0))) => Ok(()),
        Some((_, Some(between))) => write!(text, ".{between}"),
        Some((own, None)) => write!(text, ".={own}"),
    };
    *before = own.unwrap_or(*before);
}

/// A service's rules with a host, each behind a space, but those that somebody else takes.
fn hosts(service: &Service, mut takes: impl FnMut(&HostPattern) -> bool) -> String {
    let mut text = String::new();
    // What a rule file holds has been read once, and is good.
    for pattern in service.hosts.iter().filter_map(|host| host_pattern(host).ok()).filter(|pattern| !takes(pattern)) {
        text.push(' ');
        push_host(&pattern, &mut text);
    }
    text
}

/// Those for any host.
fn paths(service: &Service) -> String {
    let mut text = String::new();
    for pattern in service.paths.iter().filter_map(|path| PathPattern::parse(path)) {
        text.push(' ');
        push_path(&pattern, &mut text);
    }
    text
}

fn push_host(pattern: &HostPattern, text: &mut String) {
    if pattern.exact {
        text.push('=');
    }
    text.push_str(pattern.host.strip_suffix(".com").unwrap_or(&pattern.host));
    match (pattern.host.strip_suffix(".com"), pattern.host.contains('.')) {
        (Some(name), _) if name.contains('.') => text.push('.'),
        (None, false) => text.push_str(".."),
        _ => {}
    }
    if let Some(path) = &pattern.path {
        push_path(path, text);
    }
}

fn push_path(pattern: &PathPattern, text: &mut String) {
    if pattern.anywhere {
        text.push('*');
    }
    text.push_str(&pattern.text);
    if !pattern.border && !pattern.anywhere {
        text.push('*');
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{RuleFile, RuleSet};

    fn packed(catalogue: &[RuleFile], own: &str) -> super::Packed {
        let file = RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [\"*\"]\n{own}"));
        let files: Vec<RuleFile> = catalogue.iter().cloned().chain([file]).collect();
        RuleSet::from_files(&files).unwrap().site("any.example").unwrap().packed()
    }

    fn service(number: u32, slug: &str, category: &str, rules: &str) -> String {
        format!("[[service]]\nnumber = {number}\nslug = \"{slug}\"\ncategory = \"{category}\"\n{rules}\n")
    }

    #[test]
    fn rules_are_written_short_and_in_their_order() {
        let own = service(
            60_003,
            "b",
            "marketing",
            "hosts = [\"=Www.Bücher.example\", \"localhost\", \"x.com/a*\", \"cdn.x.com/*/a.js\"]",
        ) + &service(60_001, "a", "statistics", "paths = [\"/m/\", \"/n*\", \"*/o.js?id=\"]")
            + &service(60_004, "c", "marketing", "hosts = [\"com.example\", \"y.com\"]")
            + &service(60_005, "d", "marketing", "cookies = [\"_d\"]");
        let packed = packed(&[], &own);
        let (own, shared) = packed.text.split_once("\n\n").unwrap();
        assert_eq!(
            own,
            "2.60000 /m/ /n* */o.js?id=\n3.1 =www.xn--bcher-kva.example localhost.. x/a* cdn.x.*/a.js\n com.example y"
        );
        assert!(
            shared.lines().count() > 5 && shared.split([' ', '\n']).all(|rule| !rule.contains("facebook")),
            "{shared}"
        );
        assert!(packed.rest.lines().count() > 30 && packed.text.is_ascii() && packed.rest.is_ascii());
        assert!(packed.keys.len() > 1500 && packed.keys.values().flatten().all(|key| *key >= 65_536));
    }

    #[test]
    fn plain_hosts_of_the_catalogue_are_hashed_and_others_are_written() {
        let categories = include_str!("../../rules/catalogue/categories.toml");
        let all = service(1, "one", "marketing", "hosts = [\"one.example\", \"com\", \"=two.example\"]")
            + &service(2, "two", "statistics", "hosts = [\"two.example\"]")
            + &service(3, "three", "statistics", "paths = [\"/three\"]");
        let catalogue = [
            RuleFile::new("catalogue/categories.toml", categories),
            RuleFile::new("catalogue/a.toml", format!("format = 1\n{all}")),
        ];
        let packed = packed(&catalogue, "");
        assert!(packed.rest.contains("com.. =two.example") && packed.text.contains("/three"), "{packed:?}");
        assert!(!packed.text.contains("one.example") && !packed.rest.contains("one.example"), "{packed:?}");
        assert_eq!(packed.keys.len(), 2, "the third has no host");
        let reports = "[[override]]\nservice = \"one\"\nmode = \"report\"\n";
        assert_eq!(super::tests::packed(&catalogue, reports).keys.len(), 1, "what is reported runs, whoever asks");
    }
}
