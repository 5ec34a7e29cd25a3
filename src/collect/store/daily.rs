//! Daily statistics in the store: the records of a day out, its numbers in.

use super::writer::Job;
use super::{SqliteReader, SqliteStore, StoreError};
use crate::collect::daily::{Day, Line, Tally};
use crate::collect::shown::Showing;
use crate::consent::Deciseconds;
use async_trait::async_trait;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

/// Lines per INSERT: far below SQLite's 32,766 binds.
const LINES_PER_INSERT: usize = 512;

/// Records whose payload is read at once; what bounds the memory of a day.
const PAGE: u32 = 1000;

/// Date, number, site and payload.
type Untold = (i64, i64, Vec<u8>, Option<Vec<u8>>);

/// A store that statistics can be computed from and kept in. All methods can be called from any runtime.
#[async_trait]
pub trait DailyStore: Send + Sync {
    /// The records of a day, counted by site and by what they say. Nothing of it is checked: that is `verify`'s.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn tally(&self, day: Day) -> Result<Tally, StoreError>;

    /// The day of the first record; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn first(&self) -> Result<Option<Day>, StoreError>;

    /// The date before which records were cut by age, in tenths of seconds since 1970; `None` where none were. Days before it
    /// cannot be counted anew.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cut_before(&self) -> Result<Option<i64>, StoreError>;

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

    /// Adds to how often forms of the widget were shown, all or none. A day's tally has the sums.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn add_shown(&self, rows: Vec<(Showing, u64)>) -> Result<(), StoreError>;
}

#[async_trait]
impl DailyStore for SqliteStore {
    async fn tally(&self, day: Day) -> Result<Tally, StoreError> {
        self.reader().tally(day).await
    }

    async fn first(&self) -> Result<Option<Day>, StoreError> {
        self.reader().first().await
    }

    async fn cut_before(&self) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query_scalar("SELECT cut_date FROM chain WHERE one = 1");
        let reader = self.reader();
        reader.told(query.fetch_one(&mut *reader.connection().await).await)
    }

    async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        self.reader().computed().await
    }

    async fn replace(&self, day: Day, lines: Vec<Line>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Statistics(day, lines, reply)).await
    }

    async fn add_shown(&self, rows: Vec<(Showing, u64)>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Shown(rows, reply)).await
    }
}

impl SqliteReader {
    /// Counted by the database from what each record says beside its payload; the payloads are read of those records that
    /// have nothing there.
    async fn tally(&self, day: Day) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        for (site, variant, times) in self.shown(day).await? {
            tally.shown(&site, &variant, times.unsigned_abs());
        }
        for (site, said, count) in self.counts(day).await? {
            tally.count(&String::from_utf8_lossy(&site), &String::from_utf8_lossy(&said), count.unsigned_abs());
        }
        let mut after = (day.begins() - 1, i64::MAX);
        loop {
            let untold = self.untold(day, after).await?;
            let Some((date, seq, ..)) = untold.last() else { return Ok(tally) };
            after = (*date, *seq);
            for (_, _, site, payload) in &untold {
                tally.add(&String::from_utf8_lossy(site), payload.as_deref());
            }
        }
    }

    async fn shown(&self, day: Day) -> Result<Vec<(String, String, i64)>, StoreError> {
        let query = sqlx::query_as("SELECT site, variant, times FROM variant_shown WHERE day = ?").bind(day.number());
        self.told(query.fetch_all(&mut *self.connection().await).await)
    }

    async fn counts(&self, day: Day) -> Result<Vec<(Vec<u8>, Vec<u8>, i64)>, StoreError> {
        let sql = "SELECT CAST(site AS BLOB), CAST(said AS BLOB), count(*) FROM proof \
                   WHERE date >= ? AND date < ? AND said IS NOT NULL GROUP BY site, said";
        let query = sqlx::query_as(sql).bind(day.begins()).bind(day.ends());
        self.told(query.fetch_all(&mut *self.connection().await).await)
    }

    /// Up to a page of the records that an earlier version wrote, after this date and number.
    async fn untold(&self, day: Day, (date, seq): (i64, i64)) -> Result<Vec<Untold>, StoreError> {
        let sql = "SELECT date, seq, CAST(site AS BLOB), CAST(payload AS BLOB) FROM proof \
                   WHERE said IS NULL AND (date, seq) > (?, ?) AND date < ? ORDER BY date, seq LIMIT ?";
        let query = sqlx::query_as(sql).bind(date).bind(seq).bind(day.ends()).bind(PAGE);
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

    /// The numbers of one day, by site, category and variant, whole answers first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn statistics(&self, day: Day) -> Result<Vec<Line>, StoreError> {
        let sql = if self.has_variants {
            "SELECT site, category, variant, accepted, refused, withdrawn, partial, unreadable, shown FROM statistics \
             WHERE day = ? ORDER BY site, category, variant"
        } else {
            "SELECT site, category, '' AS variant, accepted, refused, withdrawn, partial, unreadable, NULL AS shown \
             FROM statistics WHERE day = ? ORDER BY site, category"
        };
        let query = sqlx::query_as(sql).bind(day.number());
        let kept: Vec<Kept> = self.told(query.fetch_all(&mut *self.connection().await).await)?;
        self.told(kept.into_iter().map(Kept::read).collect())
    }
}

