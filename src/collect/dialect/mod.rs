//! Consent APIs of other tools, answered on the site's own origin below its prefix, so that clients written for those tools
//! work against the gateway. A site's rules say which are on (`[api]`).
//!
//! They are stateless: no cookie is read or set. What a client shows instead is a public key or the id of an app, which
//! must be the site's. `Origin` and `Sec-Fetch-Site` may be missing, since apps are no browsers; what is sent must be the
//! site's. An answer becomes a proof as one of the widget does, and is acknowledged when that is stored.

pub(super) mod dastra;
pub(super) mod onetrust;

use super::api::{ApiRequest, Collect};
use super::response::{ApiResponse, Refusal};
use crate::policy::Site;
use http::Method;

/// One of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call<'p> {
    /// Dastra's widget settings, by the widget's number as it was written.
    DastraSettings(&'p str),
    /// An answer, or an event, for Dastra.
    DastraCollect(&'p str),
    /// OneTrust's banner, preference centre or vendors.
    OneTrust(onetrust::Shown),
    /// An answer for OneTrust.
    OneTrustLog,
}

impl<'p> Call<'p> {
    /// The call at a path below the prefix, where the site has it on.
    pub(super) fn at(path: &'p str, site: &Site) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("v1/client/") {
            site.api.dastra.as_ref()?;
            let (kind, id) = rest.split_once('/')?;
            return match kind {
                "cookie-widget-settings" => Some(Self::DastraSettings(id)),
                "collect" => Some(Self::DastraCollect(id)),
                _ => None,
            };
        }
        site.api.onetrust.as_ref()?;
        match path.strip_prefix("cfw/cmp/v1/")? {
            "banner" => Some(Self::OneTrust(onetrust::Shown::Banner)),
            "preferences" => Some(Self::OneTrust(onetrust::Shown::Preferences)),
            "vendors" => Some(Self::OneTrust(onetrust::Shown::Vendors)),
            "save-log-consent" => Some(Self::OneTrustLog),
            _ => None,
        }
    }

    /// Whether it takes a body.
    pub(super) const fn is_post(self) -> bool {
        matches!(self, Self::DastraCollect(_) | Self::OneTrustLog)
    }

    /// Answers it.
    pub(super) async fn answer(
        self,
        request: &ApiRequest<'_>,
        site: &Site,
        ctx: &Collect,
    ) -> Result<ApiResponse, Refusal> {
        match (self.is_post(), request.method) {
            (true, &Method::POST) | (false, &Method::GET | &Method::HEAD) => {}
            (true, _) => return Err(Refusal::Method("POST")),
            (false, _) => return Err(Refusal::Method("GET, HEAD")),
        }
        super::origin::check_if_sent(request.headers, request.secure, request.host)?;
        match self {
            Self::DastraSettings(id) => dastra::settings(request, site, id),
            Self::DastraCollect(id) => dastra::collect(request, site, ctx, id).await,
            Self::OneTrust(shown) => onetrust::show(request, site, shown),
            Self::OneTrustLog => onetrust::log(request, site, ctx).await,
        }
    }
}

/// For fuzzing: any bytes as a body of each.
pub(super) fn fuzz(data: &[u8], site: &Site) {
    dastra::fuzz(data, site);
    onetrust::fuzz(data, site);
}
