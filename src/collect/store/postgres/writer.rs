//! The connection that appends to this gateway's chain.

use super::super::linked::{Linked, Salted, link};
use super::super::{StoreError, Stored};
use super::month::Months;
use super::place::{self, Place};
use super::spool::{Entry, Spool};
use crate::collect::ledger::{ChainId, Hash, Head};
use crate::consent::Deciseconds;
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Records of the spool that follow in one transaction.
pub(super) const CHUNK: usize = 1024;

/// Signed sums of the spool that follow in one statement.
const SUMS: u32 = 512;

/// How long one transaction may take before the database counts as away.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// How long it may take for what follows from the spool, which nobody waits for.
pub(super) const DRAIN_PATIENCE: Duration = Duration::from_secs(30);

/// Appends. When one of its methods fails it must not be used again: where in its transaction it is nobody knows.
#[derive(Debug)]
pub(super) struct Writer {
    place: Place,
    chain: ChainId,
    pub(super) connection: PgConnection,
    months: Months,
}

impl Writer {
    /// Connects, brings the tables to the newest schema, and begins the chain where it is new.
    pub(super) async fn open(place: &Place, chain: ChainId) -> Result<Self, StoreError> {
        let mut connection = place.connect().await?;
        place.migrate(&mut connection).await?;
        let fresh = Head::empty(chain);
        let sql = "INSERT INTO chain (id, created, seq, hash) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql).bind(chain.0).bind(now()).bind(fresh.hash.to_vec());
        place.told(query.execute(&mut connection).await)?;
        Ok(Self { place: place.clone(), chain, connection, months: Months::default() })
    }

    /// Appends in one transaction. `sent` has the numbers of the records once they may be there, whatever comes back.
    pub(super) async fn append(&mut self, proofs: &[Salted], sent: &mut Vec<i64>) -> Result<Vec<Stored>, StoreError> {
        let done = tokio::time::timeout(PATIENCE, self.append_all(proofs, sent)).await;
        self.within(PATIENCE, done)
    }

    async fn append_all(&mut self, proofs: &[Salted], sent: &mut Vec<i64>) -> Result<Vec<Stored>, sqlx::Error> {
        self.months.ensure(&mut self.connection, proofs.iter()).await?;
        let mut transaction = self.connection.begin().await?;
        let head = locked_head(&mut transaction, self.chain).await?;
        let linked = link(&head, proofs)?;
        insert(&mut transaction, self.chain, &linked).await?;
        sent.extend(linked.iter().map(|row| row.seq));
        transaction.commit().await?;
        Ok(linked.iter().map(|row| Stored { seq: row.seq.unsigned_abs(), digest: row.salted.digest }).collect())
    }

    /// Keeps what was asked, unless it is kept.
    pub(super) async fn keep_questions(&mut self, hash: &Hash, document: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO questions (hash, kept, document) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql).bind(hash.to_vec()).bind(now()).bind(document.to_owned());
        let done = tokio::time::timeout(PATIENCE, query.execute(&mut self.connection)).await;
        self.within(PATIENCE, done).map(drop)
    }

    /// Erases what visitors' records say; of how many.
    pub(super) async fn erase(&mut self, id: Uuid) -> Result<u64, StoreError> {
        let done = tokio::time::timeout(DRAIN_PATIENCE, erase(&mut self.connection, id)).await;
        self.within(DRAIN_PATIENCE, done)
    }

    /// Lets what was asked and the first records of the spool follow, at most [`CHUNK`], within so much time; how many there were.
    pub(super) async fn drain(&mut self, spool: &Spool, patience: Duration) -> Result<usize, StoreError> {
        for (hash, document) in spool.questions().await? {
            self.keep_questions(&hash, &document).await?;
            spool.remove_questions(&hash).await?;
        }
        loop {
            let sums = spool.effects(SUMS).await?;
            if sums.is_empty() {
                break;
            }
            self.keep_effects(&sums).await?;
            spool.remove_effects(&sums).await?;
        }
        let entries = spool.first(u32::try_from(CHUNK).unwrap_or(u32::MAX)).await?;
        let Some(last) = entries.last().map(|entry| entry.n) else { return Ok(0) };
        let sending = tokio::time::timeout(patience, self.send(&entries, spool)).await;
        sending.unwrap_or_else(|_| Err(self.place.away("no answer".to_owned())))?;
        spool.remove_to(last).await?;
        Ok(entries.len())
    }

    /// CORRECTNESS: once, also when this process or the database ends at any place in it. The chain's row is locked first,
    /// so that nobody else sends the same; what a try before got through is found under the number that it had then, by its
    /// salted digest, which no other record has; and the new numbers are durable here before they are there.
    async fn send(&mut self, entries: &[Entry], spool: &Spool) -> Result<(), StoreError> {
        let told = |error: sqlx::Error| self.place.told::<()>(Err(error)).err().unwrap_or(StoreError::Closed);
        let salted = || entries.iter().map(|entry| &entry.salted);
        self.months.ensure(&mut self.connection, salted()).await.map_err(told)?;
        let mut transaction = self.connection.begin().await.map_err(told)?;
        let head = locked_head(&mut transaction, self.chain).await.map_err(told)?;
        let there = there(&mut transaction, self.chain, entries).await.map_err(told)?;
        let is_missing = |entry: &&Entry| entry.seq.and_then(|seq| there.get(&seq)) != Some(&entry.salted.digest);
        let missing: Vec<&Entry> = entries.iter().filter(is_missing).collect();
        let linked = link(&head, missing.iter().map(|entry| &entry.salted)).map_err(told)?;
        insert(&mut transaction, self.chain, &linked).await.map_err(told)?;
        recount(&mut transaction, &linked).await.map_err(told)?;
        let numbers: Vec<(i64, i64)> = missing.iter().zip(&linked).map(|(entry, row)| (entry.n, row.seq)).collect();
        spool.mark(&numbers).await?;
        transaction.commit().await.map_err(told)
    }

    pub(super) fn within<T>(
        &self,
        patience: Duration,
        done: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, StoreError> {
        match done {
            Ok(done) => self.place.told(done),
            Err(_) => Err(self.place.away(format!("no answer within {} s", patience.as_secs()))),
        }
    }

    /// Ends the connection in order.
    pub(super) async fn close(self) {
        place::close(self.connection).await;
    }
}

