//! Didomi's consent strings, OneTrust's string, and the cookies of services and booleans.

use super::{CliError, Options};
use crate::consent::codec::didomi::object::{self, Version};
use crate::consent::codec::didomi::{self, Algorithms, Form};
use crate::consent::codec::place::Place;
use crate::consent::codec::{dastra, onetrust};
use serde_json::{Map, Value};

/// From the format's own status object.
pub(super) fn dcs(json: &Value, options: &Options<'_>) -> Result<String, CliError> {
    let told = options.decoded.and_then(|decoded| decoded.get("version")).and_then(Value::as_u64);
    let version = match options.version.map(u64::from).or(told) {
        Some(1) => Version::One,
        None | Some(2) => Version::Two,
        Some(other) => return Err(format!("--version is {other}; right would be 1 or 2").into()),
    };
    let algorithms = match options.overrides {
        Some(overrides) => Algorithms::from_json(overrides).map_err(|error| format!("overrides: {error}"))?,
        None => Algorithms::ALL,
    };
    let mut value = object::from_json(json, version)?;
    // `decode` prints a sync date, or that there is none, for the layouts that have its flag.
    if version == Version::One && options.decoded.is_some_and(|decoded| !decoded.contains_key("sync")) {
        value.form = Form::V1Plain;
    }
    let sections = didomi::encode_with(&value, &algorithms)?;
    Ok(options.decoded.map_or_else(|| sections.clone(), |decoded| with_parts(&sections, decoded)))
}

/// What stood behind the sections stands there again; it was not decoded.
fn with_parts(sections: &str, decoded: &Map<String, Value>) -> String {
    let part = |name: &str| decoded.get(name).and_then(Value::as_str);
    let mut text = sections.to_owned();
    match (part("did"), part("ouid")) {
        (None, None) => {}
        (Some(did), None) => text.extend([".", did]),
        // Without the first part its place is empty.
        (did, Some(ouid)) => text.extend([".", did.unwrap_or_default(), ".", ouid]),
    }
    text.extend(part("signature").into_iter().flat_map(|signature| ["~", signature]));
    text
}

/// From the object that the string holds.
pub(super) fn onetrust_string(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let members =
        Place::new(json).members("an object, as {\"lastConsentDate\": 1700000000000, \"groupConsents\": {}}")?;
    let mut value = onetrust::OtConsentString::default();
    for (name, place) in members {
        let member = match name {
            "groupConsents" => {
                let groups = place.members("an object of groups and 0 or 1, as {\"C0002\": 1}")?;
                let status = |status: &Value| status.as_i64().filter(|status| matches!(status, 0 | 1));
                let groups =
                    groups.iter().map(|(group, place)| Ok(((*group).to_owned(), place.read("0 or 1", status)?)));
                onetrust::Member::Groups(groups.collect::<Result<_, CliError>>()?)
            }
            "lastConsentDate" => onetrust::Member::Other(place.read("milliseconds since 1970", Value::as_u64)?.into()),
            _ => onetrust::Member::Other(place.read("a value", |value| Some(value.clone()))?),
        };
        value.set(name, member);
    }
    let text = onetrust::encode(&value)?;
    // What a reader refuses is not written.
    onetrust::decode(text.as_bytes())?;
    Ok(text)
}

/// From service slugs and booleans.
pub(super) fn dastra_cookie(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let services = Place::new(json).members("an object of service slugs and booleans, as {\"crisp\": true}")?;
    let answers =
        services.iter().map(|(slug, place)| Ok(((*slug).to_owned(), place.read("true or false", Value::as_bool)?)));
    let answers = answers.collect::<Result<Vec<_>, CliError>>()?;
    let text = dastra::encode(&dastra::Dastra::new(answers));
    dastra::decode(text.as_bytes())?;
    Ok(text)
}
