//! What a no does to what is in the browser already: the cookies of what is refused end, and by a site's choice its
//! storage is cleared.

use super::expire::{self, Expiry, Place, SeenPaths};
use crate::consent::{Answer, Consent, cookie};
use crate::policy::{CookieVerdict, Site};
use http::HeaderMap;
use http::header::COOKIE;
use std::collections::HashMap;

/// The most bytes of fields that an answer's response gets.
const ANSWER_ROOM: usize = 6_144;

/// The most that a page gets: the next one shows what is left.
const PAGE_ROOM: usize = 2_048;

/// For a page: ends the refused cookies that its request shows, if the site wants that.
pub fn on_page(site: &Site, consent: &Consent, request: &HeaderMap, place: &Place<'_>, seen: &SeenPaths) -> Expiry {
    if !site.cookies.expire {
        return Expiry::default();
    }
    let shown = shown(site, consent, request);
    if shown.is_empty() {
        return Expiry::default();
    }
    let paths = seen.of(&site.name, |name| shown.iter().any(|other| **other == *name));
    let with_paths = |name: Box<[u8]>| (paths.get(&name).cloned().unwrap_or_default(), name);
    let names: Vec<_> = shown.into_iter().map(with_paths).map(|(paths, name)| (name, paths)).collect();
    expire::expire(&names, place, PAGE_ROOM)
}

/// For an answer: ends what the request shows of the refused, and what was seen to be set where no request to our own
/// paths shows it.
pub(super) fn on_answer(
    site: &Site,
    consent: &Consent,
    request: &HeaderMap,
    place: &Place<'_>,
    seen: &SeenPaths,
) -> Expiry {
    let mut all: HashMap<Box<[u8]>, Vec<String>> = seen.of(&site.name, |name| is_refused(site, consent, name));
    let mut names = Vec::new();
    for name in shown(site, consent, request) {
        let paths = all.remove(&name).unwrap_or_default();
        names.push((name, paths));
    }
    let mut unseen: Vec<_> = all.into_iter().collect();
    unseen.sort();
    names.extend(unseen);
    expire::expire(&names, place, ANSWER_ROOM)
}

/// Whether something was allowed before that is not any more.
pub(super) fn is_withdrawal(site: &Site, before: &Consent, now: &Consent) -> bool {
    let lost = |category| before.category(category) == Answer::Granted && now.category(category) != Answer::Granted;
    site.categories.iter().any(|category| lost(category.number))
        || before.services.iter().any(|(number, yes)| {
            let still = site.service(*number).is_none_or(|s| now.grants(s.category, s.number, s.since));
            *yes && !still
        })
}

/// Each name once, in the order of the request.
fn shown(site: &Site, consent: &Consent, request: &HeaderMap) -> Vec<Box<[u8]>> {
    let mut names: Vec<Box<[u8]>> = Vec::new();
    for (name, _) in request.get_all(COOKIE).iter().flat_map(|field| cookie::pairs(field.as_bytes())) {
        if is_refused(site, consent, name) && !names.iter().any(|other| **other == *name) {
            names.push(name.into());
        }
    }
    names
}

fn is_refused(site: &Site, consent: &Consent, name: &[u8]) -> bool {
    matches!(site.judge_cookie(name, consent), CookieVerdict::Denied { refused: true, reported: false, .. })
}
