//! Where a `Refresh` leads, in a response field and in a `meta` (pitfalls 42, 89).

/// Where a `Refresh` leads: HTML, "shared declarative refresh steps". `None` when it only reloads.
pub fn refresh_target(value: &[u8]) -> Option<&[u8]> {
    let text = value.trim_ascii_start();
    let time = text.iter().position(|b| !(b.is_ascii_digit() || *b == b'.')).unwrap_or(text.len());
    let rest = text.get(time..)?;
    if time == 0 || !rest.first().is_some_and(|b| matches!(b, b';' | b',') || b.is_ascii_whitespace()) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b";").or_else(|| rest.strip_prefix(b",")).unwrap_or(rest).trim_ascii_start();
    let url = behind_url(rest).unwrap_or(rest);
    let unquoted = |quote: u8| {
        let inside = url.strip_prefix(&[quote])?;
        inside.split(|b| *b == quote).next()
    };
    let url = unquoted(b'"').or_else(|| unquoted(b'\'')).unwrap_or(url);
    (!url.is_empty()).then_some(url)
}

/// What follows `url =`, in any case and with any white space.
fn behind_url(text: &[u8]) -> Option<&[u8]> {
    let (word, rest) = text.split_at_checked(3)?;
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?;
    word.eq_ignore_ascii_case(b"url").then(|| rest.trim_ascii_start())
}
