//! The answers of one section: which ids are enabled, which disabled; the others are unknown.

use super::super::ids::IdSet;

/// What one section says. No id is in both sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statuses {
    enabled: IdSet,
    disabled: IdSet,
}

impl Statuses {
    /// An id in both is disabled; id 0 does not exist and is left out.
    pub fn new(enabled: IdSet, disabled: &IdSet) -> Self {
        let zero = IdSet::from_iter([0]);
        let disabled = disabled.difference(&zero);
        Self { enabled: enabled.difference(&disabled).difference(&zero), disabled }
    }

    /// From lists of ids, as [`Self::new`].
    pub fn of(enabled: impl IntoIterator<Item = u16>, disabled: impl IntoIterator<Item = u16>) -> Self {
        Self::new(enabled.into_iter().collect(), &disabled.into_iter().collect())
    }

    /// The ids with a yes.
    pub fn enabled(&self) -> &IdSet {
        &self.enabled
    }

    /// The ids with a no.
    pub fn disabled(&self) -> &IdSet {
        &self.disabled
    }

    /// Whether no id is known.
    pub fn is_empty(&self) -> bool {
        self.enabled.is_empty() && self.disabled.is_empty()
    }

    /// The smallest and the largest known id.
    pub fn bounds(&self) -> Option<(u16, u16)> {
        let first = self.enabled.first().into_iter().chain(self.disabled.first()).min()?;
        let last = self.enabled.last().into_iter().chain(self.disabled.last()).max()?;
        Some((first, last))
    }
}
