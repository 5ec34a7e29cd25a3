//! The keys of a site's `[signals]`.

use super::fields::{At, Fields};
use crate::policy::signals::TYPES;

/// `[signals]`, as written.
#[derive(Debug)]
pub(crate) struct SignalsRule {
    /// Whether Google's tags are told; by default where the site shows one.
    pub(crate) google: Option<bool>,
    /// The same for Microsoft's.
    pub(crate) microsoft: Option<bool>,
    pub(crate) ads_data_redaction: bool,
    pub(crate) url_passthrough: bool,
    /// Ids of Google's tags.
    pub(crate) tags: Vec<At<String>>,
    /// A category or a service for each type that is named.
    pub(crate) types: Vec<(&'static str, At<String>)>,
}

impl Default for SignalsRule {
    fn default() -> Self {
        Self {
            google: None,
            microsoft: None,
            ads_data_redaction: true,
            url_passthrough: false,
            tags: Vec::new(),
            types: Vec::new(),
        }
    }
}

/// `[signals]`.
pub(super) fn signals(fields: &mut Fields<'_, '_>) -> SignalsRule {
    let Some(mut table) = fields.table("signals") else { return SignalsRule::default() };
    let mut rule = SignalsRule {
        google: table.flag("google").map(|flag| flag.value),
        microsoft: table.flag("microsoft").map(|flag| flag.value),
        ads_data_redaction: table.flag("ads_data_redaction").is_none_or(|flag| flag.value),
        url_passthrough: table.flag("url_passthrough").is_some_and(|flag| flag.value),
        tags: table.texts("tags").unwrap_or_default(),
        types: Vec::new(),
    };
    if let Some(mut types) = table.table("types") {
        rule.types = TYPES.iter().filter_map(|(name, _)| Some((*name, types.text(name)?))).collect();
        types.finish();
    }
    table.finish();
    rule
}
