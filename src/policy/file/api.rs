//! The keys of a site's `[api]` and `[proof]`.

use super::RuleError;
use super::fields::Fields;
use super::service::checked;
use crate::policy::api::{ApiRules, DastraApi, OneTrustApi, is_app_id, is_version};
use crate::policy::proof::{KeptAddress, ProofRules};

/// `[api]`.
pub(super) fn api(fields: &mut Fields<'_, '_>) -> ApiRules {
    let Some(mut table) = fields.table("api") else { return ApiRules::default() };
    let rules = ApiRules {
        dastra: table.table("dastra").and_then(dastra),
        onetrust: table.table("onetrust").and_then(onetrust),
    };
    table.finish();
    rules
}

fn dastra(mut fields: Fields<'_, '_>) -> Option<DastraApi> {
    let widget = fields.number("widget", 1..=i32::MAX.unsigned_abs());
    let widget = fields.required("widget", widget, "12345");
    let key = |text: &str| {
        let fits = (8..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(()) } else { Err("must be 8 to 128 ASCII characters without blanks") }
    };
    let keys: Vec<String> = checked(&mut fields, "keys", key).into_iter().map(|(text, ())| text.value).collect();
    let keys = fields.required("keys", (!keys.is_empty()).then_some(keys), "[\"the-public-key\"]");
    fields.finish();
    Some(DastraApi { widget: widget?.value, keys: keys? })
}

fn onetrust(mut fields: Fields<'_, '_>) -> Option<OneTrustApi> {
    let id = |text: &str| if is_app_id(text) { Ok(()) } else { Err("must be the UUID of an app, -test may end it") };
    let apps = checked(&mut fields, "apps", id);
    let apps: Vec<String> = apps.into_iter().map(|(text, ())| text.value.to_ascii_lowercase()).collect();
    let example = "[\"95c1b37a-c271-44e8-9dd3-1742d82ec948\"]";
    let apps = fields.required("apps", (!apps.is_empty()).then_some(apps), example);
    let version = fields.text("version");
    if let Some(text) = version.as_ref().filter(|text| !is_version(&text.value)) {
        fields.refuse(RuleError::at(&text.place, &text.value, "is no version").hint("like \"202403.2.0\""));
    }
    fields.finish();
    Some(OneTrustApi { apps: apps?, version: version.map(|text| text.value) })
}

/// `[proof]`.
pub(super) fn proof(fields: &mut Fields<'_, '_>) -> ProofRules {
    let mut rules = ProofRules::default();
    let Some(mut table) = fields.table("proof") else { return rules };
    let most = i32::MAX.unsigned_abs();
    rules.tenant = table.number("tenant", 1..=most).map_or(rules.tenant, |number| number.value);
    rules.workspace = table.number("workspace", 1..=most).map_or(rules.workspace, |number| number.value);
    rules.address = table.choice("address", &KeptAddress::ALL.map(|kept| (kept.name(), kept))).unwrap_or_default();
    rules.user_agent = table.flag("user_agent").is_some_and(|flag| flag.value);
    table.finish();
    rules
}
