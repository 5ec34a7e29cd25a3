//! The rules in force, what was wrong with others, and who loaded what and when.

use super::frame::{Frame, page as answer, refused, see_other};
use super::session::Session;
use super::{Admin, ROOT, Request};
use crate::collect::proof::Stamp;
use crate::gateway::AuditEntry;
use askama::Template;
use http::{Response, StatusCode};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage<'p> {
    frame: Frame<'p>,
    version: String,
    loaded: Stamp,
    loads: u64,
    refusals: u64,
    last_error: Option<(Stamp, String)>,
    warnings: Vec<String>,
    sites: Vec<Site>,
    entries: Vec<AuditEntry>,
}

struct Site {
    name: String,
    hosts: String,
    version: String,
    mode: &'static str,
}

pub(super) fn page(admin: &Admin, session: &Session) -> Response<Vec<u8>> {
    let (rules, status) = (admin.shared.rules.snapshot(), admin.shared.rules.status());
    let site = |site: &Arc<crate::policy::Site>| Site {
        name: site.name.clone(),
        hosts: site.hosts.join(", "),
        version: site.version.clone(),
        mode: site.mode.name(),
    };
    let page = RulesPage {
        frame: Frame { title: "Rules", path: "/rules", session },
        version: rules.version().to_owned(),
        loaded: Stamp(status.loaded),
        loads: status.loads,
        refusals: status.refusals,
        last_error: status.last_error.as_ref().map(|(at, errors)| (Stamp(*at), errors.to_string())),
        warnings: rules.warnings().iter().map(ToString::to_string).collect(),
        sites: rules.sites().iter().map(site).collect(),
        entries: admin.shared.audit.recent(),
    };
    answer(&page, StatusCode::OK)
}

/// Loads them; what is wrong with them is on the page that follows.
pub(super) async fn reload(admin: &Admin, request: &Request<'_>, session: &Session) -> Response<Vec<u8>> {
    let (reloader, who) = (Arc::clone(&admin.reloader), who(request, session));
    match tokio::task::spawn_blocking(move || reloader.reload(&who)).await {
        Ok(_) => see_other(&format!("{ROOT}/rules")),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Empties the cache.
pub(super) fn forget(admin: &Admin, request: &Request<'_>, session: &Session) -> Response<Vec<u8>> {
    admin.forget.everything();
    admin.shared.audit.note(&who(request, session), "empty the cache", true, "");
    see_other(&format!("{ROOT}/rules"))
}

/// For the audit log.
fn who(request: &Request<'_>, session: &Session) -> String {
    super::who(session.role, request.from)
}
