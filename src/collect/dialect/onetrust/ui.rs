//! What the app's screens are made of: the widget's words, the site's categories as purposes, its services as SDKs and vendors.

use super::groups::Groups;
use super::state::Reason;
use crate::consent::signal::RegimeKind;
use crate::consent::{Answer, CategoryNumber, Consent};
use crate::policy::{Category, Service, Site};
use crate::widget::Words;
use serde_json::{Map, Value, json};

const LIGHT: &str = "#FFFFFF";
const DARK: &str = "#1B1B1F";

/// `appConfig`.
pub(super) fn app_config(site: &Site, standing: &(RegimeKind, Consent), said: &Consent, reason: Reason) -> Value {
    let template = match standing.0 {
        RegimeKind::OptIn => "GDPR",
        RegimeKind::OptOut => "USNATIONAL",
        RegimeKind::None => "GENERIC",
    };
    json!({
        "showBanner": reason.shows(),
        "bannerReason": reason.text(),
        "bannerReasonCode": reason.code(),
        "templateType": template,
        "gcmInfo": {
            "userConsented": said.is_answered(),
            "gcmConsents": consent_mode(site, &standing.1),
        },
    })
}

/// Google's consent mode, by the categories that its terms belong to.
fn consent_mode(site: &Site, standing: &Consent) -> Value {
    let of = |name: &str| match site.category_named(name).map(|category| standing.category(category.number)) {
        Some(Answer::Granted) => "GRANTED",
        Some(Answer::Refused) => "DENIED",
        Some(Answer::Unanswered) => "UNASSIGNED",
        None => "UNDEFINED",
    };
    let (advertising, analytics, comfort) = (of("marketing"), of("statistics"), of("preferences"));
    json!({
        "adPersonalization": advertising,
        "adStorage": advertising,
        "adUserData": advertising,
        "analyticsStorage": analytics,
        "functionalityStorage": comfort,
        "personalizationStorage": comfort,
        "securityStorage": "GRANTED",
    })
}

/// What a screen is made of.
#[derive(Debug)]
pub(super) struct Screen<'s> {
    pub(super) site: &'s Site,
    pub(super) words: &'s Words<'s>,
    pub(super) consent: &'s Consent,
}

