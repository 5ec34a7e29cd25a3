//! What an `otConsentString` says of one visitor, and how it goes on.

use super::fault::Fault;
use super::groups::{Groups, NECESSARY};
use super::head::Head;
use super::interaction::Interaction;
use super::millis;
use crate::collect::answer::{self, Answer};
use crate::collect::{digests, state as expiry};
use crate::consent::codec::Format;
use crate::consent::codec::onetrust::{Member, OtConsentString};
use crate::consent::signal::{RegimeKind, Signals};
use crate::consent::{self, CategorySet, Consent, Deciseconds, ServiceAnswers, Source};
use crate::policy::Site;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The longest name of a visitor in a string.
const NAME_MAX: usize = 256;

/// Why the banner is shown or not, by the API's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// 101: nobody answered yet.
    First,
    /// 102: the answer is too old.
    Expired,
    /// 109: the questions changed.
    Changed,
    /// 150: nothing is asked where this visitor is.
    NotAsked,
    /// 151: the answer holds.
    Valid,
}

impl Reason {
    pub(super) const fn shows(self) -> bool {
        matches!(self, Self::First | Self::Expired | Self::Changed)
    }

    pub(super) const fn code(self) -> u16 {
        match self {
            Self::First => 101,
            Self::Expired => 102,
            Self::Changed => 109,
            Self::NotAsked => 150,
            Self::Valid => 151,
        }
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::First => "This is the first launch.",
            Self::Expired => "The last answer is too old.",
            Self::Changed => "The questions changed since the last answer.",
            Self::NotAsked => "Nothing is asked in this region.",
            Self::Valid => "The last answer holds.",
        }
    }
}

/// The members of a string, typed: nothing else of one that was sent is given back.
#[derive(Debug)]
pub(super) struct State {
    launched: u64,
    shows: bool,
    name: String,
    anonymous: bool,
    app: String,
    location: &'static str,
    expires: Option<u64>,
    interaction: Option<&'static str>,
    /// The answer; its age does not matter here.
    pub(super) consent: Consent,
    /// Whether the answer is too old or from the future.
    stale: bool,
}

impl State {
    /// From the string in a head, or a new one for a first launch.
    pub(super) fn of(site: &Site, head: &Head<'_>, now: Deciseconds) -> Result<Self, Fault> {
        let mut state = head.string.as_ref().map(|string| Self::read(site, string, now)).unwrap_or_default();
        if head.string.is_some() {
            if state.app != head.app {
                return Err(Fault::ConsentString);
            }
            if state.name.is_empty() {
                return Err(Fault::ConsentString);
            }
        }
        match head.identifier {
            Some(name) if state.name == name => {}
            Some(_) if head.string.is_some() && !head.renames => return Err(Fault::Identifier),
            Some(name) => (state.name, state.anonymous) = (name.to_owned(), false),
            None if state.name.is_empty() => (state.name, state.anonymous) = (Uuid::new_v4().to_string(), true),
            None => {}
        }
        state.app.clone_from(&head.app);
        state.location = head.location;
        Ok(state)
    }

    /// What a string says. O(its groups and SDKs + services of the site).
    pub(super) fn read(site: &Site, string: &OtConsentString, now: Deciseconds) -> Self {
        let text = |name| match string.get(name) {
            Some(Member::Other(Value::String(text))) => text.as_str(),
            _ => "",
        };
        let name = Some(text("dsId")).filter(|name| name.len() <= NAME_MAX && !name.contains(char::is_control));
        let consent = consent_of(site, string);
        let stale = consent.as_ref().and_then(|consent| consent.updated).is_some_and(|updated| {
            let over = string.expiry().is_some_and(|end| end <= millis(now));
            over || expiry::expiry(site, updated).0 <= now || updated.0 > now.0.saturating_add(Deciseconds::DAY)
        });
        Self {
            name: name.unwrap_or_default().to_owned(),
            anonymous: matches!(string.get("isAnonymous"), Some(Member::Other(value)) if value.as_u64() == Some(1)),
            app: text("appId").to_ascii_lowercase(),
            expires: string.expiry(),
            interaction: Interaction::shown(text("lastInteractionType")),
            consent: consent.unwrap_or_default(),
            stale,
            ..Self::default()
        }
    }

    /// The id that the proofs of this visitor are found by. A name that is no UUID is not kept in them.
    pub(super) fn consent_id(&self, site: &Site) -> Uuid {
        answer::consent_id(&self.name).unwrap_or_else(|| digests::uuid(&["onetrust", &site.name, &self.name]))
    }

    /// The answer under the law and with the signal.
    pub(super) fn standing(&self, site: &Site, head: &Head<'_>, signals: Signals) -> (RegimeKind, Consent) {
        let signals = head.signals(signals);
        let regime = site.regimes.of(signals.region);
        let said = if self.stale { Consent::default() } else { self.consent.clone() };
        (regime.kind, said.under(regime, signals.gpc, &site.mapping))
    }

