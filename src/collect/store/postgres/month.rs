//! Partitions: each month has a table of its own, so that old months are small and cold and a new one is quick.

use super::super::linked::Salted;
use crate::consent::Deciseconds;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::collections::HashSet;
use time::{Date, Month as Name, OffsetDateTime};

/// What two gateways that make the same month wait for each other on: an advisory lock of this number.
const LOCK: i64 = 0x636f_6e73_656e_7479;

/// A month of the calendar in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Month(i32, Name);

impl Month {
    /// The month of a date in tenths of seconds since 1970; `None` outside of the calendar.
    pub(super) fn of(date: i64) -> Option<Self> {
        let time = OffsetDateTime::from_unix_timestamp(date.div_euclid(10)).ok()?;
        Some(Self(time.year(), time.month()))
    }

    fn next(self) -> Self {
        let Self(year, month) = self;
        Self(if month == Name::December { year.saturating_add(1) } else { year }, month.next())
    }

    /// When it begins, in tenths of seconds since 1970; `None` outside of the calendar.
    fn begins(self) -> Option<i64> {
        let day = Date::from_calendar_date(self.0, self.1, 1).ok()?;
        Some(day.midnight().assume_utc().unix_timestamp() * 10)
    }

    fn table(self) -> String {
        format!("proof_{:04}_{:02}", self.0, u8::from(self.1))
    }

    /// The month of a partition's name.
    fn named(table: &str) -> Option<Self> {
        let (year, month) = table.strip_prefix("proof_")?.split_once('_')?;
        let month = Self(year.parse().ok()?, Name::try_from(month.parse::<u8>().ok()?).ok()?);
        (month.table() == table).then_some(month)
    }
}

/// The months whose partitions are known to be there.
#[derive(Debug, Default)]
pub(super) struct Months(HashSet<Month>);

impl Months {
    /// Makes what is missing for these records, and next month's partition ahead.
    pub(super) async fn ensure<'p>(
        &mut self,
        connection: &mut PgConnection,
        proofs: impl Iterator<Item = &'p Salted>,
    ) -> Result<(), sqlx::Error> {
        let now = i64::try_from(Deciseconds::now().0).ok().and_then(Month::of);
        let mut wanted: HashSet<Month> = proofs.filter_map(|proof| Month::of(proof.date())).collect();
        wanted.extend(now);
        wanted.extend(now.map(Month::next));
        for month in wanted.difference(&self.0).copied().collect::<Vec<_>>() {
            make(connection, month).await?;
            self.0.insert(month);
        }
        Ok(())
    }
}

/// Attached and not created in its place: that waits for no reader, a dump of the database among them.
async fn make(connection: &mut PgConnection, month: Month) -> Result<(), sqlx::Error> {
    let outside = || sqlx::Error::Encode("a date outside of the calendar".into());
    let (from, to) = (month.begins().ok_or_else(outside)?, month.next().begins().ok_or_else(outside)?);
    let table = month.table();
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let query = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&table);
    let is_there: bool = query.fetch_one(&mut *transaction).await?;
    if !is_there {
        let create = format!("CREATE TABLE {table} (LIKE proof INCLUDING ALL)");
        let attach = format!("ALTER TABLE proof ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to})");
        transaction.execute(AssertSqlSafe(create)).await?;
        transaction.execute(AssertSqlSafe(attach)).await?;
    }
    transaction.commit().await
}

/// Drops the partitions of months that were over before this date and hold nothing any more; how many. The parent is locked for it, and
/// who reads it for long is not waited for: then it is for another time.
pub(super) async fn drop_empty(connection: &mut PgConnection, before: i64) -> Result<u64, sqlx::Error> {
    let sql = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
               WHERE i.inhparent = 'proof'::regclass";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await?;
    let is_over = |month: &Month| month.next().begins().is_some_and(|end| end <= before);
    let mut dropped = 0;
    for month in tables.iter().filter_map(|table| Month::named(table)).filter(is_over) {
        let table = month.table();
        if !is_empty(connection, &table).await? {
            continue;
        }
        let mut transaction = connection.begin().await?;
        let lock = "SET LOCAL lock_timeout = '200ms'; LOCK TABLE proof IN ACCESS EXCLUSIVE MODE";
        transaction.execute(lock).await?;
        if is_empty(&mut transaction, &table).await? {
            transaction.execute(AssertSqlSafe(format!("DROP TABLE {table}"))).await?;
            dropped += 1;
        }
        transaction.commit().await?;
    }
    Ok(dropped)
}

async fn is_empty(connection: &mut PgConnection, table: &str) -> Result<bool, sqlx::Error> {
    let sql = AssertSqlSafe(format!("SELECT NOT EXISTS (SELECT 1 FROM {table})"));
    sqlx::query_scalar(sql).fetch_one(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let month = Month::of(17_672_256_000 - 1).unwrap();
        assert_eq!((month, month.table().as_str()), (Month(2025, Name::December), "proof_2025_12"));
        assert_eq!(month.next().begins(), Some(17_672_256_000));
        assert_eq!(Month::of(17_672_256_000), Some(month.next()));
        assert_eq!(month.next().table(), "proof_2026_01");
        assert_eq!(Month::of(5).unwrap().begins(), Some(0));
        assert_eq!(Month::of(i64::MAX), None);
        assert_eq!(Month::named("proof_2025_12"), Some(month));
        for bad in ["proof", "proof_2025_13", "proof_2025_1", "proof_2025_12; DROP TABLE proof", "proof_02025_12"] {
            assert_eq!(Month::named(bad), None, "{bad}");
        }
    }
}
