//! Elements of foreign content that hold HTML: `foreignObject`, `mtext` and their like (pitfalls 52-54).
//!
//! In one of them the parser and a browser agree as long as it holds what is plain: text, comments, and elements that do
//! nothing to the tree but stand in it, each closed by its own end tag before the one around it is. Then its own end tag
//! closes it, for both. Whatever else begins in it may close it for one of them only: the scanner takes over there.
//!
//! The end tag of the `svg` around it closes it for a browser only, if no element is open in it.

use super::handlers::Kind;
use super::tag::{Tag, name_of_tag};
use smallvec::SmallVec;

/// Longer than every name that says something.
const LONGEST: usize = 16;

/// A name in lower case, with zeros behind it.
type Name = [u8; LONGEST];

/// How many elements in each other are followed.
const DEEPEST: usize = 32;

/// What a tag of foreign content, outside of such an element, means for where a browser is.
#[derive(Debug)]
pub(super) enum Sense {
    /// It begins such an element.
    Begins(Holder),
    /// Foreign content ends at it.
    Leaves,
    /// An end tag that may close an element of another name around it, or one that was never written.
    Closes,
    /// Neither.
    Stays,
}

/// Such an element that is open.
#[derive(Debug)]
pub(super) struct Holder {
    name: Name,
    /// Whether it is one to both, so that there may be elements in it.
    certain: bool,
    /// The elements that are open in it, the outer first.
    open: SmallVec<[Name; 4]>,
}

/// Where a browser is behind a tag in such an element.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Inside,
    Left,
    Lost,
}

/// What a whole tag that begins with these bytes means in MathML, or in SVG.
pub(super) fn sense(bytes: &[u8], is_math: bool) -> Sense {
    let Some((is_end, name)) = name(bytes) else { return Sense::Stays };
    match trimmed(&name) {
        b"p" | b"br" => Sense::Leaves,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"tr" | b"tbody" | b"tfoot" | b"thead" | b"colgroup"
        | b"head" | b"body" | b"html"
            if is_end =>
        {
            Sense::Closes
        }
        _ if is_end => Sense::Stays,
        b"font"
            if [&b"color"[..], b"face", b"size"]
                .iter()
                .any(|name| Tag::scan(bytes, usize::MAX).first(name).is_some()) =>
        {
            Sense::Leaves
        }
        b"b" | b"big" | b"blockquote" | b"body" | b"center" | b"code" | b"dd" | b"div" | b"dl" | b"dt" | b"em"
        | b"embed" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"head" | b"hr" | b"i" | b"img" | b"li"
        | b"listing" | b"menu" | b"meta" | b"nobr" | b"ol" | b"pre" | b"ruby" | b"s" | b"small" | b"span"
        | b"strong" | b"strike" | b"sub" | b"sup" | b"table" | b"tt" | b"u" | b"ul" | b"var" => Sense::Leaves,
        // SPEC: HTML, 13.2.6, "HTML integration point" and "MathML text integration point".
        b"foreignobject" | b"desc" | b"title" => begins(bytes, name, !is_math),
        b"mi" | b"mo" | b"mn" | b"ms" | b"mtext" => begins(bytes, name, is_math),
        b"annotation-xml" => begins(bytes, name, is_math && is_html_annotation(bytes)),
        _ => Sense::Stays,
    }
}

/// Whether to a browser and to the parser HTML is in this `annotation-xml`: where it is not, text is the same.
fn is_html_annotation(bytes: &[u8]) -> bool {
    let tag = Tag::scan(bytes, usize::MAX);
    let mut encodings = tag.all(b"encoding").map(|attribute| tag.value(attribute));
    let is_html =
        |value: &[u8]| [&b"text/html"[..], b"application/xhtml+xml"].iter().any(|v| value.eq_ignore_ascii_case(v));
    encodings.next().is_some_and(is_html) && encodings.next().is_none()
}

fn begins(bytes: &[u8], name: Name, certain: bool) -> Sense {
    if Tag::scan(bytes, usize::MAX).is_self_closing() {
        return Sense::Stays;
    }
    Sense::Begins(Holder { name, certain, open: SmallVec::new() })
}

impl Holder {
    /// Whether the event of the parser that comes next may be one of what is plain.
    pub(super) fn may_hold(&self, kind: Kind) -> bool {
        self.certain && matches!(kind, Kind::Img | Kind::Style)
    }

