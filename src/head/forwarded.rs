//! Who the client is and what it asked for, told to the origin (pitfall 107), and who it is when a proxy of the site's own
//! connects for it.
//!
//! Only the fields that the site's own proxies write are believed ([`Spoken`]): the other kind comes from whoever wanted it to,
//! through them too, and goes.

mod chain;

pub use chain::client;

use super::HeadEdits;
use super::names::{X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO, X_REAL_IP};
use http::header::{FORWARDED, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write;
use std::net::IpAddr;

/// In which fields the origin is told, and the site's own proxies tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spoken {
    /// `X-Forwarded-For`, `-Proto` and `-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (SPEC: RFC 7239).
    Rfc7239,
    /// Both, each from its own kind.
    Both,
}

/// The two ends of a request.
#[derive(Debug, Clone)]
pub struct Ends<'a> {
    /// The address that connected to us.
    pub client: Option<IpAddr>,
    /// Whether that is a proxy of the site's own, which may be believed and is added to. Else what it says is replaced:
    /// anybody can write it.
    pub trusted: bool,
    /// In which fields.
    pub spoken: Spoken,
    /// The site's scheme (D18), `http` or `https`.
    pub scheme: &'static str,
    /// The host the client asked for, with its port.
    pub host: &'a [u8],
    /// The host the origin is asked for instead; by default (`None`) the client's, so that redirects, cookies' domains
    /// and canonical links stay right.
    pub origin_host: Option<&'a HeaderValue>,
}

/// Tells the origin, and sets `Host` where it is to change.
pub fn prepare(headers: &HeaderMap, ends: &Ends<'_>, edits: &mut HeadEdits) {
    if !ends.trusted {
        forget(headers, edits);
    }
    match ends.spoken {
        Spoken::XForwarded => {
            edits.remove(headers, &FORWARDED);
            x_forwarded(headers, ends, edits);
        }
        Spoken::Rfc7239 => {
            [&X_FORWARDED_FOR, &X_FORWARDED_PROTO, &X_FORWARDED_HOST].iter().for_each(|n| edits.remove(headers, n));
            rfc7239(headers, ends, edits);
        }
        Spoken::Both => {
            x_forwarded(headers, ends, edits);
            rfc7239(headers, ends, edits);
        }
    }
    if let Some(host) = ends.origin_host {
        edits.set(headers, &HOST, host.clone());
    }
}

fn x_forwarded(headers: &HeaderMap, ends: &Ends<'_>, edits: &mut HeadEdits) {
    if let Some(client) = ends.client {
        set_list(headers, &X_FORWARDED_FOR, ends.trusted, &client.to_canonical().to_string(), edits);
    }
    let is_told = |name| ends.trusted && headers.contains_key(name);
    if !is_told(&X_FORWARDED_PROTO) {
        edits.set(headers, &X_FORWARDED_PROTO, HeaderValue::from_static(ends.scheme));
    }
    if !is_told(&X_FORWARDED_HOST)
        && let Ok(value) = HeaderValue::from_bytes(ends.host)
    {
        edits.set(headers, &X_FORWARDED_HOST, value);
    }
}

/// One element for the hop to us. Scheme and host are said by whoever stands first; a proxy that has said neither leaves it to
/// the site's.
fn rfc7239(headers: &HeaderMap, ends: &Ends<'_>, edits: &mut HeadEdits) {
    // An open quote would take our element in.
    let is_kept = ends.trusted && headers.get_all(FORWARDED).iter().all(|field| is_closed(field.as_bytes()));
    let is_told = is_kept && headers.contains_key(FORWARDED);
    let mut element = match ends.client.map(|client| client.to_canonical()) {
        Some(IpAddr::V6(client)) => format!("for=\"[{client}]\""),
        Some(IpAddr::V4(client)) => format!("for={client}"),
        None => "for=unknown".to_owned(),
    };
    if !is_told {
        // Writing to a String does not fail.
        let _ = write!(element, ";proto={}", ends.scheme);
        let host = std::str::from_utf8(ends.host).ok().filter(|host| host.bytes().all(|b| b.is_ascii_graphic()));
        if let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(['"', '\\'])) {
            let _ = write!(element, ";host=\"{host}\"");
        }
    }
    set_list(headers, &FORWARDED, is_kept, &element, edits);
}

/// Whether every quoted string ends. SPEC: RFC 9110 §5.6.4.
fn is_closed(field: &[u8]) -> bool {
    let (mut is_open, mut is_escaped) = (false, false);
    for byte in field {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_open => is_escaped = true,
            b'"' => is_open = !is_open,
            _ => {}
        }
    }
    !is_open
}

/// The field with one more member, behind those that a proxy of the site's own has sent.
fn set_list(headers: &HeaderMap, name: &HeaderName, is_kept: bool, member: &str, edits: &mut HeadEdits) {
    let mut value = Vec::new();
    for field in headers.get_all(name).into_iter().filter(|field| is_kept && !field.is_empty()) {
        value.extend_from_slice(field.as_bytes().trim_ascii());
        value.extend_from_slice(b", ");
    }
    value.extend_from_slice(member.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        edits.set(headers, name, value);
    }
}

/// Takes out what a client that is nobody's proxy says about itself.
fn forget(headers: &HeaderMap, edits: &mut HeadEdits) {
    edits.remove(headers, &FORWARDED);
    let claims: Vec<&HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("x-forwarded-")).collect();
    claims.into_iter().for_each(|name| edits.remove(headers, name));
    edits.remove(headers, &X_REAL_IP);
}