impl Screen<'_> {
    /// `bannerUIData`.
    pub(super) fn banner(&self) -> Value {
        json!({
            "general": { "backgroundColor": LIGHT, "backgroundColorDark": DARK, "useRTL": self.is_rtl() },
            "summary": self.summary("title", "intro"),
            "buttons": {
                "acceptAll": self.button("accept", "BANNER_ALLOW_ALL", 0),
                "rejectAll": self.button("refuse", "BANNER_REJECT_ALL", 1),
                "showPreferences": { "text": self.words.get("choose"), "showAsLink": false, "position": 2 },
            },
            "links": {},
        })
    }

    /// `pcUIData`.
    pub(super) fn preferences(&self) -> Value {
        let words = self.words;
        json!({
            "general": {
                "backgroundColor": LIGHT,
                "backgroundColorDark": DARK,
                "sdkListShow": true,
                "sdkListManageServicesLabel": words.get("choose"),
                "sdkListLabel": words.get("choicesTitle"),
                "sdkLevelOptOutShow": true,
                "useRTL": self.is_rtl(),
                "consentText": words.get("save"),
                "legitInterestText": "",
                "allowAllConsentText": words.get("accept"),
            },
            "summary": self.summary("choicesTitle", "choicesIntro"),
            "buttons": {
                "acceptAll": self.button("accept", "PREFERENCE_CENTER_ALLOW_ALL", 0),
                "rejectAll": self.button("refuse", "PREFERENCE_CENTER_REJECT_ALL", 1),
                "savePreferencesButton": self.button("save", "PREFERENCE_CENTER_CONFIRM", 2),
                "backButton": { "color": DARK, "colorDark": LIGHT, "backBtnVoiceOverText": words.get("back") },
            },
            "links": {},
            "purposeTree": {
                "styling": {
                    "headerTitle": { "show": true, "text": words.get("choicesTitle") },
                    "alwaysActiveLabel": { "text": words.get("always") },
                },
                "purposes": self.site.categories.iter().map(|category| self.purpose(category)).collect::<Vec<_>>(),
            },
        })
    }

    /// `generalVendors`: the services by slug.
    pub(super) fn vendors(&self) -> Value {
        let all = self.services().map(|service| {
            let vendor = json!({
                "id": service.slug,
                "name": service.name,
                "vendorCustomId": service.slug,
                "description": &*service.purpose,
                "privacyPolicyUrl": "",
                "sdks": [service.slug],
                "toggleStatus": self.toggle(service),
                "linkedGroupIds": self.site.category(service.category).map(|c| Groups::of(self.site).id(c)),
            });
            (service.slug.clone(), listed(vendor))
        });
        Value::Object(all.collect::<Map<_, _>>())
    }

    /// `vendorListUIData`.
    pub(super) fn vendor_list(&self) -> Value {
        json!({
            "general": {
                "backgroundColor": LIGHT,
                "backgroundColorDark": DARK,
                "pageHeaderTitle": self.words.get("choicesTitle"),
                "allowAllConsentText": self.words.get("accept"),
                "buttons": {
                    "acceptAll": self.button("accept", "VENDOR_LIST_ALLOW_ALL", 0),
                    "rejectAll": self.button("refuse", "VENDOR_LIST_REJECT_ALL", 1),
                    "savePreferencesButton": self.button("save", "VENDOR_LIST_CONFIRM", 2),
                },
            },
        })
    }

    fn purpose(&self, category: &Category) -> Value {
        let necessary = category.number == CategoryNumber::NECESSARY;
        let status = match self.consent.category(category.number) {
            Answer::Granted => 1,
            Answer::Refused => 0,
            Answer::Unanswered => -1,
        };
        let own = self.services().filter(|service| service.category == category.number);
        let sdk = |service: &Service| {
            json!({
                "name": service.name,
                "description": &*service.purpose,
                "sdkId": service.slug,
                "toggleStatus": self.toggle(service),
            })
        };
        json!({
            "showSDKListLink": own.clone().next().is_some(),
            "groupId": Groups::of(self.site).id(category),
            "parent": "",
            "groupName": self.words.label(category),
            "groupDescription": self.words.description(category),
            "isIabPurpose": false,
            "firstPartyCookies": own.map(sdk).collect::<Vec<_>>(),
            "purposeId": category.number.get().to_string(),
            "type": "COOKIE",
            "descriptionLegal": "",
            "consentToggleStatus": if necessary { 2 } else { status.max(0) },
            "consentStatus": status,
            "legIntStatus": -1,
            "children": [],
        })
    }

    /// 2 where nothing can be chosen, else what holds.
    fn toggle(&self, service: &Service) -> u8 {
        if service.category == CategoryNumber::NECESSARY {
            return 2;
        }
        u8::from(self.consent.grants(service.category, service.number, service.since))
    }

    fn services(&self) -> impl Iterator<Item = &Service> + Clone {
        self.site.shown.iter().map(AsRef::as_ref).filter(|service| service.number.is_some())
    }

    fn summary(&self, title: &str, description: &str) -> Value {
        let days = self.site.lifetime_days.to_string();
        let description = self.words.get(description).replace("{days}", &days);
        json!({ "title": { "text": self.words.get(title) }, "description": { "text": description } })
    }

    fn button(&self, word: &str, interaction: &str, position: u8) -> Value {
        json!({ "text": self.words.get(word), "interactionType": interaction, "position": position })
    }

    fn is_rtl(&self) -> bool {
        let primary = self.words.language().split('-').next().unwrap_or_default();
        matches!(primary, "ar" | "fa" | "he" | "ur")
    }
}

/// `linkedGroupIds` is a list, also of one.
fn listed(mut vendor: Value) -> Value {
    if let Some(group) = vendor.get_mut("linkedGroupIds") {
        *group = if group.is_null() { json!([]) } else { json!([group.take()]) };
    }
    vendor
}
