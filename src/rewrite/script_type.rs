//! What a browser, or a consent tool on the page, does with a script of this type (pitfall 83).

use super::tag::Tag;
use crate::policy::reference::decode_attribute;

/// What a browser does with a script of this type (pitfall 83).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Classic or module: it runs.
    Executable,
    /// `text/plain`, or another type that only a label gives a sense to: it does not run, and may be meant to.
    Inert,
    /// Rules that make the browser fetch pages ahead.
    Speculation,
    /// Data, templates, maps: not ours.
    Data,
}

const JAVASCRIPT: [&[u8]; 16] = [
    b"application/ecmascript",
    b"application/javascript",
    b"application/x-ecmascript",
    b"application/x-javascript",
    b"text/ecmascript",
    b"text/javascript",
    b"text/javascript1.0",
    b"text/javascript1.1",
    b"text/javascript1.2",
    b"text/javascript1.3",
    b"text/javascript1.4",
    b"text/javascript1.5",
    b"text/jscript",
    b"text/livescript",
    b"text/x-ecmascript",
    b"text/x-javascript",
];

impl Type {
    /// The type of a script's tag. An attribute of white space only is read as empty, which errs on the live side.
    pub(crate) fn of(tag: &Tag<'_>) -> Self {
        let essence = essence(tag);
        match essence.as_slice() {
            b"" | b"module" => Self::Executable,
            known if JAVASCRIPT.contains(&known) => Self::Executable,
            b"text/plain" | b"dastra/script" | b"didomi/javascript" | b"didomi/html" => Self::Inert,
            b"javascript/blocked" | b"opt-in" => Self::Inert,
            // Others' templates have these types too.
            b"text/template" | b"text/template-module" if is_borlabs(tag) => Self::Inert,
            b"speculationrules" => Self::Speculation,
            other if is_delayed(other) => Self::Executable,
            _ => Self::Data,
        }
    }
}

/// A script's type, lower case and trimmed; what `language` says where there is none.
pub(crate) fn essence(tag: &Tag<'_>) -> Vec<u8> {
    let (raw, prefix) = match (tag.get(b"type"), tag.get(b"language")) {
        (Some(value), _) => (value, b"".as_slice()),
        (None, Some(value)) if !value.is_empty() => (value, b"text/".as_slice()),
        (None, _) => return Vec::new(),
    };
    let decoded = decode_attribute(raw);
    [prefix, decoded.trim_ascii()].concat().to_ascii_lowercase()
}

fn is_borlabs(tag: &Tag<'_>) -> bool {
    let prefix = b"data-borlabs-cookie-";
    tag.attributes.iter().any(|a| tag.name(a).get(..prefix.len()).is_some_and(|n| n.eq_ignore_ascii_case(prefix)))
}

/// Whether an optimiser on the page makes scripts of this type run, sooner or later: to us they do.
fn is_delayed(essence: &[u8]) -> bool {
    const TYPES: [&[u8]; 5] = [
        b"rocketlazyloadscript",
        b"litespeed/javascript",
        b"pmdelayedscript",
        b"text/rocketscript",
        b"wpmeteor/javascript",
    ];
    // Cloudflare's: 24 hexadecimal digits, then the type itself.
    let is_hex = |b: &u8| b.is_ascii_hexdigit();
    let rocket = |suffix: &[u8]| essence.strip_suffix(suffix).is_some_and(|id| !id.is_empty() && id.iter().all(is_hex));
    TYPES.contains(&essence) || rocket(b"-text/javascript") || rocket(b"-module")
}
