//! The tables of a site's sources: the tool's own words for what it asks about.

use super::Key;
use super::Kind::{Number, Pairs, Texts};
use super::keys::key;

pub(super) const ABOUT: &str = "What this source's cookies are called and mean here.";

/// What can be listed in `sources`; a test holds it against the formats.
pub(super) const NAMES: &[&str] = &[
    "own",
    "didomi",
    "didomi_token",
    "onetrust",
    "optanon",
    "dastra",
    "tcf",
    "gpp",
    "us_privacy",
    "cookiebot",
    "cookieyes",
    "complianz",
    "klaro",
    "cc_cookie",
    "tarteaucitron",
    "axeptio",
    "iubenda",
    "borlabs",
    "trustarc",
    "commanders",
];

const fn cookies() -> Key {
    key("cookies", Texts, "Other names than the usual; a * at the end is any ending.")
}

const fn groups() -> Key {
    key("groups", Pairs, "Groups there to categories here, several with commas.")
}

const fn services() -> Key {
    key("services", Pairs, "Services there to services or categories here.")
}

const fn purposes() -> Key {
    key("purposes", Pairs, "Purposes there to categories here.")
}

const fn vendors() -> Key {
    key("vendors", Pairs, "Vendors there to services or categories here.")
}

pub(super) const COOKIES: &[Key] = &[cookies()];
pub(super) const GROUPS: &[Key] = &[cookies(), groups()];
pub(super) const SERVICES: &[Key] = &[cookies(), services()];
pub(super) const PURPOSES: &[Key] = &[cookies(), purposes()];
pub(super) const VENDORS: &[Key] = &[cookies(), vendors()];
pub(super) const GROUPS_AND_VENDORS: &[Key] = &[cookies(), groups(), vendors()];
pub(super) const GROUPS_AND_SERVICES: &[Key] = &[cookies(), groups(), services()];
pub(super) const PURPOSES_AND_VENDORS: &[Key] = &[cookies(), purposes(), vendors()];

/// Their keys are numbers.
pub(super) const NUMBERED: &[Key] = PURPOSES_AND_VENDORS;
pub(super) const TCF: &[Key] =
    &[cookies(), purposes(), vendors(), key("google_vendors", Pairs, "Google's vendor numbers to services here.")];
pub(super) const REVISED: &[Key] = &[
    cookies(),
    groups(),
    services(),
    key("revision", Number(0, u32::MAX), "The version of the questions; an answer to another one is asked again."),
];
pub(super) const BRIDGED: &[Key] = &[groups(), services()];
