//! Reading records back from the database: for searches, walks, exports and statistics, beside gateways that go on.

use super::place::Place;
use super::{cut, writer};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::daily::{Day, Line, Tally};
use crate::collect::effects::Effect;
use crate::collect::ledger::{ChainId, Extent, Hash, Head, Row};
use crate::collect::shown::Showing;
use crate::collect::store::daily::Kept;
use crate::collect::store::{EffectPlace, EffectsOf, ProofReader, StoreError};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

/// A visitor who answers more often than this is no visitor.
const MOST_OF_ONE: i64 = 10_000;

/// A query over records.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT chain, seq, prev, digest, hash, salt, payload, consent_id, site, date, erased, said FROM proof ",
            $rest
        )
    };
}

/// A pool of connections that read, all chains of a database. To be used from one runtime.
#[derive(Debug, Clone)]
pub struct PgReader {
    pub(super) place: Place,
    pub(super) pool: PgPool,
}

impl PgReader {
    /// Connects to a database that gateways have made their tables in; nothing in it is changed.
    ///
    /// # Errors
    /// When it cannot be reached or holds no proofs.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let place = Place::parse(url)?;
        // One connection by itself first: its error says what is wrong, and a pool's only that it took too long.
        super::place::close(place.connect().await?).await;
        let this = Self { pool: place.pool(), place };
        this.chains().await?;
        Ok(this)
    }

    /// Where one chain ends.
    pub(super) async fn head(&self, chain: ChainId) -> Result<Head, StoreError> {
        let query = sqlx::query_as("SELECT seq, hash FROM chain WHERE id = $1").bind(chain.0);
        let (seq, hash): (i64, Vec<u8>) = self.place.told(query.fetch_one(&self.pool).await)?;
        self.place.told(writer::head(chain, seq, &hash))
    }

    pub(super) async fn last_checkpoint(&self, chain: ChainId) -> Result<Option<Checkpoint>, StoreError> {
        let sql = "SELECT seq, hash, date, key, signature FROM checkpoint WHERE chain = $1 ORDER BY seq DESC LIMIT 1";
        let found: Option<Signed> =
            self.place.told(sqlx::query_as(sql).bind(chain.0).fetch_optional(&self.pool).await)?;
        self.place.told(found.map(|found| signed(chain, found)).transpose())
    }

    pub(super) async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let sql = "INSERT INTO checkpoint (chain, seq, hash, date, key, signature) VALUES ($1, $2, $3, $4, $5, $6)";
        let query = sqlx::query(sql)
            .bind(checkpoint.head.chain.0)
            .bind(i64::try_from(checkpoint.head.seq).unwrap_or(i64::MAX))
            .bind(checkpoint.head.hash.to_vec())
            .bind(i64::try_from(checkpoint.date.0).unwrap_or(i64::MAX))
            .bind(checkpoint.key.clone())
            .bind(checkpoint.signature.clone());
        self.place.told(query.execute(&self.pool).await).map(drop)
    }

    /// The date before which records were cut, of the chain that was cut last.
    pub(super) async fn cut_before(&self) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query_scalar("SELECT max(cut_date) FROM chain");
        self.place.told(query.fetch_one(&self.pool).await)
    }

    /// The day of the first record.
    pub(super) async fn first(&self) -> Result<Option<Day>, StoreError> {
        let query = sqlx::query_scalar::<_, Option<i64>>("SELECT min(date) FROM proof");
        Ok(self.place.told(query.fetch_one(&self.pool).await)?.and_then(Day::of))
    }

    /// The days that need not be computed.
    pub(super) async fn settled(&self) -> Result<Vec<Day>, StoreError> {
        let query = sqlx::query_scalar::<_, i64>("SELECT day FROM statistics_day WHERE NOT late ORDER BY day");
        let days = self.place.told(query.fetch_all(&self.pool).await)?;
        Ok(days.into_iter().filter_map(Day::numbered).collect())
    }

    /// The records of a day, counted by the database.
    pub(super) async fn tally(&self, day: Day) -> Result<Tally, StoreError> {
        let sql = "SELECT site, said, count(*) FROM proof WHERE date >= $1 AND date < $2 GROUP BY site, said";
        let query = sqlx::query_as(sql).bind(day.begins()).bind(day.ends());
        let counts: Vec<(String, String, i64)> = self.place.told(query.fetch_all(&self.pool).await)?;
        let query = sqlx::query_as("SELECT site, variant, times FROM variant_shown WHERE day = $1").bind(day.number());
        let shown: Vec<(String, String, i64)> = self.place.told(query.fetch_all(&self.pool).await)?;
        let mut tally = Tally::default();
        shown.iter().for_each(|(site, variant, times)| tally.shown(site, variant, times.unsigned_abs()));
        counts.iter().for_each(|(site, said, count)| tally.count(site, said, count.unsigned_abs()));
        Ok(tally)
    }

    /// Puts a day's numbers in the place of the old ones; gateways that do so together wait for each other.
    pub(super) async fn replace(&self, day: Day, lines: Vec<Line>) -> Result<(), StoreError> {
        self.place.told(self.replace_all(day.number(), &lines).await)
    }

    async fn replace_all(&self, day: i64, lines: &[Line]) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let sql = "INSERT INTO statistics_day (day, computed) VALUES ($1, $2) \
                   ON CONFLICT (day) DO UPDATE SET computed = excluded.computed, late = false";
        let now = i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX);
        sqlx::query(sql).bind(day).bind(now).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM statistics WHERE day = $1").bind(day).execute(&mut *transaction).await?;
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let column = |of: fn(&Line) -> u64| lines.iter().map(|line| count(of(line))).collect::<Vec<_>>();
        let sql = "INSERT INTO statistics (day, site, category, variant, accepted, refused, withdrawn, partial, \
                   unreadable, shown) SELECT $1, * FROM UNNEST($2::text[], $3::text[], $4::text[], $5::bigint[], \
                   $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])";
        sqlx::query(sql)
            .bind(day)
            .bind(lines.iter().map(|line| line.site.clone()).collect::<Vec<_>>())
            .bind(lines.iter().map(|line| line.category.clone().unwrap_or_default()).collect::<Vec<_>>())
            .bind(lines.iter().map(|line| line.variant.clone().unwrap_or_default()).collect::<Vec<_>>())
            .bind(column(|line| line.accepted))
            .bind(column(|line| line.refused))
            .bind(column(|line| line.withdrawn))
            .bind(lines.iter().map(|line| line.partial.map(count)).collect::<Vec<_>>())
            .bind(lines.iter().map(|line| line.unreadable.map(count)).collect::<Vec<_>>())
            .bind(lines.iter().map(|line| line.shown.map(count)).collect::<Vec<_>>())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Adds to how often forms of the widget were shown; days that were computed before are computed again.
    pub(super) async fn add_shown(&self, rows: &[(Showing, u64)]) -> Result<(), StoreError> {
        self.place.told(self.add_all_shown(rows).await)
    }

    async fn add_all_shown(&self, rows: &[(Showing, u64)]) -> Result<(), sqlx::Error> {
        let days: Vec<i64> = rows.iter().map(|(showing, _)| showing.day.number()).collect();
        let sql = "INSERT INTO variant_shown (day, site, variant, times) \
                   SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::bigint[]) \
                   ON CONFLICT (day, site, variant) DO UPDATE SET times = variant_shown.times + excluded.times";
        let mut transaction = self.pool.begin().await?;
        sqlx::query(sql)
            .bind(days.clone())
            .bind(rows.iter().map(|(showing, _)| showing.site.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|(showing, _)| showing.variant.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|(_, times)| i64::try_from(*times).unwrap_or(i64::MAX)).collect::<Vec<_>>())
            .execute(&mut *transaction)
            .await?;
        let query = sqlx::query("UPDATE statistics_day SET late = true WHERE day = ANY($1)").bind(days);
        query.execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

#[async_trait]
impl ProofReader for PgReader {
    async fn chains(&self) -> Result<Vec<Extent>, StoreError> {
        let query = sqlx::query_as("SELECT id, seq, hash, cut_seq, cut_hash FROM chain ORDER BY created, id");
        let found: Result<Vec<cut::Found>, _> = query.fetch_all(&self.pool).await;
        self.place.told(self.place.told(found)?.into_iter().map(cut::extent).collect())
    }

    async fn page(&self, chain: ChainId, after: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
        let query = sqlx::query_as(select!("WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"));
        let query = query.bind(chain.0).bind(after).bind(i64::from(limit));
        self.place.told(query.fetch_all(&self.pool).await)
    }

    async fn of_visitor(&self, id: Uuid) -> Result<Vec<(ChainId, Row)>, StoreError> {
        let query = sqlx::query(select!("WHERE consent_id = $1 ORDER BY date, chain, seq LIMIT $2"));
        let found = self.place.told(query.bind(id).bind(MOST_OF_ONE).fetch_all(&self.pool).await)?;
        let read = |row: &PgRow| Ok((ChainId(row.try_get("chain")?), Row::from_row(row)?));
        self.place.told(found.iter().map(read).collect())
    }

    async fn questions(&self, hash: &Hash) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT document FROM questions WHERE hash = $1").bind(hash.to_vec());
        self.place.told(query.fetch_optional(&self.pool).await)
    }

    async fn checkpoints(&self, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError> {
        let sql = "SELECT seq, hash, date, key, signature FROM checkpoint \
                   WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
        let query = sqlx::query_as(sql).bind(chain.0).bind(after).bind(last);
        let found: Vec<Signed> = self.place.told(query.fetch_all(&self.pool).await)?;
        self.place.told(found.into_iter().map(|found| signed(chain, found)).collect())
    }

    async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        let query = sqlx::query_scalar::<_, i64>("SELECT day FROM statistics_day ORDER BY day");
        let days = self.place.told(query.fetch_all(&self.pool).await)?;
        Ok(days.into_iter().filter_map(Day::numbered).collect())
    }

    async fn statistics(&self, day: Day) -> Result<Vec<Line>, StoreError> {
        let sql = "SELECT site, category, variant, accepted, refused, withdrawn, partial, unreadable, shown \
                   FROM statistics WHERE day = $1 \
                   ORDER BY site COLLATE \"C\", category COLLATE \"C\", variant COLLATE \"C\"";
        let kept: Vec<Kept> = self.place.told(sqlx::query_as(sql).bind(day.number()).fetch_all(&self.pool).await)?;
        self.place.told(kept.into_iter().map(Kept::read).collect())
    }

    async fn effects(&self, after: (Uuid, i64), limit: u32) -> Result<Vec<Effect>, StoreError> {
        self.sums(after, limit).await
    }

    async fn effects_of(&self, of: &EffectsOf<'_>, after: EffectPlace, limit: u32) -> Result<Vec<Effect>, StoreError> {
        self.sums_of(of, after, limit).await
    }

    async fn erase(&self, id: Uuid) -> Result<u64, StoreError> {
        let mut connection = self.place.connect().await?;
        self.place.told(writer::erase(&mut connection, id).await)
    }
}

pub(super) type Signed = (i64, Vec<u8>, i64, Vec<u8>, Vec<u8>);

pub(super) fn signed(chain: ChainId, (seq, hash, date, key, signature): Signed) -> Result<Checkpoint, sqlx::Error> {
    let date = u64::try_from(date).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Ok(Checkpoint { head: writer::head(chain, seq, &hash)?, date: Deciseconds(date), key, signature })
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            prev: row.try_get("prev")?,
            digest: row.try_get("digest")?,
            hash: row.try_get("hash")?,
            salt: row.try_get("salt")?,
            payload: row.try_get::<Option<String>, _>("payload")?.map(String::into_bytes),
            consent_id: row.try_get::<Option<Uuid>, _>("consent_id")?.map(|id| id.into_bytes().to_vec()),
            site: row.try_get("site")?,
            date: row.try_get("date")?,
            erased: row.try_get("erased")?,
            said: row.try_get("said")?,
        })
    }
}