/// `date` of what is done now.
pub(super) fn now() -> i64 {
    i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX)
}

/// Erases what one visitor's records say, in all chains.
pub(super) async fn erase(connection: &mut PgConnection, id: Uuid) -> Result<u64, sqlx::Error> {
    let sql =
        "UPDATE proof SET salt = NULL, payload = NULL, consent_id = NULL, said = '', erased = $1 WHERE consent_id = $2";
    sqlx::query(sql).bind(now()).bind(id).execute(connection).await.map(|done| done.rows_affected())
}

/// The head of the chain, which nobody else appends to before the transaction ends.
async fn locked_head(transaction: &mut Transaction<'_, Postgres>, chain: ChainId) -> Result<Head, sqlx::Error> {
    let query = sqlx::query_as("SELECT seq, hash FROM chain WHERE id = $1 FOR UPDATE").bind(chain.0);
    let (seq, hash): (i64, Vec<u8>) = query.fetch_one(&mut **transaction).await?;
    head(chain, seq, &hash)
}

pub(super) fn head(chain: ChainId, seq: i64, hash: &[u8]) -> Result<Head, sqlx::Error> {
    let seq = u64::try_from(seq).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let hash = hash.try_into().map_err(|_| sqlx::Error::Decode("a hash has 32 bytes".into()))?;
    Ok(Head { chain, seq, hash })
}

/// The records that stand under the numbers which these were sent with before.
async fn there(
    transaction: &mut Transaction<'_, Postgres>,
    chain: ChainId,
    entries: &[Entry],
) -> Result<HashMap<i64, Hash>, sqlx::Error> {
    let numbers: Vec<i64> = entries.iter().filter_map(|entry| entry.seq).collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sqlx::query_as("SELECT seq, digest FROM proof WHERE chain = $1 AND seq = ANY($2)");
    let found: Vec<(i64, Vec<u8>)> = query.bind(chain.0).bind(numbers).fetch_all(&mut **transaction).await?;
    Ok(found.into_iter().filter_map(|(seq, digest)| Some((seq, Hash::try_from(digest.as_slice()).ok()?))).collect())
}

/// Inserts the records and moves the chain's head.
async fn insert(
    transaction: &mut Transaction<'_, Postgres>,
    chain: ChainId,
    rows: &[Linked<'_>],
) -> Result<(), sqlx::Error> {
    let Some(last) = rows.last() else { return Ok(()) };
    fn column<T>(rows: &[Linked<'_>], of: impl Fn(&Linked<'_>) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let sql = "INSERT INTO proof (chain, seq, prev, digest, hash, salt, payload, consent_id, site, date, said) \
               SELECT $1, * FROM UNNEST($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], \
               $8::uuid[], $9::text[], $10::bigint[], $11::text[])";
    sqlx::query(sql)
        .bind(chain.0)
        .bind(column(rows, |row| row.seq))
        .bind(column(rows, |row| row.prev.to_vec()))
        .bind(column(rows, |row| row.salted.digest.to_vec()))
        .bind(column(rows, |row| row.hash.to_vec()))
        .bind(column(rows, |row| row.salted.salt.to_vec()))
        .bind(column(rows, |row| row.salted.proof.payload.clone()))
        .bind(column(rows, |row| row.salted.proof.consent_id))
        .bind(column(rows, |row| row.salted.proof.site.clone()))
        .bind(column(rows, |row| row.salted.date()))
        .bind(column(rows, |row| row.said.clone()))
        .execute(&mut **transaction)
        .await?;
    let query = sqlx::query("UPDATE chain SET seq = $2, hash = $3 WHERE id = $1").bind(chain.0);
    query.bind(last.seq).bind(last.hash.to_vec()).execute(&mut **transaction).await.map(drop)
}

/// Days that were computed before these records came are computed again.
async fn recount(transaction: &mut Transaction<'_, Postgres>, rows: &[Linked<'_>]) -> Result<(), sqlx::Error> {
    let day = i64::try_from(Deciseconds::DAY).unwrap_or(i64::MAX);
    let days: BTreeSet<i64> = rows.iter().map(|row| row.salted.date().div_euclid(day)).collect();
    let days: Vec<i64> = days.into_iter().collect();
    let query = sqlx::query("UPDATE statistics_day SET late = true WHERE day = ANY($1)").bind(days);
    query.execute(&mut **transaction).await.map(drop)
}