    pub(super) fn reason(&self, site: &Site, standing: &(RegimeKind, Consent), _now: Deciseconds) -> Reason {
        if standing.0 != RegimeKind::OptIn {
            return Reason::NotAsked;
        }
        let Some(updated) = self.consent.updated else { return Reason::First };
        if self.stale {
            return Reason::Expired;
        }
        let since = site.mapping.category_since.iter().map(|(_, since)| *since).chain(site.mapping.reask);
        let is_open =
            |category: &crate::policy::Category| self.consent.category(category.number) == consent::Answer::Unanswered;
        if since.max().is_some_and(|since| updated < since) || Groups::of(site).asked().any(is_open) {
            return Reason::Changed;
        }
        Reason::Valid
    }

    pub(super) fn launched(&mut self, now: Deciseconds, shows: bool) {
        (self.launched, self.shows) = (millis(now), shows);
    }

    pub(super) fn answered(&mut self, site: &Site, answer: &Answer, by: &Interaction, now: Deciseconds) {
        self.launched(now, false);
        self.expires = Some(millis(expiry::expiry(site, now).0));
        self.interaction = Some(by.shown);
        self.stale = false;
        self.consent = Consent {
            source: Source::Tool(Format::OneTrust),
            granted: answer.granted,
            refused: answer.refused,
            services: answer.services.iter().copied().collect(),
            updated: Some(now),
            ..Consent::default()
        };
    }

    /// The string. Before an answer it has no groups, and `null` for its end.
    pub(super) fn string(&self, site: &Site) -> OtConsentString {
        let bit = u8::from;
        let other = |name: &str, value: Value| (name.to_owned(), Member::Other(value));
        let mut members = vec![
            other("lastLaunchDate", json!(self.launched)),
            other("shouldShowBanner", json!(bit(self.shows))),
            other("dsId", json!(self.name)),
            other("appId", json!(self.app)),
            other("cdn", json!(self.location)),
            other("isAnonymous", json!(bit(self.anonymous))),
            other("expiryDate", json!(self.expires)),
        ];
        if let Some(updated) = self.consent.updated {
            members.push(other("lastConsentDate", json!(millis(updated))));
            members.extend(self.interaction.map(|text| other("lastInteractionType", json!(text))));
            members.push(("groupConsents".to_owned(), Member::Groups(self.groups(site))));
            let sdks = self.consent.services.iter().filter_map(|(number, yes)| Some((site.service(*number)?, *yes)));
            let sdks: Map<String, Value> = sdks.map(|(service, yes)| (service.slug.clone(), json!(bit(yes)))).collect();
            members.push(other("sdkConsents", Value::Object(sdks)));
        }
        OtConsentString::new(members)
    }

    fn groups(&self, site: &Site) -> Vec<(String, i64)> {
        let groups = Groups::of(site);
        let answered = groups.asked().filter_map(|category| match self.consent.category(category.number) {
            consent::Answer::Granted => Some((groups.id(category).to_owned(), 1)),
            consent::Answer::Refused => Some((groups.id(category).to_owned(), 0)),
            consent::Answer::Unanswered => None,
        });
        std::iter::once((NECESSARY.to_owned(), 1)).chain(answered).collect()
    }
}

impl Default for State {
    /// Of a first launch; who it is and of which app comes from the head.
    fn default() -> Self {
        Self {
            launched: 0,
            shows: false,
            name: String::new(),
            anonymous: true,
            app: String::new(),
            location: "cdn.cookielaw.org",
            expires: None,
            interaction: None,
            consent: Consent::default(),
            stale: false,
        }
    }
}

/// The answer in a string; `None` before one was given.
fn consent_of(site: &Site, string: &OtConsentString) -> Option<Consent> {
    let groups = Groups::of(site);
    let (mut granted, mut refused) = (CategorySet::EMPTY, CategorySet::EMPTY);
    for (group, yes) in string.groups()? {
        let categories = groups.categories(group);
        if yes { granted = granted.union(categories) } else { refused = refused.union(categories) }
    }
    let known = site.mapping.categories;
    Some(Consent {
        source: Source::Tool(Format::OneTrust),
        granted: granted.difference(refused).intersection(known),
        refused: refused.intersection(known),
        services: services_of(site, string),
        updated: string.last_consent().map(|millis| Deciseconds(millis / 100)),
        ..Consent::default()
    })
}

fn services_of(site: &Site, string: &OtConsentString) -> ServiceAnswers {
    let Some(Member::Other(Value::Object(sdks))) = string.get("sdkConsents") else { return ServiceAnswers::new() };
    let of = |service: &std::sync::Arc<crate::policy::Service>| {
        let yes = match sdks.get(&service.slug)?.as_u64()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some((service.number?, yes))
    };
    // In the order of the numbers, as `shown` is.
    site.shown.iter().filter_map(of).collect()
}
