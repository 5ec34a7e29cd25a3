//! Verifies and reads our own cookie once for each distinct value (D4): visitors send the same one with every request.

use crate::consent::codec::didomi::{DcsError, Parts};
use crate::consent::codec::signature::Keyring;
use crate::consent::formats::Said;
use foldhash::fast::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{RwLock, TryLockError};

/// Values longer than this are verified every time; ours are about 100 bytes.
const MAX_CACHED: usize = 512;

/// Shards, so that request threads do not wait for each other; a power of two.
const SHARDS: usize = 16;

/// Values for each shard. At most 16 × 128 × (512 + a site's name + what it says) bytes, some 1.5 MB, are ever held.
const SLOTS: usize = 128;

/// A value that was verified.
#[derive(Clone)]
struct Known {
    /// The site's name, a zero byte, the value.
    entry: Box<[u8]>,
    said: Said,
}

/// One value for each slot; the newest replaces.
type Shard = RwLock<Vec<Option<Known>>>;

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

    /// What is made of this cookie value's meaning, if it was verified for this site before.
    ///
    /// It costs a hash and a comparison of its bytes: the whole value is compared, so that no collision of hashes stands
    /// for a signature. Nobody waits for a lock; who does not get it at once verifies.
    pub(super) fn known<T>(&self, site: &str, value: &[u8], make: impl FnOnce(&Said) -> T) -> Option<T> {
        let (shard, slot) = self.place(value)?;
        let slots = shard.try_read().ok()?;
        let known = slots.get(slot)?.as_ref()?;
        is_entry(&known.entry, site, value).then(|| make(&known.said))
    }

    /// What this cookie value says; `None` when it was not signed by us for this site as a whole. Only what verified is
    /// kept: forged values cannot fill the cache.
    pub(super) fn read(&self, site: &str, value: &[u8]) -> Option<Result<Said, DcsError>> {
        let said = self.verify(site, value).then(|| Said::read(value))?;
        if let (Some((shard, slot)), Ok(said)) = (self.place(value), &said) {
            keep(shard, slot, Known { entry: [site.as_bytes(), b"\0", value].concat().into(), said: said.clone() });
        }
        Some(said)
    }

    fn verify(&self, site: &str, value: &[u8]) -> bool {
        let parts = Parts::split(value);
        parts.signature.is_some_and(|signature| self.keyring.verify(site, parts.signed, signature))
    }

    fn place(&self, value: &[u8]) -> Option<(&Shard, usize)> {
        if value.len() > MAX_CACHED {
            return None;
        }
        let hash = usize::try_from(self.hasher.hash_one(value) >> 32).ok()?;
        Some((self.shards.get(hash % SHARDS)?, hash / SHARDS % SLOTS))
    }
}

fn keep(shard: &Shard, slot: usize, known: Known) {
    let mut slots = match shard.try_write() {
        Ok(slots) => slots,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    if let Some(slot) = slots.get_mut(slot) {
        *slot = Some(known);
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
