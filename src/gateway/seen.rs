//! When a site's widget was last heard of, since the start: for the operator's pages. What a browser says of itself in `Sec-Fetch-*`
//! tells its requests from those of programs; anybody could forge them, and would be shown as the widget.

use crate::consent::Deciseconds;
use http::{HeaderMap, Method, StatusCode};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What the widget asks for and sends, below the prefix.
const ASKED: [&str; 3] = ["config", "services", "state"];
const SENT: [&str; 2] = ["consent", "withdraw"];

/// How the names of its scripts begin, and the one without a hash.
const SCRIPTS: [&str; 3] = ["a/door.", "a/widget.", "a/bridge."];
const ALIASES: [&str; 2] = ["widget.js", "bridge.js"];

/// By site: what was seen of its widget. One entry for each site that the rules have or had.
#[derive(Debug, Default)]
pub struct WidgetsSeen(Mutex<BTreeMap<String, Seen>>);

/// The last time of each.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// It asked for the site's settings or for the visitor's answer, or sent one.
    pub spoke: Option<Deciseconds>,
    /// A browser got its script of this gateway, or heard that the one it has is still right: the version that is served.
    pub script: Option<Deciseconds>,
    /// A browser asked for a script of another version, which is not there: somebody keeps pages from before an update.
    pub stale: Option<Deciseconds>,
}

impl Seen {
    /// The last time that anything of the running widget was there.
    pub fn last(&self) -> Option<Deciseconds> {
        self.spoke.max(self.script)
    }

    fn of(&mut self, what: What) -> &mut Option<Deciseconds> {
        match what {
            What::Spoke => &mut self.spoke,
            What::Script => &mut self.script,
            What::Stale => &mut self.stale,
        }
    }
}

impl WidgetsSeen {
    /// Takes in a request for one of our own paths and what it was answered with. One lock for those of a widget, else a few comparisons.
    pub(super) fn note(
        &self,
        site: &str,
        (method, path, headers): (&Method, &str, &HeaderMap),
        status: StatusCode,
        now: Deciseconds,
    ) {
        let Some(what) = what(method, path, headers, status) else { return };
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !sites.contains_key(site) {
            sites.insert(site.to_owned(), Seen::default());
        }
        if let Some(seen) = sites.get_mut(site) {
            *seen.of(what) = Some(now);
        }
    }

    /// What was seen of a site's widget.
    pub fn of(&self, site: &str) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(site).copied().unwrap_or_default()
    }
}

/// What a request says of the widget.
#[derive(Debug, Clone, Copy)]
enum What {
    Spoke,
    Script,
    Stale,
}

fn what(method: &Method, path: &str, headers: &HeaderMap, status: StatusCode) -> Option<What> {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said.as_bytes() == value.as_bytes());
    if !says("sec-fetch-site", "same-origin") {
        return None;
    }
    let is_good = status.is_success() || status == StatusCode::NOT_MODIFIED;
    if says("sec-fetch-dest", "script") && method == Method::GET {
        let is_script = ALIASES.contains(&path) || SCRIPTS.iter().any(|start| path.starts_with(start));
        return match status {
            _ if !is_script => None,
            StatusCode::NOT_FOUND => Some(What::Stale),
            _ => is_good.then_some(What::Script),
        };
    }
    let is_its = match *method {
        Method::GET => ASKED.contains(&path),
        Method::POST => SENT.contains(&path),
        _ => false,
    };
    (is_its && is_good && says("sec-fetch-dest", "empty")).then_some(What::Spoke)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn seen(method: Method, path: &str, [site, dest]: [&'static str; 2], status: u16) -> Seen {
        let fields = [("sec-fetch-site", site), ("sec-fetch-dest", dest)];
        let fields = fields.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let all = WidgetsSeen::default();
        let status = StatusCode::from_u16(status).unwrap();
        all.note("shop", (&method, path, &fields.into_iter().collect()), status, Deciseconds(7));
        assert_eq!(all.of("other"), Seen::default());
        all.of("shop")
    }

    #[test]
    fn what_a_browser_asks_for_the_widget_is_seen_and_nothing_else_is() {
        let (own, script) = (["same-origin", "empty"], ["same-origin", "script"]);
        let at = Some(Deciseconds(7));
        for path in ASKED {
            assert_eq!(seen(Method::GET, path, own, 304), Seen { spoke: at, ..Seen::default() }, "{path}");
        }
        assert_eq!(seen(Method::POST, "consent", own, 200).last(), at);
        for path in ["widget.js", "a/door.0123456789ab.js"] {
            assert_eq!(seen(Method::GET, path, script, 200), Seen { script: at, ..Seen::default() }, "{path}");
        }
        let stale = seen(Method::GET, "a/door.0123456789ab.js", script, 404);
        assert_eq!((stale.stale, stale.last()), (at, None));
        for (method, path, fields, status) in [
            (Method::GET, "config", ["cross-site", "empty"], 200),
            (Method::GET, "config", ["none", "document"], 200),
            (Method::GET, "config", own, 503),
            (Method::POST, "consent", own, 403),
            (Method::GET, "openapi.json", own, 200),
            (Method::GET, "a/rules.0123456789ab.js", script, 200),
            (Method::GET, "a/nothing.js", script, 404),
            (Method::HEAD, "widget.js", script, 200),
        ] {
            assert_eq!(seen(method, path, fields, status), Seen::default(), "{path} {fields:?} {status}");
        }
    }
}
