//! Signed sums of what the rewriting did; see `../effects.rs`.

use super::super::effects::{CUT_AT_ONCE, EffectPlace, EffectsOf};
use super::reader::PgReader;
use super::writer::{PATIENCE, Writer};
use crate::collect::effects::{Effect, Hour};
use crate::collect::store::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use uuid::Uuid;

/// A query over sums.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT run, number, revision, hour, site, rules, variant, payload, key, signature FROM effect ", $rest)
    };
}

impl Writer {
    /// Keeps sums, each in the place of a lower revision of its number.
    pub(super) async fn keep_effects(&mut self, sums: &[Effect]) -> Result<(), StoreError> {
        let done = tokio::time::timeout(PATIENCE, keep(&mut self.connection, sums)).await;
        self.within(PATIENCE, done)
    }
}

/// All or none: one statement.
async fn keep(connection: &mut PgConnection, sums: &[Effect]) -> Result<(), sqlx::Error> {
    fn column<'e, T>(sums: &'e [Effect], of: impl Fn(&'e Effect) -> T) -> Vec<T> {
        sums.iter().map(of).collect()
    }
    let sql = "INSERT INTO effect AS kept (run, number, revision, hour, site, rules, variant, payload, key, signature) \
               SELECT * FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], \
               $7::text[], $8::text[], $9::bytea[], $10::bytea[]) ON CONFLICT (run, number) DO UPDATE SET \
               revision = excluded.revision, payload = excluded.payload, key = excluded.key, \
               signature = excluded.signature WHERE excluded.revision > kept.revision";
    sqlx::query(sql)
        .bind(column(sums, |sum| sum.run))
        .bind(column(sums, |sum| sum.number))
        .bind(column(sums, |sum| sum.revision))
        .bind(column(sums, |sum| sum.hour))
        .bind(column(sums, |sum| sum.site.clone()))
        .bind(column(sums, |sum| sum.rules.clone()))
        .bind(column(sums, |sum| sum.variant.clone()))
        .bind(column(sums, |sum| sum.payload.clone()))
        .bind(column(sums, |sum| sum.key.clone()))
        .bind(column(sums, |sum| sum.signature.clone()))
        .execute(connection)
        .await
        .map(drop)
}

impl PgReader {
    /// Removes some old ones; how many.
    pub(super) async fn cut_effects(&self, before: Hour) -> Result<u64, StoreError> {
        let sql = "DELETE FROM effect WHERE (run, number) IN \
                   (SELECT run, number FROM effect WHERE hour < $1 ORDER BY hour, run, number LIMIT $2)";
        let query = sqlx::query(sql).bind(before.number()).bind(CUT_AT_ONCE);
        self.place.told(query.execute(&self.pool).await).map(|done| done.rows_affected())
    }

    pub(super) async fn sums(&self, (run, number): (Uuid, i64), limit: u32) -> Result<Vec<Effect>, StoreError> {
        if !self.has_effects().await? {
            return Ok(Vec::new());
        }
        let sql = select!("WHERE (run, number) > ($1, $2) ORDER BY run, number LIMIT $3");
        let query = sqlx::query_as(sql).bind(run).bind(number).bind(i64::from(limit));
        self.place.told(query.fetch_all(&self.pool).await)
    }

    pub(super) async fn sums_of(
        &self,
        of: &EffectsOf<'_>,
        (hour, run, number): EffectPlace,
        limit: u32,
    ) -> Result<Vec<Effect>, StoreError> {
        if !self.has_effects().await? {
            return Ok(Vec::new());
        }
        let sql = select!(
            "WHERE site = $1 AND hour >= $2 AND hour <= $3 AND (hour, run, number) > ($4, $5, $6) \
             AND ($7::text IS NULL OR rules = $7 AND (variant = $8 OR starts_with(variant, $8 || '~'))) \
             ORDER BY hour, run, number LIMIT $9"
        );
        let query = sqlx::query_as(sql)
            .bind(of.site)
            .bind(of.from.number())
            .bind(of.to.number())
            .bind(hour)
            .bind(run)
            .bind(number)
            .bind(of.decision.map(|(rules, _)| rules))
            .bind(of.decision.map(|(_, variant)| variant))
            .bind(i64::from(limit));
        self.place.told(query.fetch_all(&self.pool).await)
    }

    /// A database that no gateway of this version has opened has no such table.
    async fn has_effects(&self) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar("SELECT to_regclass('effect') IS NOT NULL");
        self.place.told(query.fetch_one(&self.pool).await)
    }
}

impl FromRow<'_, PgRow> for Effect {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            run: row.try_get("run")?,
            number: row.try_get("number")?,
            revision: row.try_get("revision")?,
            hour: row.try_get("hour")?,
            site: row.try_get("site")?,
            rules: row.try_get("rules")?,
            variant: row.try_get("variant")?,
            payload: row.try_get("payload")?,
            key: row.try_get("key")?,
            signature: row.try_get("signature")?,
        })
    }
}
