//! `POST bridge`: what another tool was told, whose answers no server can read. Names are the tool's; what they mean here is
//! in the site's rules. From there on it is an answer like any other: checked, stored, and then in our own signed cookie.

use super::answer::Answer;
use super::proof::{Button, Layer};
use super::response::Refusal;
use crate::consent::codec::answers::Name;
use crate::consent::formats;
use crate::consent::mapping::SourceRule;
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
}

/// Reads a body by the site's rule. O(names).
///
/// # Errors
/// [`Refusal::TooLarge`]; [`Refusal::NotAsked`] for a tool that the site does not bridge; [`Refusal::Invalid`].
pub(super) fn parse(body: &[u8], site: &Site, rule: &SourceRule) -> Result<Answer, Refusal> {
    if body.len() > super::answer::BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    let invalid = |why: &str| Refusal::Invalid(why.to_owned());
    let body: Body =
        serde_json::from_slice(body).map_err(|_| invalid("the body must be {source, groups, services}"))?;
    if body.source != rule.source.name() {
        return Err(Refusal::NotAsked);
    }
    if body.groups.len() + body.services.len() > NAMES_MAX {
        return Err(invalid("more than 2048 names"));
    }
    let groups = body.groups.iter().map(|(name, yes)| (Name::Group(name), *yes));
    let services = body.services.iter().map(|(name, yes)| (Name::Service(name), *yes));
    let consent = formats::posted(groups.chain(services), &site.mapping, rule);
    let consent = consent.ok_or_else(|| invalid("none of these names means anything on this site"))?;
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
    })
}
