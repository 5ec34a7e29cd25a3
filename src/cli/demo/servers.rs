//! The demo's other machines: a small site, and two "trackers" that count what reaches them. All on loopback.

use async_trait::async_trait;
use http::{Method, Response, StatusCode};
use pingora::apps::http_app::ServeHttp;
use pingora::protocols::http::ServerSession;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests that reached the two third parties.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// `analytics.localhost`.
    pub(super) analytics: AtomicU64,
    /// `ads.localhost`.
    pub(super) ads: AtomicU64,
}

impl Counters {
    /// Both counts: analytics, ads.
    pub(super) fn read(&self) -> (u64, u64) {
        (self.analytics.load(Ordering::Relaxed), self.ads.load(Ordering::Relaxed))
    }
}

/// The site behind the gateway.
pub(super) struct Site {
    /// Port on which both third parties listen.
    pub(super) third_parties: u16,
    /// What the counters' panel shows.
    pub(super) counters: Arc<Counters>,
}

impl Site {
    fn page(&self, path: &str) -> Option<(&'static str, String)> {
        let template = match path {
            "/" => include_str!("home.html"),
            "/article" => include_str!("article.html"),
            "/shop" => include_str!("shop.html"),
            "/site.css" => return Some(("text/css", include_str!("site.css").to_owned())),
            "/demo/counters" => {
                let (analytics, ads) = self.counters.read();
                return Some(("application/json", format!("{{\"analytics\":{analytics},\"ads\":{ads}}}")));
            }
            _ => return None,
        };
        let page = template
            .replace("{{PANEL}}", include_str!("panel.html"))
            .replace("{{ANALYTICS}}", &format!("http://{ANALYTICS}:{}", self.third_parties))
            .replace("{{ADS}}", &format!("http://{ADS}:{}", self.third_parties));
        Some(("text/html; charset=utf-8", page))
    }
}

/// The first third party's name; every browser resolves `*.localhost` to this machine.
pub(super) const ANALYTICS: &str = "analytics.localhost";
/// The second one's.
pub(super) const ADS: &str = "ads.localhost";

#[async_trait]
impl ServeHttp for Site {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let head = session.req_header();
        match self.page(head.uri.path()) {
            Some((content_type, page)) => answer(&head.method, StatusCode::OK, content_type, page),
            None => answer(&head.method, StatusCode::NOT_FOUND, "text/plain", "not here\n".to_owned()),
        }
    }
}

/// Both third parties: whatever is asked is counted, and answered with something that shows that it ran.
pub(super) struct ThirdParties(pub(super) Arc<Counters>);

#[async_trait]
impl ServeHttp for ThirdParties {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let head = session.req_header();
        let host = head.headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
        let counter = if host.starts_with(ANALYTICS) { &self.0.analytics } else { &self.0.ads };
        counter.fetch_add(1, Ordering::Relaxed);
        let (content_type, body) = third_party_answer(head.uri.path());
        let mut answer = answer(&head.method, StatusCode::OK, content_type, body);
        answer.headers_mut().insert("access-control-allow-origin", http::HeaderValue::from_static("*"));
        answer
    }
}

fn third_party_answer(path: &str) -> (&'static str, String) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ran = |extra: &str| {
        format!("{extra}(window.demoRan||function(n){{(window.demoEarly=window.demoEarly||[]).push(n)}})('{name}');\n")
    };
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" if name == "gtm.js" => ("text/javascript", ran(GTM)),
        "js" | "mjs" if name == "fbevents.js" => ("text/javascript", ran(FBEVENTS)),
        "js" | "mjs" => ("text/javascript", ran("")),
        "css" => ("text/css", "h2{text-decoration:underline}\n".to_owned()),
        "gif" => ("image/gif", GIF.to_owned()),
        _ => ("text/html", "<!DOCTYPE html><title>embed</title><p>The first crossing (a film).</p>\n".to_owned()),
    }
}

/// What a tag manager does with its queue, in small: it reads what waits, and what comes, and calls the callbacks.
const GTM: &str = "(function(q){function run(e){if(e&&typeof e.eventCallback==='function')setTimeout(e.eventCallback)}\
    q.forEach(run);q.push=function(){Array.prototype.push.apply(q,arguments);[].forEach.call(arguments,run);return q.length}})\
    (window.dataLayer=window.dataLayer||[]);";
/// What the pixel's library does with its queue, in small.
const FBEVENTS: &str =
    "(function(f){if(!f)return;f.seen=f.queue||[];f.callMethod=function(){f.seen.push(arguments)}})(window.fbq);";
/// One transparent pixel.
const GIF: &str = "GIF89a\u{1}\0\u{1}\0\0\0\0,\0\0\0\0\u{1}\0\u{1}\0\0\u{2}\0;";

fn answer(method: &Method, status: StatusCode, content_type: &'static str, body: String) -> Response<Vec<u8>> {
    let length = body.len();
    let body = if *method == Method::HEAD { Vec::new() } else { body.into_bytes() };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static(content_type));
    headers.insert("content-length", http::HeaderValue::from(length));
    headers.insert("cache-control", http::HeaderValue::from_static("no-store"));
    response
}
