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

/// The visitor's address: the one that connected, or, where that is a proxy of the operator's own, the last in
/// `X-Forwarded-For` that is none. `None` where a trusted proxy says nothing that can be read.
pub fn visitor(headers: &HeaderMap, client: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let client = client.to_canonical();
    if !is_trusted(client) {
        return Some(client);
    }
    let fields = headers.get_all(&X_FORWARDED_FOR).into_iter().rev();
    let mut said = fields.flat_map(|field| field.as_bytes().rsplit(|byte| *byte == b','));
    said.find_map(|text| match address(text) {
        Some(address) if is_trusted(address) => None,
        other => Some(other),
    })
    .flatten()
}

/// An address as proxies write it: alone, or with a port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let bracketed = || text.strip_prefix('[')?.split_once(']')?.0.parse().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    text.parse::<IpAddr>().ok().or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visitor_is_the_last_address_that_is_no_proxy_of_ours() {
        let of = |client: &str, said: &[&str]| {
            let mut headers = HeaderMap::new();
            for text in said {
                headers.append(&X_FORWARDED_FOR, HeaderValue::from_str(text).unwrap());
            }
            let ours = |address: IpAddr| address.to_string().starts_with("10.");
            visitor(&headers, client.parse().unwrap(), ours).map(|address| address.to_string())
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(of("203.0.113.9", &["198.51.100.1"]), is("203.0.113.9"), "nobody's word is believed");
        assert_eq!(of("10.0.0.1", &["198.51.100.1, 203.0.113.9"]), is("203.0.113.9"));
        assert_eq!(of("10.0.0.1", &["198.51.100.1", "203.0.113.9, 10.0.0.2"]), is("203.0.113.9"));
        assert_eq!(of("10.0.0.1", &["203.0.113.9:4711"]), is("203.0.113.9"));
        assert_eq!(of("10.0.0.1", &["[2001:db8::1]:4711"]), is("2001:db8::1"));
        assert_eq!(of("::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), is("203.0.113.9"));
        assert_eq!(of("10.0.0.1", &["198.51.100.1, unknown"]), None, "what stands before it may be anybody's word");
        assert_eq!(of("10.0.0.1", &[]), None);
    }
}
