//! From one day's records to its numbers.

use crate::collect::proof::Button;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The numbers of one site on one day, about whole answers or about one category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The site's name.
    pub site: String,
    /// The category; `None`: this line is about whole answers.
    pub category: Option<String>,
    /// Answers with a yes to it; of whole answers, to everything.
    pub accepted: u64,
    /// Answers with a no to it; of whole answers, to everything.
    pub refused: u64,
    /// Those among all answers that say no where the answer before said yes.
    pub withdrawn: u64,
    /// Answers with a yes and a no. Only of whole answers: which services make up a category is not in a proof.
    pub partial: Option<u64>,
    /// Records that say nothing any more: erased, or damaged. Only of whole answers.
    pub unreadable: Option<u64>,
}

/// Counts the records of one day, in any order. Its size is that of its result.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, BTreeMap<Option<String>, Line>>);

/// What is read of a proof.
#[derive(Debug, Deserialize)]
struct Said {
    button: Button,
    categories: Names,
    services: Names,
    previous: Option<Before>,
}

#[derive(Debug, Deserialize)]
struct Names {
    granted: Vec<String>,
    refused: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Before {
    categories: Names,
    services: Names,
}

/// What a whole answer is.
enum Whole {
    Accepted,
    Refused,
    Partial,
}

impl Tally {
    /// Counts one record: its site, and its proof as JSON unless that was erased. O(names in it).
    pub fn add(&mut self, site: &str, payload: Option<&[u8]>) {
        let lines = match self.0.get_mut(site) {
            Some(lines) => lines,
            None => self.0.entry(site.to_owned()).or_default(),
        };
        let said = payload.and_then(|payload| serde_json::from_slice::<Said>(payload).ok());
        let whole = line(lines, site, None);
        let (partial, unreadable) = (whole.partial.get_or_insert(0), whole.unreadable.get_or_insert(0));
        let Some(said) = said else {
            *unreadable += 1;
            return;
        };
        match said.whole() {
            Whole::Accepted => whole.accepted += 1,
            Whole::Refused => whole.refused += 1,
            Whole::Partial => *partial += 1,
        }
        whole.withdrawn += u64::from(said.withdraws());
        for name in &said.categories.granted {
            line(lines, site, Some(name)).accepted += 1;
        }
        for name in &said.categories.refused {
            let line = line(lines, site, Some(name));
            line.refused += 1;
            line.withdrawn += u64::from(said.granted_before(name));
        }
    }

    /// The numbers by site and category, whole answers first.
    pub fn lines(self) -> Vec<Line> {
        self.0.into_values().flat_map(BTreeMap::into_values).collect()
    }
}

/// The line of a category. An empty name would be that of whole answers.
fn line<'a>(lines: &'a mut BTreeMap<Option<String>, Line>, site: &str, category: Option<&str>) -> &'a mut Line {
    let category = category.filter(|name| !name.is_empty()).map(str::to_owned);
    lines.entry(category.clone()).or_insert_with(|| Line { site: site.to_owned(), category, ..Line::default() })
}

impl Said {
    /// A button that says all or nothing is believed over the names: a service that is not offered yet is refused by
    /// nobody.
    fn whole(&self) -> Whole {
        let yes = !self.categories.granted.is_empty() || !self.services.granted.is_empty();
        let no = !self.categories.refused.is_empty() || !self.services.refused.is_empty();
        match self.button {
            Button::AcceptAll => Whole::Accepted,
            Button::RefuseAll | Button::Withdraw => Whole::Refused,
            _ if yes && no => Whole::Partial,
            _ if yes => Whole::Accepted,
            _ => Whole::Refused,
        }
    }

    fn granted_before(&self, category: &str) -> bool {
        self.previous.as_ref().is_some_and(|before| before.categories.granted.iter().any(|name| name == category))
    }

    /// Whether a yes became a no: of a category, or of a service that was answered apart from its category.
    fn withdraws(&self) -> bool {
        let service = |name: &String| {
            self.previous.as_ref().is_some_and(|before| before.services.granted.iter().any(|other| other == name))
        };
        self.categories.refused.iter().any(|name| self.granted_before(name))
            || self.services.refused.iter().any(service)
    }
}

#[cfg(test)]
mod tests;
