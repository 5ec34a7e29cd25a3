//! Which days and which site a page is about, from its query.

use super::Request;
use crate::collect::daily::Day;
use crate::consent::Deciseconds;

/// How many days may be looked at.
pub(super) const CHOICES: [u32; 4] = [7, 30, 90, 365];

/// A site, or all, and the days up to yesterday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) site: Option<String>,
    pub(super) days: u32,
    pub(super) first: Day,
    pub(super) last: Day,
}

impl Span {
    /// `None` where the clock is outside of the calendar.
    pub(super) fn of(request: &Request<'_>, now: Deciseconds) -> Option<Self> {
        let asked = request.parameter("days").and_then(|days| days.parse().ok());
        let days = asked.filter(|days| CHOICES.contains(days)).unwrap_or(30);
        let last = Day::before(now)?;
        Some(Self { site: request.parameter("site"), days, first: last.back(days - 1)?, last })
    }

    pub(super) fn has_site(&self, site: &str) -> bool {
        self.site.as_deref().is_none_or(|wanted| wanted == site)
    }
}
