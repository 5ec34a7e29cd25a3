//! What is wrong with a request, by the codes of OneTrust's API.

use crate::collect::response::ApiResponse;
use http::StatusCode;
use serde_json::json;

/// A failure; it is answered with status 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    MissingHeader,
    Location,
    CountryOrRegion,
    DeviceType,
    FetchType,
    ConsentString,
    Identifier,
    UnknownApp,
    Version,
    ContentType,
    Body,
    InteractionType,
    EmptyConsent,
    AgeRange,
    NoUniversalConsent,
    NoGoogleAds,
    Logging,
}

impl Fault {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::MissingHeader => "ERROR_CODE_MISSING_REQUIRED_HEADER",
            Self::Location => "ERROR_CODE_INVALID_LOCATION",
            Self::CountryOrRegion => "ERROR_CODE_INVALID_COUNTRY_OR_REGION",
            Self::DeviceType => "ERROR_CODE_INVALID_DEVICE_TYPE",
            Self::FetchType => "ERROR_CODE_INVALID_FETCH_TYPE",
            Self::ConsentString => "ERROR_CODE_INVALID_OT_CONSENT_STRING",
            Self::Identifier => "ERROR_IDENTIFIER_MISMATCH",
            Self::UnknownApp => "ERROR_CODE_BLOB_LOCATIONS_UNAVAILABLE",
            Self::Version => "ERROR_CODE_UNSUPPORTED_VERSION",
            Self::ContentType => "ERROR_CODE_INVALID_CONTENT_TYPE_HEADER",
            Self::Body => "ERROR_CODE_INVALID_REQUEST_BODY",
            Self::InteractionType => "ERROR_CODE_INVALID_INTERACTION_TYPE",
            Self::EmptyConsent => "ERROR_CODE_EMPTY_CONSENT",
            Self::AgeRange => "ERROR_CODE_INVALID_AGE_RANGE",
            Self::NoUniversalConsent => "ERROR_UCP_NOT_CONFIGURED",
            Self::NoGoogleAds => "ERROR_GOOGLE_ADS_DISABLED",
            Self::Logging => "ERROR_CODE_CONSENT_LOGGING",
        }
    }

    /// What to do about it; nothing that was sent is in it.
    const fn message(self) -> &'static str {
        match self {
            Self::MissingHeader => "OT-CDN-Location, OT-App-Id, OT-Device-Type and OT-SDK-Version are all needed.",
            Self::Location => "OT-CDN-Location is no location of the CDN.",
            Self::CountryOrRegion => {
                "OT-Country-Code is an ISO 3166 code of two letters, OT-Region-Code one within it."
            }
            Self::DeviceType => "OT-Device-Type is mobile or ctv.",
            Self::FetchType => "OT-Fetch-Type is APP_DATA_ONLY, APP_DATA_AND_PROFILE or APP_DATA_AND_SYNC_PROFILE.",
            Self::ConsentString => "OT-Consent-String is not one that this API gave to this app; begin without one.",
            Self::Identifier => {
                "OT-Identifier is not the one in the consent string; send OT-Identifier-UpdateType: Rename-Identifier \
                 to change it."
            }
            Self::UnknownApp => "OT-App-Id is no app of this site.",
            Self::Version => "OT-SDK-Version is no published version: six digits and two numbers, like 202403.2.0.",
            Self::ContentType => "Content-Type must be application/json.",
            Self::Body => "The body is not the object that save-log-consent takes.",
            Self::InteractionType => "interactionType is none of the API's.",
            Self::EmptyConsent => "The body answers for no purpose or SDK of this site.",
            Self::AgeRange => "ageGate: the upper bound must be above the lower one.",
            Self::NoUniversalConsent => "This site has no universal consent purposes.",
            Self::NoGoogleAds => "This site has no consent of Google Ads' own.",
            Self::Logging => "The consent could not be stored and does not count; please try again.",
        }
    }
}

impl From<Fault> for ApiResponse {
    fn from(fault: Fault) -> Self {
        let body = json!({ "errors": [{ "code": fault.code(), "message": fault.message() }] });
        Self::json(StatusCode::OK, &body)
    }
}
