//! What an own path answers with, and how a refusal looks: a status, a code for programs, a sentence for people.

use crate::policy::csp::Violation;
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::time::Duration;

/// A whole answer; `Content-Length` is set, also where the body is left out.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; empty for HEAD and 304.
    pub body: Bytes,
    /// How many fields end cookies of what was refused.
    pub ended: usize,
    /// How many more there was no room for.
    pub left_out: usize,
    /// What a browser reported of a page's policy; nothing of it is in the answer.
    pub violations: Vec<Violation>,
}

impl ApiResponse {
    /// JSON that depends on the visitor or the moment: nobody may keep it.
    pub(super) fn json(status: StatusCode, body: &impl serde::Serialize) -> Self {
        // Our own types have no map with keys that are no strings and no failing Serialize but a date out of range.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::new(status, "application/json", body.into(), HeaderValue::from_static("no-store"))
    }

    /// 429, for whoever sends more than `allowed` in a period. OneTrust's paths have its fields besides.
    pub fn too_many(path: &str, allowed: u32, made: isize, period: Duration) -> Self {
        let retry = u32::try_from(period.as_secs()).unwrap_or(60);
        let response = Self::from(Refusal::TooMany { retry });
        if !path.starts_with("cfw/") {
            return response;
        }
        let event = uuid::Uuid::new_v4().to_string();
        let event = HeaderValue::try_from(event).unwrap_or(HeaderValue::from_static("0"));
        response
            .with(HeaderName::from_static("ot-ratelimit-event-id"), event)
            .with(HeaderName::from_static("ot-requests-allowed"), HeaderValue::from(allowed))
            .with(HeaderName::from_static("ot-request-made"), HeaderValue::from(made))
            .with(HeaderName::from_static("ot-period"), HeaderValue::from(period.as_secs()))
    }

    /// A body with its type and how long it may be kept.
    pub fn new(status: StatusCode, content_type: &'static str, body: Bytes, cache: HeaderValue) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(CACHE_CONTROL, cache);
        headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self { status, headers, body, ended: 0, left_out: 0, violations: Vec::new() }
    }

    /// Nothing to say.
    pub(super) fn empty() -> Self {
        let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
        let (status, body) = (StatusCode::NO_CONTENT, Bytes::new());
        Self { status, headers, body, ended: 0, left_out: 0, violations: Vec::new() }
    }

    /// Adds the validator, and becomes a 304 where the client has these bytes already.
    pub(super) fn validated(mut self, etag: &HeaderValue, request: &HeaderMap) -> Self {
        self.headers.insert(ETAG, etag.clone());
        let has = request.get_all(IF_NONE_MATCH).iter().any(|field| names(field.as_bytes(), etag.as_bytes()));
        if has {
            self.status = StatusCode::NOT_MODIFIED;
            self.headers.remove(CONTENT_TYPE);
            self.headers.remove(CONTENT_LENGTH);
            self.body = Bytes::new();
        }
        self
    }

    /// HEAD answers as GET does, without the body.
    #[must_use]
    pub fn for_method(mut self, method: &Method) -> Self {
        if method == Method::HEAD {
            self.body = Bytes::new();
        }
        self
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}

/// Whether an `If-None-Match` names this validator (SPEC: RFC 9110 §13.1.2, weak comparison; ours hold no comma).
fn names(field: &[u8], etag: &[u8]) -> bool {
    field.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|one| {
        let one = one.strip_prefix(b"W/").unwrap_or(one);
        one == b"*" || one == etag
    })
}

/// Why an own path does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is here.
    #[error("nothing is here")]
    NotFound,
    /// This site's rules read another tool's cookie and not ours: an answer given here would not be obeyed (D3).
    #[error("this site's rules do not list the source \"own\": an answer given here would not be read")]
    NotAsked,
    /// The path knows other methods.
    #[error("this path answers {0}")]
    Method(&'static str),
    /// The key is not one of the site's: another site's pages, or an old snippet.
    #[error("key: this is no public key of the site")]
    UnknownKey,
    /// The client asks too often.
    #[error("too many requests; please try again later")]
    TooMany {
        /// After how many seconds.
        retry: u32,
    },
    /// The request does not come from the site's own pages.
    #[error("{0}")]
    CrossSite(&'static str),
    /// The body is not said to be JSON.
    #[error("the body must be application/json without a content coding")]
    MediaType,
    /// The body is no report of a browser's.
    #[error("the body must be application/csp-report or application/reports+json")]
    NoReport,
    /// The body is over 64 kB.
    #[error("the body is over 65536 bytes")]
    TooLarge,
    /// The body is not an answer to this site's questions.
    #[error("{0}")]
    Invalid(String),
    /// The proof could not be stored, so the answer does not count.
    #[error("the answer could not be stored; please try again")]
    Unavailable {
        /// After how many seconds.
        retry: u32,
    },
}

impl Refusal {
    /// [`Self::Invalid`] by a fixed sentence: nothing that was sent is in it.
    pub(super) fn invalid(why: &'static str) -> Self {
        Self::Invalid(why.to_owned())
    }

    /// [`Self::Invalid`] for a body that is not what it should be: where, and never what was sent there.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let what = if error.is_data() { "not the members that are known, or not of their types" } else { "not JSON" };
        Self::Invalid(format!("the body is {what} (line {}, column {})", error.line(), error.column()))
    }

    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotAsked => "not_asked",
            Self::UnknownKey => "unknown_key",
            Self::TooMany { .. } => "too_many_requests",
            Self::Method(_) => "method_not_allowed",
            Self::CrossSite(_) => "cross_site",
            Self::MediaType => "unsupported_media_type",
            Self::NoReport => "no_report",
            Self::TooLarge => "too_large",
            Self::Invalid(_) => "invalid",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// The status it is answered with.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NotAsked => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::CrossSite(_) | Self::UnknownKey => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoReport => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<Refusal> for ApiResponse {
    fn from(refusal: Refusal) -> Self {
        #[derive(serde::Serialize)]
        struct Body {
            error: &'static str,
            message: String,
        }
        let body = Body { error: refusal.code(), message: refusal.to_string() };
        let response = Self::json(refusal.status(), &body);
        match refusal {
            Refusal::Method(allow) => response.with(ALLOW, HeaderValue::from_static(allow)),
            Refusal::Unavailable { retry } | Refusal::TooMany { retry } => {
                response.with(RETRY_AFTER, HeaderValue::from(retry))
            }
            _ => response,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_found_among_others_and_weak_ones() {
        for (field, found) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(field.as_bytes(), b"\"a\""), found, "{field}");
        }
    }
}
