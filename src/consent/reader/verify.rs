//! Verifies our own cookie's signature once for each distinct value (D4): visitors send the same one with every request.

use crate::consent::codec::didomi::Parts;
use crate::consent::codec::signature::Keyring;
use foldhash::fast::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{RwLock, TryLockError};

/// Values longer than this are verified every time; ours are about 100 bytes.
const MAX_CACHED: usize = 512;

/// Shards, so that request threads do not wait for each other; a power of two.
const SHARDS: usize = 16;

/// Values for each shard. At most 16 × 128 × (512 + a site's name) bytes, about 1 MB, are ever held.
const SLOTS: usize = 128;

/// One value for each slot, with its site; the newest replaces.
type Shard = RwLock<Vec<Option<Box<[u8]>>>>;

/// The keyring and the values that it has verified.
pub(super) struct Verifier {
    keyring: Keyring,
    hasher: RandomState,
    shards: Box<[Shard]>,
}

impl Verifier {
    pub(super) fn new(keyring: Keyring) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(vec![None; SLOTS])).collect();
        Self { keyring, hasher: RandomState::default(), shards }
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Whether this whole cookie value was signed by us for this site.
    ///
    /// A known value costs a hash and a comparison of its bytes: the whole value is compared, so that no collision of
    /// hashes stands for a signature. Only what verified is kept: forged values cannot fill the cache. Nobody waits for a
    /// lock; who does not get it at once verifies.
    pub(super) fn is_ours(&self, site: &str, value: &[u8]) -> bool {
        let Some((shard, slot)) = self.place(site, value) else { return self.verify(site, value) };
        if let Ok(slots) = shard.try_read()
            && slots.get(slot).and_then(Option::as_deref).is_some_and(|known| is_entry(known, site, value))
        {
            return true;
        }
        let ours = self.verify(site, value);
        if ours {
            let mut slots = match shard.try_write() {
                Ok(slots) => slots,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return ours,
            };
            if let Some(slot) = slots.get_mut(slot) {
                *slot = Some([site.as_bytes(), b"\0", value].concat().into());
            }
        }
        ours
    }

    fn verify(&self, site: &str, value: &[u8]) -> bool {
        let parts = Parts::split(value);
        parts.signature.is_some_and(|signature| self.keyring.verify(site, parts.signed, signature))
    }

    fn place(&self, site: &str, value: &[u8]) -> Option<(&Shard, usize)> {
        if value.len() > MAX_CACHED {
            return None;
        }
        let hash = usize::try_from(self.hasher.hash_one((site, value)) >> 32).ok()?;
        Some((self.shards.get(hash % SHARDS)?, hash / SHARDS % SLOTS))
    }
}

/// `site`, a zero byte, `value`: a site's name has no zero byte.
fn is_entry(entry: &[u8], site: &str, value: &[u8]) -> bool {
    entry.split_at_checked(site.len()).is_some_and(|(known, rest)| {
        known == site.as_bytes() && rest.split_first().is_some_and(|(zero, rest)| *zero == 0 && rest == value)
    })
}

impl fmt::Debug for Verifier {
    /// Never what is in the cache: it holds visitors' cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("keyring", &self.keyring).finish_non_exhaustive()
    }
}
