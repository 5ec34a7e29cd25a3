//! Everything that is not plain: the `url` crate, which follows the URL standard, over the cleaned text.

use super::base::Base;
use super::fast::Fast;
use std::borrow::Cow;
use std::fmt::Write;
use url::{Host, Url};

/// Parses cleaned text against the base. Bytes that are not UTF-8 are read as windows-1252, like most pages that are
/// neither: only an internationalised host could come out otherwise.
pub(super) fn parse(clean: &[u8], base: &Base) -> Option<Url> {
    let text = match std::str::from_utf8(clean) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(clean).0,
    };
    let base = base.url.as_ref();
    match (behind_slashes(&text), base.filter(|url| is_fetched(url))) {
        // The `url` crate wants exactly two slashes here; the standard skips all of them.
        (Some(rest), Some(base)) => Url::parse(&format!("{}://{rest}", base.scheme())).ok(),
        _ => Url::options().base_url(base).parse(&text).ok(),
    }
}

/// What follows two or more slashes or backslashes.
fn behind_slashes(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(['/', '\\']);
    (text.len() - rest.len() >= 2).then_some(rest)
}

fn is_fetched(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http" | "wss" | "ws")
}

/// Resolves cleaned text; see [`super::resolve`].
pub(super) fn resolve(clean: &[u8], base: &Base, host: &mut String, path: &mut String) -> Fast {
    host.clear();
    path.clear();
    if clean.is_empty() || clean.starts_with(b"#") {
        return Fast::Nothing;
    }
    let Some(url) = parse(clean, base) else { return Fast::Nothing };
    if !write_host(&url, host) {
        return Fast::Nothing;
    }
    path.push_str(url.path());
    if let Some(query) = url.query() {
        path.push('?');
        path.push_str(query);
    }
    Fast::Fetches
}

/// Writes the canonical host; `false` when the scheme is not one that browsers fetch from a page.
pub(super) fn write_host(url: &Url, out: &mut String) -> bool {
    if !is_fetched(url) {
        return false;
    }
    match url.host() {
        Some(Host::Domain(name)) => out.push_str(name.trim_end_matches('.')),
        // Writing to a String does not fail.
        Some(address) => drop(write!(out, "{address}")),
        None => {}
    }
    !out.is_empty()
}
