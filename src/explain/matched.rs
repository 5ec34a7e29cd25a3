//! Which rule made somebody decide about a tag.

use super::Explained;
use crate::policy::rule::Rule;
use crate::policy::{Decider, UnknownParty};
use crate::rewrite::{Finding, Why};

/// What matched, and where it is written if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// `host`, `path`, `marker`, `list`, `attribute` (of the page's own markup) or `unknown` (the site's key).
    pub kind: &'static str,
    /// The rule, the list's name, or the attribute's.
    pub text: String,
    /// The rule file.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: Option<usize>,
}

impl Matched {
    fn plain(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), file: None, line: None }
    }

    /// As people read it: `host rule "x.example" (sites/a.toml:6)`.
    pub fn sentence(&self) -> String {
        let noun = match self.kind {
            "host" => "host rule",
            "path" => "path rule",
            "list" => "filter list",
            "unknown" => "site's key",
            other => other,
        };
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!(" ({file}:{line})"),
            _ => String::new(),
        };
        format!("{noun} {:?}{place}", self.text)
    }
}

impl Explained<'_> {
    /// What made `by` a decider of this tag. `None` where that cannot be told: a second service of a tag, whose reference is
    /// not the one that the finding names.
    pub(super) fn matched(&self, finding: &Finding, by: &Decider) -> Option<Matched> {
        let attribute = match &finding.why {
            Why::Label { attribute, .. } | Why::UnknownLabel { attribute, .. } => Some(attribute),
            _ => None,
        };
        let Some(service) = by.id.and_then(|id| self.site.service_by_id(id)) else {
            let by_site =
                || (self.site.unknown == UnknownParty::Block).then(|| Matched::plain("unknown", "unknown = \"block\""));
            return attribute.map(|name| Matched::plain("attribute", name)).or_else(by_site);
        };
        let rule = match &finding.why {
            Why::Reference { host, path, .. } => service.rule_at(host, path),
            Why::Marker | Why::LeftToGuard => service.marker_in(self.code(finding)),
            _ => None,
        };
        let (kind, text) = match rule {
            Some(Rule::Host(text)) => ("host", text),
            Some(Rule::Path(text)) => ("path", text),
            Some(Rule::Marker(text)) => ("marker", text),
            None if self.site.lists().any(|(list, _)| list.id == service.id) => ("list", service.slug.as_str()),
            None => return attribute.map(|name| Matched::plain("attribute", name)),
        };
        let place = self.places.of(&service.slug, if kind == "list" { "" } else { text });
        let (file, line) = place.map(|(file, line)| (file.to_owned(), line)).unzip();
        Some(Matched { kind, text: text.to_owned(), file, line })
    }

    /// A script's tag and text, or another element's tag.
    fn code(&self, finding: &Finding) -> &[u8] {
        let from = self.html.get(finding.offset..).unwrap_or_default();
        let from = from.get(..MOST).unwrap_or(from);
        if finding.tag != "script" {
            return from.get(..self.tag_length(finding)).unwrap_or(from);
        }
        let end = from.windows(8).position(|bytes| bytes.eq_ignore_ascii_case(b"</script"));
        from.get(..end.unwrap_or(from.len())).unwrap_or(from)
    }

    /// How long the finding's tag is, at most [`MOST`] bytes: to its `>` outside of quotes. What is no tag (a URL in a
    /// stylesheet) ends where a URL does.
    pub(super) fn tag_length(&self, finding: &Finding) -> usize {
        let from = self.html.get(finding.offset..).unwrap_or_default();
        let from = from.get(..MOST).unwrap_or(from);
        if from.first() != Some(&b'<') {
            let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'()<>;".contains(b);
            return from.iter().position(ends).unwrap_or(from.len());
        }
        let mut quote = None;
        for (at, byte) in from.iter().enumerate() {
            match (quote, byte) {
                (None, b'>') => return at + 1,
                (None, b'"' | b'\'') if from.get(..at).is_some_and(|f| f.trim_ascii_end().ends_with(b"=")) => {
                    quote = Some(*byte);
                }
                (Some(open), _) if open == *byte => quote = None,
                _ => {}
            }
        }
        from.len()
    }
}

/// The most bytes of a tag or a script that are looked at.
const MOST: usize = 64 << 10;
