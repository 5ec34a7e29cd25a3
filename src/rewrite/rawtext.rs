//! Where the text of a raw-text element ends. Resumable, so that a text that comes byte by byte costs no more.
//!
//! SPEC: HTML, 13.2.5.2-13.2.5.3 (raw text), 13.2.5.15-13.2.5.31 (script data and its escaped states).

use super::hold::Window;
use super::tag::is_space;

/// Looks for the end tag of a `script` or `noscript`.
#[derive(Debug)]
pub(crate) struct TextEnd {
    name: &'static [u8],
    state: State,
    /// The offset of the next byte to read.
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// Behind `<!--` in a script.
    Escaped,
    /// Behind `<!-- … <script` in a script: `</script>` only goes back to `Escaped`.
    DoubleEscaped,
}

/// What stands at a `<`.
enum At {
    End,
    Start,
    Comment,
    Other,
    /// The bytes end before it can be told.
    Unknown,
}

impl TextEnd {
    /// `name` is `script` or `noscript`; the text begins at the offset `from`.
    pub(crate) const fn new(name: &'static [u8], from: usize) -> Self {
        Self { name, state: State::Text, at: from }
    }

    /// The offset up to which the text was read: what is before it cannot begin an end tag, and need not be kept.
    pub(crate) const fn read(&self) -> usize {
        self.at
    }

    /// The offset of the end tag's `<`. `None`: not there yet.
    pub(crate) fn find(&mut self, window: Window<'_>) -> Option<usize> {
        let is_script = self.name == b"script";
        loop {
            let rest = window.from(self.at);
            let found =
                if self.state == State::Text { memchr::memchr(b'<', rest) } else { memchr::memchr2(b'<', b'-', rest) };
            let Some(found) = found else {
                self.at = self.at.max(window.end());
                return None;
            };
            self.at += found;
            let rest = rest.get(found..)?;
            if rest.first() == Some(&b'-') {
                if rest.len() < 3 && b"-->".starts_with(rest) {
                    return None;
                }
                if rest.starts_with(b"-->") {
                    self.state = State::Text;
                }
                self.at += 1;
                continue;
            }
            match (self.what(rest), self.state) {
                (At::Unknown, _) => return None,
                (At::End, State::Text | State::Escaped) => return Some(self.at),
                (At::End, State::DoubleEscaped) => self.state = State::Escaped,
                (At::Start, State::Escaped) => self.state = State::DoubleEscaped,
                (At::Comment, State::Text) if is_script => {
                    self.state = State::Escaped;
                    // The dashes of `<!-->` end it too.
                    self.at += 1;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn what(&self, rest: &[u8]) -> At {
        if self.name == b"script" && self.state == State::Text {
            if rest.starts_with(b"<!--") {
                return At::Comment;
            }
            if b"<!--".starts_with(rest) {
                return At::Unknown;
            }
        }
        let (after, found) = match rest.strip_prefix(b"</") {
            Some(after) => (after, At::End),
            None => (rest.get(1..).unwrap_or_default(), At::Start),
        };
        let (name, behind) = after.split_at_checked(self.name.len()).unwrap_or((after, &[]));
        if !self.name.get(..name.len()).is_some_and(|known| name.eq_ignore_ascii_case(known)) {
            return At::Other;
        }
        match behind.first() {
            None => At::Unknown,
            Some(b) if is_space(*b) || matches!(b, b'/' | b'>') => found,
            Some(_) => At::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(name: &'static [u8], text: &str) -> Option<usize> {
        let window = |n: usize| Window { bytes: &text.as_bytes()[..n], start: 0, is_last: false };
        let whole = TextEnd::new(name, 0).find(window(text.len()));
        let mut end = TextEnd::new(name, 0);
        let bytewise = (0..=text.len()).find_map(|n| end.find(window(n)));
        assert_eq!(whole, bytewise, "{text}");
        whole
    }

    #[test]
    fn ends_where_the_tokenizer_ends() {
        for (text, end) in [
            ("a</script>", Some(1)),
            ("</SCRIPT foo>", Some(0)),
            ("</scripty></script\n>", Some(10)),
            ("a</script", None),
            ("<!-- </script> -->", Some(5)),
            ("<!-- <script> </script> --></script>", Some(27)),
            ("<!-- <script> </script> </script>", Some(24)),
            ("<!--><script></script>", Some(13)),
            ("<!---><script></script>", Some(14)),
            ("<script></script>", Some(8)),
            ("<!-- <script x> --> </script>", Some(20)),
            ("a < b && c<!- </script>", Some(14)),
        ] {
            assert_eq!(both_ways(b"script", text), end, "{text}");
        }
        assert_eq!(both_ways(b"noscript", "<!-- <noscript> </noscript>"), Some(16));
    }
}
