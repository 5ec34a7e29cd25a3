//! A walk over a whole chain, page by page: while one page is checked, the next is read.

use super::ledger::{Broken, Extent, Row, Summary, Verifier};
use super::store::{ProofReader, StoreError};

/// Records that are read at once; what bounds the memory of a walk, twice.
const PAGE: u32 = 1_000;

/// A chain that is being walked. It ends where the chain ended when the walk began: what a running gateway appends meanwhile is
/// not looked at. To be used from a tokio runtime.
pub struct Walk<'r> {
    reader: &'r dyn ProofReader,
    extent: Extent,
    verifier: Verifier,
    /// The page that was read ahead.
    ahead: Option<Vec<Row>>,
}

/// One page, and the first of its records that is wrong.
#[derive(Debug)]
pub struct Page {
    /// The records, in the order of the store.
    pub rows: Vec<Row>,
    /// Where the chain is broken, with the number of records before that which are right.
    pub broken: Option<(usize, Broken)>,
}

impl<'r> Walk<'r> {
    /// From the first record that is there of a chain. That it may begin there is for the caller to see.
    pub fn new(reader: &'r dyn ProofReader, extent: Extent) -> Self {
        Self { reader, extent, verifier: Verifier::from(extent.cut), ahead: None }
    }

    /// The next page; `None` at the end. After one with a broken record the walk must not go on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Page>, StoreError> {
        let rows = match self.ahead.take() {
            Some(rows) => rows,
            None => self.read(self.begin()).await?,
        };
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(None) };
        let mut verifier = self.verifier.clone();
        let checking = tokio::task::spawn_blocking(move || {
            let broken =
                rows.iter().enumerate().find_map(|(at, row)| verifier.check(row).err().map(|broken| (at, broken)));
            (verifier, Page { rows, broken })
        });
        let (checked, ahead) = tokio::join!(checking, self.read(last));
        let (verifier, page) = checked.map_err(|_| StoreError::Closed)?;
        self.verifier = verifier;
        self.ahead = Some(ahead?);
        Ok(Some(page))
    }

    /// Once [`Self::next`] has given its last page.
    ///
    /// # Errors
    /// When the chain says that it ends elsewhere.
    pub fn finish(self) -> Result<Summary, Broken> {
        self.verifier.finish(&self.extent.head)
    }

    /// A record with a number below the first is out of order; below a cut it is one that goes.
    fn begin(&self) -> i64 {
        if self.extent.cut.seq == 0 { i64::MIN } else { i64::try_from(self.extent.cut.seq).unwrap_or(i64::MAX) }
    }

    async fn read(&self, after: i64) -> Result<Vec<Row>, StoreError> {
        let end = i64::try_from(self.extent.head.seq).unwrap_or(i64::MAX);
        let mut rows = self.reader.page(self.extent.head.chain, after, PAGE).await?;
        rows.retain(|row| row.seq <= end);
        Ok(rows)
    }
}
