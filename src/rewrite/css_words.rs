//! The few words of CSS that fetch, in any case and with escapes, and the strings and URLs behind them.
//!
//! SPEC: CSS Syntax 3, 4.3.6 (url token), 4.3.7 (escapes); CSS Images 4, 2.4 (`image-set`).

use super::tag::is_space;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::ops::Range;

/// The longest spelling of a word that is read: every letter of `import` as a full escape would be longer.
const LONGEST: usize = 24;
/// The ways to write a quote in an attribute, and as it is.
const QUOTES: [&[u8]; 9] = [b"\"", b"'", b"&quot;", b"&#34;", b"&#x22;", b"&apos;", b"&#39;", b"&#x27;", b"&#039;"];

/// A word that fetches, and its length with its bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// `url(`.
    Url(usize),
    /// `image-set(`, whose strings are URLs.
    ImageSet(usize),
    /// `@import`.
    Import(usize),
}

impl Word {
    /// How many bytes it takes.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Url(length) | Self::ImageSet(length) | Self::Import(length) => length,
        }
    }
}

/// Where the words begin.
///
/// PERF: an automaton would stop at every `u` of the text; brackets are rarer, and the letters are before them.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = (usize, Word)> {
    memchr::memchr2_iter(b'(', b'@', text).filter_map(|at| {
        if text.get(at) == Some(&b'@') {
            return import(text.get(at + 1..)?).map(|length| (at, Word::Import(1 + length)));
        }
        let before = text.get(at.saturating_sub(LONGEST)..at)?;
        let (name, length) = name_before(before)?;
        let start = at - length;
        if name.eq_ignore_ascii_case(b"url") {
            Some((start, Word::Url(length + 1)))
        } else if name.to_ascii_lowercase().ends_with(b"image-set") {
            Some((start, Word::ImageSet(length + 1)))
        } else {
            None
        }
    })
}

/// The length of `import` behind its `@`.
fn import(rest: &[u8]) -> Option<usize> {
    if rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"import")) {
        return Some(6);
    }
    let head = rest.get(..LONGEST.min(rest.len()))?;
    memchr::memchr(b'\\', head)?;
    // The shortest beginning that means it: escapes swallow one space behind them.
    (6..=head.len()).find(|length| head.get(..*length).is_some_and(|h| unescaped(h).eq_ignore_ascii_case(b"import")))
}

/// The name at the end of the text, its escapes decoded, and how many bytes it takes.
fn name_before(before: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let plain = before.iter().rev().take_while(|b| is_name(b)).count();
    let from = before.len() - plain;
    let is_escape = from.checked_sub(1).and_then(|at| before.get(at)).is_some_and(|b| *b == b'\\' || is_space(*b));
    if !is_escape || memchr::memchr(b'\\', before).is_none() {
        return Some((Cow::Borrowed(before.get(from..)?), plain));
    }
    // With escapes: from the first letter or backslash that leads here.
    let is_part = |b: &u8| is_name(b) || *b == b'\\' || *b == b' ';
    let length = before.iter().rev().take_while(|b| is_part(b)).count();
    let text = before.get(before.len() - length..)?;
    let skipped = text.iter().take_while(|b| **b == b' ').count();
    let starts =
        (skipped..text.len()).filter(|at| *at == 0 || text.get(at - 1).is_none_or(|b| !is_name(b) && *b != b'\\'));
    for at in starts {
        let part = text.get(at..)?;
        let name = unescaped(part);
        if name.eq_ignore_ascii_case(b"url") || name.to_ascii_lowercase().ends_with(b"image-set") {
            return Some((name, part.len()));
        }
    }
    None
}

/// Where the URL behind `url(` or `@import` is; `Some(None)`: there is none, `None`: it has no end yet.
pub(crate) fn address(text: &[u8]) -> Option<Option<Range<usize>>> {
    let start = behind_space(text)?;
    let rest = text.get(start..)?;
    if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(quote)) {
        let start = start + quote.len();
        let length = memchr::memmem::find(text.get(start..)?, quote)?;
        return Some(Some(start..start + length));
    }
    let length = rest.iter().position(|b| is_space(*b) || matches!(b, b')' | b';' | b'}'))?;
    // `@import url(`: the `url(` is found by itself.
    let is_url = length > 0 && !rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"url("));
    Some(is_url.then_some(start..start + length))
}

