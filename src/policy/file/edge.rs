//! The keys of a site's `[edge]`.

use super::fields::Fields;
use super::service::{checked, cookie_name};
use crate::policy::edge::EdgeRules;

/// How long a cache before us keeps a page, unless the site says otherwise: five minutes.
const MAX_AGE_SECONDS: u32 = 300;

/// `[edge]`; `None` unless it says `shared = true`.
pub(super) fn edge(fields: &mut Fields<'_, '_>) -> Option<EdgeRules> {
    let mut table = fields.table("edge")?;
    let shared = table.flag("shared").is_some_and(|flag| flag.value);
    let max_age_seconds = table.number("max_age_seconds", 1..=86_400).map_or(MAX_AGE_SECONDS, |number| number.value);
    let private_cookies = checked(&mut table, "private_cookies", cookie_name);
    table.finish();
    let private_cookies = private_cookies.into_iter().map(|(text, ())| text.value).collect();
    shared.then_some(EdgeRules { max_age_seconds, private_cookies })
}
