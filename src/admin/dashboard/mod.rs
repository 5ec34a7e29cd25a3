//! The operator's pages: what visitors answered and what came of it, for people who do not read metrics.
//!
//! Made on the server (askama: templates are checked when the program is compiled, and escape what is put into them), with one
//! style sheet and one small script of our own; nothing is fetched from elsewhere. Who logs in with the token of
//! `[admin] token_file` is an operator, with that of `viewer_token_file` a viewer. Forms carry a secret of the session,
//! and come from a page of this listener.

mod chart;
mod days;
mod frame;
mod health;
mod integrations;
mod interval;
mod overview;
mod proofs;
mod rules;
mod session;
mod snippets;
mod trackers;
mod unknown;
mod variants;

pub(super) use session::{Role, Session, Sessions};

use super::Admin;
use super::reply::plain;
use frame::{asset, refused, see_other};
use http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use session::LoginError;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

/// Where all of it is.
const ROOT: &str = "/dashboard";

/// The most of a form that is read, in bytes.
pub(super) const FORM_MOST: usize = 8 << 10;

/// A request for one of the pages.
pub(super) struct Request<'r> {
    pub(super) method: &'r Method,
    pub(super) uri: &'r Uri,
    pub(super) headers: &'r HeaderMap,
    /// Of a form.
    pub(super) body: &'r [u8],
    pub(super) from: Option<IpAddr>,
}

/// Whether this is one of our paths.
pub(super) fn is_ours(path: &str) -> bool {
    path == "/" || path == ROOT || path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

impl Request<'_> {
    fn is_read(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }

    /// A parameter of the query; the first of several, `None` also where it is empty.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default().as_bytes();
        let found = url::form_urlencoded::parse(query).find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    }

    fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(self.body).into_owned().collect()
    }

    /// Whether a form comes from a page of the listener, as far as the browser says where it comes from.
    fn is_from_here(&self) -> bool {
        let field = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let host = self.uri.authority().map(http::uri::Authority::as_str).or_else(|| field("host"));
        let is_own = |origin: &str| origin.split_once("://").map(|(_, authority)| authority) == host;
        field("origin").is_none_or(is_own) && field("sec-fetch-site").is_none_or(|site| site == "same-origin")
    }

    /// Browsers that reach us over TLS, which ends before us, get a cookie for TLS only.
    fn is_secure(&self) -> bool {
        self.headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
    }
}

/// Answers a request for one of the pages.
pub(super) async fn answer(admin: &Admin, request: &Request<'_>) -> Response<Vec<u8>> {
    let path = request.uri.path().strip_prefix(ROOT).unwrap_or_default().trim_end_matches('/');
    if let Some(asset) = asset(path) {
        return if request.is_read() { asset } else { super::reply::not_allowed("GET, HEAD") };
    }
    if path == "/login" {
        return login(admin, request);
    }
    let Some(session) = admin.sessions.of(request.headers, Instant::now()) else {
        return see_other(&format!("{ROOT}/login"));
    };
    if request.is_read() {
        return read(admin, request, &session, path).await;
    }
    let form = request.form();
    let csrf = form.get("csrf").map(String::as_str).unwrap_or_default();
    if *request.method != Method::POST || !request.is_from_here() || !session.sent_it(csrf) {
        return refused(StatusCode::FORBIDDEN, "This form is of another session: open the page again.");
    }
    done(admin, request, &session, path).await
}

async fn read(admin: &Admin, request: &Request<'_>, session: &Session, path: &str) -> Response<Vec<u8>> {
    let answered = match path {
        "" if request.uri.path() == "/" => Ok(see_other(ROOT)),
        "" => overview::page(admin, request, session).await,
        "/integrations" => Ok(integrations::page(admin, request, session)),
        "/health" => health::page(admin, session).await,
        "/proofs" => proofs::page(admin, request, session).await,
        "/variants" => variants::page(admin, request, session).await,
        "/trackers" => Ok(trackers::page(admin, session)),
        "/unknown" => Ok(unknown::page(admin, session)),
        "/rules" => Ok(rules::page(admin, session)),
        path if path.starts_with("/snapshot/") => proofs::snapshot(admin, path.trim_start_matches("/snapshot/")).await,
        _ => Ok(refused(StatusCode::NOT_FOUND, "There is no such page.")),
    };
    answered.unwrap_or_else(|error| {
        log::warn!("a page of the dashboard cannot be made: {error}");
        refused(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
    })
}

/// What a form asks for.
async fn done(admin: &Admin, request: &Request<'_>, session: &Session, path: &str) -> Response<Vec<u8>> {
    match path {
        "/logout" => {
            let mut response = see_other(&format!("{ROOT}/login"));
            response.headers_mut().insert(header::SET_COOKIE, admin.sessions.end(request.headers));
            response
        }
        _ if session.role < Role::Operator => refused(StatusCode::FORBIDDEN, "This is for operators."),
        "/rules/reload" => rules::reload(admin, request, session).await,
        "/integrations/check" => integrations::check(admin, request, session).await,
        "/rules/forget" => rules::forget(admin, request, session),
        _ => refused(StatusCode::NOT_FOUND, "There is no such form."),
    }
}

/// Somebody, for the audit log.
fn who(role: Role, from: Option<IpAddr>) -> String {
    match from {
        Some(from) => format!("{} at {from}", role.name()),
        None => role.name().to_owned(),
    }
}

fn login(admin: &Admin, request: &Request<'_>) -> Response<Vec<u8>> {
    if request.is_read() {
        return frame::login(admin.sessions.is_open(), "", StatusCode::OK);
    }
    if *request.method != Method::POST {
        return super::reply::not_allowed("GET, HEAD, POST");
    }
    if !request.is_from_here() {
        return plain(StatusCode::FORBIDDEN, "a form of another site\n".into());
    }
    let token = request.form().remove("token").unwrap_or_default();
    match admin.sessions.begin(&token, request.from, request.is_secure(), Instant::now()) {
        Ok((role, cookie)) => {
            admin.shared.audit.note(&who(role, request.from), "log in", true, "");
            let mut response = see_other(ROOT);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(LoginError::TooMany) => {
            let why = "Too many wrong tokens: wait a minute.";
            frame::login(admin.sessions.is_open(), why, StatusCode::TOO_MANY_REQUESTS)
        }
        Err(LoginError::Wrong) => {
            log::warn!("dashboard: a wrong token");
            frame::login(admin.sessions.is_open(), "This is not the token.", StatusCode::FORBIDDEN)
        }
        Err(LoginError::NoRandom) => {
            frame::login(admin.sessions.is_open(), "The system gives no random bytes.", StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
