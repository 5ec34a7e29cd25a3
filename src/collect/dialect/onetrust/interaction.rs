//! What the visitor did, by the API's words.

use crate::collect::proof::Layer;

/// Where it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Banner,
    PreferenceCenter,
    VendorList,
    SdkList,
    /// On the device, in a profile, in another product.
    Elsewhere,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    AllowAll,
    RejectAll,
    Confirm,
    Close,
    ContinueWithoutAccepting,
    /// The answers that come with it are all there is.
    Other,
    /// Universal consent, which no site of ours has.
    Universal,
    /// A consent of Google Ads' own, which no site of ours has.
    GoogleAds,
}

/// One of the API's interactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interaction {
    pub(super) place: Place,
    pub(super) act: Act,
    /// As the string has it.
    pub(super) shown: &'static str,
}

/// The names, and how the string has them.
const ALL: [(&str, Place, Act, &str); 28] = [
    ("BANNER_ALLOW_ALL", Place::Banner, Act::AllowAll, "Banner - Allow All"),
    ("BANNER_REJECT_ALL", Place::Banner, Act::RejectAll, "Banner - Reject All"),
    ("BANNER_CLOSE", Place::Banner, Act::Close, "Banner - Close"),
    (
        "BANNER_CONTINUE_WITHOUT_ACCEPTING",
        Place::Banner,
        Act::ContinueWithoutAccepting,
        "Banner - Continue Without Accepting",
    ),
    ("PREFERENCE_CENTER_ALLOW_ALL", Place::PreferenceCenter, Act::AllowAll, "Preference Center - Allow All"),
    ("PREFERENCE_CENTER_REJECT_ALL", Place::PreferenceCenter, Act::RejectAll, "Preference Center - Reject All"),
    ("PREFERENCE_CENTER_CONFIRM", Place::PreferenceCenter, Act::Confirm, "Preference Center - Confirm"),
    ("PREFERENCE_CENTER_CLOSE", Place::PreferenceCenter, Act::Close, "Preference Center - Close"),
    (
        "PREFERENCE_CENTER_CONTINUE_WITHOUT_ACCEPTING",
        Place::PreferenceCenter,
        Act::ContinueWithoutAccepting,
        "Preference Center - Continue Without Accepting",
    ),
    ("UC_PREFERENCE_CENTER_CONFIRM", Place::Elsewhere, Act::Universal, "UC Preference Center - Confirm"),
    ("VENDOR_LIST_ALLOW_ALL", Place::VendorList, Act::AllowAll, "Vendor List - Allow All"),
    ("VENDOR_LIST_REJECT_ALL", Place::VendorList, Act::RejectAll, "Vendor List - Reject All"),
    ("VENDOR_LIST_CONFIRM", Place::VendorList, Act::Confirm, "Vendor List - Confirm"),
    (
        "VENDOR_LIST_CONTINUE_WITHOUT_ACCEPTING",
        Place::VendorList,
        Act::ContinueWithoutAccepting,
        "Vendor List - Continue Without Accepting",
    ),
    ("VENDOR_LIST_CLOSE", Place::VendorList, Act::Close, "Vendor List - Close"),
    ("SDK_LIST_ALLOW_ALL", Place::SdkList, Act::AllowAll, "SDK List - Allow All"),
    ("SDK_LIST_REJECT_ALL", Place::SdkList, Act::RejectAll, "SDK List - Reject All"),
    ("SDK_LIST_CONFIRM", Place::SdkList, Act::Confirm, "SDK List - Confirm"),
    (
        "SDK_LIST_CONTINUE_WITHOUT_ACCEPTING",
        Place::SdkList,
        Act::ContinueWithoutAccepting,
        "SDK List - Continue Without Accepting",
    ),
    ("SDK_LIST_CLOSE", Place::SdkList, Act::Close, "SDK List - Close"),
    ("ATT_CONFIRM", Place::Elsewhere, Act::Other, "ATT - Confirm"),
    ("ATT_OPTOUT", Place::Elsewhere, Act::Other, "ATT - Opt Out"),
    ("ATT_NOTGIVEN", Place::Elsewhere, Act::Other, "ATT - Not Given"),
    ("AGEGATE_RANGE", Place::Elsewhere, Act::Other, "Age Gate - Range"),
    ("SYNC_PROFILE", Place::Elsewhere, Act::Other, "Sync Profile"),
    ("TRUST_CENTER_PREFERENCE_CONSENT", Place::Elsewhere, Act::Other, "Trust Center - Preference Consent"),
    ("GOOGLE_ADS_CONFIRM", Place::Elsewhere, Act::GoogleAds, "Google Ads - Confirm"),
    ("GOOGLE_ADS_OPTOUT", Place::Elsewhere, Act::GoogleAds, "Google Ads - Opt Out"),
];

impl Interaction {
    /// By its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(known, ..)| *known == name).map(|(_, place, act, shown)| Self {
            place: *place,
            act: *act,
            shown,
        })
    }

    /// One of the ways in which a string has it.
    pub(super) fn shown(text: &str) -> Option<&'static str> {
        ALL.iter().map(|(.., shown)| *shown).find(|shown| *shown == text)
    }

    /// Where in terms of our widget.
    pub(super) const fn layer(&self) -> Layer {
        match self.place {
            Place::Banner => Layer::First,
            Place::PreferenceCenter | Place::VendorList | Place::SdkList => Layer::Second,
            Place::Elsewhere => Layer::Elsewhere,
        }
    }
}
