//! OneTrust's `otConsentString`.

use super::{Answered, Services, answer, answered};
use crate::consent::codec::onetrust::{self, OneTrustError};
use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::{CategorySet, Deciseconds};

/// OneTrust's string. Of the groups mapped to one category a no counts before a yes; an unmapped group says nothing.
/// Allocates (it is JSON).
///
/// # Errors
/// [`OneTrustError`].
pub fn onetrust(value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Result<Option<Answered>, OneTrustError> {
    let decoded = onetrust::decode(value)?;
    let (Some(groups), Some(date)) = (decoded.groups(), decoded.last_consent()) else { return Ok(None) };
    let (mut granted, mut refused) = (CategorySet::EMPTY, CategorySet::EMPTY);
    for (name, yes) in groups {
        if let Some(group) = rule.groups.get(name) {
            let side = if yes { &mut granted } else { &mut refused };
            *side = side.union(group.categories);
        }
    }
    let mut consent = answer(rule.source, mapping, granted, refused, Services::new());
    consent.updated = Some(Deciseconds(date / 100));
    let end = decoded.expiry().map(|end| Deciseconds(end / 100));
    Ok(answered(consent).map(|consent| Answered { consent, end }))
}
