//! Content security policies of a page: its own, under each of which what is ours may run
//! ([`crate::policy::csp::allow()`]), and beside them the one that is made of the visitor's answer. Browsers obey them all, so
//! one more never allows what another forbids.

use super::HeadEdits;
use super::names::REPORTING_ENDPOINTS;
use crate::policy::csp::{Derived, Ours, REPORTS, allow as allow_in};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The policy of a visitor's answer, and where browsers send what they report of it.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The policy.
    pub derived: &'a Derived,
    /// Where our own paths begin: `/_c/`.
    pub prefix: &'a str,
    /// Whether the site's scheme is `https`: only there do browsers know `Reporting-Endpoints`, and one that knows
    /// `report-to` looks at no `report-uri`.
    pub is_secure: bool,
}

/// The name of our endpoint among a page's others.
const ENDPOINT: &str = "consentry";

impl Beside<'_> {
    /// Adds the policy in a field of its own. Two allocations, of the policy's length.
    pub(super) fn add(&self, edits: &mut HeadEdits) {
        let Self { derived, prefix, is_secure } = self;
        let name = if derived.is_enforced { CONTENT_SECURITY_POLICY } else { CONTENT_SECURITY_POLICY_REPORT_ONLY };
        let to = if *is_secure { format!("; report-to {ENDPOINT}") } else { String::new() };
        let policy = format!("{}; report-uri {prefix}{REPORTS}{to}", derived.text);
        edits.append.extend(HeaderValue::try_from(policy).ok().map(|value| (name, value)));
        if *is_secure {
            let endpoint = HeaderValue::try_from(format!("{ENDPOINT}=\"{prefix}{REPORTS}\""));
            edits.append.extend(endpoint.ok().map(|value| (REPORTING_ENDPOINTS.clone(), value)));
        }
    }
}

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
