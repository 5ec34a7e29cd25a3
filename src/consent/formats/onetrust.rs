//! OneTrust's `otConsentString`.

use super::{Answered, Services, answer};
use crate::consent::codec::onetrust::{self, OneTrustError};
use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::{CategorySet, Deciseconds};
use smallvec::SmallVec;

/// OneTrust's string. Of the groups mapped to one category a no counts before a yes; an unmapped group says nothing, and
/// of two answers for one group the stricter one counts.
///
/// No allocation up to 2 kB. Benchmark `codec/onetrust`.
///
/// # Errors
/// [`OneTrustError`].
pub fn onetrust(value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Result<Option<Answered>, OneTrustError> {
    // Mapped groups only: however many a string names, here there are at most the site's.
    let mut groups = SmallVec::<[(&str, CategorySet, Option<bool>); 8]>::new();
    let head = onetrust::scan(value, |group, answer| {
        let Some((name, meaning)) = rule.groups.find(group) else { return };
        match groups.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, known)) => *known = onetrust::stricter(*known, answer),
            None => groups.push((name, meaning.categories, answer)),
        }
    })?;
    let (true, Some(date)) = (head.answered, head.last_consent) else { return Ok(None) };
    let of = |answer| {
        let said = groups.iter().filter(|group| group.2 == Some(answer));
        said.fold(CategorySet::EMPTY, |set, group| set.union(group.1))
    };
    let updated = Some(Deciseconds(date / 100));
    let consent = answer(rule.source, mapping, (of(true), of(false)), Services::new(), updated);
    let end = head.expiry.map(|end| Deciseconds(end / 100));
    Ok(consent.map(|consent| Answered { consent, end }))
}
