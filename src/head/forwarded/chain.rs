//! The client behind proxies of the site's own: the last address of the chain that is none of theirs. What stands before it is
//! the client's own word.

use super::Spoken;
use crate::head::names::X_FORWARDED_FOR;
use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use std::net::IpAddr;

/// Reads one member of a list.
type Read = fn(&[u8]) -> Option<IpAddr>;

/// Who the client is: `peer`, unless that is a proxy of the site's own, which says for whom it asks. Where a proxy says nothing
/// that can be read, it is the proxy itself. O(length of the fields), no allocation.
pub fn client(headers: &HeaderMap, peer: IpAddr, spoken: Spoken, is_ours: impl Fn(IpAddr) -> bool) -> IpAddr {
    let (name, read): (HeaderName, Read) = match spoken {
        Spoken::XForwarded | Spoken::Both => (X_FORWARDED_FOR.clone(), address),
        Spoken::Rfc7239 => (FORWARDED, node),
    };
    let mut client = peer.to_canonical();
    for field in headers.get_all(&name).iter().rev() {
        for member in members(field.as_bytes()).rev() {
            if !is_ours(client) {
                return client;
            }
            match read(member.trim_ascii()) {
                Some(before) => client = before,
                None => return client,
            }
        }
    }
    client
}

/// The members of a list. A comma in quotes would end an address in the middle, and neither half is one.
fn members(field: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    field.split(|b| *b == b',')
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let address = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok(),
        None => text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok()),
    };
    address.map(|address: IpAddr| address.to_canonical())
}

/// The `for` of an element (SPEC: RFC 7239 §4, §6); `unknown` and names that hide it are none.
fn node(element: &[u8]) -> Option<IpAddr> {
    let pairs = element.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let mut named =
        pairs.filter_map(|pair| pair.split_at_checked(4).filter(|(name, _)| name.eq_ignore_ascii_case(b"for=")));
    let (_, value) = named.next()?;
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    address(quoted.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// 10.0.0.0/8 and fd00::/8 are the site's own.
    fn is_ours(address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => address.octets()[0] == 10,
            IpAddr::V6(address) => address.octets()[0] == 0xfd,
        }
    }

    fn found(name: &HeaderName, spoken: Spoken, fields: &[&[u8]], peer: &str) -> IpAddr {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(name, HeaderValue::from_bytes(field).unwrap());
        }
        client(&headers, ip(peer), spoken, is_ours)
    }

    #[test]
    fn p107_the_client_is_the_last_that_is_not_one_of_ours() {
        let cases: &[(&[&str], &str, &str)] = &[
            (&["203.0.113.9"], "192.0.2.7", "192.0.2.7"),
            (&["203.0.113.9"], "10.0.0.1", "203.0.113.9"),
            (&["203.0.113.9"], "::ffff:10.0.0.1", "203.0.113.9"),
            (&["8.8.8.8, 203.0.113.9, 10.0.0.2"], "10.0.0.1", "203.0.113.9"),
            (&["8.8.8.8", "203.0.113.9", "10.0.0.2"], "10.0.0.1", "203.0.113.9"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.1", "10.0.0.3"),
            (&["203.0.113.9, nonsense"], "10.0.0.1", "10.0.0.1"),
            (&["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.1", "10.0.0.2"),
            (&["203.0.113.9:4711"], "10.0.0.1", "203.0.113.9"),
            (&["[2001:db8::1]:4711"], "fd00::1", "2001:db8::1"),
            (&["2001:db8::1"], "fd00::1", "2001:db8::1"),
            (&[""], "10.0.0.1", "10.0.0.1"),
            (&[], "10.0.0.1", "10.0.0.1"),
        ];
        for (fields, peer, expected) in cases {
            let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
            assert_eq!(found(&X_FORWARDED_FOR, Spoken::XForwarded, &fields, peer), ip(expected), "{fields:?} {peer}");
            assert_eq!(found(&FORWARDED, Spoken::XForwarded, &fields, peer), ip(peer).to_canonical(), "another field");
        }
    }

    #[test]
    fn p107_elements_of_rfc_7239_are_read() {
        for (field, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.43, for=203.0.113.9;proto=https;by=10.0.0.2", "203.0.113.9"),
            ("proto=https; FOR=203.0.113.9 , for=10.0.0.2", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a,b\"", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown, for=10.0.0.2", "10.0.0.2"),
            ("by=203.0.113.9", "10.0.0.1"),
        ] {
            assert_eq!(found(&FORWARDED, Spoken::Rfc7239, &[field.as_bytes()], "10.0.0.1"), ip(expected), "{field}");
        }
    }

    proptest! {
        /// Whatever stands before it, the client that our proxy has added is found.
        #[test]
        fn what_a_client_writes_does_not_hide_it(
            claims in prop::collection::vec("[ -~]{0,40}", 0..4),
            bytes in prop::collection::vec(0x80_u8..=0xff, 0..20),
        ) {
            for (name, spoken, added) in [
                (&X_FORWARDED_FOR, Spoken::XForwarded, &b"203.0.113.9, 10.0.0.2"[..]),
                (&FORWARDED, Spoken::Rfc7239, b"for=203.0.113.9;proto=https, for=10.0.0.2"),
            ] {
                let mut fields: Vec<&[u8]> = claims.iter().map(|claim| claim.as_bytes()).collect();
                let one = [&bytes, &b", "[..], added].concat();
                fields.push(&one);
                prop_assert_eq!(found(name, spoken, &fields, "10.0.0.1"), ip("203.0.113.9"));
                fields.pop();
                found(name, spoken, &fields, "10.0.0.1");
            }
        }
    }
}
