//! Sums held against their signatures, one after another: what `proofs verify` and `proofs show` say.

use super::record::{Body, Effect};
use std::fmt;
use uuid::Uuid;

/// What is wrong with a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// The signature does not match.
    Unsigned,
    /// Somebody else signed it.
    Stranger,
    /// What it is searched by is not what was signed, or that cannot be read.
    Other,
    /// One is missing before it.
    Gap,
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "has a signature that does not match it",
            Self::Stranger => "is signed with another key",
            Self::Other => "is not what was signed under its number",
            Self::Gap => "follows one that is missing",
        })
    }
}

/// Holds sums in the order of run and number.
#[derive(Debug, Default)]
pub struct Held {
    /// The public key that all must be signed with.
    key: Option<Vec<u8>>,
    before: Option<(Uuid, i64)>,
}

impl Held {
    /// Against this public key, where there is one.
    pub fn new(key: Option<Vec<u8>>) -> Self {
        Self { key, before: None }
    }

    /// One by itself.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, effect: &Effect) -> Result<Body, Unsound> {
        if !effect.is_signed() {
            return Err(Unsound::Unsigned);
        }
        if self.key.as_ref().is_some_and(|key| *key != effect.key) {
            return Err(Unsound::Stranger);
        }
        effect.body().ok_or(Unsound::Other)
    }

    /// The next one. A run may begin at any number, as old sums go; after that none is missing.
    ///
    /// # Errors
    /// As [`Self::check`], and where one is missing before it.
    pub fn next(&mut self, effect: &Effect) -> Result<Body, Unsound> {
        let before = self.before.replace((effect.run, effect.number));
        let body = self.check(effect)?;
        match before {
            Some((run, number)) if run == effect.run && number.checked_add(1) != Some(effect.number) => {
                Err(Unsound::Gap)
            }
            _ => Ok(body),
        }
    }
}
