//! `POST report`: what a browser reports of the policy that a page came with. The answer is empty whatever was sent.

use super::answer::BODY_MAX;
use super::api::ApiRequest;
use super::response::{ApiResponse, Refusal};
use crate::policy::Site;
use crate::policy::csp::violations;
use http::header::CONTENT_TYPE;
use http::{HeaderName, Method};

pub(super) use crate::policy::csp::REPORTS;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The types of the two forms.
const KINDS: [&str; 2] = ["application/csp-report", "application/reports+json"];

/// Reads the reports of a site whose pages come with a policy.
///
/// Browsers say where a report comes from as they say it of other requests, or do not: what is said must be right. Nothing
/// follows from a report but a line in the operator's list, so more is not asked.
///
/// # Errors
/// The refusal.
pub(super) fn take(request: &ApiRequest<'_>, site: &Site) -> Result<ApiResponse, Refusal> {
    if site.csp.is_none() {
        return Err(Refusal::NotFound);
    }
    if request.method != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    if request.headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "same-origin") {
        return Err(Refusal::CrossSite("Sec-Fetch-Site is not same-origin"));
    }
    let kind = request.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes().split(|b| *b == b';').next());
    let kind = kind.flatten().unwrap_or_default().trim_ascii();
    if !KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known.as_bytes())) {
        return Err(Refusal::NoReport);
    }
    if request.body.len() > BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    let violations = violations(&request.body).ok_or(Refusal::NoReport)?;
    Ok(ApiResponse { violations, ..ApiResponse::empty() })
}
