//! Content security policies of a page that gets the snippet: what is ours may run under each of them
//! ([`crate::policy::csp::allow()`]).

use super::HeadEdits;
use crate::policy::csp::{Ours, allow as allow_in};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Whether a head has a policy at all, enforced or reporting only.
pub fn has_policy(headers: &HeaderMap) -> bool {
    NAMES.iter().any(|name| headers.contains_key(*name))
}

const NAMES: [&HeaderName; 2] = [&CONTENT_SECURITY_POLICY, &CONTENT_SECURITY_POLICY_REPORT_ONLY];

/// Allows what is ours in every policy, after what else is done to them. Each field stays one.
pub(super) fn allow(headers: &HeaderMap, ours: &Ours<'_>, edits: &mut HeadEdits) {
    for name in NAMES {
        let fields: Vec<HeaderValue> = if edits.remove.contains(name) {
            edits.append.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone()).collect()
        } else {
            headers.get_all(name).iter().cloned().collect()
        };
        let changed: Vec<HeaderValue> = fields.iter().map(|field| allowed(field, ours)).collect();
        if changed != fields {
            edits.remove(headers, name);
            edits.append.retain(|(other, _)| other != name);
            edits.append.extend(changed.into_iter().map(|value| (name.clone(), value)));
        }
    }
}

fn allowed(field: &HeaderValue, ours: &Ours<'_>) -> HeaderValue {
    HeaderValue::from_bytes(&allow_in(field.as_bytes(), ours)).unwrap_or_else(|_| field.clone())
}
