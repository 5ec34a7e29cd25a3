//! The operator's token: what the operator's listener and explanations ask for.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A token that is compared in a time that does not depend on where the two differ.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// `None`: an empty token would be everybody's.
    pub fn new(token: String) -> Option<Self> {
        (!token.is_empty()).then_some(Self(token))
    }

    /// Whether this was sent.
    pub fn is(&self, sent: &[u8]) -> bool {
        let mac =
            |text: &[u8]| Hmac::<Sha256>::new_from_slice(b"consentry admin token").ok().map(|m| m.chain_update(text));
        match (mac(self.0.as_bytes()), mac(sent)) {
            (Some(token), Some(sent)) => sent.verify(&token.finalize().into_bytes()).is_ok(),
            _ => false,
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}
