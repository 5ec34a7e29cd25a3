//! What is kept of a visitor's address: nothing, unless the site's rules say otherwise.

use super::digests;
use crate::consent::Deciseconds;
use crate::policy::KeptAddress;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// How many hex digits of a hash are kept.
const DIGITS: usize = 32;

/// The key of the day. It is random, in memory only, and gone the day after: then nobody can try addresses against what was
/// kept.
#[derive(Default)]
pub(super) struct Addresses(Mutex<Option<(u64, [u8; 32])>>);

impl std::fmt::Debug for Addresses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addresses")
    }
}

impl Addresses {
    /// As the rules say; `None` for nothing, and where there are no random bytes for a key.
    pub(super) fn kept(&self, address: IpAddr, kept: KeptAddress, now: Deciseconds) -> Option<String> {
        match kept {
            KeptAddress::None => None,
            KeptAddress::Truncated => Some(truncated(address)),
            KeptAddress::Hashed => self.hashed(address, now),
        }
    }

    fn hashed(&self, address: IpAddr, now: Deciseconds) -> Option<String> {
        let today = now.0 / Deciseconds::DAY;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match *state {
            Some((day, key)) if day == today => key,
            _ => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).ok()?;
                *state = Some((today, key));
                key
            }
        };
        drop(state);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(address.to_canonical().to_string().as_bytes());
        digests::hex(&mac.finalize().into_bytes()).get(..DIGITS).map(str::to_owned)
    }
}

/// The network: 24 bits of an IPv4 address, 48 of an IPv6 one.
fn truncated(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("{}/24", Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8)),
        IpAddr::V6(v6) => format!("{}/48", Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_by_default_and_a_network_or_a_days_hash_by_rule() {
        let addresses = Addresses::default();
        let (now, tomorrow) = (Deciseconds(17_637_855_631), Deciseconds(17_637_855_631 + Deciseconds::DAY));
        let [one, other, v6] = ["203.0.113.9", "203.0.113.10", "2001:db8:1:2::3"].map(|text| text.parse().unwrap());
        assert_eq!(addresses.kept(one, KeptAddress::None, now), None);
        assert_eq!(addresses.kept(one, KeptAddress::Truncated, now).as_deref(), Some("203.0.113.0/24"));
        assert_eq!(addresses.kept(v6, KeptAddress::Truncated, now).as_deref(), Some("2001:db8:1::/48"));
        let hash = |address, now| addresses.kept(address, KeptAddress::Hashed, now).unwrap();
        let first = hash(one, now);
        assert_eq!((first.len(), &first), (DIGITS, &hash(one, now)));
        assert_ne!(first, hash(other, now));
        assert_ne!(first, hash(one, tomorrow));
        assert_ne!(first, hash(one, now), "the key of a day does not come back");
    }
}