    /// Whether nothing but text stands in it that is not closed: an end tag is foreign content's own.
    pub(super) fn is_bare(&self) -> bool {
        self.open.is_empty()
    }

    /// How long the text is that the bytes begin with, if a `style` is open, else 0; `None`: it has not ended.
    pub(super) fn raw_text(&self, bytes: &[u8]) -> Option<usize> {
        if self.open.last().map(trimmed) != Some(b"style") {
            return Some(0);
        }
        let mut ends = memchr::memmem::find_iter(bytes, b"</");
        ends.find(|at| bytes.get(*at..).and_then(name).is_some_and(|(_, name)| trimmed(&name) == b"style"))
    }

    /// Follows the whole tag that begins with these bytes.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        let Some((is_end, name)) = name(bytes) else { return Step::Lost };
        let innermost = self.open.last();
        match (is_end, trimmed(&name)) {
            (true, _) if innermost.is_none() && name == self.name => return Step::Left,
            (true, _) if innermost == Some(&name) => _ = self.open.pop(),
            (true, _) => return Step::Lost,
            _ if !self.certain => return Step::Lost,
            (false, b"br" | b"hr" | b"img" | b"wbr") => {}
            (false, b"a" | b"b" | b"code" | b"div" | b"em" | b"i" | b"label" | b"p" | b"section" | b"small")
            | (false, b"span" | b"strong" | b"style" | b"sub" | b"sup" | b"u")
                if self.open.len() < DEEPEST =>
            {
                self.open.push(name);
            }
            _ => return Step::Lost,
        }
        Step::Inside
    }
}

/// Whether a whole tag is an end tag, and its name; `None` where that is longer than every one that says something.
fn name(bytes: &[u8]) -> Option<(bool, Name)> {
    let (is_end, written) = name_of_tag(bytes);
    let mut name = [0; LONGEST];
    name.get_mut(..written.len())?.copy_from_slice(written);
    name.make_ascii_lowercase();
    Some((is_end, name))
}

fn trimmed(name: &Name) -> &[u8] {
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
    name.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the tags of an element's content come to, with its own end tag.
    fn steps(first: &str, is_math: bool, content: &[&str]) -> Step {
        let Sense::Begins(mut holder) = sense(first.as_bytes(), is_math) else { panic!("{first} holds nothing") };
        content.iter().map(|tag| holder.step(tag.as_bytes())).find(|step| *step != Step::Inside).unwrap_or(Step::Inside)
    }

    #[test]
    fn plain_content_is_followed_and_all_else_is_not() {
        assert_eq!(
            steps("<foreignObject x=1>", false, &["<div>", "<br>", "<p a='>'>", "</p>", "</div>", "</foreignobject >"]),
            Step::Left
        );
        assert_eq!(steps("<mtext>", true, &["<SPAN>", "</span>", "</mtext>"]), Step::Left);
        assert_eq!(steps("<title>", false, &["</title>"]), Step::Left);
        for content in [
            &["<b>", "</foreignobject>"][..],
            &["</b>"],
            &["<svg>"],
            &["<table>"],
            &["</svg>"],
            &["<select>"],
            &["<b>", "<i>", "</b>"],
        ] {
            assert_eq!(steps("<foreignObject>", false, content), Step::Lost, "{content:?}");
        }
        // Not such an element to a browser: its elements would leave.
        assert_eq!(steps("<foreignObject>", true, &["<b>"]), Step::Lost);
        assert_eq!(steps("<mtext>", false, &["<b>"]), Step::Lost);
        for (encoding, step) in
            [("encoding=Text/HTML", Step::Inside), ("encoding='text&#47;html'", Step::Lost), ("", Step::Lost)]
        {
            assert_eq!(steps(&format!("<annotation-xml {encoding}>"), true, &["<b>"]), step, "{encoding}");
        }
        assert_eq!(steps("<desc>", false, &["<b>"; 33]), Step::Lost);
    }

    #[test]
    fn what_closes_itself_holds_nothing() {
        for (tag, closes) in [
            ("<title/>", true),
            ("<title a=b/>", false),
            ("<title a= />", false),
            ("<title a='b'/>", true),
            ("<title / >", false),
        ] {
            assert_eq!(matches!(sense(tag.as_bytes(), false), Sense::Stays), closes, "{tag}");
        }
    }
}
