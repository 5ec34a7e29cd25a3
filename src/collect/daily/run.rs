//! Which days are computed, and how one is: what the schedule and the operator's call do.

use super::Day;
use crate::collect::store::{DailyStore, StoreError};
use crate::consent::Deciseconds;
use std::collections::BTreeSet;

/// How far back days that are missing are looked for: ten years. A machine whose clock was wrong dates a proof in 1970.
const MOST_MISSING: u32 = 3660;

/// Computes the days that are missing up to `last`, and `last` again. Says which.
///
/// # Errors
/// When the store cannot be read or written; the days before stay computed.
pub async fn again(store: &dyn DailyStore, last: Day) -> Result<Vec<Day>, StoreError> {
    let mut days = missing_days(store, last).await?;
    days.insert(last);
    compute_all(store, days.into_iter()).await
}

/// Computes the days that are missing up to `last`. Says which.
///
/// # Errors
/// As [`again`].
pub async fn missing(store: &dyn DailyStore, last: Day) -> Result<Vec<Day>, StoreError> {
    compute_all(store, missing_days(store, last).await?.into_iter()).await
}

/// Computes the `count` days that end with `last`, whether they were or not; but not again those of which proofs were cut by age.
/// Says which.
///
/// # Errors
/// As [`again`].
pub async fn backfill(store: &dyn DailyStore, last: Day, count: u32) -> Result<Vec<Day>, StoreError> {
    let first = last.back(count.saturating_sub(1)).unwrap_or(last);
    let cut = store.cut_before().await?.unwrap_or(i64::MIN);
    let computed = store.computed().await?;
    let is_kept = |day: &Day| day.begins() < cut && computed.binary_search(day).is_ok();
    compute_all(store, first.to(last).filter(|day| !is_kept(day)).collect::<Vec<_>>().into_iter()).await
}

/// Whether the day before `now` is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// The latest day that is.
    pub latest: Option<Day>,
    /// The one that should be.
    pub expected: Option<Day>,
}

impl Health {
    /// Of a store at this moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(store: &dyn DailyStore, now: Deciseconds) -> Result<Self, StoreError> {
        Ok(Self { latest: store.computed().await?.last().copied(), expected: Day::before(now) })
    }

    /// Whether all is well.
    pub fn is_ok(&self) -> bool {
        self.expected.is_some() && self.latest >= self.expected
    }
}

/// From the first proof's day on; `last` also when there is no proof.
async fn missing_days(store: &dyn DailyStore, last: Day) -> Result<BTreeSet<Day>, StoreError> {
    let earliest = last.back(MOST_MISSING).unwrap_or(last);
    let first = store.first().await?.unwrap_or(last).clamp(earliest, last);
    let computed = store.computed().await?;
    Ok(first.to(last).filter(|day| computed.binary_search(day).is_err()).collect())
}

async fn compute_all(store: &dyn DailyStore, days: impl Iterator<Item = Day> + Send) -> Result<Vec<Day>, StoreError> {
    let mut done = Vec::new();
    for day in days {
        compute(store, day).await?;
        done.push(day);
    }
    Ok(done)
}

/// One day, replaced in one transaction.
async fn compute(store: &dyn DailyStore, day: Day) -> Result<(), StoreError> {
    let tally = store.tally(day).await?;
    store.replace(day, tally.lines()).await
}
