//! `regimes.toml`, compiled once for all sites: which law applies where.

use super::compile::Findings;
use crate::consent::signal::{Regime, Region};
use crate::policy::file::{At, RegimeRule, RuleError, SiteRegimes, nearest};
use crate::policy::regime::Regimes;
use std::collections::HashMap;
use std::sync::Arc;

/// Every regime, and where it holds. The first is the default: for regions that none names, and for nobody knows where.
pub(super) struct Laws {
    all: Arc<[Regime]>,
    regions: Arc<HashMap<Region, usize>>,
}

impl Laws {
    pub(super) fn compile(rules: Vec<RegimeRule>, findings: &mut Findings) -> Self {
        if rules.is_empty() && findings.errors.0.is_empty() {
            let problem = "no [[regime]]: which law applies where?".to_owned();
            let hint = "copy rules/regimes.toml, or remove the file".to_owned();
            findings.error(RuleError { file: "regimes.toml".to_owned(), problem, hint, ..RuleError::default() });
        }
        let mut all: Vec<Regime> = Vec::with_capacity(rules.len());
        let mut regions: HashMap<Region, usize> = HashMap::new();
        for rule in rules {
            let RegimeRule { name, kind, regions: named, gpc, gpc_refuses_all, explicit_beats_gpc } = rule;
            if all.iter().any(|other| other.name == name.value) {
                findings.error(RuleError::at(&name.place, &name.value, "another regime has this name"));
            }
            for (text, region) in named {
                if let Some(other) = regions.insert(region, all.len()) {
                    let other = all.get(other).map_or(name.value.as_str(), |regime| &regime.name);
                    let problem = format!("the regime {other:?} has this region already");
                    findings
                        .error(RuleError::at(&text.place, &text.value, problem).hint("one law applies to a region"));
                }
            }
            all.push(Regime { name: name.value.into(), kind, gpc, gpc_refuses_all, explicit_beats_gpc });
        }
        Self { all: all.into(), regions: Arc::new(regions) }
    }

    /// With a site's choices, whose names must be regimes.
    pub(super) fn of_site(&self, chosen: &SiteRegimes, findings: &mut Findings) -> Regimes {
        let mut place = |name: &Option<At<String>>| name.as_ref().map_or(0, |name| self.named(name, findings));
        let (elsewhere, unknown) = (place(&chosen.elsewhere), place(&chosen.unknown));
        Regimes { all: Arc::clone(&self.all), regions: Arc::clone(&self.regions), elsewhere, unknown }
    }

    fn named(&self, name: &At<String>, findings: &mut Findings) -> usize {
        self.all.iter().position(|regime| regime.name == name.value).unwrap_or_else(|| {
            let hint = nearest(&name.value, self.all.iter().map(|regime| &*regime.name));
            findings.error(RuleError::at(&name.place, &name.value, "unknown regime").hint(hint));
            0
        })
    }
}
