//! The body of an answer, from bytes to something that can be believed: every name is this site's, every size bounded.

use super::proof::{Button, Layer};
use super::response::Refusal;
use crate::consent::{CategoryNumber, CategorySet, ServiceNumber};
use crate::policy::Site;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use uuid::Uuid;

/// The most bytes a body may have.
pub const BODY_MAX: usize = 65_536;

/// The most services that one answer may name; their cookie would be too long for a browser well before.
const SERVICES_MAX: usize = 512;

/// What a visitor answered, in this site's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Categories with a yes, `necessary` not among them.
    pub granted: CategorySet,
    /// Categories with a no. What is in neither was not answered.
    pub refused: CategorySet,
    /// Services whose answer differs from their category's, sorted by number (D2).
    pub services: Vec<(ServiceNumber, bool)>,
    /// Where it was given.
    pub layer: Layer,
    /// By which button.
    pub button: Button,
    /// The consent id that the browser remembers (D15). Whoever knows an id can send it: it proves nothing.
    pub consent_id: Option<Uuid>,
    /// The widget's language.
    pub language: Option<String>,
    /// Which form of the widget was answered, of those that the site compares.
    pub widget_variant: Option<String>,
}

/// The body as it is written.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    categories: Choices,
    #[serde(default)]
    services: Choices,
    layer: Layer,
    button: Button,
    #[serde(default)]
    consent_id: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    widget_variant: Option<String>,
}

/// The body of a withdrawal as it is written; none at all will do.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Withdrawal {
    consent_id: Option<String>,
    language: Option<String>,
}

impl Answer {
    /// A withdrawal: a no to every category that is asked about.
    ///
    /// # Errors
    /// As [`Self::parse`]; an empty body is none.
    pub fn withdrawal(body: &[u8], site: &Site) -> Result<Self, Refusal> {
        if body.len() > BODY_MAX {
            return Err(Refusal::TooLarge);
        }
        let body = body.trim_ascii();
        let said: Withdrawal = match body.first() {
            None => Withdrawal::default(),
            Some(b'{') => serde_json::from_slice(body).map_err(|error| Refusal::json(&error))?,
            Some(_) => return Err(Refusal::invalid("the body must be a JSON object, or empty")),
        };
        let asked = site.categories.iter().map(|category| category.number).filter(|n| *n != CategoryNumber::NECESSARY);
        Ok(Self {
            granted: CategorySet::EMPTY,
            refused: asked.collect(),
            services: Vec::new(),
            layer: Layer::Elsewhere,
            button: Button::Withdraw,
            consent_id: said.consent_id.as_deref().and_then(consent_id),
            language: said.language.filter(|tag| is_language(tag)),
            widget_variant: None,
        })
    }

    /// Reads a body. O(bytes + answers × categories and services of the site).
    ///
    /// A consent id or a language that makes no sense is left out, and so is a variant of the widget that the rules do not have (any
    /// more): they come from the browser's storage or the page, and a visitor must be able to answer whatever is in there.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`]; [`Refusal::Invalid`] with a sentence that names what is wrong.
    pub fn parse(body: &[u8], site: &Site) -> Result<Self, Refusal> {
        if body.len() > BODY_MAX {
            return Err(Refusal::TooLarge);
        }
        // serde reads a struct from an array too.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Refusal::Invalid("the body must be a JSON object".to_owned()));
        }
        let body: Body = serde_json::from_slice(body).map_err(|error| Refusal::json(&error))?;
        let (granted, refused) = categories(&body.categories, site)?;
        let services = services(&body.services, site, granted, refused)?;
        if granted.is_empty() && refused.is_empty() && services.is_empty() {
            return Err(Refusal::Invalid("nothing is answered: categories and services are empty".to_owned()));
        }
        let (yes, no) = (services.iter().any(|(_, granted)| *granted), services.iter().any(|(_, granted)| !granted));
        match body.button {
            Button::AcceptAll if no || !refused.is_empty() => Err(contradiction("accept-all", "a no")),
            Button::Elsewhere | Button::Close | Button::Withdraw => {
                Err(Refusal::invalid("button: is none of the widget's (accept-all, refuse-all, save, service, api)"))
            }
            Button::RefuseAll if yes || !granted.is_empty() => Err(contradiction("refuse-all", "a yes")),
            button => Ok(Self {
                granted,
                refused,
                services,
                layer: body.layer,
                button,
                consent_id: body.consent_id.as_deref().and_then(consent_id),
                language: body.language.filter(|tag| is_language(tag)),
                widget_variant: body.widget_variant.filter(|name| is_variant(site, body.layer, name)),
            }),
        }
    }
}

fn contradiction(button: &str, answer: &str) -> Refusal {
    Refusal::Invalid(format!("button is \"{button}\", but there is {answer} among the answers"))
}

fn categories(choices: &Choices, site: &Site) -> Result<(CategorySet, CategorySet), Refusal> {
    let (mut granted, mut refused) = (CategorySet::EMPTY, CategorySet::EMPTY);
    for (name, yes) in &choices.0 {
        let Some(category) = site.categories.iter().find(|category| category.name == *name) else {
            return Err(unknown("categories", "category"));
        };
        if category.number != CategoryNumber::NECESSARY {
            if *yes { &mut granted } else { &mut refused }.insert(category.number);
        }
    }
    Ok((granted, refused))
}

/// What says the same as the category is left out, and so is what needs no consent.
fn services(
    choices: &Choices,
    site: &Site,
    granted: CategorySet,
    refused: CategorySet,
) -> Result<Vec<(ServiceNumber, bool)>, Refusal> {
    if choices.0.len() > SERVICES_MAX {
        return Err(Refusal::Invalid(format!("services: more than {SERVICES_MAX}")));
    }
    let mut differing = Vec::new();
    for (slug, yes) in &choices.0 {
        let service = site.service_named(slug).and_then(|service| Some((service.number?, service.category)));
        let Some((number, category)) = service else { return Err(unknown("services", "service")) };
        let same = if *yes { granted } else { refused }.contains(category);
        if !same && category != CategoryNumber::NECESSARY {
            differing.push((number, *yes));
        }
    }
    differing.sort_unstable();
    Ok(differing)
}

fn unknown(member: &str, what: &str) -> Refusal {
    Refusal::Invalid(format!("{member}: a name in it is no {what} of this site"))
}

/// Only the form that we answer with, and no id that stands for nobody.
pub(super) fn consent_id(text: &str) -> Option<Uuid> {
    const HYPHENATED: usize = 36;
    let id = (text.len() == HYPHENATED).then(|| Uuid::try_parse(text).ok()).flatten()?;
    (!id.is_nil() && !id.is_max()).then_some(id)
}

/// Whether the answer was given in this form of the widget: what the page's own code says was not.
fn is_variant(site: &Site, layer: Layer, name: &str) -> bool {
    matches!(layer, Layer::First | Layer::Second) && site.widget_variant(name).is_some()
}

pub(super) fn is_language(tag: &str) -> bool {
    (1..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Names with a yes or no. A name that comes twice is an error: which of the two was meant?
#[derive(Debug, Default)]
struct Choices(Vec<(String, bool)>);

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ChoicesVisitor)
    }
}

struct ChoicesVisitor;

impl<'de> Visitor<'de> for ChoicesVisitor {
    type Value = Choices;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names with true or false")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Choices, A::Error> {
        let mut seen = std::collections::HashSet::new();
        let mut choices = Vec::new();
        while let Some((name, yes)) = map.next_entry::<String, bool>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("a name is answered twice"));
            }
            choices.push((name, yes));
        }
        Ok(Choices(choices))
    }
}
