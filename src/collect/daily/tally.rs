//! From one day's records to its numbers.

use crate::collect::proof::Button;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The numbers of one site on one day, about whole answers, one category, or one form of the widget.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The site's name.
    pub site: String,
    /// The category; `None`: this line is about whole answers.
    pub category: Option<String>,
    /// The form of the widget that was answered, where the site compares several: then the line is about first answers, those that
    /// replace none, and without a category; `withdrawn` is about all. `None`: about all answers, these among them.
    pub variant: Option<String>,
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
    /// How often the form was shown to visitors without an answer. Only of a variant.
    pub shown: Option<u64>,
}

/// Counts the records of one day, in any order. Its size is that of its result.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, Lines>);

/// The lines of a site, by category and variant.
type Lines = BTreeMap<(Option<String>, Option<String>), Line>;

/// What is read of a proof.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said<'p> {
    button: Button,
    #[serde(borrow)]
    categories: Names<'p>,
    #[serde(borrow)]
    services: Names<'p>,
    #[serde(borrow)]
    previous: Option<Before<'p>>,
    #[serde(borrow, default)]
    widget_variant: Option<Name<'p>>,
}

/// A wrapper because a `Cow` in a `Vec` would be copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Name<'p>(#[serde(borrow)] Cow<'p, str>);

#[derive(Debug, Deserialize)]
struct Names<'p> {
    #[serde(borrow)]
    granted: Vec<Name<'p>>,
    #[serde(borrow)]
    refused: Vec<Name<'p>>,
}

#[derive(Debug, Deserialize)]
struct Before<'p> {
    #[serde(borrow)]
    categories: Names<'p>,
    #[serde(borrow)]
    services: Names<'p>,
}

/// What a whole answer is.
#[derive(Debug, Serialize, Deserialize)]
enum Whole {
    #[serde(rename = "+")]
    Accepted,
    #[serde(rename = "-")]
    Refused,
    #[serde(rename = "+-")]
    Partial,
}

/// What a day's numbers need of one answer: the whole, whether a yes became a no, the categories with a yes, those with a no,
/// of these those that had a yes before, and, where there is one, the form of the widget with whether an answer is replaced. As text
/// it is this as a JSON array.
#[derive(Debug, Serialize, Deserialize)]
struct Told<'t>(
    Whole,
    bool,
    #[serde(borrow)] Vec<Name<'t>>,
    #[serde(borrow)] Vec<Name<'t>>,
    #[serde(borrow)] Vec<Name<'t>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")] Option<(Name<'t>, bool)>,
);

/// What statistics count of a proof, as a text that answers which count alike share: there are few of them, so that a database
/// can count a day's. Empty where the proof cannot be read. O(names in it).
///
/// CORRECTNESS: stores keep it beside the proof and `verify` compares it: another form of it would be another member.
pub fn told(payload: &[u8]) -> String {
    let said = serde_json::from_slice::<Said<'_>>(payload).ok();
    said.and_then(|said| serde_json::to_string(&said.told()).ok()).unwrap_or_default()
}

impl Tally {
    /// Counts one record: its site, and its proof as JSON unless that was erased. O(names in it).
    pub fn add(&mut self, site: &str, payload: Option<&[u8]>) {
        self.count(site, &payload.map(told).unwrap_or_default(), 1);
    }

    /// Counts so many records of a site of which [`told`] gave this text; an empty or unknown one is a record that says
    /// nothing.
    pub fn count(&mut self, site: &str, told: &str, times: u64) {
        let lines = match self.0.get_mut(site) {
            Some(lines) => lines,
            None => self.0.entry(site.to_owned()).or_default(),
        };
        let whole = line(lines, site, None, None);
        let (partial, unreadable) = (whole.partial.get_or_insert(0), whole.unreadable.get_or_insert(0));
        let Ok(Told(answer, withdrawn, granted, refused, lost, variant)) = serde_json::from_str::<Told<'_>>(told)
        else {
            *unreadable += times;
            return;
        };
        match answer {
            Whole::Accepted => whole.accepted += times,
            Whole::Refused => whole.refused += times,
            Whole::Partial => *partial += times,
        }
        whole.withdrawn += if withdrawn { times } else { 0 };
        granted.iter().for_each(|name| line(lines, site, Some(&name.0), None).accepted += times);
        refused.iter().for_each(|name| line(lines, site, Some(&name.0), None).refused += times);
        lost.iter().for_each(|name| line(lines, site, Some(&name.0), None).withdrawn += times);
        // Without a name the line would be that of whole answers.
        if let Some((name, replaces)) = variant.filter(|(name, _)| !name.0.is_empty()) {
            let line = of_variant(lines, site, &name.0);
            match answer {
                _ if replaces => {}
                Whole::Accepted => line.accepted += times,
                Whole::Refused => line.refused += times,
                Whole::Partial => *line.partial.get_or_insert(0) += times,
            }
            line.withdrawn += if withdrawn { times } else { 0 };
        }
    }

    /// Counts that a form of the widget was shown so many times.
    pub fn shown(&mut self, site: &str, variant: &str, times: u64) {
        let lines = self.0.entry(site.to_owned()).or_default();
        *of_variant(lines, site, variant).shown.get_or_insert(0) += times;
    }

    /// The numbers by site and category, whole answers first.
    pub fn lines(self) -> Vec<Line> {
        self.0.into_values().flat_map(BTreeMap::into_values).collect()
    }
}

/// The line of a category or a variant. An empty name would be that of whole answers.
fn line<'a>(lines: &'a mut Lines, site: &str, category: Option<&str>, variant: Option<&str>) -> &'a mut Line {
    let [category, variant] = [category, variant].map(|name| name.filter(|name| !name.is_empty()).map(str::to_owned));
    let key = (category.clone(), variant.clone());
    lines.entry(key).or_insert_with(|| Line { site: site.to_owned(), category, variant, ..Line::default() })
}

/// The line of a variant, with zeros where nothing was counted yet.
fn of_variant<'a>(lines: &'a mut Lines, site: &str, variant: &str) -> &'a mut Line {
    let line = line(lines, site, None, Some(variant));
    line.partial.get_or_insert(0);
    line.shown.get_or_insert(0);
    line
}

impl<'p> Said<'p> {
    fn told(&self) -> Told<'_> {
        let refused = &self.categories.refused;
        let lost = refused.iter().filter(|name| self.granted_before(name)).cloned().collect();
        let variant = self.widget_variant.clone().map(|name| (name, self.previous.is_some()));
        Told(self.whole(), self.withdraws(), self.categories.granted.clone(), refused.clone(), lost, variant)
    }

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

    fn granted_before(&self, category: &Name<'p>) -> bool {
        self.previous.as_ref().is_some_and(|before| before.categories.granted.iter().any(|name| name == category))
    }

    /// Whether a yes became a no: of a category, or of a service that was answered apart from its category.
    fn withdraws(&self) -> bool {
        let service = |name: &Name<'p>| {
            self.previous.as_ref().is_some_and(|before| before.services.granted.iter().any(|other| other == name))
        };
        self.categories.refused.iter().any(|name| self.granted_before(name))
            || self.services.refused.iter().any(service)
    }
}

#[cfg(test)]
mod tests;
