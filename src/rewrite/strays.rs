//! End tags in foreign content that close nothing in it.
//!
//! A parser that was started anew does not know what is open around the `svg` that comes next: an end tag of that closes the
//! `svg` for a browser, and nothing for the parser.

use super::tag::{Tag, name_of_tag};
use smallvec::SmallVec;

/// The names of the elements that are open in foreign content, the outer first, in lower case.
#[derive(Debug, Default)]
pub(super) struct Strays(SmallVec<[SmallVec<[u8; 24]>; 8]>);

impl Strays {
    /// Follows a whole tag; whether it is an end tag of none of them. `svg` and `math` themselves are followed elsewhere.
    pub(super) fn is_one(&mut self, bytes: &[u8]) -> bool {
        let (is_end, name) = name_of_tag(bytes);
        let name: SmallVec<[u8; 24]> = name.iter().map(u8::to_ascii_lowercase).collect();
        match self.0.iter().rposition(|open| *open == name) {
            Some(at) if is_end => self.0.truncate(at),
            _ if matches!(&name[..], b"svg" | b"math") => {}
            _ if is_end => return true,
            _ if Tag::scan(bytes, usize::MAX).is_self_closing() => {}
            _ => self.0.push(name),
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_tag_of_nothing_that_is_open_is_a_stray_one() {
        let mut strays = Strays::default();
        for (tag, is_one) in [
            ("<g>", false),
            ("<feComponentTransferAndMore x='>'>", false),
            ("<path/>", false),
            ("</path>", true),
            ("</FECOMPONENTTRANSFERANDMORE >", false),
            ("</feComponentTransferAndMore>", true),
            ("</svg>", false),
            ("</G/>", false),
            ("</g>", true),
        ] {
            assert_eq!(strays.is_one(tag.as_bytes()), is_one, "{tag}");
        }
    }
}
