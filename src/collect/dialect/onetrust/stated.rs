//! The body of `save-log-consent`: what was done, and what is answered with it.

use super::fault::Fault;
use super::groups::Groups;
use super::interaction::{Act, Interaction, Place};
use crate::collect::answer::Answer;
use crate::collect::proof::Button;
use crate::consent::{CategoryNumber, CategorySet, Consent, ServiceNumber};
use crate::policy::Site;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Answers in one body, at most: purposes, SDKs and vendors together.
const MOST: usize = 2_048;

/// A body that was read.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) interaction: Interaction,
    stated: Stated,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    interaction_type: String,
    #[serde(default)]
    consent: Option<Stated>,
    #[serde(default)]
    age_gate: Option<AgeGate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgeGate {
    lower_bound: Option<f64>,
    upper_bound: Option<f64>,
}

/// Of vendors only the general ones: a TC string answers for those of the IAB, and no site of ours asks for Google's alone.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stated {
    purposes_status: Vec<Purpose>,
    sdk_status: Vec<Sdk>,
    general_vendors_status: Vec<Vendor>,
    bulk_operation: Option<Bulk>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purpose {
    group_id: String,
    status: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sdk {
    sdk_id: String,
    status: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vendor {
    v_id: String,
    status: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Bulk {
    purposes: Option<bool>,
    sdks: Option<bool>,
    general_vendors: Option<bool>,
}

/// Answers while they are put together.
#[derive(Debug, Default)]
struct Choice {
    granted: CategorySet,
    refused: CategorySet,
    services: BTreeMap<ServiceNumber, (CategoryNumber, bool)>,
    /// Whether anything was said that means something here.
    said: bool,
}

impl Body {
    /// Reads a body. O(bytes).
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Fault::Body);
        }
        let body: Written = serde_json::from_slice(body).map_err(|_| Fault::Body)?;
        let interaction = Interaction::named(&body.interaction_type).ok_or(Fault::InteractionType)?;
        match interaction.act {
            Act::Universal => return Err(Fault::NoUniversalConsent),
            Act::GoogleAds => return Err(Fault::NoGoogleAds),
            _ => {}
        }
        if let Some(AgeGate { lower_bound: Some(lower), upper_bound: Some(upper) }) = body.age_gate
            && upper <= lower
        {
            return Err(Fault::AgeRange);
        }
        let stated = body.consent.unwrap_or_default();
        let names = stated.purposes_status.len() + stated.sdk_status.len() + stated.general_vendors_status.len();
        if names > MOST { Err(Fault::Body) } else { Ok(Self { interaction, stated }) }
    }

    /// What it comes to, after what the string says was answered before; with `explicit` without that.
    pub(super) fn answer(&self, site: &Site, before: &Consent, explicit: bool) -> Result<Answer, Fault> {
        let groups = Groups::of(site);
        let all = groups.all();
        let earlier = || if explicit { Choice::default() } else { Choice::of(site, before) };
        let Interaction { place, act, .. } = self.interaction;
        let whole = matches!(place, Place::Banner | Place::PreferenceCenter);
        let choice = match act {
            Act::AllowAll if whole => {
                let all = Choice { granted: all, said: true, ..Choice::default() };
                all.with(&self.stated, site, groups, |yes| !yes)
            }
            Act::RejectAll | Act::ContinueWithoutAccepting if whole => {
                Choice { refused: all, said: true, ..Choice::default() }
            }
            Act::Close if whole => {
                let earlier = Choice::of(site, before);
                Choice { refused: all.difference(earlier.granted), said: true, ..earlier }
            }
            Act::AllowAll | Act::RejectAll if place == Place::SdkList => {
                earlier().with_services(site, act == Act::AllowAll).with(&self.stated, site, groups, |_| true)
            }
            _ => earlier().with(&self.stated, site, groups, |_| true),
        };
        if !choice.said {
            return Err(Fault::EmptyConsent);
        }
        Ok(choice.finish(all, &self.interaction))
    }
}

