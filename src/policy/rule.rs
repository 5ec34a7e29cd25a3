//! Which of a service's rules a reference or a script matches: for `explain`, not for the request path.

use crate::policy::file::host_pattern;
use crate::policy::matcher::PathPattern;
use crate::policy::service::Service;

/// A rule as it is written in a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule<'s> {
    /// One of `hosts`.
    Host(&'s str),
    /// One of `paths`.
    Path(&'s str),
    /// One of `markers`.
    Marker(&'s str),
}

impl<'s> Rule<'s> {
    /// The rule's text.
    pub const fn text(&self) -> &'s str {
        match self {
            Self::Host(text) | Self::Path(text) | Self::Marker(text) => text,
        }
    }
}

impl Service {
    /// The rule by which a reference to this canonical host and path is this service's: the host rule that
    /// [`crate::policy::Site::service_at`] goes by, else the path rule. `None`: no rule of its own says so. O(rules).
    pub fn rule_at(&self, host: &str, path: &str) -> Option<Rule<'_>> {
        let by_host = self.hosts.iter().filter_map(|text| {
            let rule = host_pattern(text).ok()?;
            let below = host.strip_suffix(&rule.host);
            let is_host = below == Some("") || !rule.exact && below.is_some_and(|below| below.ends_with('.'));
            let fits = is_host && rule.path.as_ref().is_none_or(|pattern| pattern.fits(path));
            let rank = (rule.host.len(), rule.path.map_or(0, |pattern| pattern.text.len()), rule.exact);
            fits.then_some((rank, Rule::Host(text)))
        });
        let by_path = || {
            let fitting = self.paths.iter().filter_map(|text| {
                let rule = PathPattern::parse(text)?;
                rule.fits(path).then_some((rule.text.len(), Rule::Path(text)))
            });
            fitting.max_by_key(|(length, _)| *length).map(|(_, rule)| rule)
        };
        by_host.max_by_key(|(rank, _)| *rank).map(|(_, rule)| rule).or_else(by_path)
    }

    /// The first of its markers that is in this text, with plain or with escaped slashes. O(text × markers).
    pub fn marker_in(&self, code: &[u8]) -> Option<Rule<'_>> {
        let code = code.to_ascii_lowercase();
        let is_in = |marker: &str| memchr::memmem::find(&code, marker.as_bytes()).is_some();
        let found = self.markers.iter().find(|marker| {
            let marker = marker.to_ascii_lowercase();
            is_in(&marker) || is_in(&marker.replace('/', "\\/"))
        });
        found.map(|marker| Rule::Marker(marker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Base, RuleFile, RuleSet, Scratch, reference};

    fn rules() -> RuleSet {
        let service = "[[service]]\nslug = \"x\"\ncategory = \"marketing\"\n\
            hosts = [\"x.example\", \"=x.example\", \"x.example/tr\", \"cdn.x.example/*/sdk.js\"]\n\
            paths = [\"/m*\", \"/metrics/a.js\", \"*/a.js?id=\"]\nmarkers = [\"x.example/Boot\"]\n";
        let file = RuleFile::new("sites/a.toml", format!("format = 1\nhosts = [\"*\"]\n{service}"));
        RuleSet::from_files(&[file]).unwrap()
    }

    #[test]
    fn the_rule_is_the_one_that_decides() {
        let rules = rules();
        let service = rules.sites()[0].service_named("x").unwrap();
        for (host, path, rule) in [
            ("x.example", "/", Some(Rule::Host("=x.example"))),
            ("a.x.example", "/", Some(Rule::Host("x.example"))),
            ("x.example", "/tr?id=1", Some(Rule::Host("x.example/tr"))),
            ("cdn.x.example", "/en/sdk.js", Some(Rule::Host("cdn.x.example/*/sdk.js"))),
            ("notx.example", "/metrics/a.js", Some(Rule::Path("/metrics/a.js"))),
            ("shop.example", "/metrics", Some(Rule::Path("/m*"))),
            ("shop.example", "/x/a.js?id=1", Some(Rule::Path("*/a.js?id="))),
            ("shop.example", "/", None),
        ] {
            assert_eq!(service.rule_at(host, path), rule, "{host}{path}");
        }
        assert_eq!(service.marker_in(b"load('//X.EXAMPLE\\/boot')"), Some(Rule::Marker("x.example/Boot")));
        assert_eq!(service.marker_in(b"x.example"), None);
    }

    #[test]
    fn each_host_rule_of_the_catalogue_that_matches_is_found_again() {
        let rules = RuleSet::embedded().unwrap();
        let site = rules.site("shop.invalid").unwrap();
        let base = Base::document("https", "shop.invalid", "/");
        let mut met = 0;
        for service in rules.catalogue() {
            for host in service.hosts.iter().filter(|host| !host.contains('*')) {
                let url = format!("https://{}", host.trim_start_matches('='));
                let mut scratch = Scratch::default();
                let Some(target) = reference::resolve(url.as_bytes(), &base, &mut scratch) else { continue };
                let owner = site.service_at(&target).unwrap();
                assert!(owner.rule_at(target.host, target.path).is_some(), "{url} is {}'s", owner.slug);
                if owner.id == service.id {
                    met += 1;
                    assert_eq!(owner.rule_at(target.host, target.path), Some(Rule::Host(host)), "{url}");
                }
            }
        }
        assert!(met > 1_000, "{met}");
    }
}
