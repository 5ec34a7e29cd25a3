//! Signed checkpoints of a chain: where it was at a moment, under an Ed25519 signature that anybody can check who has the
//! public key. Kept by a third party they show what a chain alone cannot: that it was cut, or written anew as a whole.

use super::digests::{hex, unhex};
use super::ledger::{ChainId, Hash, Head};
use super::proof::Stamp;
use crate::consent::Deciseconds;
use ed25519_dalek::{Signature, VerifyingKey};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every signed text begins with: a signature of ours over anything else is none of a checkpoint.
const PURPOSE: &[u8] = b"consentry checkpoint 1\0";

/// Where a chain was, and whose word that is. As JSON it is one line of a checkpoints file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain's last record then, and its hash.
    pub head: Head,
    /// When.
    pub date: Deciseconds,
    /// The public key, 32 bytes.
    pub key: Vec<u8>,
    /// The signature, 64 bytes.
    pub signature: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    format: u32,
    chain: Uuid,
    seq: u64,
    hash: String,
    date: Stamp,
    key: String,
    signature: String,
}

/// Makes checkpoints, and signs what was counted ([`super::effects`]).
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}

impl Signer {
    /// From the 32 secret bytes; `None` where they are no key, which no 32 bytes are.
    pub fn new(secret: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(secret).ok().map(Self)
    }

    /// The public key in hex digits: what a third party checks with.
    pub fn public(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    /// Signs where a chain is.
    pub fn sign(&self, head: Head, date: Deciseconds) -> Checkpoint {
        let (key, signature) = self.over(&message(&head, date));
        Checkpoint { head, date, key, signature }
    }

    /// The public key, and the signature over a message that says itself what it is.
    pub(super) fn over(&self, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        (self.0.public_key().as_ref().to_vec(), self.0.sign(message).as_ref().to_vec())
    }
}

/// Whether a signature is that of the key, over the message.
///
/// RFC 8032 §5.1.7, and stricter: a key or a point of small order is refused. To such a key (thirty-two zero bytes are
/// one) every fourth message is signed by nobody, and `ring` takes it.
pub(super) fn is_signed_by(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::try_from(key), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}

impl Checkpoint {
    /// Whether the signature is that of the key, over all the rest.
    pub fn is_signed(&self) -> bool {
        is_signed_by(&self.key, &message(&self.head, self.date), &self.signature)
    }

    /// One line of JSON, without its end.
    pub fn line(&self) -> String {
        let line = Line {
            format: 1,
            chain: self.head.chain.0,
            seq: self.head.seq,
            hash: hex(&self.head.hash),
            date: Stamp(self.date),
            key: hex(&self.key),
            signature: hex(&self.signature),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line; `None` for what is no checkpoint. Whether it is signed is another question.
    pub fn parse(line: &str) -> Option<Self> {
        let line: Line = serde_json::from_str(line).ok().filter(|line: &Line| line.format == 1)?;
        let hash = Hash::try_from(unhex(&line.hash)?.as_slice()).ok()?;
        let head = Head { chain: ChainId(line.chain), seq: line.seq, hash };
        Some(Self { head, date: line.date.0, key: unhex(&line.key)?, signature: unhex(&line.signature)? })
    }
}

/// What is signed.
fn message(head: &Head, date: Deciseconds) -> Vec<u8> {
    let parts: [&[u8]; 5] =
        [PURPOSE, head.chain.0.as_bytes(), &head.seq.to_be_bytes(), &head.hash, &date.0.to_be_bytes()];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let head = Head { chain: ChainId(Uuid::from_u128(7)), seq: 42, hash: [3; 32] };
        Signer::new(&[9; 32]).unwrap().sign(head, Deciseconds(17_637_855_631))
    }

    #[test]
    fn a_line_comes_back_and_its_signature_holds() {
        let made = checkpoint();
        let read = Checkpoint::parse(&made.line()).unwrap();
        assert_eq!(read, made);
        assert!(read.is_signed());
        for bad in ["", "{}", "null", &made.line().replace("\"format\":1", "\"format\":2")] {
            assert_eq!(Checkpoint::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        let mut key_of_one = [0; 32];
        key_of_one[0] = 1;
        for key in [[0; 32], key_of_one] {
            for date in 0..64 {
                let signature = [key.as_slice(), &[0; 32]].concat();
                let head = Head::empty(ChainId(Uuid::nil()));
                let forged = Checkpoint { head, date: Deciseconds(date), key: key.to_vec(), signature };
                assert!(!forged.is_signed(), "{forged:?}");
            }
        }
    }

    #[test]
    fn every_part_is_signed() {
        let changes: [fn(&mut Checkpoint); 6] = [
            |c| c.head.seq += 1,
            |c| c.head.hash[0] ^= 1,
            |c| c.head.chain.0 = Uuid::from_u128(8),
            |c| c.date.0 += 1,
            |c| c.signature[0] ^= 1,
            |c| c.key = Signer::new(&[8; 32]).unwrap().sign(c.head, c.date).key,
        ];
        for change in changes {
            let mut changed = checkpoint();
            change(&mut changed);
            assert!(!changed.is_signed());
        }
    }
}
