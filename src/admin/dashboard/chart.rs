//! Numbers as an SVG: one bar for each day, its parts from below. Sizes are attributes: no style is inline.

/// The drawing's size, in its own units.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 160;

/// One day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// What a pointer that rests on it is told.
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
}

/// A part of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
}

/// A day: its title, and its values with the classes that they are drawn with.
pub(super) type Values = (String, Vec<(&'static str, u64)>);

/// The drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) bars: Vec<Bar>,
}

impl Chart {
    /// Each day's parts as shares of the day: all days are equally high.
    pub(super) fn shares(days: &[Values]) -> Self {
        let count = u64::try_from(days.len()).unwrap_or(u64::MAX).max(1);
        let slot = |number: u64| WIDTH * number / count;
        let bar = |(number, (title, values)): (u64, &Values)| {
            let (x, next) = (slot(number), slot(number + 1));
            let width = (next - x).saturating_sub(u64::from(next - x > 3)).max(1);
            Bar { title: title.clone(), parts: parts(values, x, width) }
        };
        Self { width: WIDTH, height: HEIGHT, bars: (0..).zip(days).map(bar).collect() }
    }
}

fn parts(values: &[(&'static str, u64)], x: u64, width: u64) -> Vec<Part> {
    let total = values.iter().fold(0_u64, |sum, (_, value)| sum.saturating_add(*value));
    let mut below = 0_u64;
    let height =
        |value: u64| u64::try_from(u128::from(HEIGHT) * u128::from(value) / u128::from(total.max(1))).unwrap_or(0);
    let part = |(class, value): &(&'static str, u64)| {
        let from = height(below);
        below = below.saturating_add(*value);
        let to = height(below);
        (to > from).then_some(Part { class, x, y: HEIGHT - to, width, height: to - from })
    };
    values.iter().filter_map(part).collect()
}

/// A share in percent with one decimal; a dash of nothing.
pub(super) fn percent(part: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    let tenths = u128::from(part) * 1_000 / u128::from(of);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_are_in_percent_with_one_decimal() {
        assert_eq!([percent(1, 3), percent(0, 5), percent(5, 5), percent(0, 0)], ["33.3 %", "0.0 %", "100.0 %", "–"]);
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0 %");
    }

    proptest! {
        #[test]
        fn bars_fill_the_drawing_and_stay_in_it(days in prop::collection::vec((0_u64..=u64::MAX / 4, 0_u64..1_000, 0_u64..10), 0..400)) {
            let days: Vec<_> = days.iter().map(|(a, b, c)| (String::new(), vec![("a", *a), ("b", *b), ("c", *c)])).collect();
            let chart = Chart::shares(&days);
            prop_assert_eq!(chart.bars.len(), days.len());
            for (bar, (_, values)) in chart.bars.iter().zip(&days) {
                let height: u64 = bar.parts.iter().map(|part| part.height).sum();
                prop_assert_eq!(height, if values.iter().any(|(_, value)| *value > 0) { HEIGHT } else { 0 });
                for part in &bar.parts {
                    prop_assert!(part.x + part.width <= WIDTH && part.y + part.height <= HEIGHT && part.width > 0);
                }
            }
        }
    }
}
