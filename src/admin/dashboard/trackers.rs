//! On which pages tags were made inert, by service.

use super::Admin;
use super::frame::{Frame, page as answer};
use super::session::Session;
use askama::Template;
use http::{Response, StatusCode};
use std::collections::BTreeMap;

/// The most pages of one site that are shown, those with the most tags.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "trackers.html")]
struct Trackers<'p> {
    frame: Frame<'p>,
    sites: Vec<Site>,
}

struct Site {
    name: String,
    /// By service, the most first.
    services: Vec<(String, u64)>,
    /// Path, tags, and the services of it.
    pages: Vec<(String, u64, String)>,
}

pub(super) fn page(admin: &Admin, session: &Session) -> Response<Vec<u8>> {
    let all = admin.shared.metrics.blocked.all();
    let sites = all.into_iter().map(|(name, pages)| {
        let mut by_service: BTreeMap<String, u64> = BTreeMap::new();
        let mut listed = Vec::new();
        for (path, services) in &pages.0 {
            for (service, count) in services {
                *by_service.entry(service.to_string()).or_default() += count;
            }
            let names: Vec<String> = services.iter().map(|(service, count)| format!("{service} ({count})")).collect();
            listed.push((path.to_string(), services.values().sum(), names.join(", ")));
        }
        let mut services: Vec<(String, u64)> = by_service.into_iter().collect();
        services.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        listed.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        listed.truncate(MOST);
        Site { name, services, pages: listed }
    });
    let frame = Frame { title: "Blocked trackers", path: "/trackers", session };
    answer(&Trackers { frame, sites: sites.collect() }, StatusCode::OK)
}
