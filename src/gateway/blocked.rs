//! On which pages tags were made inert, by service, since the start: for the operator's pages. Of an address only the folded path is kept
//! (see [`Stranger`]): no query, and no name or number of anybody.

use crate::policy::{Fetch, Site};
use crate::rewrite::{Stranger, Tallies};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The most pages that are kept of one site: a new one takes the place of the one with the fewest tags.
const PAGES_MOST: usize = 500;

/// The most services of one page.
const SERVICES_MOST: usize = 64;

/// Pages by site.
#[derive(Debug, Default)]
pub struct BlockedPages(Mutex<BTreeMap<String, Pages>>);

/// Pages of one site, by folded path: for each service how many of its tags were made inert.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pages(pub BTreeMap<Box<str>, BTreeMap<Box<str>, u64>>);

impl BlockedPages {
    /// Takes in a page. Nothing for one where nothing was made inert; else one lock, and O(log pages), and O(pages) for one that is new
    /// when there are many.
    pub fn add(&self, site: &Site, path: &str, done: &Tallies) {
        if done.services.iter().all(|(_, tally)| tally.neutralised == 0) {
            return;
        }
        let path = Stranger::new("", path, Fetch::Other).path;
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = match sites.get_mut(&site.name) {
            Some(pages) => pages,
            None => sites.entry(site.name.clone()).or_default(),
        };
        let page = pages.page(path);
        for (id, tally) in done.services.iter().filter(|(_, tally)| tally.neutralised > 0) {
            let name = site.service_by_id(*id).map_or("", |service| service.slug.as_str());
            let is_room = page.len() < SERVICES_MOST;
            match page.get_mut(name) {
                Some(count) => *count += u64::from(tally.neutralised),
                None if is_room => drop(page.insert(name.into(), tally.neutralised.into())),
                None => {}
            }
        }
    }

    /// What was counted so far, by site.
    pub fn all(&self) -> BTreeMap<String, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Pages {
    fn page(&mut self, path: Box<str>) -> &mut BTreeMap<Box<str>, u64> {
        if self.0.len() >= PAGES_MOST && !self.0.contains_key(&path) {
            let fewest = self.0.iter().min_by_key(|(_, services)| services.values().sum::<u64>());
            if let Some(fewest) = fewest.map(|(path, _)| path.clone()) {
                self.0.remove(&fewest);
            }
        }
        self.0.entry(path).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleSet;
    use crate::rewrite::Tally;

    #[test]
    fn pages_are_folded_and_bounded_and_those_with_many_tags_stay() {
        let rules = RuleSet::embedded().unwrap();
        let site = rules.site("shop.example").unwrap();
        let service = site.services.iter().find(|service| service.slug == "meta-pixel").unwrap();
        let of = |neutralised: u32| {
            let mut done = Tallies::default();
            done.services.push((service.id, Tally { neutralised, allowed: 1, ..Tally::default() }));
            done
        };
        let blocked = BlockedPages::default();
        blocked.add(site, "/", &of(0));
        assert!(blocked.all().is_empty());
        for path in ["/orders/123456", "/orders/654321?token=secret"] {
            blocked.add(site, path, &of(40));
        }
        for number in 0..3 * PAGES_MOST {
            blocked.add(site, &format!("/{}", "ab".repeat(number % 9 + 1) + &"-a".repeat(number / 9 % 60 + 1)), &of(1));
        }
        let pages = &blocked.all()[&site.name].0;
        assert!(pages.len() <= PAGES_MOST, "{}", pages.len());
        assert_eq!(pages["/orders/*"]["meta-pixel"], 80);
    }
}
