//! The subset of JavaScript's object literals that Cookiebot writes: bare names; `true`, `false`, whole numbers, and
//! strings in single quotes without escapes.

use crate::consent::codec::text;
use crate::consent::codec::value_error::ValueError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The value of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal<T> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(u64),
    /// A string.
    Text(T),
}

impl<T> Literal<T> {
    /// Whether it is `true`.
    pub const fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

impl Literal<&str> {
    pub(super) fn to_owned(self) -> Literal<String> {
        match self {
            Self::Bool(value) => Literal::Bool(value),
            Self::Number(value) => Literal::Number(value),
            Self::Text(value) => Literal::Text(value.to_owned()),
        }
    }
}

/// Gives each member of a literal; the text is decoded.
///
/// # Errors
/// [`ValueError::Text`], also for what `member` refuses.
pub(super) fn members(
    text: &[u8],
    mut member: impl FnMut(&str, Literal<&str>) -> Result<(), &'static str>,
) -> Result<(), ValueError> {
    let whole = std::str::from_utf8(text).map_err(|error| ValueError::at(error.valid_up_to(), "not UTF-8"))?;
    let mut rest = whole.trim_ascii();
    let at = |rest: &str, reason| ValueError::at(whole.len() - rest.len(), reason);
    rest = rest.strip_prefix('{').ok_or_else(|| at(rest, "not an object literal"))?;
    loop {
        let (name, after) =
            text::cut(rest.trim_ascii_start(), b':').ok_or_else(|| at(rest, "a member without a value"))?;
        let name = name.trim_ascii_end();
        if !is_name(name) {
            return Err(at(rest, "not a name"));
        }
        let (value, after) = literal(after.trim_ascii_start()).map_err(|reason| at(after, reason))?;
        member(name, value).map_err(|reason| at(rest, reason))?;
        rest = after.trim_ascii_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None if rest == "}" => return Ok(()),
            None => return Err(at(rest, "neither a comma nor the end")),
        }
    }
}

/// One value, and what follows it.
fn literal(from: &str) -> Result<(Literal<&str>, &str), &'static str> {
    if let Some(inner) = from.strip_prefix('\'') {
        let (value, after) = text::cut(inner, b'\'').ok_or("a string without an end")?;
        return if value.bytes().any(|byte| byte == b'\\') {
            Err("a backslash in a string")
        } else {
            Ok((Literal::Text(value), after))
        };
    }
    let end = from.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(from.len());
    let (word, after) = from.split_at_checked(end).unwrap_or_default();
    let value = match word {
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        digits => Literal::Number(number(digits).ok_or("neither a boolean, a number nor a string")?),
    };
    Ok((value, after))
}

/// A number as JavaScript writes it: one spelling.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(super) fn can_be_written(name: &str, value: &Literal<String>) -> bool {
    is_name(name) && !matches!(value, Literal::Text(text) if text.contains(['\'', '\\']))
}

/// A value as it stands in the cookie: `'` and `,` are escaped, and what no cookie may hold.
pub(super) fn write(value: &Literal<String>) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b'\'').add(b',').add(b';');
    match value {
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::Text(text) => format!("%27{}%27", utf8_percent_encode(text, ESCAPED)),
    }
}
