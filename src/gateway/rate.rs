//! How many answers a client may send: one estimator for all clients, of fixed size, so that many addresses cost no memory.

use crate::collect::response::ApiResponse;
use pingora_limits::rate::Rate;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// What a rate is counted over.
const PERIOD: Duration = Duration::from_secs(60);

/// The estimator's rows and slots. An estimate is never too low, and too high by at most a few hundred-thousandths of all
/// that was counted in the period; twice 2 MiB of memory.
const HASHES: usize = 4;
const SLOTS: usize = 1 << 16;

/// Counts the answers of each client over a minute.
pub(super) struct Answers {
    most: u32,
    rate: Rate,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("most", &self.most).finish_non_exhaustive()
    }
}

/// More than may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    most: u32,
    seen: isize,
}

impl Answers {
    /// At most so many from one client in a minute; 0 is without bound.
    pub(super) fn new(most: u32) -> Self {
        Self { most, rate: Rate::new_with_estimator_config(PERIOD, HASHES, SLOTS) }
    }

    /// Counts one answer of this client; clients whom nobody names are counted as one. O(1), no allocation.
    pub(super) fn take(&self, client: Option<IpAddr>) -> Result<(), TooMany> {
        if self.most == 0 {
            return Ok(());
        }
        let seen = self.rate.observe(&client.map(network), 1);
        match u32::try_from(seen) {
            Ok(count) if count <= self.most => Ok(()),
            _ => Err(TooMany { most: self.most, seen }),
        }
    }
}

impl TooMany {
    /// What the client is told.
    pub(super) fn refusal(self, path: &str) -> ApiResponse {
        ApiResponse::too_many(path, self.most, self.seen, PERIOD)
    }
}

/// Whoever has an IPv6 address has 2⁶⁴ of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_rate_of_its_own_and_a_network_is_one() {
        let answers = Answers::new(2);
        let client = |text: &str| Some(text.parse().unwrap());
        for _ in 0..2 {
            assert_eq!(answers.take(client("203.0.113.9")), Ok(()));
        }
        assert_eq!(answers.take(client("203.0.113.9")), Err(TooMany { most: 2, seen: 3 }));
        assert_eq!(answers.take(client("203.0.113.10")), Ok(()));
        for (address, passes) in [("2001:db8::1", true), ("2001:db8::2", true), ("2001:db8::3", false)] {
            assert_eq!(answers.take(client(address)).is_ok(), passes, "{address}");
        }
        assert_eq!(answers.take(client("2001:db8:0:1::1")), Ok(()));
        let without = Answers::new(0);
        assert!((0..1_000).all(|_| without.take(client("203.0.113.9")).is_ok()));
    }
}
