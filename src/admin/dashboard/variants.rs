//! Forms of the widget that a site compares (`[[widget.variant]]`): how often each was shown, and how it was answered first.

use super::days::{CHOICES, Span};
use super::frame::{Frame, page as answer, refused};
use super::interval::{Difference, Rate};
use super::session::Session;
use super::{Admin, Request};
use crate::collect::daily::Line;
use crate::collect::store::{ProofReader, StoreError};
use crate::consent::Deciseconds;
use askama::Template;
use http::{Response, StatusCode};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Template)]
#[template(path = "variants.html")]
struct Variants<'p> {
    frame: Frame<'p>,
    sites: BTreeSet<String>,
    span: &'p Span,
    choices: [u32; 4],
    compared: Vec<(String, Vec<Row>)>,
}

/// One variant, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    name: String,
    /// In percent, by the rules as they are now; `None`: they have it no more.
    now: Option<u32>,
    shown: u64,
    accepted: u64,
    partial: u64,
    refused: u64,
    withdrawn: u64,
}

impl Row {
    fn add(&mut self, line: &Line) {
        let sum = |one: &mut u64, other: u64| *one = one.saturating_add(other);
        sum(&mut self.shown, line.shown.unwrap_or_default());
        sum(&mut self.accepted, line.accepted);
        sum(&mut self.partial, line.partial.unwrap_or_default());
        sum(&mut self.refused, line.refused);
        sum(&mut self.withdrawn, line.withdrawn);
    }

    fn answers(&self) -> u64 {
        self.accepted.saturating_add(self.partial).saturating_add(self.refused)
    }

    fn answered(&self) -> Rate {
        Rate::new(self.answers(), self.shown)
    }

    fn of_answers(&self, part: &u64) -> Rate {
        Rate::new(*part, self.answers())
    }

    /// Against the first one.
    fn against(&self, first: &Self) -> String {
        let difference = self.of_answers(&self.accepted).above(first.of_answers(&first.accepted));
        difference.map_or_else(|| "–".to_owned(), Difference::words)
    }
}

pub(super) async fn page(
    admin: &Admin,
    request: &Request<'_>,
    session: &Session,
) -> Result<Response<Vec<u8>>, StoreError> {
    let Some(span) = Span::of(request, Deciseconds::now()) else {
        return Ok(refused(StatusCode::SERVICE_UNAVAILABLE, "The clock of this machine is wrong."));
    };
    let rules = admin.shared.rules.snapshot();
    let sites: BTreeSet<String> = rules.sites().iter().map(|site| site.name.clone()).collect();
    // Those of the rules in their order first, also where nothing is counted of them yet.
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for site in rules.sites().iter().filter(|site| span.has_site(&site.name) && !site.experiment.variants.is_empty()) {
        let of_rules = site.experiment.variants.iter();
        let rows = of_rules.map(|v| Row { name: v.name.clone(), now: Some(v.share), ..Row::default() });
        found.insert(site.name.clone(), rows.collect());
    }
    if let Some(reader) = admin.exports.reader().await? {
        count(&*reader, &span, &mut found).await?;
    }
    let frame = Frame { title: "Variants", path: "/variants", session };
    let page = Variants { frame, sites, span: &span, choices: CHOICES, compared: found.into_iter().collect() };
    Ok(answer(&page, StatusCode::OK))
}

async fn count(
    reader: &dyn ProofReader,
    span: &Span,
    found: &mut BTreeMap<String, Vec<Row>>,
) -> Result<(), StoreError> {
    let computed = reader.computed().await?;
    for day in computed.into_iter().filter(|day| (span.first..=span.last).contains(day)) {
        for line in reader.statistics(day).await?.iter().filter(|line| span.has_site(&line.site)) {
            let Some(name) = &line.variant else { continue };
            let rows = found.entry(line.site.clone()).or_default();
            match rows.iter_mut().find(|row| row.name == *name) {
                Some(row) => row.add(line),
                None => {
                    let mut row = Row { name: name.clone(), ..Row::default() };
                    row.add(line);
                    rows.push(row);
                }
            }
        }
    }
    Ok(())
}
