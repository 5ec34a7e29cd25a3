//! `Refresh` and `Speculation-Rules`: two more fields that make a browser go somewhere (pitfall 42).

use super::names::SPECULATION_RULES;
use super::{HeadEdits, Judge, list};
use crate::policy::reference::refresh_target;
use http::{HeaderMap, header::REFRESH};

/// Removes a `Refresh` to a blocked URL, and members of `Speculation-Rules` that name one.
pub fn filter(headers: &HeaderMap, judge: &dyn Judge, edits: &mut HeadEdits) {
    let refreshes = headers.get_all(REFRESH);
    if refreshes.into_iter().filter_map(|value| refresh_target(value.as_bytes())).any(|url| judge.blocks(url)) {
        edits.remove(headers, &REFRESH);
    }
    let rules = list::all(headers, &SPECULATION_RULES);
    let strings = rules.map(|member| member.split(|b| *b == b'"').nth(1).unwrap_or(member));
    if strings.into_iter().any(|url| judge.blocks(url)) {
        edits.remove(headers, &SPECULATION_RULES);
    }
}
