//! What the tests of the room `rewrite` share: a page of given rules and consent, rewritten in given pieces.
#![allow(dead_code, reason = "each test target uses its part")]

use bytes::Bytes;
use consentry::consent::{CategorySet, Consent, Deciseconds, Source};
use consentry::policy::{Base, RuleFile, RuleSet, Site};
use consentry::rewrite::{Page, RewriteError, Rewriter};
use std::sync::Arc;

/// A site of the built-in catalogue whose site file has these lines more.
pub(crate) fn site(more: &str) -> Arc<Site> {
    let catalogue = RuleSet::embedded().unwrap();
    if more.trim().is_empty() {
        return Arc::clone(catalogue.site("shop.example").unwrap());
    }
    let file = RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [\"shop.example\"]\n{more}"));
    let rules = RuleSet::from_files(&[file]).unwrap_or_else(|errors| panic!("{errors:?}"));
    Arc::clone(rules.site("shop.example").unwrap())
}

/// A visitor who granted the categories of these names (and refused the others), and these services apart from them.
pub(crate) fn consent(site: &Site, granted: &[String], services: &[(String, bool)]) -> Consent {
    let number = |name: &String| site.category_named(name).unwrap_or_else(|| panic!("no category {name}")).number;
    let granted: CategorySet = granted.iter().map(number).collect();
    let refused = site.mapping.categories.difference(granted);
    let mut services: Vec<_> =
        services.iter().map(|(slug, yes)| (site.service_named(slug).unwrap().number.unwrap(), *yes)).collect();
    services.sort_unstable();
    let updated = Some(Deciseconds::from_secs(1_900_000_000));
    Consent { source: Source::Own, granted, refused, services: services.into(), updated, ..Consent::default() }
}

/// A page of `https://shop.example/a/b.html` in UTF-8, with nothing to inject.
pub(crate) fn page(site: &Arc<Site>, consent: Consent) -> Page {
    Page {
        site: Arc::clone(site),
        consent: Arc::new(consent),
        base: Base::document("https", "shop.example", "/a/b.html"),
        snippet: None,
        ours: None,
        charset: Some(encoding_rs::UTF_8),
        trace: false,
    }
}

/// Rewrites `html`, given in pieces of the lengths that `next` says.
pub(crate) fn in_pieces(page: &Page, html: &[u8], mut next: impl FnMut() -> usize) -> Result<Vec<u8>, RewriteError> {
    let mut rewriter = Rewriter::new(page.clone());
    let (mut rest, mut out) = (html, Vec::new());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(next().clamp(1, rest.len()));
        out.extend_from_slice(&rewriter.write(Bytes::copy_from_slice(piece))?);
        rest = behind;
    }
    out.extend_from_slice(&rewriter.finish()?);
    assert!(rewriter.finish()?.is_empty(), "finish is idempotent");
    Ok(out)
}

/// Rewrites `html` in one piece.
pub(crate) fn whole(page: &Page, html: &[u8]) -> Vec<u8> {
    in_pieces(page, html, || usize::MAX).unwrap()
}

/// Numbers that look random and can be had again: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Seeded by the clock, unless `CONSENTRY_SEED` says a number; tests print it.
    pub(crate) fn new() -> Self {
        let clock = || u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() & 0xFFFF_FFFF).unwrap();
        Self(std::env::var("CONSENTRY_SEED").map_or_else(|_| clock(), |seed| seed.parse().unwrap()))
    }

    /// 0 to `below` - 1.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(below.max(1)).unwrap()).unwrap()
    }
}

/// Fails where two outputs part, with what stands there.
pub(crate) fn assert_same(left: &[u8], right: &[u8], what: &str) {
    if left == right {
        return;
    }
    let at = left.iter().zip(right).position(|(l, r)| l != r).unwrap_or(left.len().min(right.len()));
    let around =
        |text: &[u8]| String::from_utf8_lossy(&text[at.saturating_sub(160)..text.len().min(at + 160)]).into_owned();
    panic!("{what}: they part at {at}\n--- left\n{}\n--- right\n{}", around(left), around(right));
}
