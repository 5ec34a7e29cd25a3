//! Cutting a chain by age; see `../cut.rs`.

use super::super::cut::{AT_ONCE, cut_head, unsigned};
use super::reader::{PgReader, Signed, signed};
use super::{month, writer};
use crate::collect::ledger::{ChainId, Extent};
use crate::collect::store::StoreError;
use crate::consent::Deciseconds;
use uuid::Uuid;

/// A chain as its row says it.
pub(super) type Found = (Uuid, i64, Vec<u8>, i64, Option<Vec<u8>>);

pub(super) fn extent((id, seq, hash, cut_seq, cut_hash): Found) -> Result<Extent, sqlx::Error> {
    let chain = ChainId(id);
    Ok(Extent { cut: cut_head(chain, cut_seq, cut_hash)?, head: writer::head(chain, seq, &hash)? })
}

impl PgReader {
    /// Cuts what is older, some records at once; how many went.
    pub(super) async fn cut(&self, chain: ChainId, before: Deciseconds) -> Result<u64, StoreError> {
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        let cut = self.place.told(self.cut_some(chain, before).await)?;
        if cut == 0
            && let Err(error) = self.drop_months(before).await
        {
            log::info!("{}: months without proofs stay for now: {error}", self.place);
        }
        Ok(cut)
    }

    async fn drop_months(&self, before: i64) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        match month::drop_empty(&mut connection, before).await? {
            0 => {}
            months => log::info!("{}: {months} months had no proofs any more and are gone", self.place),
        }
        Ok(())
    }

    async fn cut_some(&self, chain: ChainId, before: i64) -> Result<u64, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let sql = "SELECT id, seq, hash, cut_seq, cut_hash FROM chain WHERE id = $1 FOR UPDATE";
        let found: Found = sqlx::query_as(sql).bind(chain.0).fetch_one(&mut *transaction).await?;
        let Extent { mut cut, head } = extent(found)?;
        let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
        let sql = "SELECT min(seq) FROM proof WHERE chain = $1 AND seq > $2 AND date >= $3";
        let query = sqlx::query_scalar(sql).bind(chain.0).bind(bound(cut.seq)).bind(before);
        let young: Option<i64> = query.fetch_one(&mut *transaction).await?;
        let sql = "SELECT c.seq, c.hash, c.date, c.key, c.signature FROM checkpoint c JOIN proof p \
                   ON p.chain = c.chain AND p.seq = c.seq AND p.hash = c.hash \
                   WHERE c.chain = $1 AND c.seq > $2 AND c.seq < $3 ORDER BY c.seq DESC LIMIT 1";
        let query = sqlx::query_as(sql).bind(chain.0).bind(bound(cut.seq));
        let query = query.bind(young.unwrap_or_else(|| bound(head.seq).saturating_add(1)));
        let found: Option<Signed> = query.fetch_optional(&mut *transaction).await?;
        if let Some(checkpoint) = found.map(|found| signed(chain, found)).transpose()? {
            if !checkpoint.is_signed() {
                return Err(unsigned(checkpoint.head.seq));
            }
            cut = checkpoint.head;
            let query = sqlx::query("UPDATE chain SET cut_seq = $2, cut_hash = $3, cut_date = $4 WHERE id = $1");
            let query = query.bind(chain.0).bind(bound(cut.seq)).bind(cut.hash.to_vec()).bind(before);
            query.execute(&mut *transaction).await?;
        }
        let sql = "DELETE FROM proof WHERE chain = $1 AND seq IN \
                   (SELECT seq FROM proof WHERE chain = $1 AND seq <= $2 ORDER BY seq LIMIT $3)";
        let query = sqlx::query(sql).bind(chain.0).bind(bound(cut.seq)).bind(AT_ONCE);
        let done = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(done)
    }
}
