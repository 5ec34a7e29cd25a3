//! Who stands before the gateway and may say where a visitor is: a CDN or a load balancer of the operator's own.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// Networks whose word about a visitor is believed. Empty: nobody's is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Peers(Vec<IpNet>);

impl Peers {
    /// Whether the address that connected is one of them. O(networks).
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl TryFrom<Vec<String>> for Peers {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        texts.iter().map(|text| network(text)).collect::<Result<_, _>>().map(Self)
    }
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    let wrong = |_| format!("trusted_peers: `{text}` is neither an address nor a network like 10.0.0.0/8 or fd00::/8");
    text.parse().or_else(|_| single()).map_err(wrong)
}

/// Which fields say who asked for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forwarded {
    /// `X-Forwarded-For`, `-Proto` and `-Host`.
    #[default]
    XForwarded,
    /// `Forwarded`, of RFC 7239.
    Rfc7239,
    /// Both.
    Both,
}

/// The request fields in which trusted peers say where a visitor is: one with the whole code (`FR`, `US-CA`) or the
/// country's, and perhaps a second one with the subdivision's (`CA`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct RegionHeaders(Vec<HeaderName>);

impl RegionHeaders {
    /// Their names; none where the region is not known.
    pub fn names(&self) -> &[HeaderName] {
        &self.0
    }

    /// What the fields say: the country or the whole code, and the subdivision. A field that came twice says nothing:
    /// one of the two may be the visitor's own.
    pub fn read<'h>(&self, headers: &'h HeaderMap) -> (Option<&'h [u8]>, Option<&'h [u8]>) {
        let mut values = self.0.iter().map(|name| {
            let mut all = headers.get_all(name).iter();
            all.next().filter(|_| all.next().is_none()).map(|value| value.as_bytes())
        });
        (values.next().flatten(), values.next().flatten())
    }
}

impl TryFrom<Vec<String>> for RegionHeaders {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        if texts.len() > 2 {
            return Err("region_headers: one field for the country, and at most one for its subdivision".to_owned());
        }
        let name = |text: &String| text.parse().map_err(|_| format!("region_headers: `{text}` is no field name"));
        texts.iter().map(name).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(texts: &[&str]) -> Result<Peers, String> {
        Peers::try_from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn regions(texts: &[&str]) -> Result<RegionHeaders, String> {
        RegionHeaders::try_from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_named_networks_are_believed() {
        let known = peers(&["10.0.0.0/8", "192.0.2.7", "fd00::/8"]).unwrap();
        for (address, is_known) in [
            ("10.1.2.3", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("::1", false),
        ] {
            assert_eq!(known.contain(address.parse().unwrap()), is_known, "{address}");
        }
        assert!(!Peers::default().contain("127.0.0.1".parse().unwrap()));
        for bad in ["10.0.0.0/33", "localhost", "", "10.0.0"] {
            assert!(peers(&[bad]).unwrap_err().contains("10.0.0.0/8"), "{bad}");
        }
    }

    #[test]
    fn a_field_that_came_twice_says_nothing() {
        let fields = regions(&["CF-IPCountry", "cf-region-code"]).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(fields.read(&headers), (None, None));
        headers.append("cf-ipcountry", "US".parse().unwrap());
        headers.append("cf-region-code", "CA".parse().unwrap());
        assert_eq!(fields.read(&headers), (Some(b"US".as_slice()), Some(b"CA".as_slice())));
        headers.append("cf-ipcountry", "FR".parse().unwrap());
        assert_eq!(fields.read(&headers).0, None);
        assert!(regions(&["a", "b", "c"]).is_err() && regions(&["a b"]).is_err());
    }
}
