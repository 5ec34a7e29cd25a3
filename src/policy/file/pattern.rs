//! The small languages inside values: host rules, path rules, names.

use crate::policy::matcher::{HostPattern, PathPattern};
use url::Host;

/// `facebook.com`, `=www.google.com`, `facebook.com/tr`, `connect.facebook.net/*/sdk.js`, `träcker.example`.
pub(crate) fn host(text: &str) -> Result<HostPattern, &'static str> {
    let (exact, rest) = text.strip_prefix('=').map_or((false, text), |rest| (true, rest));
    let (name, path) =
        rest.find('/').map_or((rest, None), |at| rest.split_at_checked(at).map_or((rest, None), |(n, p)| (n, Some(p))));
    let path = match path {
        None | Some("/") => None,
        Some(path) => {
            match PathPattern::parse(path.strip_prefix('/').filter(|p| p.starts_with("*/")).unwrap_or(path)) {
                Some(path) => Some(path),
                None => {
                    return Err("its path must be printable ASCII, with a star only at its end or as its first folder");
                }
            }
        }
    };
    canonical(name).map(|host| HostPattern { host, exact, path })
}

/// A host name without scheme, port and star, as references have it: lower case, punycode, no trailing dot.
pub(crate) fn canonical(name: &str) -> Result<String, &'static str> {
    if name.contains([':', '*', '@', '?', '#', '%']) {
        return Err("must be a host alone: no scheme, port, user or star (sub-domains are included)");
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            let labels = name.split('.').all(|label| !label.is_empty());
            if labels { Ok(name.to_owned()) } else { Err("has an empty label") }
        }
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err("is no host name"),
    }
}

/// A name that goes into marks, cookies and URLs.
pub(super) fn is_slug(text: &str) -> bool {
    let bytes = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(bytes)
}

/// JavaScript identifiers in ASCII, joined by points: `fbq`, `googletag.cmd`.
pub(super) fn is_identifier(text: &str) -> bool {
    let start = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$');
    let name = |n: &str| n.bytes().next().is_some_and(start) && n.bytes().all(|b| start(b) || b.is_ascii_digit());
    text.split('.').all(name)
}

/// A cookie name by RFC 6265's token, with stars.
pub(super) fn is_cookie(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&b))
}

/// `/_c/`: begins and ends with a slash, in between plain segments.
pub(super) fn is_prefix(text: &str) -> bool {
    let inner = text.strip_prefix('/').and_then(|t| t.strip_suffix('/'));
    let segment = |s: &str| {
        !s.is_empty() && !s.starts_with('.') && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
    };
    inner.is_some_and(|inner| inner.split('/').all(segment))
}
