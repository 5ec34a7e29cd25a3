//! The name under which a shared cache before us keeps a visitor's pages: at most one for each answer by category and
//! each law, so that an edge can make it from a request (docs/behind-a-cdn.md).
//!
//! CORRECTNESS: the name decides the page. [`key`] has none for answers that a page depends on in any other way, and the
//! gateway compares: what an edge sends grants nothing.

use crate::consent::signal::Regime;
use crate::consent::{Consent, Source, cookie};
use crate::policy::site::Site;
use crate::policy::variant;
use std::fmt::Write;

/// `[edge]` of a site that lets a cache before us share pages between visitors of the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRules {
    /// The longest that the cache may keep a page, in seconds: how long an older set of rules may still be seen.
    pub max_age_seconds: u32,
    /// Cookies whose bearers get pages of their own (who is logged in, has a basket); `*` is any run of characters.
    pub private_cookies: Vec<String>,
}

/// Whether one of these `Cookie` fields has a cookie whose bearer gets pages of his own. O(length).
pub fn is_private<'c>(site: &Site, mut fields: impl Iterator<Item = &'c [u8]>) -> bool {
    let is_listed = |name: &[u8]| {
        let mut listed = false;
        site.index.private_cookies.each(name, |_| listed = true);
        listed
    };
    fields.any(|field| cookie::pairs(field).any(|(name, _)| is_listed(name)))
}

/// What a site's pages depend on beside what visitors say: what an edge's key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standings {
    /// The law, by region.
    pub by_regime: bool,
    /// `Sec-GPC`.
    pub by_gpc: bool,
}

impl Standings {
    /// Those of a site. O(regions).
    pub fn of(site: &Site) -> Self {
        Self { by_regime: site.regimes.depend_on_region(), by_gpc: site.regimes.hear_gpc(site.mapping.sale) }
    }
}

/// The key of the page that this visitor gets: `<said>[~<regime>][+gpc]`. `said` is the token of the companion cookie
/// (`<granted hex>.<refused hex>.<8 hex of the site's version>`), or `-` while nothing was said. One allocation.
///
/// `None` for a page that is this visitor's own: single services were answered for, some are younger than the answer, or
/// another tool took it, whose cookie an edge does not read.
pub fn key(site: &Site, consent: &Consent, regime: &Regime, gpc: bool) -> Option<String> {
    let (granted, refused) = variant::by_category_alone(site, consent)?;
    let mut key = match consent.source {
        Source::None if granted.is_empty() && refused.is_empty() => "-".to_owned(),
        Source::Own => format!("{:x}.{:x}.{}", granted.bits(), refused.bits(), variant::short_version(site)),
        _ => return None,
    };
    let Standings { by_regime, by_gpc } = Standings::of(site);
    if by_regime {
        // Writing to a String does not fail.
        let _ = write!(key, "~{}", regime.name);
    }
    if by_gpc && gpc {
        key.push_str("+gpc");
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{CategorySet, Deciseconds, ServiceNumber};
    use crate::policy::{RuleFile, RuleSet, Variant};
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::sync::LazyLock;

    static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
        let site = "format = 1\nhosts = [\"shop.example\"]\n[[override]]\nservice = \"hotjar\"\nsince = 2026-01-31\n";
        RuleSet::from_files(&[RuleFile::new("sites/shop.toml", site)]).unwrap()
    });

    fn visitor() -> impl Strategy<Value = (Consent, usize, bool)> {
        let services = prop::collection::vec((1_u16..40, any::<bool>()), 0..2);
        let updated = prop_oneof![Just(None), Just(Some(1)), Just(Some(u64::MAX / 2))];
        (0_u64..16, 0_u64..16, services, updated, 0_usize..2, any::<bool>()).prop_map(
            |(granted, refused, services, updated, regime, gpc)| {
                let said = granted | refused != 0 || !services.is_empty();
                let consent = Consent {
                    source: if said { Source::Own } else { Source::None },
                    granted: CategorySet::from_bits(granted),
                    refused: CategorySet::from_bits(refused),
                    services: services.into_iter().map(|(n, yes)| (ServiceNumber::new(n).unwrap(), yes)).collect(),
                    updated: updated.map(Deciseconds),
                    ..Consent::default()
                };
                (consent, regime, gpc)
            },
        )
    }

    proptest! {
        /// Whoever shares a key shares the page.
        #[test]
        fn one_key_is_one_page(visitors in prop::collection::vec(visitor(), 2..60)) {
            let site = RULES.site("shop.example").unwrap();
            let mut pages: HashMap<String, String> = HashMap::new();
            for (consent, regime, gpc) in visitors {
                let regime = &site.regimes.all[regime];
                let consent = consent.under(regime, gpc, &site.mapping);
                let page = Variant::of(site, &consent, "a");
                if let Some(key) = key(site, &consent, regime, gpc) {
                    let first = pages.entry(key.clone()).or_insert_with(|| page.id.clone());
                    prop_assert_eq!(&*first, &page.id, "{}", key);
                }
            }
        }
    }

    #[test]
    fn cookies_of_those_who_are_known_are_found_by_name() {
        let site = "format = 1\nhosts = [\"shop.example\"]\n[edge]\nshared = true\n\
                    private_cookies = [\"sid\", \"wordpress_logged_in_*\", \"*.token\", \"a*b*c\"]\n";
        let rules = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", site)]).unwrap();
        let site = rules.site("shop.example").unwrap();
        let is_private = |fields: &[&str]| super::is_private(site, fields.iter().map(|field| field.as_bytes()));
        for field in
            ["sid=1", "x=y; sid=", "wordpress_logged_in_=1", "wordpress_logged_in_ab=1", "a.token=1", "a1b2c=", "abc=1"]
        {
            assert!(is_private(&["x=y", field]), "{field}");
        }
        for field in
            ["", "sid", "sids=1", "SID=1", "xsid=1", "wordpress_logged_in=1", "token=1", "ac=1", "abcd=1", "v=sid"]
        {
            assert!(!is_private(&[field, "x=y"]), "{field}");
        }
    }

    #[test]
    fn the_key_begins_as_the_companion_cookie_does() {
        let site = RULES.site("shop.example").unwrap();
        let strict = site.regimes.of(None);
        let said = Consent {
            source: Source::Own,
            granted: CategorySet::from_bits(0b110),
            refused: CategorySet::from_bits(0b1000),
            updated: Some(Deciseconds(u64::MAX / 2)),
            ..Consent::default()
        };
        let companion = Variant::of(site, &said, "a").token.clone();
        let standing = said.under(strict, true, &site.mapping);
        assert_eq!(key(site, &standing, strict, true).unwrap(), format!("{companion}~opt-in+gpc"));
        assert_eq!(key(site, &Consent::default(), strict, false).unwrap(), "-~opt-in");
        let foreign = Consent { source: Source::Tool(crate::consent::codec::Format::OneTrust), ..standing };
        assert_eq!(key(site, &foreign, strict, false), None);
    }
}
