//! The keys of `[[list]]`: a filter list in the syntax of ad blockers, beside the rules.

use super::RuleError;
use super::error::Place;
use super::fields::{At, Fields};
use super::grammar::slug;
use crate::consent::Deciseconds;
use crate::policy::mode::Mode;

/// `[[list]]`.
#[derive(Debug)]
pub(crate) struct ListRule {
    pub(crate) place: Place,
    /// What its matches are called in marks: a service's slug.
    pub(crate) name: At<String>,
    /// `lists/x.txt`, below the rules directory.
    pub(crate) file: At<String>,
    pub(crate) category: At<String>,
    pub(crate) mode: Mode,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) purpose: String,
    pub(crate) source: String,
}

pub(super) fn list(mut fields: Fields<'_, '_>) -> Option<ListRule> {
    let place = fields.here();
    let name = slug(&mut fields, "name", "\"privacy-list\"");
    let file = fields.text("file");
    let file = fields.required("file", file, "\"lists/privacy.txt\"").filter(|file| in_lists(file, &fields));
    let category = fields.text("category");
    let category = fields.required("category", category, "\"marketing\"");
    let mode = fields.choice("mode", &Mode::words()).unwrap_or_default();
    let since = fields.date("since").map(|d| d.value);
    let purpose = fields.text("purpose").map(|t| t.value).unwrap_or_default();
    let source = fields.text("source").map(|t| t.value).unwrap_or_default();
    fields.finish();
    Some(ListRule { place, name: name?, file: file?, category: category?, mode, since, purpose, source })
}

/// Only that folder is read and watched.
fn in_lists(file: &At<String>, fields: &Fields<'_, '_>) -> bool {
    let name = file.value.strip_prefix("lists/").and_then(|name| name.strip_suffix(".txt"));
    let good = name.is_some_and(|name| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']));
    if !good {
        let error = RuleError::at(&file.place, &file.value, "must be a .txt file in the folder lists of the rules");
        fields.refuse(error.hint("like \"lists/privacy.txt\""));
    }
    good
}
