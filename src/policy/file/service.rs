//! The keys of `[[service]]`.

use super::error::Place;
use super::fields::{At, Fields};
use super::grammar::slug;
use super::{RuleError, pattern};
use crate::consent::Deciseconds;
use crate::policy::matcher::{HostPattern, PathPattern};
use crate::policy::mode::Mode;
use crate::policy::service::{Global, GlobalKind};

/// `[[service]]`.
#[derive(Debug)]
pub(crate) struct ServiceRule {
    pub(crate) place: Place,
    pub(crate) slug: At<String>,
    /// `None`: its category decides about it, and nobody can answer for it alone.
    pub(crate) number: Option<At<u32>>,
    pub(crate) name: String,
    pub(crate) category: At<String>,
    pub(crate) hosts: Vec<(At<String>, HostPattern)>,
    pub(crate) paths: Vec<(At<String>, PathPattern)>,
    pub(crate) markers: Vec<At<String>>,
    pub(crate) cookies: Vec<String>,
    pub(crate) max_age_days: Option<u32>,
    pub(crate) globals: Vec<Global>,
    pub(crate) common: bool,
    pub(crate) mode: Mode,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) purpose: String,
    pub(crate) tcf_vendor: Option<u16>,
    pub(crate) source: String,
    pub(crate) justification: Option<String>,
}

pub(super) fn service(mut fields: Fields<'_, '_>) -> Option<ServiceRule> {
    let place = fields.here();
    let slug = slug(&mut fields, "slug", "\"meta-pixel\"");
    let number = fields.number("number", 1..=65_535);
    let category = fields.text("category");
    let category = fields.required("category", category, "\"marketing\"");
    let name = fields.text("name").map(|t| t.value);
    let hosts = checked(&mut fields, "hosts", pattern::host);
    let path = |text: &str| PathPattern::parse(text).ok_or("must begin with / or */, a * may end it, printable ASCII");
    let paths = checked(&mut fields, "paths", path);
    let markers = markers(&mut fields);
    let cookies = checked(&mut fields, "cookies", cookie_name).into_iter().map(|(t, ())| t.value).collect();
    let max_age_days = fields.number("max_age_days", 1..=400).map(|days| days.value);
    let globals = checked(&mut fields, "globals", global).into_iter().map(|(_, g)| g).collect();
    let common = fields.flag("common").is_some_and(|f| f.value);
    let mode = fields.choice("mode", &Mode::words()).unwrap_or_default();
    let since = fields.date("since").map(|d| d.value);
    let purpose = fields.text("purpose").map(|t| t.value).unwrap_or_default();
    let tcf_vendor = fields.number("tcf_vendor", 1..=65_535).and_then(|n| u16::try_from(n.value).ok());
    let source = fields.text("source").map(|t| t.value).unwrap_or_default();
    let justification = fields.text("justification").map(|t| t.value);
    fields.finish();
    let (slug, category) = (slug?, category?);
    let name = name.unwrap_or_else(|| slug.value.clone());
    Some(ServiceRule {
        place,
        slug,
        number,
        name,
        category,
        hosts,
        paths,
        markers,
        cookies,
        max_age_days,
        globals,
        common,
        mode,
        since,
        purpose,
        tcf_vendor,
        source,
        justification,
    })
}

/// A star alone would make every cookie the service's.
pub(super) fn cookie_name(text: &str) -> Result<(), &'static str> {
    let is_name = pattern::is_cookie(text) && text.bytes().any(|b| b != b'*');
    if is_name { Ok(()) } else { Err("is no cookie name") }
}

/// A list of texts of which each must make sense.
pub(super) fn checked<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Vec<(At<String>, T)> {
    let mut good = Vec::new();
    for text in fields.texts(key).unwrap_or_default() {
        match read(&text.value) {
            Ok(value) => good.push((text, value)),
            Err(problem) => fields.refuse(RuleError::at(&text.place, &text.value, problem)),
        }
    }
    good
}

/// Markers of fewer bytes would hit innocent code.
fn markers(fields: &mut Fields<'_, '_>) -> Vec<At<String>> {
    let long =
        |text: &str| (text.len() >= 6 && text.is_ascii()).then_some(()).ok_or("must be at least 6 ASCII characters");
    checked(fields, "markers", long).into_iter().map(|(text, ())| text).collect()
}

/// `fbq:function`.
fn global(text: &str) -> Result<Global, &'static str> {
    let wrong = "must be a JavaScript name, a colon, and function, array or object";
    let (name, kind) = text.split_once(':').ok_or(wrong)?;
    let kinds = [GlobalKind::Function, GlobalKind::Array, GlobalKind::Object];
    let kind = kinds.into_iter().find(|k| k.name() == kind).ok_or(wrong)?;
    if !pattern::is_identifier(name) {
        return Err(wrong);
    }
    Ok(Global { name: name.to_owned(), kind })
}
