//! The edits to a response's head, for each fate of its body.

use super::coding::Coding;
use super::names::{ABOUT_THE_BYTES, FOR_CACHES};
use super::validator::Stamp;
use super::{HeadEdits, Terms, csp, link, list, refresh, reporting, set_cookie};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderValue};

/// What a rewritten page is like, beside its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Whether it gets the snippet.
    pub(super) inject: bool,
    /// There is an empty body whose length of 0 stays true.
    pub(super) keep_length: bool,
    /// The coding it leaves in.
    pub(super) coded: Option<Coding>,
    /// Whether it would leave in another to a client that takes others, as far as is known.
    pub(super) varies: bool,
}

impl Form {
    /// A page that leaves in this coding.
    pub(super) const fn page(inject: bool, coded: Option<Coding>) -> Self {
        Self { inject, keep_length: false, coded, varies: coded.is_some() }
    }
}

/// A page that is rewritten, and in the same words the answer to its HEAD and its 304 (pitfalls 1, 4, 33-40, 47).
pub(super) fn rewritten(headers: &HeaderMap, terms: &Terms<'_>, form: Form) -> HeadEdits {
    let mut edits = HeadEdits { remove: Vec::with_capacity(12), append: Vec::with_capacity(4) };
    let whole = form.inject;
    if !form.keep_length {
        edits.remove(headers, &CONTENT_LENGTH);
    }
    ABOUT_THE_BYTES.iter().for_each(|name| edits.remove(headers, name));
    if let Some(origin) = headers.get(ETAG) {
        edits.remove(headers, &ETAG);
        let stamp = Stamp { variant: terms.variant, whole };
        edits.append.extend(stamp.mark(origin).map(|tag| (ETAG, tag)));
    }
    if let Some(coding) = form.coded {
        edits.append.push((CONTENT_ENCODING, HeaderValue::from_static(coding.name())));
    }
    caching(headers, terms, form.varies, &mut edits);
    targets(headers, terms, &mut edits);
    if let Some(ours) = terms.ours.filter(|_| whole) {
        csp::allow(headers, &ours, &mut edits);
    }
    if let Some(beside) = terms.beside {
        beside.add(&mut edits);
    }
    edits
}

/// A page that the site passes although it cannot be rewritten: no cache keeps it, and no validator brings it back once
/// it can be.
pub(super) fn passed_page(headers: &HeaderMap, terms: &Terms<'_>) -> HeadEdits {
    let mut edits = HeadEdits::default();
    edits.remove(headers, &ETAG);
    edits.remove(headers, &LAST_MODIFIED);
    FOR_CACHES.iter().for_each(|name| edits.remove(headers, name));
    edits.set(headers, &CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    targets(headers, terms, &mut edits);
    // What was not judged is all the more a matter of the policy.
    if let Some(beside) = terms.beside {
        beside.add(&mut edits);
    }
    edits
}

/// What is no page: only the fields that make a browser reach for something are looked at. With those that only some
/// visitors allow it is theirs alone: out of a shared cache it would make the others' browsers reach for it (39).
pub(super) fn passed(headers: &HeaderMap, terms: &Terms<'_>) -> HeadEdits {
    let mut edits = HeadEdits::default();
    targets(headers, terms, &mut edits);
    if terms.judge.has_granted() {
        set_cookie::for_one_visitor(headers, &mut edits);
    }
    edits
}

/// 1xx: `Link` and nothing else (pitfall 5).
pub(super) fn informational(headers: &HeaderMap, terms: &Terms<'_>) -> HeadEdits {
    let mut edits = HeadEdits::default();
    link::filter(headers, terms.judge, &mut edits);
    edits
}

fn targets(headers: &HeaderMap, terms: &Terms<'_>, edits: &mut HeadEdits) {
    link::filter(headers, terms.judge, edits);
    refresh::filter(headers, terms.judge, edits);
    reporting::filter(headers, terms.judge, edits);
}

/// Per visitor: no shared cache keeps the page, and a browser asks before it uses its copy (39). Uniform: the page is
/// everybody's, and caches do as the origin says.
fn caching(headers: &HeaderMap, terms: &Terms<'_>, by_coding: bool, edits: &mut HeadEdits) {
    vary(headers, terms, by_coding, edits);
    if terms.uniform {
        return;
    }
    FOR_CACHES.iter().for_each(|name| edits.remove(headers, name));
    targeted(headers, edits);
    let says = |directive| list::all(headers, &CACHE_CONTROL).any(|member| list::names(member, directive));
    edits.set(
        headers,
        &CACHE_CONTROL,
        HeaderValue::from_static(match (says("no-store"), says("no-transform")) {
            (false, false) => "private, no-cache",
            (true, false) => "private, no-cache, no-store",
            (false, true) => "private, no-cache, no-transform",
            (true, true) => "private, no-cache, no-store, no-transform",
        }),
    );
}

/// Whether these edits close what was open to caches, or was not.
pub(super) fn is_closed(edits: &HeadEdits) -> bool {
    edits.append.iter().any(|(name, value)| name == CACHE_CONTROL && value.as_bytes().starts_with(b"private"))
}

/// Whether these edits close a page to caches, and for no reason but that it is made for one visitor.
pub(super) fn is_closed_for_the_visitor(edits: &HeadEdits) -> bool {
    let closed = ["private, no-cache", "private, no-cache, no-transform"];
    edits.append.iter().any(|(name, value)| name == CACHE_CONTROL && closed.iter().any(|words| value == words))
}

/// Fields that tell one vendor's caches to keep a page.
pub(super) fn targeted(headers: &HeaderMap, edits: &mut HeadEdits) {
    let targeted = headers.keys().filter(|name| name.as_str().ends_with("-cdn-cache-control"));
    targeted.for_each(|name| edits.remove(headers, name));
}

/// What the page was made from, beside the URL: the visitor's answer, whether it is shown as a document (40, 45), and the
/// codings that the client takes.
fn vary(headers: &HeaderMap, terms: &Terms<'_>, by_coding: bool, edits: &mut HeadEdits) {
    let has = |wanted: &str| list::all(headers, &VARY).any(|member| member == b"*" || list::names(member, wanted));
    let visitors = terms.vary.iter().chain(&["Cookie"]).filter(|_| !terms.uniform);
    let codings = ["Accept-Encoding"].iter().filter(|_| by_coding);
    let needed = visitors.chain(&["Sec-Fetch-Dest"]).chain(codings);
    let missing: Vec<&[u8]> = needed.filter(|name| !has(name)).map(|name| name.as_bytes()).collect();
    if missing.is_empty() {
        return;
    }
    let members: Vec<&[u8]> = list::all(headers, &VARY).chain(missing).collect();
    if let Ok(value) = HeaderValue::from_bytes(&members.join(b", ".as_slice())) {
        edits.set(headers, &VARY, value);
    }
}
