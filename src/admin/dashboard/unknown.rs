//! Third parties that no rule knows, with a rule to start from.

use super::Admin;
use super::frame::{Frame, page as answer};
use super::session::Session;
use askama::Template;
use http::{Response, StatusCode};

/// The most hosts of one site on the page, the most frequent.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "unknown.html")]
struct UnknownPage<'p> {
    frame: Frame<'p>,
    sites: Vec<Site>,
}

struct Site {
    name: String,
    hosts: Vec<Host>,
    left_out: usize,
}

struct Host {
    name: String,
    seen: u64,
    reported: u64,
    fetched_as: String,
    paths: Vec<(String, u64)>,
    rule: String,
}

pub(super) fn page(admin: &Admin, session: &Session) -> Response<Vec<u8>> {
    let all = admin.shared.metrics.unknown.all();
    let sites = all.into_iter().map(|(name, found)| {
        let mut hosts: Vec<Host> = found.hosts.iter().map(|(name, host)| self::host(name, host)).collect();
        hosts.sort_by_key(|host| std::cmp::Reverse((host.seen, host.reported)));
        let left_out = hosts.len().saturating_sub(MOST);
        hosts.truncate(MOST);
        Site { name, hosts, left_out }
    });
    let frame = Frame { title: "Unknown third parties", path: "/unknown", session };
    answer(&UnknownPage { frame, sites: sites.collect() }, StatusCode::OK)
}

fn host(name: &str, host: &crate::gateway::UnknownHost) -> Host {
    let fetched: Vec<&str> = host.seen.fetches.union(host.reported.fetches).iter().map(|fetch| fetch.name()).collect();
    Host {
        name: name.to_owned(),
        seen: host.seen.count,
        reported: host.reported.count,
        fetched_as: fetched.join(", "),
        paths: host.paths.iter().map(|(path, seen)| (path.to_string(), seen.count)).collect(),
        rule: host.rule(name),
    }
}
