//! The body of `collect`: an event, and with `Consents` an answer for each service.

use crate::collect::answer::{Answer, BODY_MAX, consent_id, is_language};
use crate::collect::proof::{Button, Layer};
use crate::collect::response::Refusal;
use crate::consent::codec::Format;
use crate::consent::mapping::Target;
use crate::consent::{CategoryNumber, CategorySet, ServiceNumber, Source};
use crate::policy::Site;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The most services that one answer may name.
const SERVICES_MAX: usize = 512;

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// Somebody came or went, under the id that the client remembers.
    Visit(Option<Uuid>),
    /// Somebody answered.
    Consents(Answer),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    consent_id: Option<String>,
    #[serde(default)]
    consents: Option<Consents>,
    /// An id of the client's own users. It is a person's, and no proof needs it: it is not kept.
    #[serde(default, rename = "userId")]
    _user_id: Option<IgnoredAny>,
}

/// By name, or by the number that the name has in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "KindWritten")]
enum Kind {
    Visit,
    Quit,
    Consents,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum KindWritten {
    Name(String),
    Number(u8),
}

impl TryFrom<KindWritten> for Kind {
    type Error = &'static str;

    fn try_from(written: KindWritten) -> Result<Self, Self::Error> {
        match written {
            KindWritten::Name(name) if name == "Visit" => Ok(Self::Visit),
            KindWritten::Name(name) if name == "Quit" => Ok(Self::Quit),
            KindWritten::Name(name) if name == "Consents" => Ok(Self::Consents),
            KindWritten::Number(0) => Ok(Self::Visit),
            KindWritten::Number(1) => Ok(Self::Quit),
            KindWritten::Number(2) => Ok(Self::Consents),
            _ => Err("type is Visit, Quit or Consents"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consents {
    cookie_consents: Vec<One>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    consent_id: Option<String>,
}

/// Date, name and purpose are sent too: the time of an answer is ours, and what a service is called and is for is in the
/// site's rules.
#[derive(Debug, Deserialize)]
struct One {
    consent: bool,
    slug: String,
}

/// Reads a body. O(bytes + services of the site).
///
/// # Errors
/// [`Refusal::TooLarge`]; [`Refusal::Invalid`] with a sentence that repeats nothing that was sent.
pub(super) fn parse(body: &[u8], site: &Site) -> Result<Event, Refusal> {
    if body.len() > BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::invalid("the body must be a JSON object"));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| Refusal::json(&error))?;
    let own = body.consent_id.as_deref().and_then(consent_id);
    match (body.kind, body.consents) {
        (Kind::Visit | Kind::Quit, _) => Ok(Event::Visit(own)),
        (Kind::Consents, None) => Err(Refusal::invalid("consents: is missing, and type is Consents")),
        (Kind::Consents, Some(consents)) => {
            let id = own.or_else(|| consents.consent_id.as_deref().and_then(consent_id));
            consents.answer(site, id).map(Event::Consents)
        }
    }
}

impl Consents {
    fn answer(self, site: &Site, consent_id: Option<Uuid>) -> Result<Answer, Refusal> {
        if self.cookie_consents.len() > SERVICES_MAX {
            return Err(Refusal::invalid("consents.cookieConsents: more than 512"));
        }
        let (granted, refused, services) = by_category(&said(&self.cookie_consents, site)?);
        if granted.is_empty() && refused.is_empty() {
            return Err(Refusal::invalid("consents.cookieConsents: nothing is answered that needs an answer"));
        }
        Ok(Answer {
            granted,
            refused,
            services,
            layer: Layer::Elsewhere,
            button: Button::Elsewhere,
            consent_id,
            language: self.lang.filter(|tag| is_language(tag)),
            widget_variant: None,
        })
    }
}

type Said = BTreeMap<ServiceNumber, (CategoryNumber, bool)>;

/// Each service once. `necessary` ones need no answer.
fn said(consents: &[One], site: &Site) -> Result<Said, Refusal> {
    let by_slug: HashMap<&str, _> = site
        .services
        .iter()
        .filter_map(|service| Some((service.slug.as_str(), (service.number?, service.category))))
        .collect();
    let rule = site.mapping.rule(Source::Tool(Format::Dastra));
    let mut said = Said::new();
    for One { consent, slug } in consents {
        let written = rule.and_then(|rule| rule.services.get(slug)).and_then(|target| match target {
            Target::Service(service, category) => Some((service, category)),
            Target::Categories(_) => None,
        });
        let known = written.or_else(|| by_slug.get(slug.as_str()).copied());
        let known = known.or_else(|| site.mapping.service_named(slug));
        let Some((service, category)) = known else {
            return Err(Refusal::invalid("consents.cookieConsents: a slug in it is no service of this site"));
        };
        if category != CategoryNumber::NECESSARY && said.insert(service, (category, *consent)).is_some() {
            return Err(Refusal::invalid("consents.cookieConsents: a service is answered twice"));
        }
    }
    Ok(said)
}

/// Asked is by purpose there, and kept by service: a category has the answer of its services, and a no where they differ;
/// then those with a yes stand beside it.
fn by_category(said: &Said) -> (CategorySet, CategorySet, Vec<(ServiceNumber, bool)>) {
    let of = |answer: bool| said.values().filter(move |(_, yes)| *yes == answer).map(|(category, _)| *category);
    let refused: CategorySet = of(false).collect();
    let granted = of(true).collect::<CategorySet>().difference(refused);
    let apart = |(service, (category, yes)): (&ServiceNumber, &(CategoryNumber, bool))| {
        (*yes && refused.contains(*category)).then_some((*service, true))
    };
    (granted, refused, said.iter().filter_map(apart).collect())
}

/// For fuzzing: any bytes as a body.
pub(in crate::collect) fn fuzz(data: &[u8], site: &Site) {
    if let Ok(Event::Consents(answer)) = parse(data, site) {
        assert!(answer.granted.intersection(answer.refused).is_empty(), "a category was both granted and refused");
    }
}
