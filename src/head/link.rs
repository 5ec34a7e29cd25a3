//! `Link` fields (RFC 8288): a tag without consent must not be fetched by way of the head (pitfalls 5, 42).
//!
//! Members are judged one by one and those that stay keep their bytes. Where browsers differ in reading a malformed
//! field, each member that one of them could see is judged.

use super::{HeadEdits, Judge, list};
use http::header::LINK;
use http::{HeaderMap, HeaderValue};

/// Relations that make a browser connect or fetch. Others (`canonical`, `next`) only describe.
const FETCHING: [&str; 15] = [
    "preload",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "prefetch",
    "prerender",
    "stylesheet",
    "icon",
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "mask-icon",
    "manifest",
    "import",
    "compression-dictionary",
    "subresource",
];

/// What is left of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filtered {
    /// Everything, as it came.
    Same,
    /// These bytes.
    Rest(Vec<u8>),
    /// Nothing.
    Gone,
}

/// Takes blocked members out of all `Link` fields; no edit when there are none.
pub fn filter(headers: &HeaderMap, judge: &dyn Judge, edits: &mut HeadEdits) {
    let mut kept = Vec::new();
    let mut changed = false;
    for field in headers.get_all(LINK) {
        match filter_field(field.as_bytes(), judge) {
            Filtered::Same => kept.push(field.clone()),
            // Members of a valid field are valid; if not, the field goes: that is the stricter way.
            Filtered::Rest(rest) => {
                changed = true;
                kept.extend(HeaderValue::from_bytes(&rest));
            }
            Filtered::Gone => changed = true,
        }
    }
    if changed {
        edits.remove(headers, &LINK);
        edits.append.extend(kept.into_iter().map(|value| (LINK, value)));
    }
}

/// Takes blocked members out of one field.
pub fn filter_field(field: &[u8], judge: &dyn Judge) -> Filtered {
    let members = || list::link_members(field);
    let blocked = |member: &&[u8]| is_blocked(member, judge);
    if !members().any(|member| blocked(&member)) {
        return Filtered::Same;
    }
    let rest: Vec<&[u8]> = members().filter(|member| !blocked(member)).collect();
    if rest.is_empty() { Filtered::Gone } else { Filtered::Rest(rest.join(b", ".as_slice())) }
}

/// Whether a member makes a browser reach for a blocked URL, in its target or in a preload's `imagesrcset`.
fn is_blocked(member: &[u8], judge: &dyn Judge) -> bool {
    let Some(inside) = member.strip_prefix(b"<") else { return false };
    let Some(end) = inside.iter().position(|b| *b == b'>') else {
        // No browser reads it; in case one does, it goes unless it is harmless as a whole.
        return judge.blocks(inside);
    };
    let (target, parameters) = (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default());
    let mut fetches = false;
    let mut images_blocked = false;
    for (name, value) in Parameters(parameters) {
        if name.eq_ignore_ascii_case(b"rel") {
            fetches |= is_fetching(value);
        } else if name.eq_ignore_ascii_case(b"imagesrcset") {
            images_blocked |= candidates(value).any(|url| judge.blocks(url));
        }
    }
    // A `<` inside may be another member's, where the first one was never closed.
    fetches && (images_blocked || target.split(|b| *b == b'<').any(|url| judge.blocks(url)))
}

fn is_fetching(relations: &[u8]) -> bool {
    let relations = relations.split(|b| !(b.is_ascii_alphanumeric() || *b == b'-'));
    let mut known = relations.map(|relation| FETCHING.iter().any(|f| relation.eq_ignore_ascii_case(f.as_bytes())));
    known.any(|fetching| fetching)
}

/// The URLs of a `srcset`-like list, with what else could be read as one: every word, with commas taken off its ends.
fn candidates(srcset: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = srcset.split(|b| b.is_ascii_whitespace());
    words
        .map(|word| {
            let word = word.strip_prefix(b",").unwrap_or(word);
            word.strip_suffix(b",").unwrap_or(word)
        })
        .filter(|word| word.iter().any(|b| matches!(b, b'/' | b'\\')))
}

/// `; name=value` pairs; values without their quotation marks, single ones too, which one browser reads.
struct Parameters<'m>(&'m [u8]);

impl<'m> Iterator for Parameters<'m> {
    type Item = (&'m [u8], &'m [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.iter().position(|b| !matches!(b, b';' | b' ' | b'\t'))?;
        let text = self.0.get(start..)?;
        let end = text.iter().position(|b| matches!(b, b';' | b'=')).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        let Some(value) = rest.strip_prefix(b"=").map(<[u8]>::trim_ascii_start) else {
            self.0 = rest;
            return Some((name.trim_ascii(), b""));
        };
        let quoted = value.strip_prefix(b"\"").and_then(|inside| {
            let length = list::quoted(inside)?;
            Some((inside.get(..length - 1)?, inside.get(length..)?))
        });
        let (value, rest) = quoted.unwrap_or_else(|| {
            let end = value.iter().position(|b| *b == b';').unwrap_or(value.len());
            let (value, rest) = value.split_at_checked(end).unwrap_or((value, b""));
            (value.trim_ascii().trim_ascii_start(), rest)
        });
        self.0 = rest;
        let value = value.strip_prefix(b"'").map_or(value, |v| v.strip_suffix(b"'").unwrap_or(v));
        Some((name.trim_ascii(), value.strip_prefix(b"\"").unwrap_or(value)))
    }
}

/// For fuzzing: whatever the field, exactly the members that are not blocked must stay, byte for byte and in order, and
/// filtering once more must change nothing.
pub fn fuzz_link(field: &[u8]) {
    assert!(holds(field), "a member was lost or changed");
}

fn holds(field: &[u8]) -> bool {
    let judge = |url: &[u8]| url.windows(7).any(|w| w == b"tracker");
    let kept = |field: &[u8]| -> Vec<Vec<u8>> {
        list::link_members(field).filter(|member| !is_blocked(member, &judge)).map(<[u8]>::to_vec).collect()
    };
    match filter_field(field, &judge) {
        Filtered::Same => kept(field).len() == list::link_members(field).count(),
        Filtered::Gone => kept(field).is_empty(),
        Filtered::Rest(rest) => {
            let members: Vec<Vec<u8>> = list::link_members(&rest).map(<[u8]>::to_vec).collect();
            members == kept(field) && filter_field(&rest, &judge) == Filtered::Same
        }
    }
}
