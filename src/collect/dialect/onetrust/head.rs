//! The header fields of a request.

use super::fault::Fault;
use crate::collect::answer::is_language;
use crate::consent::codec::onetrust::{self, OtConsentString};
use crate::consent::signal::{Region, Signals};
use crate::policy::OneTrustApi;
use crate::policy::api::is_version;
use http::HeaderMap;

/// The CDN's locations.
const LOCATIONS: [&str; 7] = [
    "cdn.cookielaw.org",
    "cdn-apac.onetrust.com",
    "cdn.au.onetrust.com",
    "cdn-ukwest.onetrust.com",
    "cookie-cdn.cookiepro.com",
    "otcc-demo.otprivacy.com",
    "otcc-training.onetrust.com",
];

/// The longest identifier of a person that is read.
const IDENTIFIER_MAX: usize = 256;

/// What the fields say, believed as far as it concerns the client's own answer.
#[derive(Debug)]
pub(super) struct Head<'h> {
    /// One of [`LOCATIONS`].
    pub(super) location: &'static str,
    /// The app, in lower case; it is the site's.
    pub(super) app: String,
    pub(super) version: &'h str,
    /// A language tag, or empty.
    pub(super) language: &'h str,
    /// Where the app says that the visitor is.
    pub(super) region: Option<Region>,
    /// The string that the app was given last; `None` for a first launch.
    pub(super) string: Option<OtConsentString>,
    /// Who the app says that the visitor is.
    pub(super) identifier: Option<&'h str>,
    /// Whether that name takes the place of the one in the string.
    pub(super) renames: bool,
    /// Whether the banner's data is wanted also when it is not to be shown.
    pub(super) force: bool,
    /// Whether only what the body says is logged.
    pub(super) explicit: bool,
}

impl<'h> Head<'h> {
    /// Reads and checks them.
    pub(super) fn read(headers: &'h HeaderMap, api: &OneTrustApi) -> Result<Self, Fault> {
        let fields = Fields(headers);
        let [location, app, device, version] =
            ["ot-cdn-location", "ot-app-id", "ot-device-type", "ot-sdk-version"].map(|name| fields.get(name));
        let (Some(location), Some(app), Some(device), Some(version)) = (location, app, device, version) else {
            return Err(Fault::MissingHeader);
        };
        let location = LOCATIONS.into_iter().find(|known| *known == location).ok_or(Fault::Location)?;
        if !matches!(device, "mobile" | "ctv") {
            return Err(Fault::DeviceType);
        }
        if !is_version(version) {
            return Err(Fault::Version);
        }
        let app = app.to_ascii_lowercase();
        if !api.apps.contains(&app) {
            return Err(Fault::UnknownApp);
        }
        let fetch = fields.get("ot-fetch-type").unwrap_or("APP_DATA_ONLY");
        if !matches!(fetch, "APP_DATA_ONLY" | "APP_DATA_AND_PROFILE" | "APP_DATA_AND_SYNC_PROFILE") {
            return Err(Fault::FetchType);
        }
        let string = headers.get("ot-consent-string").map(|value| value.as_bytes().trim_ascii());
        let string = string.filter(|value| !value.is_empty()).map(onetrust::decode);
        Ok(Self {
            location,
            app,
            version,
            language: fields.get("ot-language").filter(|tag| is_language(tag)).unwrap_or_default(),
            region: fields.region()?,
            string: string.transpose().map_err(|_| Fault::ConsentString)?,
            identifier: fields.identifier()?,
            renames: fields.get("ot-identifier-updatetype") == Some("Rename-Identifier"),
            force: fields.flag("ot-force-fetch"),
            explicit: fields.flag("ot-explicit-consent"),
        })
    }

    /// What the browser or app signals, with the region that the app names.
    pub(super) fn signals(&self, signals: Signals) -> Signals {
        Signals { region: self.region.or(signals.region), ..signals }
    }

    /// The language, for a proof.
    pub(super) fn language_tag(&self) -> Option<String> {
        (!self.language.is_empty()).then(|| self.language.to_owned())
    }
}

struct Fields<'h>(&'h HeaderMap);

impl<'h> Fields<'h> {
    /// Text without blanks around it; `None` for a field that is empty, missing or no ASCII text.
    fn get(&self, name: &str) -> Option<&'h str> {
        self.0.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    fn region(&self) -> Result<Option<Region>, Fault> {
        let (country, within) = (self.get("ot-country-code"), self.get("ot-region-code"));
        let Some(country) = country else {
            return if within.is_some() { Err(Fault::CountryOrRegion) } else { Ok(None) };
        };
        let region = Some(country).filter(|code| code.len() == 2).and_then(|code| Region::parse(code.as_bytes()));
        let region = region.ok_or(Fault::CountryOrRegion)?;
        let Some(within) = within else { return Ok(Some(region)) };
        let whole = region.within(within.as_bytes());
        if whole == region { Err(Fault::CountryOrRegion) } else { Ok(Some(whole)) }
    }

    fn identifier(&self) -> Result<Option<&'h str>, Fault> {
        match self.0.get("ot-identifier") {
            None => Ok(None),
            Some(_) => match self.get("ot-identifier") {
                Some(name) if name.len() <= IDENTIFIER_MAX => Ok(Some(name)),
                _ => Err(Fault::Identifier),
            },
        }
    }
}
