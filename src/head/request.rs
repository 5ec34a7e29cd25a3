//! The request's head on its way to the origin, and what has to be remembered of it.

use super::HeadEdits;
use super::coding::{self, Accepted};
use super::expect::{self, Expect, Purpose};
use super::forwarded::{self, Ends};
use super::names::ASK_FOR_THE_BYTES;
use super::validator::{Owner, Stamp, tags};
use http::header::{ACCEPT_ENCODING, COOKIE, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// What judging the answer needs to know of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// What the answer may be.
    pub expect: Expect,
    /// Whether a page in answer gets the snippet; the site's switch is already in it.
    pub inject: bool,
    /// The method is HEAD.
    pub head: bool,
    /// A range was asked for, and the origin sees it.
    pub range: bool,
    /// The origin was asked whether a page of the current variant is still fresh: a 304 means that page.
    pub revalidates: bool,
    /// The client's conditions were kept from the origin: a 304 would be answered to nobody's question.
    pub unconditional: bool,
    /// What the client takes a page in; nothing but identity where none is expected.
    pub accepted: Accepted,
}

/// What is changed on the way to the origin.
///
/// The consent cookie and its companion stay in `Cookie`: an origin may want to render by them, and taking them out would
/// make the request's bytes depend on us for no gain. `Sec-GPC` and everything else not named here stays as well.
pub fn prepare(request: &Parts, variant: &str, inject: bool, ends: &Ends<'_>) -> (Asked, HeadEdits) {
    let headers = &request.headers;
    let Purpose { expect, shown } = Purpose::of(request);
    let mut asked = Asked {
        expect,
        inject: inject && shown,
        head: request.method == Method::HEAD,
        range: headers.contains_key(RANGE),
        revalidates: false,
        unconditional: false,
        accepted: Accepted::default(),
    };
    let mut edits = HeadEdits::default();
    join_cookies(headers, &mut edits);
    if expect != Expect::Asset {
        asked.accepted = Accepted::of(headers);
        edits.set(headers, &ACCEPT_ENCODING, coding::for_origin(asked.accepted));
        ASK_FOR_THE_BYTES.iter().for_each(|name| edits.remove(headers, name));
    }
    if wants_the_whole(request, expect) {
        edits.remove(headers, &RANGE);
        edits.remove(headers, &IF_RANGE);
        asked.range = false;
    }
    let stamp = Stamp { variant, whole: asked.inject };
    translate(headers, &IF_MATCH, &stamp, &mut edits);
    if request.method.is_safe() {
        condition(headers, &stamp, &mut asked, &mut edits);
    } else {
        translate(headers, &IF_NONE_MATCH, &stamp, &mut edits);
    }
    forwarded::prepare(headers, ends, &mut edits);
    (asked, edits)
}

/// What is changed where the site only reports: the client's address is told and cookie lines are joined, as any proxy does.
/// All that the client asks for stays, so what comes may be a page in a coding that cannot be read, or a part of one.
pub fn observe(request: &Parts, ends: &Ends<'_>) -> (Asked, HeadEdits) {
    let headers = &request.headers;
    let asked = Asked {
        expect: Purpose::of(request).expect,
        inject: false,
        head: request.method == Method::HEAD,
        range: headers.contains_key(RANGE),
        revalidates: false,
        unconditional: false,
        accepted: Accepted::default(),
    };
    let mut edits = HeadEdits::default();
    join_cookies(headers, &mut edits);
    forwarded::prepare(headers, ends, &mut edits);
    (asked, edits)
}

/// One `Cookie` line for origins that expect one (pitfall 23), from the raw bytes (24).
fn join_cookies(headers: &HeaderMap, edits: &mut HeadEdits) {
    let crumbs = headers.get_all(COOKIE);
    if crumbs.iter().nth(1).is_none() {
        return;
    }
    let crumbs = crumbs.iter().map(|crumb| crumb.as_bytes().trim_ascii()).filter(|crumb| !crumb.is_empty());
    let joined = crumbs.collect::<Vec<_>>().join(b"; ".as_slice());
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        edits.set(headers, &COOKIE, value);
    }
}

/// A page cannot be rewritten from its middle (pitfall 37). Data keeps its ranges: films are fetched piece by piece by
/// scripts. So does what is named like a file, a download that goes on; if it is a page after all, the slice is refused.
fn wants_the_whole(request: &Parts, expect: Expect) -> bool {
    match expect {
        Expect::Document => !expect::is_named_like_a_file(request.uri.path()),
        Expect::Fragment => true,
        Expect::Data | Expect::Asset => false,
    }
}

/// The conditions of a GET or HEAD (pitfalls 34, 35). Tags of the current variant go to the origin as its own; those of
/// another variant go nowhere. The origin's own tags and dates stay only where no page is expected: a page that has
/// them was stored before it was rewritten.
fn condition(headers: &HeaderMap, stamp: &Stamp<'_>, asked: &mut Asked, edits: &mut HeadEdits) {
    let (tagged, dated) = (headers.contains_key(IF_NONE_MATCH), headers.contains_key(IF_MODIFIED_SINCE));
    if !tagged && !dated {
        return;
    }
    let (mut current, mut others, mut origins) = (Vec::new(), false, false);
    let fields = headers.get_all(IF_NONE_MATCH);
    for tag in fields.iter().flat_map(|field| tags(field.as_bytes())).filter(|tag| tag.raw != b"*") {
        match stamp.owner(&tag) {
            Owner::Current(origin) => current.push(origin),
            Owner::Other(_) => others = true,
            Owner::Origin => origins = true,
        }
    }
    let may_be_stored_page = matches!(asked.expect, Expect::Document | Expect::Fragment);
    asked.revalidates = !current.is_empty();
    let only_origins = !asked.revalidates && !others && (origins || !tagged);
    if only_origins && !may_be_stored_page {
        return;
    }
    asked.unconditional = !asked.revalidates;
    edits.remove(headers, &IF_MODIFIED_SINCE);
    edits.remove(headers, &IF_NONE_MATCH);
    edits.append.extend(list(&current).map(|value| (IF_NONE_MATCH, value)));
}

/// Gives the origin its own tags back, whatever variant they were marked with: nothing is dropped (pitfall 36).
fn translate(headers: &HeaderMap, name: &HeaderName, stamp: &Stamp<'_>, edits: &mut HeadEdits) {
    let mut changed = false;
    let fields = headers.get_all(name);
    let tags: Vec<Vec<u8>> = fields
        .iter()
        .flat_map(|field| tags(field.as_bytes()))
        .map(|tag| match stamp.owner(&tag) {
            Owner::Current(origin) | Owner::Other(origin) => {
                changed = true;
                origin
            }
            Owner::Origin => tag.raw.to_vec(),
        })
        .collect();
    if let Some(value) = list(&tags).filter(|_| changed) {
        edits.set(headers, name, value);
    }
}

fn list(tags: &[Vec<u8>]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(&tags.join(b", ".as_slice())).ok().filter(|value| !value.is_empty())
}