/// A line as a database keeps it.
#[derive(FromRow)]
pub(super) struct Kept {
    site: String,
    category: String,
    variant: String,
    accepted: i64,
    refused: i64,
    withdrawn: i64,
    partial: Option<i64>,
    unreadable: Option<i64>,
    shown: Option<i64>,
}

impl Kept {
    pub(super) fn read(self) -> Result<Line, sqlx::Error> {
        let count = |value: i64| u64::try_from(value).map_err(|e| sqlx::Error::Decode(e.into()));
        Ok(Line {
            site: self.site,
            category: Some(self.category).filter(|category| !category.is_empty()),
            variant: Some(self.variant).filter(|variant| !variant.is_empty()),
            accepted: count(self.accepted)?,
            refused: count(self.refused)?,
            withdrawn: count(self.withdrawn)?,
            partial: self.partial.map(count).transpose()?,
            unreadable: self.unreadable.map(count).transpose()?,
            shown: self.shown.map(count).transpose()?,
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
    let start = "INSERT INTO statistics (day, site, category, variant, accepted, refused, withdrawn, partial, unreadable, shown) ";
    let mut sql = QueryBuilder::<Sqlite>::new(start);
    sql.push_values(lines, |mut values, line| {
        values
            .push_bind(day)
            .push_bind(line.site.clone())
            .push_bind(line.category.clone().unwrap_or_default())
            .push_bind(line.variant.clone().unwrap_or_default())
            .push_bind(count(line.accepted))
            .push_bind(count(line.refused))
            .push_bind(count(line.withdrawn))
            .push_bind(line.partial.map(count))
            .push_bind(line.unreadable.map(count))
            .push_bind(line.shown.map(count));
    });
    sql.build().execute(connection).await.map(drop)
}

/// Adds to how often forms were shown, all or none. A day that was computed is not computed again for it: a minute lies between two
/// writes, and two between a day's end and its count.
pub(super) async fn add_shown(connection: &mut SqliteConnection, rows: &[(Showing, u64)]) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let done = add_all_shown(connection, rows).await;
    if done.is_err() {
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    done
}

async fn add_all_shown(connection: &mut SqliteConnection, rows: &[(Showing, u64)]) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(LINES_PER_INSERT) {
        let mut sql = QueryBuilder::<Sqlite>::new("INSERT INTO variant_shown (day, site, variant, times) ");
        sql.push_values(rows, |mut values, (showing, times)| {
            values
                .push_bind(showing.day.number())
                .push_bind(showing.site.clone())
                .push_bind(showing.variant.clone())
                .push_bind(i64::try_from(*times).unwrap_or(i64::MAX));
        });
        sql.push(" ON CONFLICT (day, site, variant) DO UPDATE SET times = times + excluded.times");
        sql.build().execute(&mut *connection).await?;
    }
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}
