//! The companion cookie (D5) where an edge before us keeps pages by it: it must say what the gateway reads, since an edge
//! looks for a page by it before the gateway is asked.

use super::cookies;
use crate::consent::{Consent, Deciseconds, Source, cookie};
use crate::policy::{Site, Variant};
use crate::widget;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The field that puts a visitor's companion cookie right: set to the answer's token for as long as the answer still
/// holds, or ended where there is none. `None` when it is right, which nearly all are.
///
/// It heals what was edited or lost, and takes visitors to a new set of rules, whose version is in the token.
pub fn renewal(
    site: &Site,
    consent: &Consent,
    request: &HeaderMap,
    now: Deciseconds,
    secure: bool,
) -> Option<HeaderValue> {
    let name = site.companion();
    let mut shown = cookie::values(request.get_all(COOKIE).iter().map(HeaderValue::as_bytes), name.as_bytes());
    let first = shown.next();
    if consent.source != Source::Own {
        first?;
        return cookies::set(&name, "", 0, secure);
    }
    let token = &Variant::of(site, &consent.as_said(), widget::version()).token;
    if first == Some(token.as_bytes()) && shown.next().is_none() {
        return None;
    }
    let given = consent.updated?.0.saturating_add(u64::from(site.lifetime_days).saturating_mul(Deciseconds::DAY));
    let days = u32::try_from(given.saturating_sub(now.0) / Deciseconds::DAY).ok().filter(|days| *days > 0)?;
    cookies::set(&name, token, days, secure)
}
