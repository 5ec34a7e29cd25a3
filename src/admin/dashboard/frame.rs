//! What all pages have: head, navigation, and the fields that keep a browser to what is ours.

use super::ROOT;
use super::session::{Role, Session};
use crate::admin::reply::plain;
use askama::Template;
use http::{HeaderValue, Response, StatusCode, header};

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; frame-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The style sheet and the script.
const STYLE: &str = include_str!("pages/style.css");
const SCRIPT: &str = include_str!("pages/script.js");

/// What stands around a page's own part.
pub(super) struct Frame<'p> {
    pub(super) title: &'p str,
    /// The page's path below the root, for the navigation.
    pub(super) path: &'p str,
    pub(super) session: &'p Session,
}

impl Frame<'_> {
    /// Path and name of each page.
    pub(super) fn pages(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("", "Overview"),
            ("/proofs", "Proofs"),
            ("/variants", "Variants"),
            ("/trackers", "Blocked trackers"),
            ("/unknown", "Unknown third parties"),
            ("/integrations", "Integrations"),
            ("/rules", "Rules"),
            ("/health", "Health"),
        ]
    }

    pub(super) fn root(&self) -> &'static str {
        ROOT
    }

    pub(super) fn is_operator(&self) -> bool {
        self.session.role == Role::Operator
    }
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'p> {
    root: &'static str,
    is_open: bool,
    problem: &'p str,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'p> {
    root: &'static str,
    text: &'p str,
}

pub(super) fn login(is_open: bool, problem: &str, status: StatusCode) -> Response<Vec<u8>> {
    page(&Login { root: ROOT, is_open, problem }, status)
}

/// A page that says why there is none.
pub(super) fn refused(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    page(&Message { root: ROOT, text }, status)
}

/// A template as an answer.
pub(super) fn page(template: &impl Template, status: StatusCode) -> Response<Vec<u8>> {
    match template.render() {
        Ok(html) => document(html.into_bytes(), status, POLICY),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n").into_bytes()),
    }
}

/// A document under a policy.
pub(super) fn document(html: Vec<u8>, status: StatusCode, policy: &'static str) -> Response<Vec<u8>> {
    let mut response = plain(status, html);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    // Not `no-referrer`: forms would come without an origin.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

pub(super) fn see_other(path: &str) -> Response<Vec<u8>> {
    let mut response = plain(StatusCode::SEE_OTHER, Vec::new());
    if let Ok(path) = HeaderValue::try_from(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// Our own two files.
pub(super) fn asset(path: &str) -> Option<Response<Vec<u8>>> {
    let (kind, text) = match path {
        "/style.css" => ("text/css; charset=utf-8", STYLE),
        "/script.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    let mut response = plain(StatusCode::OK, text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}
