//! Attribute text to [`Target`]: what a browser would fetch, by the WHATWG URL rules for scheme, host and path.
//!
//! The raw bytes of the attribute come in, undecoded. Character references are decoded first (pitfall 63), then TAB, LF
//! and CR go, then it is a URL (91-93). Plain ASCII takes a path of its own (`fast`); everything else goes through the
//! `url` crate (`slow`); a property test holds both to the same answer.

mod base;
mod fast;
mod refresh;
mod slow;
mod srcset;
mod text;

pub use base::Base;
pub use refresh::refresh_target;
pub use srcset::{escape, srcset_targets, srcset_urls};
pub use text::decode_attribute;

use fast::Fast;

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'s> {
    /// Canonical: lower case, punycode, without port, user and trailing dot; an IPv4 address in dotted decimals.
    pub host: &'s str,
    /// Path and query, without dot segments: `/gtag/js?id=G-1`.
    pub path: &'s str,
    /// Whether the host is neither the document's own nor above or below it (`www.` left aside). There is no public
    /// suffix list behind it: `a.shop.example` and `b.shop.example` are third parties to each other.
    pub third_party: bool,
}

/// Buffers that are used again from reference to reference.
#[derive(Debug, Default)]
pub struct Scratch {
    text: Vec<u8>,
    host: String,
    path: String,
}

/// Resolves an attribute's raw bytes against the base. `None` is what does not fetch over the network: `data:`, `blob:`,
/// `about:`, `javascript:`, `mailto:`, a fragment alone, nothing, and what no browser can parse.
///
/// Plain ASCII allocates nothing once the scratch has grown; time is linear in the length, and constant for `data:`.
pub fn resolve<'s>(raw: &[u8], base: &Base, scratch: &'s mut Scratch) -> Option<Target<'s>> {
    let Scratch { text, host, path } = scratch;
    let trimmed = text::trim(raw);
    let mut found = fast::resolve(trimmed, base, host, path);
    if found == Fast::Odd {
        let clean = text::clean(trimmed, text);
        found = fast::resolve(clean, base, host, path);
        if found == Fast::Odd {
            found = slow::resolve(clean, base, host, path);
        }
    }
    (found == Fast::Fetches).then(|| Target { third_party: base.is_third_party(host), host, path })
}

/// For fuzzing: any bytes, any base; must not panic, and the host must be canonical.
pub fn fuzz_reference(data: &[u8]) {
    let (href, raw) = data.split_at_checked(data.len() / 3).unwrap_or((&[], data));
    let mut scratch = Scratch::default();
    let base = Base::document("https", "shop.example", "/a/b.html").update_from_base_href(href);
    if let Some(target) = resolve(raw, &base, &mut scratch) {
        assert!(!target.host.is_empty() && !target.host.bytes().any(|b| b.is_ascii_uppercase()), "host not canonical");
        assert!(target.path.starts_with('/'), "path not absolute");
    }
    srcset_targets(raw, &base, &mut scratch, |_| {});
}

#[cfg(test)]
mod tests;
