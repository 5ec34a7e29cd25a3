//! The signature of our own cookie (D4): HMAC-SHA-256, cut to 16 bytes, over the site's name and the cookie's sections.

use super::base64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// How many bytes of the HMAC stand in the cookie: 128 bits, 22 characters.
const LENGTH: usize = 16;

/// What the HMAC covers first, so that a key that is used elsewhere too signs nothing that means a consent here.
const DOMAIN: &[u8] = b"consentry consent cookie 1";

/// The keys of our cookie: the first one signs, every one of them verifies, so that a key can be changed while cookies
/// signed with the one before are still about.
#[derive(Clone)]
pub struct Keyring {
    /// Never empty; keyed once, so that a request pays for the message only.
    keys: Vec<Hmac<Sha256>>,
}

/// A list of keys that is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There must be at least one key.
    #[error("no key is given; at least one is needed to sign the consent cookie")]
    None,
    /// The key at this place (from 1) is shorter than [`Keyring::MIN_KEY`] bytes.
    #[error("key {at} has {length} bytes; at least {min} are needed", min = Keyring::MIN_KEY)]
    Short {
        /// Its place in the list, from 1.
        at: usize,
        /// Its length in bytes.
        length: usize,
    },
}

impl Keyring {
    /// The shortest key that is taken, in bytes.
    pub const MIN_KEY: usize = 16;

    /// The first key signs, all verify.
    ///
    /// # Errors
    /// [`KeyError`] without a key, or with one that is too short.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, KeyError> {
        let mut ring = Vec::new();
        for (at, key) in keys.into_iter().enumerate() {
            let (at, key) = (at + 1, key.as_ref());
            let short = KeyError::Short { at, length: key.len() };
            if key.len() < Self::MIN_KEY {
                return Err(short);
            }
            ring.push(Hmac::new_from_slice(key).map_err(|_| short)?);
        }
        if ring.is_empty() { Err(KeyError::None) } else { Ok(Self { keys: ring }) }
    }

    /// The signature of these sections for this site, 22 characters of base64url.
    pub fn sign(&self, site: &str, sections: &str) -> String {
        let Some(key) = self.keys.first() else { return String::new() };
        let tag = Self::message(key, site, sections.as_bytes()).finalize().into_bytes();
        base64::encode_url(tag.get(..LENGTH).unwrap_or_default())
    }

    /// Whether one of the keys made this signature for these sections and this site. The comparison takes the same time
    /// wherever the bytes differ.
    pub fn verify(&self, site: &str, sections: &[u8], signature: &[u8]) -> bool {
        let mut buffer = [0; LENGTH + 2];
        let Ok(tag) = base64::decode_url(signature, &mut buffer) else { return false };
        // `verify_truncated_left` takes any length: a tag of one byte would be found in 256 tries.
        tag.len() == LENGTH
            && self.keys.iter().any(|key| Self::message(key, site, sections).verify_truncated_left(tag).is_ok())
    }

    /// Each member with its length first: no two pairs of site and sections give the same bytes.
    fn message(key: &Hmac<Sha256>, site: &str, sections: &[u8]) -> Hmac<Sha256> {
        let mut mac = key.clone();
        mac.update(DOMAIN);
        for part in [site.as_bytes(), sections] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Keyring {
    /// Says how many keys there are, never what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_site_and_one_text() {
        let ring = Keyring::new([[1; 32]]).unwrap();
        let signature = ring.sign("shop", "Cabc");
        assert_eq!(signature.len(), 22);
        assert!(ring.verify("shop", b"Cabc", signature.as_bytes()));
        assert!(!ring.verify("shop", b"Cabd", signature.as_bytes()));
        assert!(!ring.verify("sho", b"pCabc", signature.as_bytes()));
        assert!(!ring.verify("blog", b"Cabc", signature.as_bytes()));
        for cut in 0..signature.len() {
            assert!(!ring.verify("shop", b"Cabc", &signature.as_bytes()[..cut]));
        }
        assert!(!ring.verify("shop", b"Cabc", format!("{signature}A").as_bytes()));
    }

    #[test]
    fn rotation_keeps_old_cookies_and_signs_with_the_new_key() {
        let old = Keyring::new([[1; 32]]).unwrap();
        let both = Keyring::new([[2; 32], [1; 32]]).unwrap();
        let new = Keyring::new([[2; 32]]).unwrap();
        let (before, after) = (old.sign("s", "C"), both.sign("s", "C"));
        assert!(both.verify("s", b"C", before.as_bytes()) && both.verify("s", b"C", after.as_bytes()));
        assert!(new.verify("s", b"C", after.as_bytes()) && !new.verify("s", b"C", before.as_bytes()));
    }

    #[test]
    fn keys_are_checked_and_never_shown() {
        assert_eq!(Keyring::new(Vec::<Vec<u8>>::new()).unwrap_err(), KeyError::None);
        assert_eq!(Keyring::new([vec![1; 16], vec![7; 15]]).unwrap_err(), KeyError::Short { at: 2, length: 15 });
        assert_eq!(format!("{:?}", Keyring::new([[77; 32]]).unwrap()), "Keyring { keys: 1 }");
    }
}
