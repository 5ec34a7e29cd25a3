//! The keys of a site's `[cookies]`.

use super::RuleError;
use super::fields::Fields;
use super::service::{checked, cookie_name};
use crate::policy::cookies::{CookieRules, UnknownCookie};

/// `[cookies]`.
pub(super) fn cookies(fields: &mut Fields<'_, '_>) -> CookieRules {
    let usual = CookieRules::default();
    let Some(mut table) = fields.table("cookies") else { return usual };
    let unknown = table.choice("unknown", &UnknownCookie::ALL.map(|word| (word.name(), word)));
    let necessary = checked(&mut table, "necessary", cookie_name);
    let justification = table.text("justification").map(|text| text.value);
    let reason = justification.as_ref().is_some_and(|text| !text.trim().is_empty());
    if let Some((first, ())) = necessary.first().filter(|_| !reason) {
        let error = RuleError::at(&first.place, &first.value, "needs no consent, and nothing says why");
        table.refuse(error.hint("write justification = \"…\" in [cookies]"));
    }
    let rules = CookieRules {
        unknown: unknown.unwrap_or_default(),
        necessary: necessary.into_iter().map(|(text, ())| text.value).collect(),
        justification,
        max_age_days: table.number("max_age_days", 1..=400).map(|days| days.value),
        expire: table.flag("expire").map_or(usual.expire, |flag| flag.value),
        clear_site_data: table.flag("clear_site_data").map_or(usual.clear_site_data, |flag| flag.value),
    };
    table.finish();
    rules
}
