//! The plan for one response, made from its head alone: once the head is out there is only "go on" and "abort"
//! (pitfall 15).

use super::expect::Expect;
use super::media::{self, Media};
use super::request::Asked;
use super::response::Form;
use super::{HeadEdits, RefuseReason, Terms, charset, coding, list, response};
use coding::{Coding, Codings};
use encoding_rs::Encoding;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH};
use http::response::Parts;
use http::{HeaderMap, StatusCode};

/// What happens to a response. Made anew for every response head that is not informational, also after a retry
/// (pitfall 17).
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// The body is decoded and rewritten.
    Rewrite(RewritePlan),
    /// The body goes through as it comes, or there is none; the head is edited.
    Pass(HeadEdits),
    /// Nothing of the response is delivered; the client gets this status.
    Refuse(RefuseReason, StatusCode),
}

/// How a page is rewritten.
#[derive(Debug, Clone, PartialEq)]
pub struct RewritePlan {
    /// How the body is coded.
    pub codings: Codings,
    /// How it leaves; `None` is identity.
    pub coded: Option<Coding>,
    /// The encoding that the head names.
    pub charset: Option<&'static Encoding>,
    /// Whether the page gets the snippet.
    pub inject: bool,
    /// Whether the head says that this is a page. If not, a browser will look at the bytes: it is rewritten like one,
    /// without snippet, so that bytes which are something else stay what they are.
    pub declared: bool,
    /// The edits to the head. The gateway frames the longer or shorter body itself (`Transfer-Encoding`, pitfalls 1, 22).
    pub edits: HeadEdits,
}

/// Makes the plan. `end_of_stream` says that the head is known to be the whole response.
///
/// A few hash look-ups and, for what is no page, no allocation unless there is a `Link`.
pub fn plan(asked: &Asked, terms: &Terms<'_>, answer: &Parts, end_of_stream: bool) -> Plan {
    let headers = &answer.headers;
    if answer.status == StatusCode::SWITCHING_PROTOCOLS {
        return Plan::Pass(HeadEdits::default());
    }
    if answer.status.is_informational() {
        return Plan::Pass(response::informational(headers, terms));
    }
    if answer.status == StatusCode::NOT_MODIFIED {
        return not_modified(asked, terms, headers);
    }
    match media::of_response(headers) {
        Media::Stream => Plan::Pass(HeadEdits::default()),
        Media::Html => page(asked, terms, answer, end_of_stream, true),
        Media::Unknown if is_sniffed(asked, answer, end_of_stream) => page(asked, terms, answer, end_of_stream, false),
        Media::Xhtml if is_expected(asked) && !is_empty(answer, end_of_stream) => {
            refuse(RefuseReason::Xhtml, terms, headers)
        }
        Media::Xhtml | Media::Unknown | Media::Other => Plan::Pass(response::passed(headers, terms)),
    }
}

fn page(asked: &Asked, terms: &Terms<'_>, answer: &Parts, end_of_stream: bool, declared: bool) -> Plan {
    let headers = &answer.headers;
    if terms.honour_no_transform && has_directive(headers, "no-transform") {
        return Plan::Pass(response::passed(headers, terms));
    }
    let inject = asked.inject && declared && !is_attachment(headers);
    let empty = is_empty(answer, end_of_stream);
    let bodiless = empty || asked.head || end_of_stream;
    if empty && !asked.head {
        return Plan::Pass(response::rewritten(headers, terms, Form { keep_length: true, ..Form::page(inject, None) }));
    }
    if answer.status == StatusCode::PARTIAL_CONTENT {
        let status =
            if asked.range { StatusCode::RANGE_NOT_SATISFIABLE } else { RefuseReason::PartialContent.status() };
        return refuse_with(RefuseReason::PartialContent, status, terms, headers);
    }
    let Some(codings) = coding::of_response(headers) else {
        // Codings are only chosen where a page may be shown. A picture's 404 page is not; but no cache may keep it,
        // where a later visit to that address would find it.
        return if asked.expect == Expect::Asset {
            Plan::Pass(response::passed_page(headers, terms))
        } else {
            refuse(RefuseReason::BadCoding, terms, headers)
        };
    };
    let charset = match charset::of_response(headers) {
        Ok(charset) => charset,
        Err(reason) => return refuse(reason, terms, headers),
    };
    // A body of nothing is not coded, and its HEAD says the same. That the head is all there is says so but for HEAD.
    let nothing = is_empty(answer, end_of_stream && !asked.head);
    let coded = if nothing { None } else { terms.encode.choice(&codings, asked.accepted) };
    let edits = response::rewritten(headers, terms, Form::page(inject, coded));
    if bodiless {
        Plan::Pass(edits)
    } else {
        Plan::Rewrite(RewritePlan { codings, coded, charset, inject, declared, edits })
    }
}

/// A 304 stands for the page that the client has: it gets that page's tag and caching again, if it is the variant that
/// was asked about, and is not believed if nothing was asked (pitfall 34).
fn not_modified(asked: &Asked, terms: &Terms<'_>, headers: &HeaderMap) -> Plan {
    if asked.revalidates {
        // CORRECTNESS: how the page came is not said, and a cache puts this `Vary` in the place of the page's: rather one
        // name too many than a coding for a client that does not take it.
        let varies = terms.encode.may_choose(asked.accepted);
        Plan::Pass(response::rewritten(headers, terms, Form { varies, ..Form::page(asked.inject, None) }))
    } else if asked.unconditional {
        let reason = RefuseReason::UnaskedNotModified;
        Plan::Refuse(reason, reason.status())
    } else {
        Plan::Pass(response::passed(headers, terms))
    }
}

fn refuse(reason: RefuseReason, terms: &Terms<'_>, headers: &HeaderMap) -> Plan {
    refuse_with(reason, reason.status(), terms, headers)
}

/// Unless the site would rather have the page as it came.
fn refuse_with(reason: RefuseReason, status: StatusCode, terms: &Terms<'_>, headers: &HeaderMap) -> Plan {
    if terms.passes(reason) { Plan::Pass(response::passed_page(headers, terms)) } else { Plan::Refuse(reason, status) }
}

/// Whether a browser would look into a body without a type (pitfall 44): where a document is expected, and not forbidden.
/// A download that goes on is asked for in ranges and is none.
fn is_sniffed(asked: &Asked, answer: &Parts, end_of_stream: bool) -> bool {
    asked.expect == Expect::Document
        && !(answer.status == StatusCode::PARTIAL_CONTENT && asked.range)
        && !media::is_nosniff(&answer.headers)
        && (asked.head || !is_empty(answer, end_of_stream))
}

const fn is_expected(asked: &Asked) -> bool {
    matches!(asked.expect, Expect::Document | Expect::Fragment)
}

/// Whether there is no body whatever the method: by status, by length, or because the head was all.
fn is_empty(answer: &Parts, end_of_stream: bool) -> bool {
    let by_status = matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
    let by_length = answer.headers.get(CONTENT_LENGTH).is_some_and(|value| value.as_bytes().trim_ascii() == b"0");
    by_status || by_length || end_of_stream
}

/// Whether the page is saved and not shown. An `inline` one is shown.
fn is_attachment(headers: &HeaderMap) -> bool {
    list::all(headers, &CONTENT_DISPOSITION).next().is_some_and(|member| !list::names(member, "inline"))
}

fn has_directive(headers: &HeaderMap, directive: &str) -> bool {
    list::all(headers, &CACHE_CONTROL).any(|member| list::names(member, directive))
}
