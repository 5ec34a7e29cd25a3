//! Message heads and whole answers, as a client or an origin saw them.

/// Header fields in their order: lower-case name and raw value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, Vec<u8>)>);

impl Fields {
    /// The lines of a head after its first.
    pub fn parse<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Self {
        let field = |line: &[u8]| {
            let colon = line.iter().position(|b| *b == b':').unwrap_or_else(|| panic!("no field: {line:?}"));
            let name = String::from_utf8(line[..colon].to_vec()).unwrap().to_ascii_lowercase();
            (name, line[colon + 1..].trim_ascii().to_vec())
        };
        Self(lines.filter(|line| !line.is_empty()).map(field).collect())
    }

    /// Every value of this name, as text (what is not UTF-8 is replaced).
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The values of this name as one list.
    pub fn get(&self, name: &str) -> Option<String> {
        let all = self.all(name);
        if all.is_empty() { None } else { Some(all.join(", ")) }
    }

    /// Whether there is such a field.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The raw values of this name.
    pub fn raw(&self, name: &str) -> Vec<&[u8]> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_slice()).collect()
    }

    /// All names, sorted, once each, without the ones that are left out.
    pub fn names_without(&self, left_out: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = self.0.iter().map(|(n, _)| n.clone()).collect();
        names.retain(|name| !left_out.contains(&name.as_str()));
        names.sort();
        names.dedup();
        names
    }
}

/// A response's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `HTTP/1.1`.
    pub version: String,
    /// `200`.
    pub status: u16,
    /// Its fields.
    pub fields: Fields,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As its framing says; a body without framing never ends so.
    Complete,
    /// Before that: a client throws such a message away, or shows that something is missing.
    Truncated,
    /// With the connection, and nothing says whether it was all.
    Closed,
}

/// How a body's length was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none by the status or the method.
    None,
    /// Content-Length.
    Length(usize),
    /// Transfer-Encoding: chunked.
    Chunked,
    /// By the end of the connection.
    Close,
    /// HTTP/2 frames.
    Frames,
}

/// A whole response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 1xx that came before.
    pub informational: Vec<Head>,
    /// The head.
    pub head: Head,
    /// The body's bytes, framing undone.
    pub body: Vec<u8>,
    /// How the length was told.
    pub framing: Framing,
    /// How it ended.
    pub end: End,
    /// HTTP/2 trailers.
    pub trailers: Fields,
}

impl Answer {
    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// A field of the head.
    pub fn get(&self, name: &str) -> Option<String> {
        self.head.fields.get(name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Itself, if it came whole.
    pub fn whole(self) -> Self {
        assert_eq!(self.end, End::Complete, "the message is not whole: {:?} {}", self.head, self.text());
        self
    }
}
