//! `Set-Cookie` on its way to the browser: what the visitor did not allow is not stored, and nothing lives longer than the
//! site's rules say (pitfalls 25, 42).
//!
//! Each field is judged by itself and those that stay keep their bytes, one field each: they cannot be folded.

use super::cookies::name;
use super::names::FOR_CACHES;
use super::{HeadEdits, list};
use crate::consent::{CategoryNumber, Consent};
use crate::policy::{CookieVerdict, Site};
use cookie::Cookie;
use cookie::time::OffsetDateTime;
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// What was done to one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is not delivered.
    Dropped,
    /// It lives less long than the origin wanted.
    Shortened,
}

/// Filters all `Set-Cookie` fields of a response, a 304 and an upgrade too. `edits` are what is done to the head
/// otherwise; `told` hears what is done, and `true` with what would be, were it not only reported. One look at the head
/// where there are none.
pub fn filter<'s>(
    headers: &HeaderMap,
    site: &'s Site,
    consent: &Consent,
    edits: &mut HeadEdits,
    mut told: impl FnMut(Done, CookieVerdict<'s>, bool),
) {
    if !headers.contains_key(SET_COOKIE) {
        return;
    }
    let mut kept = Vec::new();
    let (mut changed, mut by_consent) = (false, false);
    for field in headers.get_all(SET_COOKIE) {
        let (name, verdict) = judged(field, site, consent);
        if verdict.is_against() {
            told(Done::Dropped, verdict, verdict.is_reported());
        }
        if verdict.blocks() {
            changed = true;
            continue;
        }
        let life = site.cookie_life(name, false);
        by_consent |= matches!(verdict, CookieVerdict::Granted(s) if s.category != CategoryNumber::NECESSARY);
        let shorter = life.and_then(|life| shortened(field.as_bytes(), life));
        if shorter.is_some() {
            told(Done::Shortened, verdict, false);
            changed = true;
        } else if site.is_reporting() && would_be_shorter(field, name, site, life) {
            told(Done::Shortened, verdict, true);
        }
        kept.push(shorter.unwrap_or_else(|| field.clone()));
    }
    if changed {
        edits.remove(headers, &SET_COOKIE);
        edits.append.extend(kept.into_iter().map(|value| (SET_COOKIE, value)));
    }
    if by_consent {
        for_one_visitor(headers, edits);
    }
}

/// Whether a rule that is only reported asks for a shorter life than `life`, which is enforced.
fn would_be_shorter(field: &HeaderValue, name: &[u8], site: &Site, life: Option<u64>) -> bool {
    let asked = site.cookie_life(name, true).filter(|asked| Some(*asked) != life);
    asked.is_some_and(|asked| shortened(field.as_bytes(), asked).is_some())
}

/// What the origin would set, by its name: the known ones, with the path that each would have.
pub fn known<'h>(
    headers: &'h HeaderMap,
    site: &'h Site,
    consent: &'h Consent,
    request_path: &'h str,
) -> impl Iterator<Item = (&'h [u8], String)> {
    headers.get_all(SET_COOKIE).into_iter().filter_map(move |field| {
        let (name, verdict) = judged(field, site, consent);
        let is_known = matches!(verdict, CookieVerdict::Granted(_) | CookieVerdict::Denied { .. });
        is_known.then(|| (name, path(field.as_bytes(), request_path)))
    })
}

fn judged<'h, 's>(field: &'h HeaderValue, site: &'s Site, consent: &Consent) -> (&'h [u8], CookieVerdict<'s>) {
    let pair = field.as_bytes().split(|b| *b == b';').next().unwrap_or_default();
    let name = name(pair);
    (name, site.judge_cookie(name, consent))
}

/// SPEC: RFC 6265 §5.2.4, §5.1.4.
fn path(field: &[u8], request_path: &str) -> String {
    let attributes = attributes(field);
    let said = parsed(&attributes).and_then(|cookie| cookie.path().map(str::to_owned));
    said.filter(|path| path.starts_with('/')).unwrap_or_else(|| {
        let folder = request_path.rfind('/').and_then(|end| request_path.get(..end)).unwrap_or_default();
        if folder.is_empty() { "/".to_owned() } else { folder.to_owned() }
    })
}

/// The field with a life of `most` seconds, if its own is longer. A date that cannot be read goes: the cookie ends with
/// the browser then.
fn shortened(field: &[u8], most: u64) -> Option<HeaderValue> {
    let text = attributes(field);
    let cookie = parsed(&text)?;
    let has_date = parts(field).skip(1).any(|part| is_named(part, b"expires"));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let age = match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => Some(age.whole_seconds()),
        (None, Some(date)) => Some((date - OffsetDateTime::now_utc()).whole_seconds()),
        (None, None) => None,
    };
    let age = match age {
        Some(age) if age <= most => return None,
        Some(_) => Some(most),
        None if has_date => None,
        None => return None,
    };
    let kept: Vec<&[u8]> =
        parts(field).enumerate().filter(|(at, part)| *at == 0 || !is_life(part)).map(|(_, p)| p).collect();
    let mut field = kept.join(b";".as_slice());
    if let Some(age) = age {
        field.extend(format!("; Max-Age={age}").into_bytes());
    }
    HeaderValue::from_bytes(&field).ok()
}

