//! `POST bridge`: what another tool was told. Names are the tool's; what they mean here is in the site's rules. An IAB string is read
//! as its cookie would be, by the same bounds of age. From there on it is an answer like any other: checked, stored, and then in our own
//! signed cookie.

use super::answer::Answer;
use super::proof::{Button, Layer};
use super::response::Refusal;
use crate::consent::codec::answers::Name;
use crate::consent::codec::signature::Keyring;
use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::names::CookieNames;
use crate::consent::reader::{Input, Reader};
use crate::consent::source::Bridge;
use crate::consent::{Consent, Deciseconds, Source, formats};
use crate::policy::Site;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most names that one answer may have: a tool lists each service by name and by id.
const NAMES_MAX: usize = 2048;

/// The body as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    source: String,
    #[serde(default)]
    groups: BTreeMap<String, bool>,
    #[serde(default)]
    services: BTreeMap<String, bool>,
    /// A TC string, a GPP string.
    #[serde(default)]
    value: String,
    /// What stands beside it: Google's string, the sections that apply.
    #[serde(default)]
    beside: String,
}

/// Reads a body by the site's rule, for an answer that is told `now`. O(names), O(length of the strings).
///
/// # Errors
/// [`Refusal::TooLarge`]; [`Refusal::NotAsked`] for a tool that the site does not bridge; [`Refusal::Invalid`].
pub(super) fn parse(
    body: &[u8],
    site: &Site,
    rule: &SourceRule,
    keyring: &Keyring,
    now: Deciseconds,
) -> Result<Answer, Refusal> {
    if body.len() > super::answer::BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|_| invalid("the body must be {source, groups, services}, or {source, value, beside}"))?;
    if body.source != rule.source.name() {
        return Err(Refusal::NotAsked);
    }
    let consent = match rule.source {
        Source::Bridge(tool @ (Bridge::Tcf | Bridge::Gpp)) => from_string(&body, tool, site, rule, keyring, now)?,
        _ => from_names(&body, site, rule)?,
    };
    let differs = |service: &(_, bool)| {
        let category = site.service(service.0).map(|s| s.category);
        category.is_none_or(|c| !if service.1 { consent.granted } else { consent.refused }.contains(c))
    };
    Ok(Answer {
        granted: consent.granted,
        refused: consent.refused,
        services: consent.services.iter().copied().filter(differs).collect(),
        layer: Layer::Elsewhere,
        button: Button::Elsewhere,
        consent_id: None,
        language: None,
        widget_variant: None,
    })
}

fn from_names(body: &Body, site: &Site, rule: &SourceRule) -> Result<Consent, Refusal> {
    if body.groups.len() + body.services.len() > NAMES_MAX {
        return Err(invalid("more than 2048 names"));
    }
    let groups = body.groups.iter().map(|(name, yes)| (Name::Group(name), *yes));
    let services = body.services.iter().map(|(name, yes)| (Name::Service(name), *yes));
    let consent = formats::posted(groups.chain(services), &site.mapping, rule);
    consent.ok_or_else(|| invalid("none of these names means anything on this site"))
}

/// What the cookies would say in which sites keep these strings.
fn from_string(
    body: &Body,
    tool: Bridge,
    site: &Site,
    rule: &SourceRule,
    keyring: &Keyring,
    now: Deciseconds,
) -> Result<Consent, Refusal> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b'"'));
    let Some(format) = tool.format().filter(|_| is_plain(&body.value) && is_plain(&body.beside)) else {
        return Err(invalid("value and beside must be strings as the interface gives them"));
    };
    let source = Source::Tool(format);
    let cookies = source.cookies().iter().map(|name| (*name).to_owned()).collect();
    let mapping = Mapping {
        own_cookie: String::new(),
        sources: vec![SourceRule { source, cookies, ..rule.clone() }],
        names: CookieNames::default(),
        ..site.mapping.clone()
    };
    let (first, second) = if tool == Bridge::Tcf { ("euconsent-v2", "addtl_consent") } else { ("__gpp", "__gpp_sid") };
    let mut field = format!("{first}={}", body.value);
    if !body.beside.is_empty() {
        field.push_str(&format!("; {second}={}", body.beside));
    }
    let input = Input { cookies: &[field.as_bytes()], ot_consent_string: None, now };
    let reading = Reader::new(keyring.clone()).read(&mapping, &input);
    match reading.rejected.first() {
        _ if reading.consent.source != Source::None => Ok(reading.consent),
        Some((_, why)) => Err(invalid(&format!("the value counts for nothing: {}", why.name()))),
        None => Err(invalid("the value says nothing about this site's categories and services")),
    }
}

fn invalid(why: &str) -> Refusal {
    Refusal::Invalid(why.to_owned())
}
