//! The first page: how visitors answered, day by day and by category, and what was done to tags by service.

use super::chart::{Chart, percent};
use super::days::{CHOICES, Span};
use super::frame::{Frame, page as answer, refused};
use super::session::Session;
use super::{Admin, Request};
use crate::collect::daily::{Day, Line};
use crate::collect::effects::{Hour, Joined};
use crate::collect::store::{EffectsOf, ProofReader, StoreError};
use crate::consent::Deciseconds;
use askama::Template;
use http::{Response, StatusCode};
use std::collections::{BTreeMap, BTreeSet};

/// How many days of signed sums are added up at most.
const EFFECT_DAYS: u32 = 30;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'p> {
    frame: Frame<'p>,
    sites: BTreeSet<String>,
    span: &'p Span,
    choices: [u32; 4],
    total: Numbers,
    days: Vec<(String, Numbers)>,
    chart: Chart,
    categories: BTreeMap<String, Numbers>,
    services: Vec<(String, Joined)>,
}

/// Answers, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Numbers {
    accepted: u64,
    partial: u64,
    refused: u64,
    withdrawn: u64,
}

impl Numbers {
    fn add(&mut self, line: &Line) {
        self.accepted = self.accepted.saturating_add(line.accepted);
        self.partial = self.partial.saturating_add(line.partial.unwrap_or_default());
        self.refused = self.refused.saturating_add(line.refused);
        self.withdrawn = self.withdrawn.saturating_add(line.withdrawn);
    }

    fn all(&self) -> u64 {
        self.accepted.saturating_add(self.partial).saturating_add(self.refused)
    }

    fn share(&self, part: &u64) -> String {
        percent(*part, self.all())
    }
}

/// What is read of the statistics.
#[derive(Default)]
struct Found {
    total: Numbers,
    days: Vec<(Day, Numbers)>,
    categories: BTreeMap<String, Numbers>,
}

pub(super) async fn page(
    admin: &Admin,
    request: &Request<'_>,
    session: &Session,
) -> Result<Response<Vec<u8>>, StoreError> {
    let Some(span) = Span::of(request, Deciseconds::now()) else {
        return Ok(refused(StatusCode::SERVICE_UNAVAILABLE, "The clock of this machine is wrong."));
    };
    let reader = admin.exports.reader().await?;
    let found = match &reader {
        Some(reader) => statistics(&**reader, &span).await?,
        None => Found::default(),
    };
    let rules = admin.shared.rules.snapshot();
    let sites: BTreeSet<String> = rules.sites().iter().map(|site| site.name.clone()).collect();
    let mut services = Vec::new();
    for site in sites.iter().filter(|site| span.has_site(site)) {
        if let Some(reader) = &reader {
            services.push((site.clone(), effects(&**reader, site, &span).await?));
        }
    }
    let frame = Frame { title: "Overview", path: "", session };
    let chart = Chart::shares(
        &found.days.iter().map(|(day, numbers)| (title(*day, numbers), parts(numbers))).collect::<Vec<_>>(),
    );
    let days = found.days.iter().rev().map(|(day, numbers)| (day.to_string(), *numbers)).collect();
    let Found { total, categories, .. } = found;
    let page = Overview { frame, sites, span: &span, choices: CHOICES, total, days, chart, categories, services };
    Ok(answer(&page, StatusCode::OK))
}

fn title(day: Day, numbers: &Numbers) -> String {
    format!("{day}: {} answers, {} accepted everything", numbers.all(), numbers.share(&numbers.accepted))
}

fn parts(numbers: &Numbers) -> Vec<(&'static str, u64)> {
    vec![("accepted", numbers.accepted), ("partial", numbers.partial), ("refused", numbers.refused)]
}

async fn statistics(reader: &dyn ProofReader, span: &Span) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let computed = reader.computed().await?;
    for day in computed.into_iter().filter(|day| (span.first..=span.last).contains(day)) {
        let mut numbers = Numbers::default();
        let lines = reader.statistics(day).await?;
        for line in lines.iter().filter(|line| span.has_site(&line.site) && line.variant.is_none()) {
            match &line.category {
                None => {
                    numbers.add(line);
                    found.total.add(line);
                }
                Some(category) => found.categories.entry(category.clone()).or_default().add(line),
            }
        }
        found.days.push((day, numbers));
    }
    Ok(found)
}

/// Up to now, so that it shows at once what is done; not further back than [`EFFECT_DAYS`], as each sum's signature is checked.
async fn effects(reader: &dyn ProofReader, site: &str, span: &Span) -> Result<Joined, StoreError> {
    let moment = |tenths: i64| Deciseconds(u64::try_from(tenths).unwrap_or_default());
    let first = span.last.back(EFFECT_DAYS - 1).unwrap_or(span.first).max(span.first);
    let from = Hour::of(moment(first.begins()));
    let of = EffectsOf { site, decision: None, from, to: Hour::of(Deciseconds::now()) };
    Joined::read(reader, &of).await
}
