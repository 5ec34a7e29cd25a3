//! An attribute found by its `=` alone ([`super::deep`]): the name before it and the value behind it.

use super::attributes;
use super::hold::Window;
use super::judge::Judge;
use super::tag::is_space;
use std::ops::Range;

/// The most bytes of a name that are looked at.
const NAME: usize = 64;

/// Where the name before a `=` is, if it can be one that is known.
pub(crate) fn name_before(window: Window<'_>, equals: usize, judge: &Judge) -> Option<Range<usize>> {
    let all = window.between(equals.saturating_sub(NAME), equals);
    let before = all.trim_ascii_end();
    if !attributes::may_be_known(before) && judge.page.site.elements.is_empty() {
        return None;
    }
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_' | b'.');
    let length = before.iter().rev().take_while(|b| is_part(b)).count();
    let delimiter = before.get(before.len().checked_sub(length + 1)?)?;
    let is_name = length > 0 && (is_space(*delimiter) || matches!(delimiter, b'"' | b'\'' | b'/'));
    let end = equals - (all.len() - before.len());
    is_name.then(|| end - length..end)
}

/// Where the value behind a `=` is, by the tokenizer's rules.
pub(crate) fn value_behind(window: Window<'_>, equals: usize) -> Range<usize> {
    let rest = window.from(equals + 1);
    let spaces = rest.iter().take_while(|b| is_space(**b)).count();
    let rest = rest.get(spaces..).unwrap_or_default();
    let start = equals + 1 + spaces;
    match rest.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let inside = rest.get(1..).unwrap_or_default();
            start + 1..start + 1 + memchr::memchr(*quote, inside).unwrap_or(inside.len())
        }
        _ => start..start + rest.iter().position(|b| is_space(*b) || *b == b'>').unwrap_or(rest.len()),
    }
}
