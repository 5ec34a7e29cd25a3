//! Who the client is and what it asked for, told to the origin (pitfall 107).

use super::HeadEdits;
use super::names::{X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO, X_REAL_IP};
use http::header::{FORWARDED, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

/// The two ends of a request.
#[derive(Debug, Clone)]
pub struct Ends<'a> {
    /// The address that connected to us.
    pub client: Option<IpAddr>,
    /// Whether that is a proxy of the site's own, whose `X-Forwarded-*` may be believed and is added to. Else they are
    /// replaced: anybody can write them.
    pub trusted: bool,
    /// The site's scheme (D18), `http` or `https`.
    pub scheme: &'static str,
    /// The host the client asked for, with its port.
    pub host: &'a [u8],
    /// The host the origin is asked for instead; by default (`None`) the client's, so that redirects, cookies' domains
    /// and canonical links stay right.
    pub origin_host: Option<&'a HeaderValue>,
}

/// Sets `X-Forwarded-For`, `-Proto` and `-Host`, and `Host` where it is to change.
pub fn prepare(headers: &HeaderMap, ends: &Ends<'_>, edits: &mut HeadEdits) {
    if !ends.trusted {
        forget(headers, edits);
    }
    if let Some(value) = ends.client.and_then(|client| chain(headers, client, ends.trusted)) {
        edits.set(headers, &X_FORWARDED_FOR, value);
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
    if let Some(host) = ends.origin_host {
        edits.set(headers, &HOST, host.clone());
    }
}

/// Takes out what a client that is nobody's proxy says about itself; `X-Real-IP` gets the truth, where it was sent.
fn forget(headers: &HeaderMap, edits: &mut HeadEdits) {
    edits.remove(headers, &FORWARDED);
    let claims: Vec<&HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("x-forwarded-")).collect();
    claims.into_iter().for_each(|name| edits.remove(headers, name));
    edits.remove(headers, &X_REAL_IP);
}

fn chain(headers: &HeaderMap, client: IpAddr, trusted: bool) -> Option<HeaderValue> {
    let mut value = Vec::new();
    for field in headers.get_all(&X_FORWARDED_FOR).into_iter().filter(|_| trusted) {
        value.extend_from_slice(field.as_bytes().trim_ascii());
        value.extend_from_slice(b", ");
    }
    value.extend_from_slice(client.to_canonical().to_string().as_bytes());
    HeaderValue::from_bytes(&value).ok()
}