/// The first byte behind white space and comments.
fn behind_space(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|b| !is_space(*b))?;
        if !text.get(at..)?.starts_with(b"/*") {
            return Some(at);
        }
        at += 2 + memchr::memmem::find(text.get(at + 2..)?, b"*/")? + 2;
    }
}

/// Where the strings up to the closing bracket are; `None`: it is not there yet.
pub(crate) fn strings(text: &[u8]) -> Option<SmallVec<[Range<usize>; 1]>> {
    let (mut found, mut at, mut depth) = (SmallVec::new(), 0, 0_u32);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(quote)) {
            let start = at + quote.len();
            let length = memchr::memmem::find(text.get(start..)?, quote)?;
            found.push(start..start + length);
            at = start + length + quote.len();
            continue;
        }
        match rest.first() {
            Some(b')') if depth == 0 => return Some(found),
            Some(b')') => depth -= 1,
            Some(b'(') => depth += 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The text without CSS escapes: `\2f`, `\/`. Borrows where there are none.
pub(crate) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let digits = behind.iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
        let (hex, behind_hex) = behind.split_at_checked(digits).unwrap_or((&[], behind));
        let code = std::str::from_utf8(hex).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(letter) => {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = behind_hex.strip_prefix(b" ").unwrap_or(behind_hex);
            }
            None => {
                out.extend(behind.first());
                rest = behind.get(1..).unwrap_or_default();
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_are_found_in_any_case_and_spelling() {
        let text = b"url(a) URL(b) curl(c) (d) @IMPORT e @imp rl(f) Url (g) @import -webkit-image-set(x";
        let found: Vec<_> = words(text).collect();
        let expected = [(0, Word::Url(4)), (7, Word::Url(4)), (26, Word::Import(7)), (55, Word::Import(7))];
        assert_eq!(found[..4], expected);
        assert_eq!(found[4], (63, Word::ImageSet(18)));
        for (text, length) in [(r"\75rl(", 6), (r"a:u\72 l(", 7), (r"U\52\4c (", 9), (r"\000075 rl(x", 11)] {
            let (start, word) = words(text.as_bytes()).next().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(word, Word::Url(length), "{text}");
            assert_eq!(start + length, text.find('(').unwrap() + 1, "{text}");
        }
        assert_eq!(words(br"@\69mport 'x'").next(), Some((0, Word::Import(9))));
        assert_eq!(words(b"rl(").chain(words(b"@impor")).count(), 0);
    }

    #[test]
    fn an_address_is_found_in_every_spelling() {
        for (text, url) in [
            ("//a/b) x", Some(Some("//a/b"))),
            (" \"//a/b\")", Some(Some("//a/b"))),
            ("&quot;//a/b&quot;)", Some(Some("//a/b"))),
            (" '//a/b';", Some(Some("//a/b"))),
            ("/* x */ '//a/b';", Some(Some("//a/b"))),
            ("//a/b", None),
            ("\"//a/b", None),
            ("/* x", None),
            (" url(//a/b)", Some(None)),
            (")", Some(None)),
        ] {
            assert_eq!(address(text.as_bytes()).map(|r| r.map(|r| &text[r])), url, "{text}");
        }
        let text = "\"a.png\" 1x, url(b) 2x, 'c' type('image/png'))";
        let found: Vec<_> = strings(text.as_bytes()).unwrap().into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["a.png", "c", "image/png"]);
        assert_eq!(strings(b"'a' 1x"), None);
    }

    #[test]
    fn escapes_are_decoded() {
        for (text, plain) in [(r"\2f\2f a.example", "//a.example"), (r"\/\/a", "//a"), ("a", "a"), (r"a\", "a")] {
            assert_eq!(unescaped(text.as_bytes()), plain.as_bytes(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in proptest::collection::vec(any::<u8>(), 0..60), bits in r"[url\\(@import '75 )]{0,40}") {
            for text in [text.as_slice(), bits.as_bytes()] {
                for (start, word) in words(text) {
                    prop_assert!(start + word.length() <= text.len());
                    let _ = (address(&text[start + word.length()..]), strings(&text[start..]));
                }
                let _ = unescaped(text);
            }
        }
    }
}
