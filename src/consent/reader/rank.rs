//! Which of several answers counts (D16, pitfall 101), and what of it is still covered.

use super::Rejection;
use crate::consent::codec::Format;
use crate::consent::mapping::Mapping;
use crate::consent::{CategorySet, Consent, Deciseconds, Source, formats};
use std::cmp::Ordering;

/// Whether the answer's time lets it count. A format without a time cannot show that it came after a re-ask date.
pub(super) fn judge(
    consent: &Consent,
    end: Option<Deciseconds>,
    mapping: &Mapping,
    now: Deciseconds,
) -> Result<(), Rejection> {
    if end.is_some_and(|end| end < now) {
        return Err(Rejection::Expired);
    }
    let Some(updated) = consent.updated else {
        return if mapping.reask.is_some() { Err(Rejection::Reask) } else { Ok(()) };
    };
    if updated.0 > now.0.saturating_add(Deciseconds::DAY) {
        Err(Rejection::FutureDated)
    } else if now.0.saturating_sub(updated.0) > mapping.lifetime {
        Err(Rejection::Expired)
    } else if mapping.reask.is_some_and(|reask| updated < reask) {
        Err(Rejection::Reask)
    } else {
        Ok(())
    }
}

/// The newer of two answers; of two equally old ones, what both allow. An answer without a time only ever takes away:
/// what it says no to is refused, its yes adds nothing to an answer that has a time.
pub(super) fn better(a: Consent, b: Consent) -> Consent {
    match (a.updated, b.updated) {
        (Some(time_a), Some(time_b)) => {
            let resolution = resolution(a.source, time_a).max(resolution(b.source, time_b));
            match (time_a.0 / resolution).cmp(&(time_b.0 / resolution)) {
                Ordering::Greater => a,
                Ordering::Less => b,
                Ordering::Equal => both(a, &b),
            }
        }
        (Some(_), None) => restricted(a, &b),
        (None, Some(_)) => restricted(b, &a),
        (None, None) => both(a, &b),
    }
}

/// The step of an answer's time, in tenths of a second: TC strings are often cut to the day, the others' times are as fine
/// as ours or finer.
const fn resolution(source: Source, time: Deciseconds) -> u64 {
    match source {
        Source::Tool(Format::Tcf) if time.0.is_multiple_of(Deciseconds::DAY) => Deciseconds::DAY,
        _ => 1,
    }
}

/// What both allow; a no of either stays.
fn both(mut a: Consent, b: &Consent) -> Consent {
    // A yes for a service that the other answer leaves to its category is one that the other does not give.
    a.services.retain(|(service, yes)| !*yes || b.service(*service) == Some(true));
    a.services.extend(b.services.iter().filter(|(_, yes)| !yes).copied());
    formats::sort(&mut a.services);
    a.refused = a.refused.union(b.refused);
    a.granted = a.granted.intersection(b.granted).difference(a.refused);
    a.by_service |= b.by_service;
    a
}

/// `timed` without what `timeless` says no to.
fn restricted(mut timed: Consent, timeless: &Consent) -> Consent {
    timed.services.extend(timeless.services.iter().filter(|(_, yes)| !yes).copied());
    formats::sort(&mut timed.services);
    timed.refused = timed.refused.union(timeless.refused);
    timed.granted = timed.granted.difference(timed.refused);
    timed
}

/// Takes out the categories that were added or changed after the answer (D2), and the yes of their services. What is
/// taken out is unanswered: it is asked again.
pub(super) fn uncover(consent: &mut Consent, mapping: &Mapping) {
    let covered = |since: Deciseconds| consent.updated.is_some_and(|updated| updated >= since);
    let stale: CategorySet =
        mapping.category_since.iter().filter(|(_, since)| !covered(*since)).map(|(category, _)| *category).collect();
    if stale.is_empty() {
        return;
    }
    consent.granted = consent.granted.difference(stale);
    consent.refused = consent.refused.difference(stale);
    // A service that the mapping does not place could belong to any of them.
    consent.services.retain(|(service, yes)| {
        let place = mapping.service_slugs.values().find(|(known, _)| known == service);
        !*yes || place.is_some_and(|(_, category)| !stale.contains(*category))
    });
}
