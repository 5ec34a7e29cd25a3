//! `srcset` and `imagesrcset`: a list with commas inside its URLs (pitfall 90). HTML, "parse a srcset attribute".

use super::text::decode_attribute;
use super::{Base, Scratch, Target, resolve};
use std::borrow::Cow;

/// The URLs of a raw `srcset`, each as raw attribute text again, so that [`resolve`] can read it: where the attribute has
/// character references they are decoded before it is split, and `&` is escaped anew.
pub fn srcset_urls(raw: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let (borrowed, owned) = match decode_attribute(raw) {
        Cow::Borrowed(text) => (Some(Candidates { rest: text }), Vec::new()),
        Cow::Owned(text) => (None, Candidates { rest: &text }.map(escape).collect()),
    };
    borrowed.into_iter().flatten().map(Cow::Borrowed).chain(owned.into_iter().map(Cow::Owned))
}

/// Calls `each` with where every URL of a raw `srcset` leads.
pub fn srcset_targets(raw: &[u8], base: &Base, scratch: &mut Scratch, mut each: impl FnMut(Target<'_>)) {
    for url in srcset_urls(raw) {
        if let Some(target) = resolve(&url, base, scratch) {
            each(target);
        }
    }
}

/// Decoded text as raw attribute text again, so that [`resolve`] can read it: `&` is escaped.
pub fn escape(url: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = url.split(|b| *b == b'&').collect();
    parts.join(b"&amp;".as_slice())
}

/// Splits decoded text into its candidates' URLs.
struct Candidates<'t> {
    rest: &'t [u8],
}

impl<'t> Iterator for Candidates<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let start = self.rest.iter().position(|b| !b.is_ascii_whitespace() && *b != b',')?;
        let text = self.rest.get(start..)?;
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        let (url, rest) = text.split_at_checked(end)?;
        let bare = url.iter().rposition(|b| *b != b',').map_or(0, |last| last + 1);
        if bare < url.len() {
            self.rest = rest;
            return url.get(..bare);
        }
        self.rest = after_descriptors(rest);
        Some(url)
    }
}

/// What follows the comma that ends a candidate's descriptors; commas in parentheses do not.
fn after_descriptors(text: &[u8]) -> &[u8] {
    let mut inside = false;
    let comma = text.iter().position(|b| {
        match b {
            b'(' => inside = true,
            b')' => inside = false,
            _ => {}
        }
        *b == b',' && !inside
    });
    comma.and_then(|at| text.get(at + 1..)).unwrap_or_default()
}
