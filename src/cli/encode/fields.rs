//! Members of the IAB's strings in JSON: numbers, flags, letters, sets. What may be missing is 0, false or empty.

use crate::consent::codec::ids::IdSet;
use crate::consent::codec::numbers::Numbers;
use crate::consent::codec::place::{Place, PlaceError};
use crate::consent::codec::tcf::Letters;
use serde_json::Value;

/// What `read` makes of a member that may be missing.
pub(super) fn optional<'v, T>(
    place: &Place<'v>,
    read: impl FnOnce(&Place<'v>) -> Result<T, PlaceError>,
) -> Result<Option<T>, PlaceError> {
    if place.is_absent() { Ok(None) } else { read(place).map(Some) }
}

/// A number from 0 to `most`; 0 where there is none.
pub(super) fn number<T: TryFrom<u64> + Default>(place: &Place<'_>, most: u64) -> Result<T, PlaceError> {
    let read = |value: &Value| value.as_u64().filter(|number| *number <= most).and_then(|n| T::try_from(n).ok());
    let right = format!("a whole number from 0 to {most}");
    Ok(optional(place, |place| place.read(&right, read))?.unwrap_or_default())
}

/// A flag; false where there is none.
pub(super) fn flag(place: &Place<'_>) -> Result<bool, PlaceError> {
    Ok(optional(place, |place| place.read("true or false", Value::as_bool))?.unwrap_or_default())
}

/// Two letters, which must be there.
pub(super) fn letters(place: &Place<'_>) -> Result<Letters, PlaceError> {
    place.read("two letters in quotes, as \"EN\"", |value| Letters::new(value.as_str()?))
}

/// A list of numbers from 1 to `last`; empty where there is none.
pub(super) fn numbers(place: &Place<'_>, last: u8) -> Result<Numbers, PlaceError> {
    let right = format!("a number from 1 to {last}");
    let read = |value: &Value| value.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=last).contains(n));
    let list = |place: &Place<'_>| {
        let items = place.items("a list of numbers")?;
        items.iter().map(|item| item.read(&right, read)).collect::<Result<Numbers, _>>()
    };
    Ok(optional(place, list)?.unwrap_or_default())
}

/// Ranges as `decode` prints them; empty where there are none.
pub(super) fn vendor_ids(place: &Place<'_>) -> Result<IdSet, PlaceError> {
    let right = "vendors and ranges of them in quotes, as \"1-3, 755\"";
    Ok(optional(place, |place| place.read(right, |value| ranges(value.as_str()?)))?.unwrap_or_default())
}

fn ranges(text: &str) -> Option<IdSet> {
    let mut set = IdSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first == 0 || first > last {
            return None;
        }
        set.insert_range(first, last);
    }
    Some(set)
}
