//! How sure a share is that was counted: intervals of 95 %, for numbers as small as a day's.

use super::chart::percent;

/// The normal distribution's quantile of 97.5 %.
const Z: f64 = 1.959_964;

/// Some of all, with what can be said of the rate behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    some: u64,
    all: u64,
}

impl Rate {
    /// `some` of `all`; where a count was lost and there are more of them, of themselves.
    pub(super) fn new(some: u64, all: u64) -> Self {
        Self { some, all: all.max(some) }
    }

    /// As a percentage; a dash of nothing.
    pub(super) fn share(self) -> String {
        if self.all == 0 { "–".to_owned() } else { percent(self.some, self.all) }
    }

    /// From where to where the rate lies, in percent; a dash of nothing.
    pub(super) fn between(self) -> String {
        match self.interval() {
            Some((low, high)) => format!("{:.1}–{:.1} %", 100.0 * low, 100.0 * high),
            None => "–".to_owned(),
        }
    }

    fn rate(self) -> Option<f64> {
        (self.all > 0).then(|| wide(self.some) / wide(self.all))
    }

    /// Wilson's score interval (Wilson 1927).
    fn interval(self) -> Option<(f64, f64)> {
        let (rate, all) = (self.rate()?, wide(self.all));
        let weight = 1.0 + Z * Z / all;
        let middle = (rate + Z * Z / (2.0 * all)) / weight;
        let half = Z * (rate * (1.0 - rate) / all + Z * Z / (4.0 * all * all)).sqrt() / weight;
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }

    /// How far this rate is above another one, in percentage points, with the interval of the difference by Newcombe's method 10
    /// (Newcombe 1998); `None` where one of them is of nothing.
    pub(super) fn above(self, other: Self) -> Option<Difference> {
        let ((one, (low, high)), (two, (least, most))) =
            ((self.rate()?, self.interval()?), (other.rate()?, other.interval()?));
        let by = one - two;
        let low = by - (one - low).hypot(most - two);
        let high = by + (high - one).hypot(two - least);
        Some(Difference { by, low, high })
    }
}

/// A difference of two rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    by: f64,
    low: f64,
    high: f64,
}

impl Difference {
    /// In words that claim no more than the numbers say.
    pub(super) fn words(self) -> String {
        let Self { by, low, high } = self;
        let what = if low > 0.0 {
            "more"
        } else if high < 0.0 {
            "fewer"
        } else {
            "no difference to be seen"
        };
        format!("{what}: {:+.1} points ({:+.1} to {:+.1})", 100.0 * by, 100.0 * low, 100.0 * high)
    }
}

fn wide(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 5e-5
    }

    #[test]
    fn intervals_are_those_of_the_papers() {
        // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
        for (some, all, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let found = Rate::new(some, all).interval().unwrap();
            assert!(near(found.0, low) && near(found.1, high), "{some}/{all}: {found:?}");
        }
        // Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10.
        for (one, other, low, high) in
            [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)]
        {
            let found = Rate::new(one.0, one.1).above(Rate::new(other.0, other.1)).unwrap();
            assert!(near(found.low, low) && near(found.high, high), "{one:?} {other:?}: {found:?}");
        }
    }

    #[test]
    fn what_is_said_claims_no_more_than_the_numbers() {
        let words = |one: Rate, other: Rate| one.above(other).map(Difference::words);
        let (half, most) = (Rate::new(500, 1000), Rate::new(700, 1000));
        assert!(
            words(most, half).unwrap().starts_with("more: +20.0 points (+15.8 to +24.1)"),
            "{:?}",
            words(most, half)
        );
        assert!(words(half, most).unwrap().starts_with("fewer: -20.0 points"));
        assert!(words(Rate::new(5, 10), Rate::new(4, 10)).unwrap().starts_with("no difference to be seen: +10.0"));
        assert_eq!(words(half, Rate::new(0, 0)), None);
        assert_eq!((Rate::new(0, 0).share(), Rate::new(0, 0).between()), ("–".to_owned(), "–".to_owned()));
        assert_eq!(Rate::new(3, 2).interval().map(|(_, high)| high), Some(1.0));
    }

    proptest! {
        #[test]
        fn a_rate_lies_in_its_interval(some in 0_u64..5000, more in 1_u64..5000) {
            let rate = Rate::new(some, some + more);
            let (low, high) = rate.interval().unwrap();
            let own = rate.rate().unwrap();
            prop_assert!((0.0..=1.0).contains(&low) && low <= own + 1e-12 && own <= high + 1e-12 && high <= 1.0);
            let same = rate.above(rate).unwrap();
            prop_assert!(same.low <= 1e-12 && same.high >= -1e-12, "nothing is above itself");
        }
    }
}
