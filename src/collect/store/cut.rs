//! Cutting a chain by age: records before a signed checkpoint go, and what is left is a chain that begins there.

use super::checkpoints::{Found, read};
use super::{connect, wal};
use crate::collect::ledger::{ChainId, Extent, Head};
use crate::consent::Deciseconds;
use sqlx::SqliteConnection;

/// Records that go in one transaction: answers wait for no more.
pub(super) const AT_ONCE: i64 = 5_000;

/// What a cut is refused for.
pub(super) fn unsigned(seq: u64) -> sqlx::Error {
    let problem =
        format!("the checkpoint of record {seq} has no valid signature, so nothing is cut: see `proofs verify`");
    sqlx::Error::Decode(problem.into())
}

/// Where the records begin, as the file says it.
pub(super) async fn extent(connection: &mut SqliteConnection) -> Result<Extent, sqlx::Error> {
    let head = connect::head(&mut *connection).await?;
    let query = sqlx::query_as("SELECT cut_seq, cut_hash FROM chain WHERE one = 1");
    let (seq, hash): (i64, Option<Vec<u8>>) = query.fetch_one(connection).await?;
    Ok(Extent { cut: cut_head(head.chain, seq, hash)?, head })
}

/// An empty chain where nothing was cut.
pub(super) fn cut_head(chain: ChainId, seq: i64, hash: Option<Vec<u8>>) -> Result<Head, sqlx::Error> {
    let Some(hash) = hash.filter(|_| seq > 0) else { return Ok(Head::empty(chain)) };
    let hash = hash.try_into().map_err(|_| sqlx::Error::Decode("a hash has 32 bytes".into()))?;
    Ok(Head { chain, seq: seq.unsigned_abs(), hash })
}

/// Cuts what is older, some records at once; how many went. Begun and ended by statements for the reason that `writer.rs` gives.
pub(super) async fn cut(connection: &mut SqliteConnection, before: Deciseconds) -> Result<u64, sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let done = cut_some(connection, i64::try_from(before.0).unwrap_or(i64::MAX)).await;
    if done.is_err() {
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    done
}

async fn cut_some(connection: &mut SqliteConnection, before: i64) -> Result<u64, sqlx::Error> {
    let Extent { mut cut, head } = extent(connection).await?;
    let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    // The sign keeps the index of dates out of it: the record is among the first.
    let sql = "SELECT seq FROM proof WHERE seq > ? AND +date >= ? ORDER BY seq LIMIT 1";
    let young: Option<i64> =
        sqlx::query_scalar(sql).bind(bound(cut.seq)).bind(before).fetch_optional(&mut *connection).await?;
    let sql = "SELECT c.seq, c.hash, c.date, c.key, c.signature FROM checkpoint c JOIN proof p ON p.seq = c.seq AND p.hash = c.hash \
               WHERE c.seq > ? AND c.seq < ? ORDER BY c.seq DESC LIMIT 1";
    let query = sqlx::query_as(sql).bind(bound(cut.seq));
    let query = query.bind(young.unwrap_or_else(|| bound(head.seq).saturating_add(1)));
    let found: Option<Found> = query.fetch_optional(&mut *connection).await?;
    if let Some(checkpoint) = found.map(|found| read(head.chain, found)).transpose()? {
        if !checkpoint.is_signed() {
            return Err(unsigned(checkpoint.head.seq));
        }
        cut = checkpoint.head;
        sqlx::query("UPDATE chain SET cut_seq = ?, cut_hash = ?, cut_date = ? WHERE one = 1")
            .bind(bound(cut.seq))
            .bind(cut.hash.to_vec())
            .bind(before)
            .execute(&mut *connection)
            .await?;
    }
    let sql = "DELETE FROM proof WHERE seq IN (SELECT seq FROM proof WHERE seq <= ? ORDER BY seq LIMIT ?)";
    let done = sqlx::query(sql).bind(bound(cut.seq)).bind(AT_ONCE).execute(&mut *connection).await?;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    if done.rows_affected() > 0 {
        // What is deleted is overwritten (`secure_delete`), and the truncated log holds no copy any more.
        wal::empty(connection).await?;
    }
    Ok(done.rows_affected())
}
