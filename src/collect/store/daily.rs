//! Daily statistics in the store: the records of a day out, its numbers in.

use super::writer::Job;
use super::{SqliteReader, SqliteStore, StoreError};
use crate::collect::daily::{Day, Line};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Row as _, Sqlite, SqliteConnection};

/// Lines per INSERT: far below SQLite's 32,766 binds.
const LINES_PER_INSERT: usize = 512;

/// What statistics read of a record. Nothing of it is checked: that is `verify`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRecord {
    /// Its number in the chain.
    pub seq: i64,
    /// In tenths of seconds since 1970.
    pub date: i64,
    /// The site's name.
    pub site: String,
    /// The proof as JSON; `None` when it was erased.
    pub payload: Option<Vec<u8>>,
}

/// A store that statistics can be computed from and kept in. All methods can be called from any runtime.
#[async_trait]
pub trait DailyStore: Send + Sync {
    /// Up to `limit` records of a day in the order of date and number, after those of the last page.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn records_of(&self, day: Day, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<DayRecord>, StoreError>;

    /// The day of the first record; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn first(&self) -> Result<Option<Day>, StoreError>;

    /// The days whose numbers are there, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn computed(&self) -> Result<Vec<Day>, StoreError>;

    /// Puts a day's numbers in the place of those that were there, all or none.
    ///
    /// # Errors
    /// What was there stays then.
    async fn replace(&self, day: Day, lines: Vec<Line>) -> Result<(), StoreError>;
}

#[async_trait]
impl DailyStore for SqliteStore {
    async fn records_of(&self, day: Day, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<DayRecord>, StoreError> {
        self.reader().records_of(day, after, limit).await
    }

    async fn first(&self) -> Result<Option<Day>, StoreError> {
        self.reader().first().await
    }

    async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        self.reader().computed().await
    }

    async fn replace(&self, day: Day, lines: Vec<Line>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Statistics(day, lines, reply)).await
    }
}

impl SqliteReader {
    async fn records_of(&self, day: Day, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<DayRecord>, StoreError> {
        let (date, seq) = after.unwrap_or((day.begins() - 1, i64::MAX));
        let sql = "SELECT seq, date, CAST(site AS BLOB) AS site, CAST(payload AS BLOB) AS payload FROM proof \
                   WHERE (date, seq) > (?, ?) AND date < ? ORDER BY date, seq LIMIT ?";
        let query = sqlx::query_as(sql).bind(date).bind(seq).bind(day.ends()).bind(limit);
        self.told(query.fetch_all(&mut *self.connection().await).await)
    }

    async fn first(&self) -> Result<Option<Day>, StoreError> {
        let query = sqlx::query_scalar::<_, Option<i64>>("SELECT min(date) FROM proof");
        let date = self.told(query.fetch_one(&mut *self.connection().await).await)?;
        Ok(date.and_then(Day::of))
    }

    /// See [`DailyStore::computed`].
    ///
    /// # Errors
    /// When the file cannot be read, or was made by a version that kept no statistics.
    pub async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        let query = sqlx::query_scalar::<_, i64>("SELECT day FROM statistics_day ORDER BY day");
        let days = self.told(query.fetch_all(&mut *self.connection().await).await)?;
        Ok(days.into_iter().filter_map(Day::numbered).collect())
    }

    /// The numbers of one day, by site and category, whole answers first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn statistics(&self, day: Day) -> Result<Vec<Line>, StoreError> {
        let sql = "SELECT site, category, accepted, refused, withdrawn, partial, unreadable FROM statistics \
                   WHERE day = ? ORDER BY site, category";
        let query = sqlx::query_as(sql).bind(day.number());
        self.told(query.fetch_all(&mut *self.connection().await).await)
    }
}

impl FromRow<'_, SqliteRow> for DayRecord {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            date: row.try_get("date")?,
            site: String::from_utf8_lossy(row.try_get("site")?).into_owned(),
            payload: row.try_get("payload")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Line {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let count = |value: i64| u64::try_from(value).map_err(|e| sqlx::Error::Decode(e.into()));
        let category: String = row.try_get("category")?;
        Ok(Self {
            site: row.try_get("site")?,
            category: (!category.is_empty()).then_some(category),
            accepted: count(row.try_get("accepted")?)?,
            refused: count(row.try_get("refused")?)?,
            withdrawn: count(row.try_get("withdrawn")?)?,
            partial: row.try_get::<Option<i64>, _>("partial")?.map(count).transpose()?,
            unreadable: row.try_get::<Option<i64>, _>("unreadable")?.map(count).transpose()?,
        })
    }
}

/// Replaces a day's numbers. Begun and ended by statements for the reason that `writer.rs` gives.
pub(super) async fn replace(connection: &mut SqliteConnection, day: Day, lines: &[Line]) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let done = replace_all(connection, day.number(), lines).await;
    if done.is_err() {
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    done
}

async fn replace_all(connection: &mut SqliteConnection, day: i64, lines: &[Line]) -> Result<(), sqlx::Error> {
    let now = i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM statistics WHERE day = ?").bind(day).execute(&mut *connection).await?;
    sqlx::query("INSERT OR REPLACE INTO statistics_day (day, computed) VALUES (?, ?)")
        .bind(day)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    for lines in lines.chunks(LINES_PER_INSERT) {
        insert(connection, day, lines).await?;
    }
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}

async fn insert(connection: &mut SqliteConnection, day: i64, lines: &[Line]) -> Result<(), sqlx::Error> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let start = "INSERT INTO statistics (day, site, category, accepted, refused, withdrawn, partial, unreadable) ";
    let mut sql = QueryBuilder::<Sqlite>::new(start);
    sql.push_values(lines, |mut values, line| {
        values
            .push_bind(day)
            .push_bind(line.site.clone())
            .push_bind(line.category.clone().unwrap_or_default())
            .push_bind(count(line.accepted))
            .push_bind(count(line.refused))
            .push_bind(count(line.withdrawn))
            .push_bind(line.partial.map(count))
            .push_bind(line.unreadable.map(count));
    });
    sql.build().execute(connection).await.map(drop)
}
