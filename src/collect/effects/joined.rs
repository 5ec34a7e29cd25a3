//! What was done to the pages of one site, or of one decision there, over some hours: sums added up, each held against its
//! signature.

use super::held::{Held, Unsound};
use super::record::{Body, Done, Hour};
use crate::collect::proof::Proof;
use crate::collect::store::{EffectsOf, ProofReader, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Sums that are read at once; what bounds the memory.
const PAGE: u32 = 500;

/// Sums added up. Its size is that of the site's services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// Pages.
    pub pages: u64,
    /// Those among them whose rewriting left its normal path.
    pub unfinished: u64,
    /// Hours in which there were pages.
    pub hours: u64,
    /// The first of them.
    pub first: Option<Hour>,
    /// The last.
    pub last: Option<Hour>,
    /// What was done, by service.
    pub services: BTreeMap<String, Done>,
    /// Who signed.
    pub keys: BTreeSet<Vec<u8>>,
    /// Sums that are left out, as they are not what was signed.
    pub unsound: u64,
    /// The first of them: run, number, and what is wrong.
    pub first_unsound: Option<(Uuid, i64, Unsound)>,
}

impl Joined {
    /// Adds up what is kept. Memory does not grow with it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(reader: &dyn ProofReader, of: &EffectsOf<'_>) -> Result<Self, StoreError> {
        let (mut joined, held) = (Self::default(), Held::default());
        let mut after = (i64::MIN, Uuid::nil(), i64::MIN);
        loop {
            let page = reader.effects_of(of, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(joined) };
            after = last.place();
            for effect in &page {
                match held.check(effect) {
                    Ok(body) => joined.add(&body, &effect.key),
                    Err(unsound) => {
                        joined.unsound += 1;
                        joined.first_unsound.get_or_insert((effect.run, effect.number, unsound));
                    }
                }
            }
        }
    }

    fn add(&mut self, body: &Body, key: &[u8]) {
        self.pages = self.pages.saturating_add(body.pages);
        self.unfinished = self.unfinished.saturating_add(body.unfinished);
        // They come in the order of their hours.
        self.hours += u64::from(self.last != Some(body.hour));
        self.first.get_or_insert(body.hour);
        self.last = Some(body.hour);
        for service in &body.services {
            match self.services.get_mut(&service.service) {
                Some(known) => known.add(&service.done),
                None => drop(self.services.insert(service.service.clone(), service.done)),
            }
        }
        if !self.keys.contains(key) {
            self.keys.insert(key.to_vec());
        }
    }
}

/// Which sums belong to a proof: those of its decision from the hour of the answer to that in which it ends, or in which the
/// same visitor answers again.
pub fn of_proof<'p>(proof: &'p Proof, next: Option<&Proof>) -> EffectsOf<'p> {
    let end = next.map_or(proof.date_expiration, |next| next.date.min(proof.date_expiration));
    EffectsOf {
        site: &proof.site,
        decision: Some((&proof.rules, &proof.variant)),
        from: Hour::of(proof.date.0),
        to: Hour::of(end.0),
    }
}
