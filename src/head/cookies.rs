//! `Cookie` on its way to the origin: what the visitor did not allow is not read there either.

use super::HeadEdits;
use crate::consent::Consent;
use crate::policy::{CookieVerdict, Site};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// Takes cookies without consent out of the one `Cookie` field that the origin gets, after [`super::request::prepare`]
/// has joined them. All other bytes stay as they are; a field of which nothing is left goes. Each cookie that goes is
/// told to `told`, and so is each that stays only because what is against it is only reported.
///
/// A name is what stands before the first `=`, or everything where there is none: what an origin could read as a name is
/// one. No allocation unless something goes.
pub fn strip<'s>(
    headers: &HeaderMap,
    site: &'s Site,
    consent: &Consent,
    edits: &mut HeadEdits,
    mut told: impl FnMut(CookieVerdict<'s>),
) {
    let joined = edits.append.iter().position(|(name, _)| name == COOKIE);
    let field = match joined {
        Some(at) => edits.append.get(at).map(|(_, value)| value.clone()),
        None => headers.get(COOKIE).cloned(),
    };
    let Some(field) = field else { return };
    let verdict = |pair: &[u8]| site.judge_cookie(name(pair), consent);
    if !pairs(field.as_bytes()).any(|pair| verdict(pair).is_against()) {
        return;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut changed = false;
    for pair in pairs(field.as_bytes()) {
        let verdict = verdict(pair);
        if verdict.blocks() {
            changed = true;
        } else {
            kept.push(pair);
        }
        if verdict.is_against() {
            told(verdict);
        }
    }
    if !changed {
        return;
    }
    if let Some(at) = joined {
        edits.append.remove(at);
    }
    edits.remove(headers, &COOKIE);
    let rest = kept.join(b";".as_slice());
    let rest = rest.trim_ascii_start();
    // Some of the bytes of a valid field are one.
    if let Some(rest) = HeaderValue::from_bytes(rest).ok().filter(|_| rest.iter().any(|b| !b"; \t".contains(b))) {
        edits.append.push((COOKIE, rest));
    }
}

fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|b| *b == b';')
}

/// Leading `=`: a browser that was given `=_ga=1` sends it so, and an origin may read it as `_ga`.
pub(crate) fn name(pair: &[u8]) -> &[u8] {
    let mut pair = pair.trim_ascii_start();
    while let Some(rest) = pair.strip_prefix(b"=") {
        pair = rest.trim_ascii_start();
    }
    pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleSet;
    use proptest::prelude::*;

    static RULES: std::sync::LazyLock<RuleSet> = std::sync::LazyLock::new(|| RuleSet::embedded().unwrap());

    fn stripped(fields: &[&[u8]]) -> Option<Vec<u8>> {
        let site = RULES.site("shop.example").unwrap();
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, HeaderValue::from_bytes(field).unwrap());
        }
        let mut edits = HeadEdits::default();
        strip(&headers, site, &Consent::default(), &mut edits, |_| ());
        edits.apply(&mut headers);
        headers.get(COOKIE).map(|field| field.as_bytes().to_vec())
    }

    /// Whatever comes: what is left holds no name without consent, all other pairs are there in order and byte for byte,
    /// and doing it again changes nothing.
    fn check(field: &[u8], is_known: impl Fn(&&[u8]) -> bool) {
        let left = stripped(&[field]).unwrap_or_default();
        let kept = |field: &[u8]| -> Vec<Vec<u8>> {
            let all = field.split(|b| *b == b';').filter(|pair| !is_known(pair) && !pair.trim_ascii().is_empty());
            all.map(|pair| pair.trim_ascii_start().to_vec()).collect()
        };
        assert!(!left.split(|b| *b == b';').any(|pair| is_known(&pair)), "{left:?}");
        assert_eq!(kept(&left), kept(field));
        assert_eq!(stripped(&[&left]).unwrap_or_default(), left);
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_was_allowed(pairs in prop::collection::vec(
            prop_oneof!["_ga=[a-z=]{0,3}", "_fbp", " ?[a-c]{0,2}=[\u{80}-\u{ff}a-z ,\"]{0,4}", "=_gid=1", "", " "], 0..8)) {
            check(pairs.join(";").as_bytes(), |pair| [&b"_ga"[..], b"_fbp", b"_gid"].contains(&name(pair)));
        }

        #[test]
        fn any_bytes_are_read_as_pairs(pieces in prop::collection::vec(
            prop_oneof![Just(b";".to_vec()), Just(b"=".to_vec()), Just(b"_ga".to_vec()), Just(b"\xc2\xa0".to_vec()),
                prop::collection::vec(prop_oneof![Just(b'\t'), 0x20_u8..=0x7e, 0x80_u8..=0xff], 0..6)], 0..24)) {
            let site = RULES.site("shop.example").unwrap();
            // The ends of a field are not its own.
            let field = pieces.concat();
            check(field.trim_ascii(), |pair| site.judge_cookie(name(pair), &Consent::default()).blocks());
        }
    }
}
