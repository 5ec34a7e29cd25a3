//! The words for verdicts and reasons.

use crate::policy::Verdict;
use crate::rewrite::{Finding, Why};

/// Whether somebody decides about the tag, or would.
pub(super) fn is_decided(finding: &Finding) -> bool {
    !finding.deciders.is_empty() || !finding.reported.is_empty()
}

/// What happens to the tag.
pub(super) fn verdict(finding: &Finding) -> &'static str {
    word(finding.verdict, finding.deciders.is_empty())
}

/// What would happen to the tag if nothing were only reported; `None` where nothing is.
pub(super) fn would_be(finding: &Finding) -> Option<&'static str> {
    finding.would_be.map(|verdict| word(verdict, false))
}

fn word(verdict: Verdict, is_nobodys: bool) -> &'static str {
    match verdict {
        Verdict::Keep if is_nobodys => "kept",
        Verdict::Keep => "granted",
        Verdict::Neutralise | Verdict::Remove => "neutralised",
        Verdict::Activate => "activated",
        Verdict::Guard => "guarded",
    }
}

/// Why, as a sentence.
pub(super) fn reason(why: &Why) -> String {
    match why {
        Why::Reference { attribute, host, path } => format!("{attribute} leads to {host}{path}"),
        Why::Marker => "a marker is in the inline text".to_owned(),
        Why::LeftToGuard => {
            "a marker is in the inline text, with code of the page's own: the guard judges what it inserts".to_owned()
        }
        Why::Label { value, .. } => format!("the page labels it {value:?}"),
        Why::UnknownLabel { value, .. } => format!("the page labels it {value:?}, which this site does not know"),
        Why::NoRule { host, third_party: true } => format!("no rule knows {host}, a third party"),
        Why::NoRule { host, .. } if host.is_empty() => "it leads nowhere that is fetched".to_owned(),
        Why::NoRule { host, .. } => format!("{host} is the site's own"),
        Why::Unmarked => "inline text without a marker".to_owned(),
        Why::Data(kind) => format!("data of type {kind:?}, which does not run"),
    }
}

/// One word for the reason, which stays the same when the sentence is written anew.
pub(super) fn kind(why: &Why) -> &'static str {
    match why {
        Why::Reference { .. } => "reference",
        Why::Marker => "marker",
        Why::LeftToGuard => "left-to-guard",
        Why::Label { .. } => "label",
        Why::UnknownLabel { .. } => "unknown-label",
        Why::NoRule { third_party: true, .. } => "unknown-host",
        Why::NoRule { host, .. } if host.is_empty() => "no-fetch",
        Why::NoRule { .. } => "own-host",
        Why::Unmarked => "unmarked",
        Why::Data(_) => "data",
    }
}