impl Choice {
    fn of(site: &Site, before: &Consent) -> Self {
        let services = before.services.iter().filter_map(|(number, yes)| {
            let category = site.service(*number)?.category;
            Some((*number, (category, *yes)))
        });
        Self { granted: before.granted, refused: before.refused, services: services.collect(), said: false }
    }

    fn set(&mut self, categories: CategorySet, yes: bool) {
        // Two groups may stand for one category: of a yes and a no for it in one body the no counts.
        let categories = if yes { categories.difference(self.refused) } else { categories };
        let (to, from) =
            if yes { (&mut self.granted, &mut self.refused) } else { (&mut self.refused, &mut self.granted) };
        *to = to.union(categories);
        *from = from.difference(categories);
    }

    fn with_services(mut self, site: &Site, yes: bool) -> Self {
        for service in site.shown.iter().filter(|service| service.category != CategoryNumber::NECESSARY) {
            if let Some(number) = service.number {
                self.services.insert(number, (service.category, yes));
                self.said = true;
            }
        }
        self
    }

    /// Adds what is stated and let through.
    fn with(mut self, stated: &Stated, site: &Site, groups: Groups<'_>, takes: impl Fn(bool) -> bool) -> Self {
        let bulk = stated.bulk_operation.as_ref();
        if let Some(yes) = bulk.and_then(|bulk| bulk.purposes).filter(|yes| takes(*yes)) {
            (self.granted, self.refused) = (CategorySet::EMPTY, CategorySet::EMPTY);
            self.set(groups.all(), yes);
            self.said = true;
        }
        let sdks = bulk.and_then(|bulk| bulk.sdks.or(bulk.general_vendors)).filter(|yes| takes(*yes));
        if let Some(yes) = sdks {
            self = self.with_services(site, yes);
        }
        self.purposes(stated, groups, &takes);
        let sdks = stated.sdk_status.iter().map(|sdk| (&sdk.sdk_id, sdk.status));
        let vendors = stated.general_vendors_status.iter().map(|vendor| (&vendor.v_id, vendor.status));
        for (id, yes) in sdks.chain(vendors).filter(|(_, yes)| takes(*yes)) {
            let service = site.shown.iter().find(|service| service.slug == *id);
            if let Some((number, category)) = service.and_then(|s| Some((s.number?, s.category)))
                && category != CategoryNumber::NECESSARY
            {
                self.services.insert(number, (category, yes));
                self.said = true;
            }
        }
        self
    }

    /// All named ones are forgotten first, so that a no that was given before does not stand against a yes of now.
    fn purposes(&mut self, stated: &Stated, groups: Groups<'_>, takes: impl Fn(bool) -> bool) {
        let named = stated.purposes_status.iter().filter(|purpose| takes(purpose.status));
        let named: Vec<_> = named.map(|purpose| (groups.categories(&purpose.group_id), purpose.status)).collect();
        let all = named.iter().fold(CategorySet::EMPTY, |set, (categories, _)| set.union(*categories));
        (self.granted, self.refused) = (self.granted.difference(all), self.refused.difference(all));
        // What is said of a category is said of its services, unless they are answered below.
        self.services.retain(|_, (category, _)| !all.contains(*category));
        for (categories, yes) in named {
            self.said |= !categories.is_empty();
            self.set(categories, yes);
        }
    }

    fn finish(self, all: CategorySet, interaction: &Interaction) -> Answer {
        let same = |category, yes: bool| if yes { self.granted } else { self.refused }.contains(category);
        let services: Vec<_> = self
            .services
            .iter()
            .filter(|(_, (category, yes))| !same(*category, *yes))
            .map(|(number, (_, yes))| (*number, *yes))
            .collect();
        let uniform = services.is_empty();
        let button = match interaction.act {
            Act::AllowAll if uniform && self.granted == all => Button::AcceptAll,
            Act::RejectAll | Act::ContinueWithoutAccepting if uniform && self.refused == all => Button::RefuseAll,
            Act::Close => Button::Close,
            _ => Button::Save,
        };
        Answer {
            granted: self.granted,
            refused: self.refused,
            services,
            layer: interaction.layer(),
            button,
            consent_id: None,
            language: None,
            widget_variant: None,
        }
    }
}
