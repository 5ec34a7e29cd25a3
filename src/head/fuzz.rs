//! For fuzzing: any cookies at all, through both filters.

use super::cookies::{self, name};
use super::{HeadEdits, set_cookie};
use crate::consent::Consent;
use crate::policy::{RuleSet, Site};
use http::header::{COOKIE, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use std::sync::LazyLock;

static RULES: LazyLock<Option<RuleSet>> = LazyLock::new(|| RuleSet::embedded().ok());

/// The first line as the `Cookie` of a request, each other one as a `Set-Cookie`, of a visitor who said nothing: no cookie
/// that needs a yes comes through, every other one does as it came, and a second filter changes nothing.
pub fn fuzz_cookies(data: &[u8]) {
    let Some(site) = RULES.as_ref().and_then(|rules| rules.site("shop.example")) else { return };
    let mut lines = data.split(|byte| *byte == b'\n');
    let field = lines.next().unwrap_or_default().trim_ascii();
    let set: Vec<&[u8]> = lines.collect();
    if let Some(asked) = fields(COOKIE, &[field]) {
        let sent = strip(site, &asked);
        let rest =
            |headers: &HeaderMap| -> Vec<Vec<u8>> { pairs(headers).map(|p| p.trim_ascii_start().to_vec()).collect() };
        let mut allowed = rest(&asked);
        allowed.retain(|pair| !is_blocked(site, pair) && !pair.trim_ascii().is_empty());
        let mut got = rest(&sent);
        got.retain(|pair| !pair.trim_ascii().is_empty());
        assert_eq!(got, allowed, "the origin reads something else than what was allowed");
        assert_eq!(strip(site, &sent), sent, "a second look changes it");
    }
    if let Some(came) = fields(SET_COOKIE, &set) {
        let went = filter(site, &came);
        let came = came.get_all(SET_COOKIE).iter().filter(|field| !is_blocked(site, pair_of(field.as_bytes())));
        let pairs_went: Vec<&[u8]> = went.get_all(SET_COOKIE).iter().map(|field| pair_of(field.as_bytes())).collect();
        assert!(came.map(|field| pair_of(field.as_bytes())).eq(pairs_went), "the browser keeps something else");
        assert_eq!(filter(site, &went), went, "a second look changes it");
    }
}

fn fields(field: HeaderName, values: &[&[u8]]) -> Option<HeaderMap> {
    let values = values.iter().map(|value| HeaderValue::from_bytes(value).map(|value| (field.clone(), value)));
    values.collect::<Result<_, _>>().ok()
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(|byte| *byte == b';'))
}

fn pair_of(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == b';').next().unwrap_or_default()
}

fn is_blocked(site: &Site, pair: &[u8]) -> bool {
    site.judge_cookie(name(pair), &Consent::default()).blocks()
}

fn strip(site: &Site, headers: &HeaderMap) -> HeaderMap {
    let (mut edits, mut headers) = (HeadEdits::default(), headers.clone());
    cookies::strip(&headers, site, &Consent::default(), &mut edits, |_| ());
    edits.apply(&mut headers);
    headers
}

fn filter(site: &Site, headers: &HeaderMap) -> HeaderMap {
    let (mut edits, mut headers) = (HeadEdits::default(), headers.clone());
    set_cookie::filter(&headers, site, &Consent::default(), &mut edits, |_, _, _| ());
    edits.apply(&mut headers);
    headers
}
