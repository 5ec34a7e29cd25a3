//! The cookies of the consent tools that are no JSON: pairs, literals, fields.

use super::{CliError, Options};
use crate::consent::codec::commanders::{Commanders, Status};
use crate::consent::codec::cookiebot::{Cookiebot, Literal};
use crate::consent::codec::cookieyes::CookieYes;
use crate::consent::codec::place::{Place, PlaceError};
use crate::consent::codec::tarteaucitron::Tarteaucitron;
use crate::consent::codec::trustarc::{Cookie, Permitted};
use crate::consent::codec::{commanders, complianz, cookiebot, cookieyes, instant, optanon, tarteaucitron, trustarc};
use serde_json::Value;

/// An object of names and texts.
fn texts(json: &Value, right: &str) -> Result<Vec<(String, String)>, PlaceError> {
    let members = Place::new(json).members(right)?;
    members.iter().map(|(name, place)| Ok(((*name).to_owned(), text(place)?))).collect()
}

fn text(place: &Place<'_>) -> Result<String, PlaceError> {
    place.read("a text in quotes", |value| value.as_str().map(str::to_owned))
}

/// Milliseconds since 1970.
fn time(place: &Place<'_>) -> Result<u64, PlaceError> {
    place
        .read("a time in quotes, as \"2024-11-20T19:02:36.823Z\"", |value| instant::iso8601(value.as_str()?.as_bytes()))
}

/// `OptanonConsent`; or `OptanonAlertBoxClosed` from its one member `closed`.
pub(super) fn optanon(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let members = Place::new(json).members("an object of pairs, as {\"groups\": \"C0001:1,C0002:0\"}")?;
    if let [("closed", place)] = members.as_slice() {
        return Ok(instant::write_iso8601(time(place)?));
    }
    let pairs = texts(json, "an object of pairs")?;
    let value = optanon::encode(&optanon::OptanonConsent::new(pairs));
    optanon::decode(value.as_bytes())?;
    Ok(value)
}

pub(super) fn cookiebot(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let literal = |value: &Value| match value {
        Value::Bool(value) => Some(Literal::Bool(*value)),
        Value::Number(value) => value.as_u64().map(Literal::Number),
        Value::String(value) => Some(Literal::Text(value.clone())),
        _ => None,
    };
    let members = Place::new(json).members("an object, as {\"stamp\": \"x\", \"statistics\": true}")?;
    let members = members.iter().map(|(name, place)| {
        let right = "true, false, a whole number, or a text without ' and backslash";
        let member = ((*name).to_owned(), place.read(right, literal)?);
        let fits = Cookiebot::new([member.clone()]).is_some();
        if fits { Ok(member) } else { Err(place.wrong(format!("{right}, under a name of letters, digits and _"))) }
    });
    let members = members.collect::<Result<Vec<_>, PlaceError>>()?;
    let value = cookiebot::encode(&Cookiebot::new(members).unwrap_or_default());
    cookiebot::decode(value.as_bytes())?;
    Ok(value)
}

pub(super) fn cookieyes(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let members =
        texts(json, "an object of texts, as {\"consentid\": \"x\", \"action\": \"yes\", \"analytics\": \"no\"}")?;
    let cookie = CookieYes::new(members).ok_or("a name is empty or holds a comma or colon, or a text holds a comma")?;
    let value = cookieyes::encode(&cookie);
    cookieyes::decode(value.as_bytes())?;
    Ok(value)
}

pub(super) fn tarteaucitron(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let members = texts(json, "an object of services and \"true\", \"false\" or \"wait\", as {\"gtag\": \"true\"}")?;
    let cookie = Tarteaucitron::new(members).ok_or("a name is empty or holds ! or =, or a text holds !")?;
    let value = tarteaucitron::encode(&cookie);
    tarteaucitron::decode(value.as_bytes())?;
    Ok(value)
}

/// The cookies as a `Cookie` header has them.
pub(super) fn complianz(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let cookies = texts(json, "an object of names without cmplz_ and texts, as {\"statistics\": \"allow\"}")?;
    let written = complianz::encode(&complianz::Complianz::new(cookies), "cmplz_");
    complianz::decode(written.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())), complianz::PREFIX)?;
    let pairs = written.iter().map(|(name, value)| format!("{name}={value}"));
    Ok(pairs.collect::<Vec<_>>().join("; "))
}

/// A pair, as only the name says which of the three cookies it is.
pub(super) fn trustarc(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let [name, levels] = Place::new(json).known(["cookie", "levels"])?;
    let known = "cmapi_cookie_privacy, notice_gdpr_prefs or notice_preferences, in quotes";
    let (name, cookie) = name.read(known, |value| {
        let name = value.as_str()?;
        Some((name, Cookie::from_name(name.as_bytes())?))
    })?;
    let level =
        |value: &Value| value.as_u64().and_then(|level| u8::try_from(level).ok()).filter(|l| (1..=9).contains(l));
    let items = levels.items("a list of levels, counted from 1")?;
    let permitted = items.iter().map(|item| item.read("a level, 1 to 9", level)).collect::<Result<Vec<_>, _>>()?;
    let permitted = Permitted::new(permitted);
    let value = trustarc::encode(cookie, permitted);
    // One cookie holds the highest level only, all of them level 1.
    if trustarc::decode(cookie, value.as_bytes()) != Ok(permitted) {
        return Err(levels
            .wrong(format!("levels from 1 on that {name} can say, without a gap where it names one"))
            .into());
    }
    Ok(format!("{name}={value}"))
}

pub(super) fn commanders(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let names =
        ["status", "version", "banner", "site", "categories", "locked", "updated", "created", "expires", "vendors"];
    let [status, version, banner, site, categories, locked, updated, created, expires, vendors] =
        Place::new(json).known(names)?;
    let both = |first: &Place<'_>, second: &Place<'_>| !first.is_absent() || !second.is_absent();
    let value = Commanders {
        status: status.read("\"opt-in\" or \"opt-out\"", |status| match status.as_str()? {
            "opt-in" => Some(Status::OptIn),
            "opt-out" => Some(Status::OptOut),
            _ => None,
        })?,
        version: if version.is_absent() { String::new() } else { text(&version)? },
        banner: both(&banner, &site).then(|| Ok::<_, PlaceError>((text(&banner)?, text(&site)?))).transpose()?,
        categories: names_of(&categories)?,
        locked: names_of(&locked)?,
        updated: time(&updated)?,
        created_and_expires: both(&created, &expires)
            .then(|| Ok::<_, PlaceError>((time(&created)?, time(&expires)?)))
            .transpose()?,
        vendors: if vendors.is_absent() { String::new() } else { text(&vendors)? },
    };
    let text = commanders::encode(&value);
    // A time before 1973, or a mark inside a field, would be read as something else.
    if commanders::decode(text.as_bytes()).as_ref() != Ok(&value) {
        return Err(
            "no value of the format says that: times are from March 1973 on, no field has a @, no category a comma"
                .into(),
        );
    }
    Ok(text)
}

fn names_of(place: &Place<'_>) -> Result<Vec<String>, PlaceError> {
    if place.is_absent() {
        return Ok(Vec::new());
    }
    place.items("a list of categories in quotes, as [\"2\", \"3\"]")?.iter().map(text).collect()
}
