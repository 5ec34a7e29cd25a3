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
    }
}
