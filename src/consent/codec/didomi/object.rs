//! The status object that the format's own encoder takes, as JSON, to a value that can be written:
//!
//! ```json
//! {"userId": "…", "created": "2023-04-12T18:10:00Z", "updated": "…", "regulationId": 10, "sync": null,
//!  "purposes": {"optin": {"enabled": [1, 2], "disabled": [3]}, "optout": {"enabled": [], "disabled": []}},
//!  "vendors": {"optin": {"enabled": [], "disabled": []}, "optout": {"enabled": [], "disabled": []}}}
//! ```
//! `regulationId` belongs to version 2; `sync`, and any list, may be missing.

use super::super::ids::IdSet;
use super::super::place::{Place, PlaceError};
use super::{Dcs, Form, Statuses};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A status object as a string of version 1 (in its form with a sync flag) or 2.
///
/// # Errors
/// [`PlaceError`] for anything but such an object, and for an id that is enabled and disabled.
pub fn from_json(object: &Value, version: Version) -> Result<Dcs, PlaceError> {
    let names = ["userId", "created", "updated", "regulationId", "sync", "purposes", "vendors"];
    let [user_id, created, updated, regulation, sync, purposes, vendors] = Place::new(object).known(names)?;
    let sync = if sync.is_absent() { None } else { Some(date(&sync)?) };
    let form = match version {
        Version::One if !regulation.is_absent() => {
            return Err(regulation.wrong("nothing: version 1 has no regulation, version 2 has"));
        }
        Version::One => Form::V1 { sync },
        Version::Two => {
            let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
            Form::V2 { regulation: regulation.read("the regulation's number, 0 to 65535", number)?, sync }
        }
    };
    let user_id = user_id.read("a UUID in quotes, 32 hexadecimal digits with hyphens", |id| uuid(id.as_str()?))?;
    let [(purposes, purposes_li), (vendors, vendors_li)] = [bases(&purposes)?, bases(&vendors)?];
    Ok(Dcs {
        form,
        user_id,
        created: date(&created)?,
        updated: date(&updated)?,
        purposes,
        purposes_li,
        vendors,
        vendors_li,
    })
}

/// The version to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 1.
    One,
    /// 2, with the regulation.
    Two,
}

/// Consent and legitimate interest.
fn bases(place: &Place<'_>) -> Result<(Statuses, Statuses), PlaceError> {
    if place.is_absent() {
        return Ok((Statuses::default(), Statuses::default()));
    }
    let [optin, optout] = place.known(["optin", "optout"])?;
    Ok((statuses(&optin)?, statuses(&optout)?))
}

fn statuses(place: &Place<'_>) -> Result<Statuses, PlaceError> {
    if place.is_absent() {
        return Ok(Statuses::default());
    }
    let [enabled_place, disabled_place] = place.known(["enabled", "disabled"])?;
    let (enabled, disabled) = (ids(&enabled_place)?, ids(&disabled_place)?);
    if enabled.intersects(&disabled) {
        return Err(disabled_place.wrong("a list without the ids that are enabled"));
    }
    Ok(Statuses::new(enabled, &disabled))
}

fn ids(place: &Place<'_>) -> Result<IdSet, PlaceError> {
    if place.is_absent() {
        return Ok(IdSet::new());
    }
    let id = |value: &Value| value.as_u64().and_then(|id| u16::try_from(id).ok()).filter(|id| *id > 0);
    let items = place.items("a list of ids")?;
    items.iter().map(|item| item.read("an id, a whole number from 1 to 65535", id)).collect()
}

/// A time as tenths of seconds since 1970, at most 36 bits, as consent strings hold it.
///
/// # Errors
/// [`PlaceError`] for anything else.
pub fn date(place: &Place<'_>) -> Result<u64, PlaceError> {
    place.read("a time from 1970 to 2187 in quotes, as \"2023-04-12T18:10:00Z\"", |value| {
        let time = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
        let deciseconds = u64::try_from(time.unix_timestamp_nanos() / 100_000_000).ok()?;
        (time.unix_timestamp() >= 0 && deciseconds >> 36 == 0).then_some(deciseconds)
    })
}

/// The bytes of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    if groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12])
        || !text.bytes().all(|c| c == b'-' || c.is_ascii_hexdigit())
    {
        return None;
    }
    u128::from_str_radix(&groups.concat(), 16).ok().map(u128::to_be_bytes)
}
