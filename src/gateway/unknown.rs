//! Third parties that no rule knows, as visitors' pages lead to them: what rules are written from. Only sites whose
//! `unknown` is `report` or `block` are looked at. Host names alone are kept: no page, path, query or visitor.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

/// The most hosts that are kept of one site; further ones are counted together.
const HOSTS_MOST: usize = 1_000;

/// Unknown hosts by site, since the start.
#[derive(Debug, Default)]
pub struct UnknownHosts(Mutex<BTreeMap<String, Hosts>>);

/// The unknown hosts of one site.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// References by host.
    pub hosts: BTreeMap<Box<str>, u64>,
    /// References to hosts that did not fit in any more.
    pub others: u64,
}

impl UnknownHosts {
    /// Takes in what was found on one page. One lock, and O(log hosts) for each of at most 64 hosts; nothing for a page
    /// without any.
    pub fn add(&self, site: &str, found: &[(Box<str>, u32)]) {
        if found.is_empty() {
            return;
        }
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match sites.get_mut(site) {
            Some(kept) => kept,
            None => sites.entry(site.to_owned()).or_default(),
        };
        for (host, count) in found {
            let has_room = kept.hosts.len() < HOSTS_MOST;
            match kept.hosts.entry(host.clone()) {
                Entry::Occupied(mut known) => *known.get_mut() += u64::from(*count),
                Entry::Vacant(new) if has_room => drop(new.insert(u64::from(*count))),
                Entry::Vacant(_) => kept.others += u64::from(*count),
            }
        }
    }

    /// What was found so far, by site.
    pub fn all(&self) -> BTreeMap<String, Hosts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_counted_by_site_and_bounded() {
        let unknown = UnknownHosts::default();
        unknown.add("shop", &[]);
        assert!(unknown.all().is_empty());
        unknown.add("shop", &[("a.example".into(), 2), ("b.example".into(), 1)]);
        unknown.add("shop", &[("a.example".into(), 3)]);
        unknown.add("blog", &[("a.example".into(), 1)]);
        let all = unknown.all();
        assert_eq!((all["shop"].hosts["a.example"], all["blog"].hosts["a.example"]), (5, 1));
        let many: Vec<(Box<str>, u32)> = (0..HOSTS_MOST + 10).map(|n| (format!("h{n}.example").into(), 1)).collect();
        unknown.add("shop", &many);
        let shop = &unknown.all()["shop"];
        assert_eq!((shop.hosts.len(), shop.others), (HOSTS_MOST, 12));
    }
}
