//! Which law applies to a request: regimes by region, compiled for one site.

use crate::consent::CategorySet;
use crate::consent::signal::{Regime, Region};
use std::collections::HashMap;
use std::sync::Arc;

/// The regimes of one site; the table of regions is shared by all sites.
#[derive(Debug, Clone)]
pub struct Regimes {
    pub(crate) all: Arc<[Regime]>,
    /// Positions in `all`.
    pub(crate) regions: Arc<HashMap<Region, usize>>,
    /// For regions that no regime names.
    pub(crate) elsewhere: usize,
    /// For visitors whose region is not known.
    pub(crate) unknown: usize,
}

impl Regimes {
    /// The regime of a region: that of the subdivision, else of the country, else the site's choice for everywhere else;
    /// for `None` the site's choice where nothing is known. Two look-ups at most.
    pub fn of(&self, region: Option<Region>) -> &Regime {
        let named = |region: Region| self.regions.get(&region).or_else(|| self.regions.get(&region.country())).copied();
        let at = region.map_or(self.unknown, |region| named(region).unwrap_or(self.elsewhere));
        self.all.get(at).unwrap_or(&Regime::STRICT)
    }

    /// Whether a page depends on where its visitor is: two of the regimes differ in what they do.
    pub fn depend_on_region(&self) -> bool {
        let mut reachable = self.reachable().map(|regime| {
            let Regime { kind, gpc, gpc_refuses_all, explicit_beats_gpc, .. } = *regime;
            (kind, gpc, gpc_refuses_all, explicit_beats_gpc)
        });
        let first = reachable.next();
        reachable.any(|other| Some(other) != first)
    }

    /// Whether some visitor's `Sec-GPC` makes a difference, where these categories are sold.
    pub fn hear_gpc(&self, sale: CategorySet) -> bool {
        self.reachable().any(|regime| regime.gpc && (regime.gpc_refuses_all || !sale.is_empty()))
    }

    /// The regimes that some visitor can be under.
    fn reachable(&self) -> impl Iterator<Item = &Regime> {
        let chosen = [self.elsewhere, self.unknown];
        chosen.into_iter().chain(self.regions.values().copied()).filter_map(|at| self.all.get(at))
    }

    /// Everything in it as texts, in a fixed order.
    pub(crate) fn meaning(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.regions.iter().map(|(region, at)| format!("{region:?} {at}")).collect();
        texts.sort();
        texts.extend(self.all.iter().map(|regime| format!("{regime:?}")));
        texts.push(format!("{} {}", self.elsewhere, self.unknown));
        texts
    }
}
