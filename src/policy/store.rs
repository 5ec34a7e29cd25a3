//! The rule set in force: one snapshot per request, replaced as a whole, the last good one kept (pitfalls 102, 103).

use crate::consent::Deciseconds;
use crate::policy::file::RuleErrors;
use crate::policy::ruleset::RuleSet;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// What happened at the last reload; for the admin listener.
#[derive(Debug, Clone, Default)]
pub struct ReloadStatus {
    /// When the set in force was loaded.
    pub loaded: Deciseconds,
    /// How often a set was put in force, the first one included.
    pub loads: u64,
    /// How often a set was refused.
    pub refusals: u64,
    /// When the last one was refused, and why; `None` after a good load.
    pub last_error: Option<(Deciseconds, Arc<RuleErrors>)>,
}

/// Holds the rule set in force.
#[derive(Debug)]
pub struct RuleStore {
    current: ArcSwap<RuleSet>,
    status: ArcSwap<ReloadStatus>,
}

impl RuleStore {
    /// Starts with a good set.
    pub fn new(rules: RuleSet) -> Self {
        let status = ReloadStatus { loaded: Deciseconds::now(), loads: 1, ..ReloadStatus::default() };
        Self { current: ArcSwap::from_pointee(rules), status: ArcSwap::from_pointee(status) }
    }

    /// The set in force, to be taken once per request and kept to its end. Two atomic operations, no lock.
    pub fn snapshot(&self) -> Arc<RuleSet> {
        self.current.load_full()
    }

    /// Puts a new set in force. A changed prefix stays answered for a day (D10). The old set comes back, so that the
    /// caller drops it where a long drop disturbs nobody.
    pub fn replace(&self, mut rules: RuleSet) -> Arc<RuleSet> {
        let now = Deciseconds::now();
        rules.keep_former_prefixes(&self.snapshot(), now);
        let old = self.current.swap(Arc::new(rules));
        self.status.rcu(|s| ReloadStatus { loaded: now, loads: s.loads + 1, last_error: None, refusals: s.refusals });
        old
    }

    /// Records that a set could not be loaded; the old one stays in force.
    pub fn refuse(&self, errors: RuleErrors) {
        let error = (Deciseconds::now(), Arc::new(errors));
        self.status.rcu(|s| ReloadStatus {
            refusals: s.refusals + 1,
            last_error: Some(error.clone()),
            ..ReloadStatus::clone(s)
        });
    }

    /// Puts the set in force, or records why there is none; the version that is in force afterwards comes back.
    pub fn reload(&self, loaded: Result<RuleSet, RuleErrors>) -> Result<String, Arc<RuleErrors>> {
        match loaded {
            Ok(rules) => {
                let version = rules.version().to_owned();
                drop(self.replace(rules));
                Ok(version)
            }
            Err(errors) => {
                self.refuse(errors);
                Err(self.last_error().unwrap_or_default())
            }
        }
    }

    /// Why the last reload was refused; `None` when it was not.
    pub fn last_error(&self) -> Option<Arc<RuleErrors>> {
        self.status.load().last_error.as_ref().map(|(_, errors)| Arc::clone(errors))
    }

    /// Times and counts of reloads.
    pub fn status(&self) -> Arc<ReloadStatus> {
        self.status.load_full()
    }
}