/// What stands behind the pair, behind a pair that any parser reads: names and values need not be text.
fn attributes(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == b';').unwrap_or(field.len());
    format!("a=b{}", String::from_utf8_lossy(field.get(end..).unwrap_or_default()))
}

fn parsed(attributes: &str) -> Option<Cookie<'_>> {
    Cookie::parse(attributes).ok()
}

fn parts(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|b| *b == b';')
}

fn is_life(part: &[u8]) -> bool {
    is_named(part, b"expires") || is_named(part, b"max-age")
}

fn is_named(part: &[u8], wanted: &[u8]) -> bool {
    let name = part.split(|b| *b == b'=').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(wanted)
}

/// CORRECTNESS: what only one visitor allowed must not come to another out of a shared cache that keeps `Set-Cookie`
/// (pitfall 39). What is nobody's answer is not touched.
pub(super) fn for_one_visitor(headers: &HeaderMap, edits: &mut HeadEdits) {
    let ours = edits.append.iter().filter(|(name, _)| name == CACHE_CONTROL);
    let theirs = headers.get_all(CACHE_CONTROL).into_iter().filter(|_| !edits.remove.contains(&CACHE_CONTROL));
    let said: Vec<HeaderValue> = ours.map(|(_, value)| value).chain(theirs).cloned().collect();
    let members = || said.iter().flat_map(|value| list::members(value.as_bytes()));
    if members().any(|member| list::names(member, "no-store") || member.eq_ignore_ascii_case(b"private")) {
        return;
    }
    let is_shared = |member: &&[u8]| ["public", "s-maxage", "private"].iter().any(|word| list::names(member, word));
    let kept: Vec<&[u8]> = std::iter::once(b"private".as_slice()).chain(members().filter(|m| !is_shared(m))).collect();
    let Ok(value) = HeaderValue::from_bytes(&kept.join(b", ".as_slice())) else { return };
    FOR_CACHES.iter().for_each(|name| edits.remove(headers, name));
    super::response::targeted(headers, edits);
    edits.append.retain(|(name, _)| name != CACHE_CONTROL);
    edits.set(headers, &CACHE_CONTROL, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleSet;
    use proptest::prelude::*;

    static RULES: std::sync::LazyLock<RuleSet> = std::sync::LazyLock::new(|| RuleSet::embedded().unwrap());

    fn filtered(fields: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let site = RULES.site("shop.example").unwrap();
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(SET_COOKIE, HeaderValue::from_bytes(field).unwrap());
        }
        let mut edits = HeadEdits::default();
        filter(&headers, site, &Consent::default(), &mut edits, |_, _, _| ());
        edits.apply(&mut headers);
        headers.get_all(SET_COOKIE).iter().map(|field| field.as_bytes().to_vec()).collect()
    }

    proptest! {
        /// Whatever comes, each field that stays is one of those that came, in order, and no denied one stays.
        #[test]
        fn fields_stay_or_go_whole(fields in prop::collection::vec(
            prop_oneof!["_ga *=[a-z; =]{0,6}", " *=?_fbp(;[ -~])?", "[\u{80}-\u{ff}a-z;=, \"]{0,12}"].prop_map(String::into_bytes), 0..6)) {
            let is_known = |field: &[u8]| {
                let known = [&b"_ga"[..], b"_fbp"];
                known.contains(&name(field.split(|b| *b == b';').next().unwrap_or_default()))
            };
            let expected: Vec<Vec<u8>> = fields.iter().filter(|field| !is_known(field)).cloned().collect();
            prop_assert_eq!(filtered(&fields), expected);
        }

        #[test]
        fn no_life_is_longer_than_the_most(field in "[a-c]=[a-z]{0,2}(; ?(Max-Age|max-age|Expires|Path|x)=?[-0-9A-Za-z,: /]{0,30}){0,4}", most in 0_u64..100_000) {
            let after = shortened(field.as_bytes(), most).map_or(field.clone().into_bytes(), |f| f.as_bytes().to_vec());
            let text = attributes(&after);
            let cookie = parsed(&text).unwrap();
            prop_assert!(cookie.max_age().is_none_or(|age| u64::try_from(age.whole_seconds()).is_ok_and(|age| age <= most)), "{field} {text}");
            prop_assert_eq!(shortened(&after, most), None);
        }

        /// Any bytes: the pair stays as it was, and a life that was shortened is not longer than the most.
        #[test]
        fn any_bytes_are_shortened_once(pieces in prop::collection::vec(
            prop_oneof![Just(b";".to_vec()), Just(b"=".to_vec()), Just(b"Max-Age=99999999".to_vec()), Just(b"expires".to_vec()),
                Just(b"\xc2\xa0".to_vec()), Just(b" Thu, 01 Jan 2037 00:00:00 GMT".to_vec()),
                prop::collection::vec(prop_oneof![Just(b'\t'), 0x20_u8..=0x7e, 0x80_u8..=0xff], 0..6)], 0..24), most in 0_u64..100_000) {
            let field = pieces.concat();
            if let Some(after) = shortened(&field, most) {
                prop_assert_eq!(parts(after.as_bytes()).next(), parts(&field).next());
                prop_assert_eq!(shortened(after.as_bytes(), most), None);
            }
        }
    }
}
