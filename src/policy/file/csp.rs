//! The keys of a site's `[csp]`.

use super::fields::{At, Fields};
use super::service::checked;
use crate::policy::csp::{CspRules, is_source};
use crate::policy::mode::Mode;

/// `[csp]`, with its place; `None` unless its `mode` says `report` or `enforce`.
pub(super) fn csp(fields: &mut Fields<'_, '_>) -> Option<At<CspRules>> {
    let mut table = fields.table("csp")?;
    let place = table.here();
    let words = [("off", None), (Mode::Report.name(), Some(Mode::Report)), (Mode::Enforce.name(), Some(Mode::Enforce))];
    let mode = table.choice("mode", &words).flatten();
    let sources = checked(&mut table, "sources", source);
    table.finish();
    let sources = sources.into_iter().map(|(text, ())| text.value).collect();
    mode.map(|mode| At { value: CspRules { mode, sources }, place })
}

fn source(text: &str) -> Result<(), &'static str> {
    let wrong = "must be a host as a policy writes it, without a path: \"cdn.example\", \"*.cdn.example\", \"wss://chat.example:8443\"";
    if is_source(text) { Ok(()) } else { Err(wrong) }
}
