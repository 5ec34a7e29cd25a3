//! A byte stream's own declaration of its encoding, found as browsers find it before they parse.
//!
//! SPEC: HTML, 13.2.3.2 "prescan a byte stream to determine its encoding", 13.2.3.4 "XML declaration".

use super::tag::{Tag, is_space};
use crate::policy::reference::decode_attribute;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use std::ops::Range;

/// What was declared, and by which `meta`.
pub(crate) struct Declared {
    pub(crate) encoding: &'static Encoding,
    pub(crate) meta: Option<Range<usize>>,
}

/// The declaration in the first bytes of a document. Linear.
pub(crate) fn declared(first: &[u8]) -> Option<Declared> {
    if first.starts_with(b"<\0?\0x\0") {
        return Some(Declared { encoding: UTF_16LE, meta: None });
    }
    if first.starts_with(b"\0<\0?\0x") {
        return Some(Declared { encoding: UTF_16BE, meta: None });
    }
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'<', first.get(at..)?) {
        at += next;
        let rest = first.get(at..)?;
        if rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment.
            at += 2 + memchr::memmem::find(rest.get(2..)?, b"-->")? + 3;
        } else if let Some(length) = meta(rest) {
            if let Some(encoding) = charset_of(&Tag::scan(rest, 64)) {
                return Some(Declared { encoding, meta: Some(at..at + length) });
            }
            at += length;
        } else if rest.get(1).is_some_and(u8::is_ascii_alphabetic) {
            at += Tag::scan(rest, 1024).end?;
        } else if rest.get(1) == Some(&b'/') && rest.get(2).is_some_and(u8::is_ascii_alphabetic) {
            at += Tag::scan(rest, 1024).end.or_else(|| memchr::memchr(b'>', rest))?;
        } else if matches!(rest.get(1), Some(b'!' | b'/' | b'?')) {
            at += memchr::memchr(b'>', rest)?;
        } else {
            at += 1;
        }
    }
    None
}

/// The length of the `meta` tag that these bytes begin with.
fn meta(rest: &[u8]) -> Option<usize> {
    let name = rest.get(1..5)?;
    let behind = rest.get(5)?;
    let is_meta = name.eq_ignore_ascii_case(b"meta") && (is_space(*behind) || *behind == b'/');
    if is_meta { Tag::scan(rest, 64).end } else { None }
}

/// What a `meta` tag declares, with the two replacements that only a `meta` gets.
pub(crate) fn charset_of(tag: &Tag<'_>) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(&charset_label(tag)?)?;
    Some(match encoding {
        e if e == UTF_16LE || e == UTF_16BE => UTF_8,
        e if e == X_USER_DEFINED => WINDOWS_1252,
        e => e,
    })
}

/// The label in a `meta` tag's `charset`, or in its `content` when it stands for a Content-Type.
pub(crate) fn charset_label(tag: &Tag<'_>) -> Option<Vec<u8>> {
    if let Some(label) = tag.get(b"charset") {
        return Some(decode_attribute(label).into_owned());
    }
    let is_content_type = decode_attribute(tag.get(b"http-equiv")?).trim_ascii().eq_ignore_ascii_case(b"content-type");
    if is_content_type { label_in(&decode_attribute(tag.get(b"content")?)) } else { None }
}

/// SPEC: HTML, 2.4.6 "extracting a character encoding from a meta element".
fn label_in(content: &[u8]) -> Option<Vec<u8>> {
    let lower = content.to_ascii_lowercase();
    let mut rest = lower.as_slice();
    loop {
        let at = memchr::memmem::find(rest, b"charset")?;
        rest = rest.get(at + 7..)?;
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") {
            let value = value.trim_ascii_start();
            return match value.first()? {
                quote @ (b'"' | b'\'') => value.get(1..)?.split(|b| b == quote).next().map(<[u8]>::to_vec),
                _ => value.split(|b| is_space(*b) || *b == b';').next().map(<[u8]>::to_vec),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GBK, SHIFT_JIS};

    #[test]
    fn finds_what_browsers_find() {
        for (text, encoding) in [
            ("<meta charset=gbk>", Some(GBK)),
            ("<META http-equiv=\"Content-Type\" content=\"text/html; charset = 'gbk'\">", Some(GBK)),
            ("<meta content='text/html;charset=shift_jis;x' http-equiv=content-type>", Some(SHIFT_JIS)),
            ("<meta content='text/html;charset=gbk'>", None),
            ("<!-- <meta charset=gbk> -->", None),
            ("<!--><meta charset=gbk>", Some(GBK)),
            ("<p title='<meta charset=gbk>'>", None),
            ("<script>'<meta charset=gbk>'</script>", Some(GBK)),
            ("</p <meta charset=gbk>", None),
            ("<metadata charset=gbk>", None),
            ("<meta charset=nonsense><meta charset=gbk>", Some(GBK)),
            ("<meta charset=utf-16>", Some(UTF_8)),
            ("<meta charset=gbk", None),
        ] {
            assert_eq!(declared(text.as_bytes()).map(|d| d.encoding), encoding, "{text}");
        }
    }
}
