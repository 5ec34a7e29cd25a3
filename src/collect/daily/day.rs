//! A day in UTC: what statistics are kept by.

use crate::consent::Deciseconds;
use serde::{Serialize, Serializer};
use std::fmt;
use time::Date;

/// 1970-01-01 as a Julian day.
const EPOCH: i32 = 2_440_588;

/// [`Deciseconds::DAY`], to count dates of a database with, which are signed.
const TENTHS: i64 = 864_000;

/// A day of the calendar in UTC, from the year -9999 to 9999. As text it is `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// The day of a moment in tenths of seconds since 1970; `None` outside of the calendar.
    pub fn of(tenths: i64) -> Option<Self> {
        Self::numbered(tenths.div_euclid(TENTHS))
    }

    /// The last day that is over at this moment: yesterday.
    pub fn before(now: Deciseconds) -> Option<Self> {
        Self::of(i64::try_from(now.0).ok()?)?.back(1)
    }

    /// The day with this number.
    pub fn numbered(number: i64) -> Option<Self> {
        let julian = number.checked_add(i64::from(EPOCH)).and_then(|julian| i32::try_from(julian).ok())?;
        Date::from_julian_day(julian).ok().map(Self)
    }

    /// Reads `2026-11-24`.
    pub fn parse(text: &str) -> Option<Self> {
        Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok().map(Self)
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        i64::from(self.0.to_julian_day()) - i64::from(EPOCH)
    }

    /// So many days earlier; `None` outside of the calendar.
    pub fn back(self, days: u32) -> Option<Self> {
        Self::numbered(self.number() - i64::from(days))
    }

    /// From this day to that one, both included, in order.
    pub fn to(self, last: Self) -> impl Iterator<Item = Self> {
        (self.number()..=last.number()).filter_map(Self::numbered)
    }

    /// When it begins, in tenths of seconds since 1970.
    pub fn begins(self) -> i64 {
        self.number() * TENTHS
    }

    /// When the next one begins.
    pub fn ends(self) -> i64 {
        self.begins() + TENTHS
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_utc_and_ends_where_the_next_begins() {
        let day = Day::of(17_637_855_631).unwrap();
        assert_eq!(day.to_string(), "2025-11-22");
        assert_eq!(Day::of(day.begins()), Some(day));
        assert_eq!(Day::of(day.ends() - 1), Some(day));
        assert_eq!(Day::of(day.ends()).unwrap().to_string(), "2025-11-23");
        assert_eq!(Day::of(day.begins() - 1).unwrap().to_string(), "2025-11-21");
        assert_eq!(Day::before(Deciseconds(17_637_855_631)).unwrap().to_string(), "2025-11-21");
        assert_eq!(u64::try_from(TENTHS), Ok(Deciseconds::DAY));
    }

    #[test]
    fn days_follow_each_other_over_a_leap_day() {
        let first = Day::numbered(19_781).unwrap();
        let days: Vec<String> = first.to(Day::numbered(19_783).unwrap()).map(|day| day.to_string()).collect();
        assert_eq!(days, ["2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(first.back(1).unwrap().to_string(), "2024-02-27");
    }

    #[test]
    fn what_is_outside_of_the_calendar_is_no_day() {
        assert_eq!(Day::of(i64::MAX), None);
        assert_eq!(Day::of(i64::MIN), None);
        assert_eq!(Day::numbered(i64::MAX), None);
        assert_eq!(Day::before(Deciseconds(u64::MAX)), None);
        assert_eq!(Day::of(-1).unwrap().to_string(), "1969-12-31");
    }
}
