//! The tables of a site's sources: `[onetrust]`, `[tcf]`, `[klaro]` … one shape for all of them, with the tool's own words
//! for what it asks about.

use super::RuleError;
use super::error::Place;
use super::fields::{At, Fields, Pairs, mapped};
use super::pattern;
use crate::consent::codec::Format;
use crate::consent::source::Bridge;

/// What a site says of one format.
#[derive(Debug)]
pub(crate) struct SourceTable {
    pub(crate) format: Format,
    pub(crate) place: Place,
    pub(crate) cookies: Option<Vec<At<String>>>,
    /// Groups, purposes, categories or levels: names or numbers there, categories here.
    pub(crate) groups: Pairs,
    /// Services or vendors: names or numbers there, services or categories here.
    pub(crate) services: Pairs,
    /// Google's numbers of vendors outside TCF.
    pub(crate) google_vendors: Pairs,
    pub(crate) revision: Option<u32>,
}

/// Reads every table that is there.
pub(super) fn sources(fields: &mut Fields<'_, '_>) -> Vec<SourceTable> {
    let mut tables = Vec::new();
    for format in Format::ALL {
        if let Some(table) = fields.table(format.name()) {
            tables.push(source(format, table));
        }
    }
    tables
}

fn source(format: Format, mut fields: Fields<'_, '_>) -> SourceTable {
    let place = fields.here();
    let (groups, services) = words(format);
    let read = |fields: &mut Fields<'_, '_>, key: Option<&'static str>| {
        mapped(key.and_then(|key| fields.table(key)).map(Fields::pairs).unwrap_or_default())
    };
    let table = SourceTable {
        format,
        place,
        cookies: cookies(&mut fields),
        groups: read(&mut fields, groups),
        services: read(&mut fields, services),
        google_vendors: read(&mut fields, (format == Format::Tcf).then_some("google_vendors")),
        revision: if has_revision(format) { fields.number("revision", 0..=u32::MAX).map(|n| n.value) } else { None },
    };
    fields.finish();
    table
}

/// The keys for what a format's groups and services are called there.
const fn words(format: Format) -> (Option<&'static str>, Option<&'static str>) {
    match format {
        Format::Didomi | Format::DidomiToken | Format::Tcf | Format::Gpp => (Some("purposes"), Some("vendors")),
        Format::Iubenda => (Some("purposes"), None),
        Format::OneTrust | Format::Cookiebot | Format::CookieYes | Format::TrustArc | Format::Commanders => {
            (Some("groups"), None)
        }
        Format::Optanon => (Some("groups"), Some("vendors")),
        Format::Complianz | Format::CcCookie | Format::Borlabs => (Some("groups"), Some("services")),
        Format::Dastra | Format::Klaro | Format::Tarteaucitron => (None, Some("services")),
        Format::Axeptio => (None, Some("vendors")),
        Format::UsPrivacy => (None, None),
    }
}

/// Formats that number the versions of a site's questions.
const fn has_revision(format: Format) -> bool {
    matches!(format, Format::CcCookie | Format::Complianz)
}

/// `cookies = ["a", "b_*"]`.
fn cookies(fields: &mut Fields<'_, '_>) -> Option<Vec<At<String>>> {
    let names = fields.texts("cookies")?;
    for name in &names {
        let start = name.value.strip_suffix('*').unwrap_or(&name.value);
        if !pattern::is_cookie(start) || start.contains('*') {
            let error = RuleError::at(&name.place, &name.value, "is no cookie name");
            fields.refuse(error.hint("a * may stand at its end, for any ending"));
        }
    }
    Some(names)
}

/// `bridge = "usercentrics"`, and what that tool's names mean.
#[derive(Debug)]
pub(crate) struct BridgeTable {
    pub(crate) tool: Bridge,
    pub(crate) groups: Pairs,
    pub(crate) services: Pairs,
}

/// Reads the bridge; its table may be left out. One that has a format's names has that format's table.
pub(super) fn bridge(fields: &mut Fields<'_, '_>) -> Option<BridgeTable> {
    let tool = fields.choice("bridge", &Bridge::ALL.map(|tool| (tool.name(), tool)));
    let mut tables = Bridge::ALL.map(|tool| (tool, Pairs::new(), Pairs::new()));
    for (tool, groups, services) in tables.iter_mut().filter(|(tool, ..)| tool.format().is_none()) {
        if let Some(mut table) = fields.table(tool.name()) {
            *groups = mapped(table.table("groups").map(Fields::pairs).unwrap_or_default());
            *services = mapped(table.table("services").map(Fields::pairs).unwrap_or_default());
            table.finish();
        }
    }
    let tool = tool?;
    let (_, groups, services) = tables.into_iter().find(|(of, ..)| *of == tool)?;
    Some(BridgeTable { tool, groups, services })
}
