//! How each site is installed: what to paste, whether its widget has been heard of, and whether the live site is right.

use super::frame::{Frame, page as answer, refused, see_other};
use super::session::Session;
use super::snippets::{Kind, Snippets};
use super::{Admin, ROOT, Request};
use crate::admin::live::{Checked, addresses};
use crate::collect::proof::Stamp;
use crate::policy::{Mode, Site};
use askama::Template;
use http::{Response, StatusCode};
use std::sync::Arc;
use url::form_urlencoded::byte_serialize;

/// The most sites in the list.
const MOST: usize = 500;

/// The version that this gateway serves.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Template)]
#[template(path = "integrations.html")]
struct IntegrationsPage<'p> {
    frame: Frame<'p>,
    version: String,
    sites: Vec<Row>,
    left_out: usize,
    chosen: Option<Chosen>,
}

/// A site in the list.
struct Row {
    name: String,
    /// As a parameter.
    query: String,
    way: &'static str,
    seen: Option<Stamp>,
    checked: Option<Arc<Checked>>,
}

/// The site that is looked at.
struct Chosen {
    row: Row,
    is_by_hand: bool,
    reports_only: bool,
    prefix: String,
    script: Option<Stamp>,
    spoke: Option<Stamp>,
    stale: Option<Stamp>,
    tags: Vec<String>,
    addresses: Vec<String>,
    kind: Kind,
    id: String,
    made: Option<Result<Snippets, String>>,
}

impl Row {
    fn of(admin: &Admin, site: &Site) -> Self {
        Self {
            name: site.name.clone(),
            query: byte_serialize(site.name.as_bytes()).collect(),
            way: match (site.mode, site.inject) {
                (Mode::Report, _) => "only reports: no widget",
                (Mode::Enforce, true) => "put in by the gateway",
                (Mode::Enforce, false) => "pasted by hand",
            },
            seen: admin.shared.metrics.widgets.of(&site.name).last().map(Stamp),
            checked: admin.live.last(&site.name),
        }
    }
}

impl Chosen {
    fn of(admin: &Admin, request: &Request<'_>, site: &Site) -> Self {
        let seen = admin.shared.metrics.widgets.of(&site.name);
        let kind = request.parameter("kind").and_then(|kind| Kind::of(&kind)).unwrap_or(Kind::TagManager);
        let id = request.parameter("id").map(|id| id.trim().to_owned());
        Self {
            row: Row::of(admin, site),
            is_by_hand: !site.inject,
            reports_only: site.mode == Mode::Report,
            prefix: site.prefix.clone(),
            script: seen.script.map(Stamp),
            spoke: seen.spoke.map(Stamp),
            stale: seen.stale.filter(|stale| Some(*stale) > seen.script).map(Stamp),
            tags: site.signals.tags.iter().map(|(id, _)| id.clone()).collect(),
            addresses: addresses(&admin.shared.config, site).iter().map(ToString::to_string).collect(),
            kind,
            made: id.as_deref().map(|id| Snippets::of(site, kind, id)),
            id: id.unwrap_or_default(),
        }
    }

    fn kinds(&self) -> [Kind; 2] {
        Kind::ALL
    }
}

pub(super) fn page(admin: &Admin, request: &Request<'_>, session: &Session) -> Response<Vec<u8>> {
    let rules = admin.shared.rules.snapshot();
    let sites = rules.sites();
    let chosen = match request.parameter("site") {
        Some(name) => sites.iter().find(|site| site.name == name),
        None => sites.first(),
    };
    let page = IntegrationsPage {
        frame: Frame { title: "Integrations", path: "/integrations", session },
        version: format!("{VERSION} ({})", crate::widget::version()),
        sites: sites.iter().take(MOST).map(|site| Row::of(admin, site)).collect(),
        left_out: sites.len().saturating_sub(MOST),
        chosen: chosen.map(|site| Chosen::of(admin, request, site)),
    };
    answer(&page, StatusCode::OK)
}

/// Runs the live check of an address that is the site's own; what it finds is on the page that follows.
pub(super) async fn check(admin: &Admin, request: &Request<'_>, session: &Session) -> Response<Vec<u8>> {
    let form = request.form();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let rules = admin.shared.rules.snapshot();
    let Some(site) = rules.sites().iter().find(|site| site.name == field("site")) else {
        return refused(StatusCode::BAD_REQUEST, "The rules have no such site.");
    };
    let all = addresses(&admin.shared.config, site);
    let Some(url) = all.iter().find(|url| url.as_str() == field("address")) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "This is no address of the site: the rules and consentry.toml name them.",
        );
    };
    let Some(checked) = admin.live.run(site, url).await else {
        return refused(StatusCode::TOO_MANY_REQUESTS, "Other checks are running: try again in a moment.");
    };
    let who = super::who(session.role, request.from);
    admin.shared.audit.note(&who, "check the live site", true, &format!("{}: {}", site.name, checked.verdict()));
    see_other(&format!("{ROOT}/integrations?site={}", byte_serialize(site.name.as_bytes()).collect::<String>()))
}
