//! Signed sums of what the rewriting did, in the store: written by number and revision, read by run or by site and hour.

use super::writer::Job;
use super::{SqliteReader, SqliteStore, StoreError};
use crate::collect::effects::{Effect, Hour};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

/// Sums that go in one statement when they are old: answers wait for no more.
pub(super) const CUT_AT_ONCE: i64 = 5_000;

/// A store that signed sums can be kept in. All methods can be called from any runtime.
#[async_trait]
pub trait EffectStore: Send + Sync {
    /// Keeps them, all or none, each in the place of a lower revision of its number. When this returns, they are durable.
    ///
    /// # Errors
    /// None is kept then, or nobody knows; the same may be given again.
    async fn keep_effects(&self, effects: Vec<Effect>) -> Result<(), StoreError>;

    /// Removes some thousand of the sums whose hour began before this date, and says of how many; to be called until it says
    /// that none went.
    ///
    /// # Errors
    /// None went then.
    async fn cut_effects(&self, before: Deciseconds) -> Result<u64, StoreError>;
}

/// Which sums are read, all of one site.
#[derive(Debug, Clone, Copy)]
pub struct EffectsOf<'a> {
    /// The site's name.
    pub site: &'a str,
    /// The rule set's version and the variant of a proof, which stands before the `~` in a sum; `None`: of all.
    pub decision: Option<(&'a str, &'a str)>,
    /// The first hour.
    pub from: Hour,
    /// The last.
    pub to: Hour,
}

/// The place of a sum among those of a site.
pub type EffectPlace = (i64, Uuid, i64);

impl Effect {
    /// Where it stands among those of its site.
    pub fn place(&self) -> EffectPlace {
        (self.hour, self.run, self.number)
    }
}

#[async_trait]
impl EffectStore for SqliteStore {
    async fn keep_effects(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Effects(effects, reply)).await
    }

    async fn cut_effects(&self, before: Deciseconds) -> Result<u64, StoreError> {
        self.ask(|reply| Job::CutEffects(Hour::of(before), reply)).await
    }
}

/// A sum as SQLite keeps it.
#[derive(FromRow)]
pub(super) struct Kept {
    run: Vec<u8>,
    number: i64,
    revision: i64,
    hour: i64,
    site: Vec<u8>,
    rules: Vec<u8>,
    variant: Vec<u8>,
    payload: Vec<u8>,
    key: Vec<u8>,
    signature: Vec<u8>,
}

impl Kept {
    /// What is in a tampered file need not be UTF-8.
    pub(super) fn read(self) -> Result<Effect, sqlx::Error> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Effect {
            run: Uuid::from_slice(&self.run).map_err(|e| sqlx::Error::Decode(e.into()))?,
            number: self.number,
            revision: self.revision,
            hour: self.hour,
            site: text(&self.site),
            rules: text(&self.rules),
            variant: text(&self.variant),
            payload: text(&self.payload),
            key: self.key,
            signature: self.signature,
        })
    }
}

/// A query over sums; the texts come as bytes.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT run, number, revision, hour, CAST(site AS BLOB) AS site, CAST(rules AS BLOB) AS rules, ",
            "CAST(variant AS BLOB) AS variant, CAST(payload AS BLOB) AS payload, key, signature FROM effect ",
            $rest
        )
    };
}
pub(super) use select;

impl SqliteReader {
    /// See [`super::ProofReader::effects`]. None in a file of an earlier version.
    pub(super) async fn sums(&self, (run, number): (Uuid, i64), limit: u32) -> Result<Vec<Effect>, StoreError> {
        if !self.has_effects {
            return Ok(Vec::new());
        }
        let sql = select!("WHERE (run, number) > (?, ?) ORDER BY run, number LIMIT ?");
        let query = sqlx::query_as(sql).bind(run.as_bytes().to_vec()).bind(number).bind(limit);
        let found: Vec<Kept> = self.told(query.fetch_all(&mut *self.connection().await).await)?;
        self.told(found.into_iter().map(Kept::read).collect())
    }

    /// See [`super::ProofReader::effects_of`].
    pub(super) async fn sums_of(
        &self,
        of: &EffectsOf<'_>,
        (hour, run, number): EffectPlace,
        limit: u32,
    ) -> Result<Vec<Effect>, StoreError> {
        if !self.has_effects {
            return Ok(Vec::new());
        }
        let sql = select!(
            "WHERE site = ?1 AND hour >= ?2 AND hour <= ?3 AND (hour, run, number) > (?4, ?5, ?6) \
             AND (?7 IS NULL OR rules = ?7 AND (variant = ?8 OR substr(variant, 1, length(?8) + 1) = ?8 || '~')) \
             ORDER BY hour, run, number LIMIT ?9"
        );
        let query = sqlx::query_as(sql)
            .bind(of.site.to_owned())
            .bind(of.from.number())
            .bind(of.to.number())
            .bind(hour)
            .bind(run.as_bytes().to_vec())
            .bind(number)
            .bind(of.decision.map(|(rules, _)| rules.to_owned()))
            .bind(of.decision.map(|(_, variant)| variant.to_owned()))
            .bind(limit);
        let found: Vec<Kept> = self.told(query.fetch_all(&mut *self.connection().await).await)?;
        self.told(found.into_iter().map(Kept::read).collect())
    }
}

/// Keeps sums, all or none. Begun and ended by statements for the reason that `writer.rs` gives.
pub(super) async fn keep(connection: &mut SqliteConnection, effects: &[Effect]) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let done = keep_all(connection, effects).await;
    if done.is_err() {
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    done
}

async fn keep_all(connection: &mut SqliteConnection, effects: &[Effect]) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO effect (run, number, revision, hour, site, rules, variant, payload, key, signature) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, number) DO UPDATE SET \
               revision = excluded.revision, payload = excluded.payload, key = excluded.key, \
               signature = excluded.signature WHERE excluded.revision > revision";
    for effect in effects {
        sqlx::query(sql)
            .bind(effect.run.as_bytes().to_vec())
            .bind(effect.number)
            .bind(effect.revision)
            .bind(effect.hour)
            .bind(effect.site.clone())
            .bind(effect.rules.clone())
            .bind(effect.variant.clone())
            .bind(effect.payload.clone())
            .bind(effect.key.clone())
            .bind(effect.signature.clone())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}

/// Removes some old ones. A statement of its own is a transaction of its own.
pub(super) async fn cut(connection: &mut SqliteConnection, before: Hour) -> Result<u64, sqlx::Error> {
    let sql = "DELETE FROM effect WHERE rowid IN (SELECT rowid FROM effect WHERE hour < ? ORDER BY hour, run, number LIMIT ?)";
    let query = sqlx::query(sql).bind(before.number()).bind(CUT_AT_ONCE);
    query.execute(connection).await.map(|done| done.rows_affected())
}
