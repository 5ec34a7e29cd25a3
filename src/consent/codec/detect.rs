//! Which format a value can be in, by its shape.

/// A format that can be told by a value's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A Didomi consent string; with a signature of ours it is our own cookie.
    Didomi,
    /// OneTrust's `otConsentString`.
    OneTrust,
    /// Dastra's service answers.
    Dastra,
}

impl Format {
    /// Every format, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Didomi, Self::OneTrust, Self::Dastra];

    /// The name on the command line and in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Didomi => "didomi",
            Self::OneTrust => "onetrust",
            Self::Dastra => "dastra",
        }
    }
}

/// The bits a consent string has at least: head and four empty sections.
const SHORTEST_DCS: usize = (206 + 4 * 19) / 6;

/// The format whose shape this value has, whatever its cookie is called. The format's own decoder has the last word.
///
/// No allocation; O(length) at most.
pub fn detect(value: &[u8]) -> Option<Format> {
    match value {
        [b'B' | b'C', ..] if is_dcs(value) => Some(Format::Didomi),
        [b'{', ..] | [b'%', b'7', b'B' | b'b', ..] => Some(Format::Dastra),
        // Base64 of `{"`.
        [b'e', b'y', b'I' | b'J', ..] => Some(Format::OneTrust),
        _ => None,
    }
}

/// Version 1 or 2, and base64url up to the first `.` or `~` for at least as long as the shortest string.
fn is_dcs(value: &[u8]) -> bool {
    let end = memchr::memchr2(b'.', b'~', value).unwrap_or(value.len());
    let sections = value.get(..end).unwrap_or_default();
    sections.len() >= SHORTEST_DCS && super::base64::is_url(sections)
}
