//! Decisions on message heads; `http` types only.
//!
//! The way through the room: [`request::prepare`] says what the origin is asked and keeps, as [`request::Asked`], what
//! judging its answer will need; [`plan::plan`] reads the answer's head and says whether the body is rewritten, passed or
//! refused, with the edits to the head. [`cookies`] and [`set_cookie`] add what consent means for cookies, both ways, [`edge`] opens pages to a cache of the site's own. Everything is a pure function: the gateway applies the edits to its own types.

pub mod charset;
pub mod coding;
pub mod cookies;
pub mod csp;
pub mod edge;
pub mod expect;
pub mod forwarded;
mod fuzz;
pub mod link;
mod list;
pub mod media;
mod names;
pub mod plan;
pub mod refresh;
pub mod reporting;
pub mod request;
pub mod response;
pub mod set_cookie;
pub mod terms;
pub mod validator;

pub use fuzz::fuzz_cookies;
pub use terms::Terms;

use crate::policy::FailureReason;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// What is changed in a head: every field of each name in `remove` goes, then each of `append` is added.
///
/// List fields (`Link`, `Vary`) are always removed whole and added again, since inserting collapses them (pitfall 25).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadEdits {
    /// Names whose fields all go; only names that were present.
    pub remove: Vec<HeaderName>,
    /// Fields that are added, in order, after the removals.
    pub append: Vec<(HeaderName, HeaderValue)>,
}

impl HeadEdits {
    /// Whether the head stays as it is.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.append.is_empty()
    }

    /// Applies the edits to a plain header map; the gateway does the same with its own head types.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.remove {
            headers.remove(name);
        }
        for (name, value) in &self.append {
            headers.append(name.clone(), value.clone());
        }
    }

    /// Removes all fields of this name, if there are any.
    fn remove(&mut self, headers: &HeaderMap, name: &HeaderName) {
        if headers.contains_key(name) && !self.remove.contains(name) {
            self.remove.push(name.clone());
        }
    }

    /// Replaces all fields of this name by one.
    fn set(&mut self, headers: &HeaderMap, name: &HeaderName, value: HeaderValue) {
        self.remove(headers, name);
        self.append.push((name.clone(), value));
    }
}

/// Whether a URL that a head names may be reached by this visitor. See [`terms::SiteJudge`].
pub trait Judge {
    /// `true` when the URL, as written in the head and relative to the document, belongs to a service without consent.
    fn blocks(&self, url: &[u8]) -> bool;

    /// Whether one that was asked about is only let through because this visitor allowed it.
    fn has_granted(&self) -> bool {
        false
    }
}

impl<F: Fn(&[u8]) -> bool> Judge for F {
    fn blocks(&self, url: &[u8]) -> bool {
        self(url)
    }
}

/// Why a page is not delivered. Each has its own counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RefuseReason {
    /// A content coding, or a list of them, that we cannot undo (pitfall 9).
    #[error("the page comes in a content coding that cannot be read")]
    BadCoding,
    /// The head names an encoding in which markup cannot be found bytewise (pitfall 74).
    #[error("the page comes in a character encoding that cannot be read")]
    BadCharset,
    /// A slice of a page, which may begin inside a tag (pitfall 37).
    #[error("a slice of a page cannot be rewritten")]
    PartialContent,
    /// XHTML, which an HTML rewriter would garble (pitfall 43).
    #[error("the page is XHTML")]
    Xhtml,
    /// A 304 although no validator of this variant was sent: the browser would show an old variant (pitfall 34).
    #[error("the origin answered 304 to an unconditional request")]
    UnaskedNotModified,
}

impl RefuseReason {
    /// The name used by counters and by a site's `on_failure`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadCoding => "bad_encoding",
            Self::BadCharset => "bad_charset",
            Self::PartialContent => "partial_content",
            Self::Xhtml => "xhtml",
            Self::UnaskedNotModified => "unasked_not_modified",
        }
    }

    /// The entry of a site's `on_failure` that can have such a page passed as it came; `None` where nothing can.
    pub const fn failure(self) -> Option<FailureReason> {
        match self {
            Self::BadCoding => Some(FailureReason::BadEncoding),
            Self::BadCharset => Some(FailureReason::BadCharset),
            Self::Xhtml => Some(FailureReason::Xhtml),
            Self::PartialContent | Self::UnaskedNotModified => None,
        }
    }

    /// What the client is told; a client that asked for a range is told 416 instead, so that it asks for the whole.
    pub const fn status(self) -> StatusCode {
        StatusCode::BAD_GATEWAY
    }
}
