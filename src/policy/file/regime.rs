//! The keys of `[[regime]]` in `regimes.toml`.

use super::RuleError;
use super::fields::{At, Fields};
use super::grammar::slug;
use crate::consent::signal::{RegimeKind, Region};

/// `[[regime]]`.
#[derive(Debug)]
pub(crate) struct RegimeRule {
    pub(crate) name: At<String>,
    pub(crate) kind: RegimeKind,
    pub(crate) regions: Vec<(At<String>, Region)>,
    pub(crate) gpc: bool,
    pub(crate) gpc_refuses_all: bool,
    pub(crate) explicit_beats_gpc: bool,
}

pub(super) fn regime(mut fields: Fields<'_, '_>) -> Option<RegimeRule> {
    let kinds = [RegimeKind::OptIn, RegimeKind::OptOut, RegimeKind::None].map(|kind| (kind.name(), kind));
    let name = slug(&mut fields, "name", "\"gdpr\"");
    let kind = fields.choice("silence", &kinds);
    let kind = fields.required("silence", kind, "\"opt-in\"");
    let regions = regions(&mut fields);
    let gpc = fields.flag("gpc").is_none_or(|flag| flag.value);
    let gpc_refuses_all = fields.choice("gpc_refuses", &[("sale", false), ("all", true)]).unwrap_or_default();
    let explicit_beats_gpc = fields.flag("explicit_beats_gpc").is_none_or(|flag| flag.value);
    fields.finish();
    Some(RegimeRule { name: name?, kind: kind?, regions, gpc, gpc_refuses_all, explicit_beats_gpc })
}

fn regions(fields: &mut Fields<'_, '_>) -> Vec<(At<String>, Region)> {
    let mut regions = Vec::new();
    for text in fields.texts("regions").unwrap_or_default() {
        match Region::parse(text.value.as_bytes()) {
            Some(region) => regions.push((text, region)),
            None => {
                let error = RuleError::at(&text.place, &text.value, "is no region");
                fields.refuse(error.hint("write an ISO 3166 code, like \"FR\" or \"US-CA\""));
            }
        }
    }
    regions
}
