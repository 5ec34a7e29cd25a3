//! The whole value of a consent tool's cookie as JSON: the member `value`, from which `encode` writes it again.

use crate::consent::codec::commanders::{self, Status};
use crate::consent::codec::cookiebot::{self, Literal};
use crate::consent::codec::{
    Format, axeptio, borlabs, cc_cookie, complianz, cookieyes, didomi_token, instant, iubenda, klaro, optanon,
    tarteaucitron, trustarc,
};
use crate::consent::cookie;
use serde_json::{Map, Value, json};

/// A value of named answers in one cookie; `None` where JSON cannot hold it: a name stands twice, or its spelling is not the
/// tool's.
pub(super) fn of(format: Format, value: &[u8]) -> Option<Value> {
    match format {
        Format::Optanon => texts(optanon::decode(value).ok()?.pairs()),
        Format::Cookiebot => object(cookiebot::decode(value).ok()?.members().iter().map(literal)),
        Format::CookieYes => texts(cookieyes::decode(value).ok()?.members()),
        Format::Tarteaucitron => texts(tarteaucitron::decode(value).ok()?.members()),
        // Dastra's cookie has the form of Klaro's.
        Format::Dastra | Format::Klaro => {
            let read = klaro::decode(value).ok()?;
            object(read.services.iter().map(|(name, yes)| (name.to_owned(), yes.into())))
        }
        Format::CcCookie => Some(cc_cookie::decode(value).ok()?.members().clone().into()),
        Format::Axeptio => Some(axeptio::decode(value).ok()?.members().clone().into()),
        Format::Iubenda => Some(iubenda::decode(value).ok()?.members().clone().into()),
        Format::Borlabs => Some(borlabs::decode(value).ok()?.members().clone().into()),
        Format::DidomiToken => Some(didomi_token::decode(value).ok()?.members().clone().into()),
        Format::Commanders => of_commanders(value),
        _ => None,
    }
}

/// Complianz' cookies, by their names without the prefix.
pub(super) fn of_complianz(text: &[u8]) -> Option<Value> {
    texts(complianz::decode(cookie::pairs(text), complianz::PREFIX).ok()?.cookies())
}

/// One of TrustArc's cookies: its name and the levels, counted from 1.
pub(super) fn of_trustarc(name: &[u8], cookie: trustarc::Cookie, value: &[u8]) -> Option<Value> {
    let levels: Vec<u8> = trustarc::decode(cookie, value).ok()?.levels().collect();
    Some(json!({"cookie": std::str::from_utf8(name).ok()?, "levels": levels}))
}

fn of_commanders(value: &[u8]) -> Option<Value> {
    let read = commanders::decode(value).ok()?;
    let status = if read.status == Status::OptIn { "opt-in" } else { "opt-out" };
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    put("status", status.into());
    put("version", read.version.into());
    if let Some((banner, site)) = read.banner {
        put("banner", banner.into());
        put("site", site.into());
    }
    put("categories", read.categories.into());
    put("locked", read.locked.into());
    put("updated", instant::write_iso8601(read.updated).into());
    if let Some((created, expires)) = read.created_and_expires {
        put("created", instant::write_iso8601(created).into());
        put("expires", instant::write_iso8601(expires).into());
    }
    put("vendors", read.vendors.into());
    Some(members.into())
}

fn literal((name, value): &(String, Literal<String>)) -> (String, Value) {
    let value = match value {
        Literal::Bool(value) => (*value).into(),
        Literal::Number(value) => (*value).into(),
        Literal::Text(value) => value.as_str().into(),
    };
    (name.clone(), value)
}

fn texts(members: &[(String, String)]) -> Option<Value> {
    object(members.iter().map(|(name, value)| (name.clone(), value.as_str().into())))
}

fn object(members: impl Iterator<Item = (String, Value)>) -> Option<Value> {
    let mut object = Map::new();
    for (name, value) in members {
        if object.insert(name, value).is_some() {
            return None;
        }
    }
    Some(object.into())
}
