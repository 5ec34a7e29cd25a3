//! One start tag's bytes to attribute ranges, by the rules of the HTML tokenizer.
//!
//! lol_html says where a tag begins and ends; what is between is read here, because its own attribute list gives values,
//! not places, and edits need places (D1). SPEC: HTML, 13.2.5.6-13.2.5.40.

use smallvec::SmallVec;
use std::ops::Range;

/// One attribute, as ranges of the tag's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The name as written.
    pub(crate) name: Range<usize>,
    /// The value without its quotes; empty (and at the name's end) when there is none.
    pub(crate) value: Range<usize>,
    /// Name, `=`, value and quotes.
    pub(crate) whole: Range<usize>,
}

/// A start tag: its bytes and where its parts are.
#[derive(Debug)]
pub(crate) struct Tag<'b> {
    bytes: &'b [u8],
    /// Behind the last letter of the tag's name.
    pub(crate) name_end: usize,
    /// In source order, duplicates too.
    pub(crate) attributes: SmallVec<[Attribute; 8]>,
    /// Behind the `>`; `None` when the bytes end before it.
    pub(crate) end: Option<usize>,
}

/// HTML's white space.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

impl<'b> Tag<'b> {
    /// Reads a start tag; `bytes` begins with its `<` and may go on behind its `>`. One pass; stops after
    /// `most_attributes`. Allocates beyond eight attributes.
    pub(crate) fn scan(bytes: &'b [u8], most_attributes: usize) -> Self {
        let mut cursor = Cursor { bytes, at: 1 };
        cursor.skip(|b| !is_space(b) && b != b'/' && b != b'>');
        let mut tag = Self { bytes, name_end: cursor.at, attributes: SmallVec::new(), end: None };
        while tag.attributes.len() < most_attributes {
            cursor.skip(|b| is_space(b) || b == b'/');
            match cursor.peek() {
                None => return tag,
                Some(b'>') => {
                    tag.end = Some(cursor.at + 1);
                    return tag;
                }
                Some(_) => match cursor.attribute() {
                    Some(attribute) => tag.attributes.push(attribute),
                    None => return tag,
                },
            }
        }
        tag
    }

    /// The byte at a place of the tag.
    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The first attribute of this name (lower case): the one that counts (pitfall 65).
    pub(crate) fn first(&self, name: &[u8]) -> Option<&Attribute> {
        self.attributes.iter().find(|a| self.is_named(a, name))
    }

    /// Every attribute of this name (lower case), in source order.
    pub(crate) fn all<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = &'s Attribute> {
        self.attributes.iter().filter(move |a| self.is_named(a, name))
    }

    /// Whether an attribute has this name (lower case).
    pub(crate) fn is_named(&self, attribute: &Attribute, name: &[u8]) -> bool {
        attribute.name.len() == name.len()
            && self.bytes.get(attribute.name.clone()).is_some_and(|written| written.eq_ignore_ascii_case(name))
    }

    /// The places in the list of every attribute of this name (lower case).
    pub(crate) fn places<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = usize> + 's {
        self.attributes.iter().enumerate().filter(move |(_, a)| self.is_named(a, name)).map(|(at, _)| at)
    }

    /// An attribute's name as written.
    pub(crate) fn name(&self, attribute: &Attribute) -> &'b [u8] {
        self.bytes.get(attribute.name.clone()).unwrap_or_default()
    }

    /// The tag's own name as written.
    pub(crate) fn element(&self) -> &'b [u8] {
        self.bytes.get(1..self.name_end).unwrap_or_default()
    }

    /// The tag's bytes from one place to another.
    pub(crate) fn between(&self, from: usize, to: usize) -> &'b [u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Whether a whole tag ends with a `/` that belongs to no attribute's value.
    pub(crate) fn is_self_closing(&self) -> bool {
        let read = self.attributes.last().map_or(self.name_end, |attribute| attribute.whole.end);
        self.end.is_some_and(|end| self.between(read, end).ends_with(b"/>"))
    }

    /// What has to follow an attribute that is put in behind the tag's name.
    pub(crate) fn space_behind_name(&self) -> &'static str {
        if self.byte(self.name_end).is_none_or(|b| is_space(b) || b == b'>') { "" } else { " " }
    }

    /// The raw value of an attribute.
    pub(crate) fn value(&self, attribute: &Attribute) -> &'b [u8] {
        self.bytes.get(attribute.value.clone()).unwrap_or_default()
    }

    /// The raw value of the first attribute of this name (lower case).
    pub(crate) fn get(&self, name: &[u8]) -> Option<&'b [u8]> {
        self.first(name).map(|a| self.value(a))
    }
}

