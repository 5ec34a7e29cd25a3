//! The servers behind: names to addresses, and the peer that pingora connects to.

use crate::config::{Limits, Origin};
use crate::policy::RuleSet;
use arc_swap::ArcSwap;
use pingora::prelude::HttpPeer;
use pingora::protocols::ALPN;
use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All origins by name.
#[derive(Debug)]
pub struct Origins(BTreeMap<String, OriginAddresses>);

/// One origin: where its name leads now.
#[derive(Debug)]
struct OriginAddresses {
    host: String,
    port: u16,
    template: HttpPeer,
    addresses: ArcSwap<Vec<SocketAddr>>,
    turn: AtomicUsize,
}

impl Origins {
    /// Resolves every origin once. A name that does not resolve yet is not an error: requests get 502 until
    /// [`Self::refresh`] finds it.
    ///
    /// # Errors
    /// An origin's URL that makes no sense.
    pub fn new(origins: &BTreeMap<String, Origin>, limits: &Limits) -> Result<Self, String> {
        let resolved = origins.iter().map(|(name, origin)| {
            let addresses =
                OriginAddresses::new(origin, limits).map_err(|problem| format!("origins.{name}: {problem}"))?;
            Ok((name.clone(), addresses))
        });
        resolved.collect::<Result<_, String>>().map(Self)
    }

    /// Whether an origin of this name is configured.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The only origin, when there is one only: sites need not name it.
    pub fn only(&self) -> Option<&str> {
        let mut names = self.0.keys();
        match (names.next(), names.next()) {
            (Some(name), None) => Some(name),
            _ => None,
        }
    }

    /// Whether every site leads to an origin.
    ///
    /// # Errors
    /// The first site that does not, and what to write.
    pub fn serve_all(&self, rules: &RuleSet) -> Result<(), String> {
        let known = || self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        rules.sites().iter().try_for_each(|site| match &site.origin {
            Some(name) if !self.contains(name) => {
                Err(format!("site {}: origin = \"{name}\" is not in consentry.toml; there are: {}", site.name, known()))
            }
            None if self.only().is_none() => Err(format!(
                "site {}: several origins are configured; name one with origin = \"…\": {}",
                site.name,
                known()
            )),
            _ => Ok(()),
        })
    }

    /// The peer for one request: addresses of a name are taken in turn. `None`: no such origin, or its name does not
    /// resolve.
    pub fn peer(&self, name: &str) -> Option<HttpPeer> {
        self.0.get(name)?.peer()
    }

    /// Resolves the names again; blocks on the resolver, so it belongs on a thread of its own.
    pub fn refresh(&self) {
        self.0.values().for_each(OriginAddresses::refresh);
    }
}

impl OriginAddresses {
    fn new(origin: &Origin, limits: &Limits) -> Result<Self, String> {
        let (host, port, tls) = origin.address()?;
        let sni = origin.sni.clone().unwrap_or_else(|| host.clone());
        let mut template = HttpPeer::new(SocketAddr::from(([127, 0, 0, 1], port)), tls, sni);
        set_options(&mut template, origin, limits);
        let this = Self { host, port, template, addresses: ArcSwap::default(), turn: AtomicUsize::new(0) };
        this.refresh();
        Ok(this)
    }

    fn peer(&self) -> Option<HttpPeer> {
        let addresses = self.addresses.load();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(addresses.len())?;
        let mut peer = self.template.clone();
        peer._address = pingora::protocols::l4::socket::SocketAddr::Inet(*addresses.get(turn)?);
        Some(peer)
    }

    fn refresh(&self) {
        match (self.host.as_str(), self.port).to_socket_addrs() {
            Ok(found) => {
                let found: Vec<SocketAddr> = found.collect();
                if !found.is_empty() && **self.addresses.load() != found {
                    self.addresses.store(Arc::new(found));
                }
            }
            // The last known addresses stay in use: a resolver's outage is not the origin's.
            Err(error) => log::warn!("origin {}:{} does not resolve: {error}", self.host, self.port),
        }
    }
}

fn set_options(peer: &mut HttpPeer, origin: &Origin, limits: &Limits) {
    let options = &mut peer.options;
    options.connection_timeout = Limits::seconds(limits.connect_seconds);
    options.total_connection_timeout = Limits::seconds(limits.connect_seconds);
    options.read_timeout = Limits::seconds(limits.origin_read_seconds);
    options.write_timeout = Limits::seconds(limits.origin_write_seconds);
    options.idle_timeout = Limits::seconds(limits.origin_idle_seconds);
    options.verify_cert = origin.verify;
    options.verify_hostname = origin.verify;
    options.alpn = match (origin.http2, origin.url.scheme()) {
        (true, "https") => ALPN::H2H1,
        (true, _) => ALPN::H2,
        (false, _) => ALPN::H1,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(url: &str) -> Origins {
        let origin = Origin { url: url.parse().unwrap(), http2: false, verify: true, sni: None };
        Origins::new(&BTreeMap::from([("main".to_owned(), origin)]), &Limits::default()).unwrap()
    }

    #[test]
    fn the_only_origin_need_not_be_named() {
        let origins = origins("http://127.0.0.1:3000");
        assert_eq!(origins.only(), Some("main"));
        assert!(origins.peer("main").is_some());
        assert!(origins.peer("other").is_none());
    }

    #[test]
    fn every_timeout_that_pingora_leaves_open_is_set() {
        let peer = origins("https://127.0.0.1:3000").peer("main").unwrap();
        let options = &peer.options;
        assert!(
            options.connection_timeout.is_some() && options.read_timeout.is_some() && options.write_timeout.is_some()
        );
    }
}
