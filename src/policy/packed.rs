//! A site's host and path rules as a short text: what the guard judges by in the browser, made once per site.
//!
//! Two blocks, the site's own services and the catalogue's, an empty line between them; one line per service in the order
//! in which the matcher asks them. A line is `<category>.<number> <rule> <rule> …`. The category's number is left out where
//! it is that of the line before; the service's number is what lies between it and the one before, left out where that is
//! nothing, `=7` where it is not behind it, and `-` for a service that has none. A service that is only reported has the category of
//! what always runs, and no number. Rules are written as in rule files, hosts in their canonical form; but `facebook` stands for `facebook.com`, `a.b.`
//! for `a.b.com`, `localhost..` for a host of one label, and a file in any folder of a host is `connect.facebook.net*/sdk.js`.

use crate::consent::{CategoryNumber, ServiceNumber};
use crate::policy::file::host_pattern;
use crate::policy::matcher::{HostPattern, PathPattern};
use crate::policy::mode::Mode;
use crate::policy::service::Service;
use crate::policy::site::Site;
use std::fmt::Write;
use std::sync::Arc;

impl Site {
    /// The rules that [`Site::service_at`] asks, as text: printable ASCII and line feeds. O(rules): not for the request path.
    pub fn packed(&self) -> String {
        [block(&self.index.own_slots), block(&self.index.slots)].join("\n\n")
    }
}

fn block(slots: &[Option<Arc<Service>>]) -> String {
    let mut text = String::new();
    let (mut category, mut number) = (None, 0_u16);
    for service in slots.iter().flatten() {
        let rules = rules(service);
        if rules.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        // What is only reported runs in the browser too: it keeps its line, so that no other rule takes its hosts.
        let is_reported = service.mode == Mode::Report;
        let own = if is_reported { CategoryNumber::NECESSARY } else { service.category };
        if category.replace(own) != Some(own) {
            // Writing to a String does not fail.
            let _ = write!(text, "{}", own.get());
        }
        push_number(service.number.filter(|_| !is_reported).map(ServiceNumber::get), &mut number, &mut text);
        text.push_str(&rules);
    }
    text
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

/// A service's rules, each behind a space.
fn rules(service: &Service) -> String {
    let mut text = String::new();
    // What a rule file holds has been read once, and is good.
    for pattern in service.hosts.iter().filter_map(|host| host_pattern(host).ok()) {
        text.push(' ');
        push_host(&pattern, &mut text);
    }
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

    #[test]
    fn rules_are_written_short_and_in_their_order() {
        let service = |number: u32, slug: &str, category: &str, rules: &str| {
            format!("[[service]]\nnumber = {number}\nslug = \"{slug}\"\ncategory = \"{category}\"\n{rules}\n")
        };
        let own = service(
            60_003,
            "b",
            "marketing",
            "hosts = [\"=Www.Bücher.example\", \"localhost\", \"x.com/a*\", \"cdn.x.com/*/a.js\"]",
        ) + &service(60_001, "a", "statistics", "paths = [\"/m/\", \"/n*\", \"*/o.js?id=\"]")
            + &service(60_004, "c", "marketing", "hosts = [\"com.example\", \"y.com\"]")
            + &service(60_005, "d", "marketing", "cookies = [\"_d\"]");
        let text = format!("format = 1\nhosts = [\"*\"]\n{own}");
        let rules = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap();
        let packed = rules.site("any.example").unwrap().packed();
        let (own, shared) = packed.split_once("\n\n").unwrap();
        assert_eq!(
            own,
            "2.60000 /m/ /n* */o.js?id=\n3.1 =www.xn--bcher-kva.example localhost.. x/a* cdn.x.*/a.js\n com.example y"
        );
        assert!(shared.lines().count() > 70 && shared.is_ascii());
    }
}