/// Whether the start or end tag that the bytes begin with is an end tag, and its name as written.
pub(crate) fn name_of_tag(bytes: &[u8]) -> (bool, &[u8]) {
    let is_end = bytes.get(1) == Some(&b'/');
    let named = bytes.get(if is_end { 2 } else { 1 }..).unwrap_or_default();
    let length = named.iter().position(|b| is_space(*b) || matches!(b, b'/' | b'>')).unwrap_or(named.len());
    (is_end, named.get(..length).unwrap_or_default())
}

/// How long the start or end tag is that the bytes begin with; `None`: they end before it does. One pass, no allocation.
pub(crate) fn end_of_tag(bytes: &[u8]) -> Option<usize> {
    let mut cursor = Cursor { bytes, at: if bytes.get(1) == Some(&b'/') { 2 } else { 1 } };
    cursor.skip(|b| !is_space(b) && b != b'/' && b != b'>');
    loop {
        cursor.skip(|b| is_space(b) || b == b'/');
        if cursor.peek()? == b'>' {
            return Some(cursor.at + 1);
        }
        cursor.attribute()?;
    }
}

struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, over: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|b| !over(*b)).unwrap_or(rest.len());
    }

    /// `None` when the bytes end inside it.
    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.at;
        // A `=` at the beginning belongs to the name.
        self.at += 1;
        self.skip(|b| !is_space(b) && !matches!(b, b'/' | b'>' | b'='));
        let name = start..self.at;
        self.skip(is_space);
        if self.peek()? != b'=' {
            let end = name.end;
            self.at = end;
            return Some(Attribute { value: end..end, whole: name.clone(), name });
        }
        self.at += 1;
        self.skip(is_space);
        let value = self.value()?;
        Some(Attribute { whole: start..self.at, name, value })
    }

    fn value(&mut self) -> Option<Range<usize>> {
        match self.peek()? {
            quote @ (b'"' | b'\'') => {
                let start = self.at + 1;
                let length = memchr::memchr(quote, self.bytes.get(start..)?)?;
                self.at = start + length + 1;
                Some(start..start + length)
            }
            _ => {
                let start = self.at;
                self.skip(|b| !is_space(b) && b != b'>');
                self.peek()?;
                Some(start..self.at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, String)>, Option<usize>) {
        let tag = Tag::scan(text.as_bytes(), 64);
        let piece = |range: &Range<usize>| text[range.clone()].to_owned();
        (tag.attributes.iter().map(|a| (piece(&a.name), piece(&a.value))).collect(), tag.end)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn reads_what_the_tokenizer_reads() {
        for (text, expected) in [
            ("<img src=a>", &[("src", "a")][..]),
            ("<img src=a/>", &[("src", "a/")]),
            ("<img/src=a/>x", &[("src", "a/")]),
            ("<img src='a>b'alt=\"c\"d>", &[("src", "a>b"), ("alt", "c"), ("d", "")]),
            ("<img src = \n a b>", &[("src", "a"), ("b", "")]),
            ("<img =x=y>", &[("=x", "y")]),
            ("<img src=>", &[("src", "")]),
            ("<img / / src/alt>", &[("src", ""), ("alt", "")]),
            ("<img a=\"\" a b>", &[("a", ""), ("a", ""), ("b", "")]),
            ("<img \"src=x>", &[("\"src", "x")]),
            ("<img src=\"a\"\"b>", &[("src", "a"), ("\"b", "")]),
            ("<img <script src=x>", &[("<script", ""), ("src", "x")]),
        ] {
            assert_eq!(read(text).0, pairs(expected), "{text}");
            assert!(read(text).1.is_some(), "{text}");
        }
    }

    #[test]
    fn an_unfinished_tag_has_no_end() {
        for text in ["<img", "<img src", "<img src=", "<img src=a", "<img src='a", "<img src=a ", "<img/"] {
            assert_eq!(read(text).1, None, "{text}");
        }
    }

    #[test]
    fn p65_the_first_of_two_counts_and_both_are_found() {
        let tag = Tag::scan(b"<script src=a SRC=b>", 64);
        assert_eq!(tag.get(b"src"), Some(b"a".as_slice()));
        assert_eq!(tag.all(b"src").count(), 2);
    }
}
