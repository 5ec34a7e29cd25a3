//! Pictures of what waits for consent: which frame's address has one, and where it is. What the gateway fetches is made of a rule and of
//! an id of few characters, never of an address that a visitor sends.

use url::{Host, Url};

/// The place of the id in both halves of a rule.
const ID: &str = "{id}";

/// The longest id.
const ID_MAX: usize = 64;

/// `[[thumbnail]]`: frames of a host, and where the picture of one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// What the frame's address has before its id: a host, those below it included, and how path and query begin.
    pub host: String,
    /// With its first slash.
    pub path: String,
    /// The picture's address, or that of a document in oEmbed's JSON that names it; `{id}` stands for the id.
    pub picture: String,
    /// Where the answer to that may lead, besides the host itself: hosts, those below them included.
    pub hosts: Vec<String>,
    /// Whether the picture is in the operator's own network: without TLS too, at private addresses too.
    pub internal: bool,
}

impl Thumbnail {
    /// Reads the two halves of a rule.
    ///
    /// # Errors
    /// A sentence that says what is wrong: with the frame (`true`) or with the picture (`false`).
    pub fn parse(frame: &str, picture: &str, hosts: Vec<String>, internal: bool) -> Result<Self, (bool, &'static str)> {
        const FRAME: &str = "must be a host, a path and at its end {id}, like \"video.example/embed/{id}\"";
        const PICTURE: &str =
            "must be an https:// address with {id} behind its host, like \"https://video.example/{id}.jpg\"";
        let before = frame.strip_suffix(ID).filter(|before| !before.contains(ID)).ok_or((true, FRAME))?;
        let (host, path) = before.split_once('/').ok_or((true, FRAME))?;
        let is_plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>'));
        if !is_host(host) || !is_plain(path) {
            return Err((true, FRAME));
        }
        let url = Url::parse(&picture.replace(ID, "id")).map_err(|_| (false, PICTURE))?;
        let scheme = url.scheme() == "https" || internal && url.scheme() == "http";
        let in_host =
            picture.split('/').nth(2).is_none_or(|authority| authority.contains(ID) || authority.contains('@'));
        if !scheme || in_host || !picture.contains(ID) || url.host().is_none() {
            return Err((false, PICTURE));
        }
        Ok(Self { host: host.to_owned(), path: format!("/{path}"), picture: picture.to_owned(), hosts, internal })
    }

    /// The picture of a frame, if the rule has one for its address. O(bytes).
    pub fn picture_of(&self, frame: &Url) -> Option<Url> {
        if !matches!(frame.scheme(), "http" | "https") || !is_at(frame.host_str()?, &self.host) {
            return None;
        }
        let query = frame.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", frame.path());
        let rest = target.strip_prefix(&self.path)?;
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let id = rest.split(|c: char| !u8::try_from(c).is_ok_and(is_id)).next()?;
        if id.is_empty() || id.len() > ID_MAX {
            return None;
        }
        Url::parse(&self.picture.replace(ID, id)).ok()
    }

    /// Whether an answer may lead to this address.
    pub fn may_lead_to(&self, url: &Url) -> bool {
        let own = Url::parse(&self.picture.replace(ID, "id")).ok();
        let same = own.as_ref().is_some_and(|own| own.host() == url.host() && own.port() == url.port());
        let named = match url.host() {
            Some(Host::Domain(host)) => url.port().is_none() && self.hosts.iter().any(|named| is_at(host, named)),
            _ => false,
        };
        let scheme = url.scheme() == "https" || self.internal && url.scheme() == "http";
        scheme && (same || named) && url.username().is_empty() && url.password().is_none()
    }

    /// What a browser compares a frame's address with, to ask for no picture where there is none.
    pub fn frame(&self) -> String {
        format!("{}{}", self.host, self.path)
    }
}

/// A name in lower case.
pub(crate) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_at(host: &str, named: &str) -> bool {
    host.strip_suffix(named).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Thumbnail {
        let hosts = vec!["cdn.example".to_owned()];
        Thumbnail::parse("video.example/embed/{id}", "https://img.example/vi/{id}/hq.jpg", hosts, false).unwrap()
    }

    #[test]
    fn an_address_of_its_frames_has_a_picture_made_of_the_id_alone() {
        let picture = |frame: &str| rule().picture_of(&Url::parse(frame).unwrap()).map(String::from);
        let found = Some("https://img.example/vi/a_B-9/hq.jpg".to_owned());
        for frame in [
            "https://video.example/embed/a_B-9",
            "http://www.video.example/embed/a_B-9?autoplay=1#t",
            "https://video.example/embed/a_B-9/more",
        ] {
            assert_eq!(picture(frame), found, "{frame}");
        }
        let long = format!("https://video.example/embed/{}", "a".repeat(65));
        for frame in [
            "https://video.example/embed/",
            "https://video.example/embed/%2e%2e",
            "https://video.example/other/abc",
            "https://notvideo.example/embed/abc",
            "https://video.example.evil.example/embed/abc",
            "ftp://video.example/embed/abc",
            "data:text/html,video.example/embed/abc",
            &long,
        ] {
            assert_eq!(picture(frame), None, "{frame}");
        }
    }

    #[test]
    fn an_answer_leads_to_named_hosts_alone_and_not_out_of_tls() {
        let leads = |url: &str| rule().may_lead_to(&Url::parse(url).unwrap());
        assert!(leads("https://img.example/other.jpg") && leads("https://s1.cdn.example/x.jpg"));
        for url in [
            "http://img.example/x.jpg",
            "https://img.example:8443/x.jpg",
            "https://s1.cdn.example:22/x",
            "https://evilcdn.example/x.jpg",
            "https://user@img.example/x.jpg",
            "https://127.0.0.1/x.jpg",
            "https://[::1]/x.jpg",
            "file:///etc/passwd",
        ] {
            assert!(!leads(url), "{url}");
        }
    }

    #[test]
    fn a_rule_that_could_lead_anywhere_is_refused() {
        let parse = |frame: &str, picture: &str, internal| Thumbnail::parse(frame, picture, Vec::new(), internal);
        for frame in [
            "video.example",
            "{id}",
            "/embed/{id}",
            "https://video.example/{id}",
            "v.example/{id}/{id}",
            "V.example/{id}",
        ] {
            assert!(matches!(parse(frame, "https://i.example/{id}", false), Err((true, _))), "{frame}");
        }
        for picture in [
            "https://{id}.example/x",
            "http://i.example/{id}",
            "https://i.example/x",
            "https://u@i.example/{id}",
            "/{id}",
        ] {
            assert!(matches!(parse("v.example/{id}", picture, false), Err((false, _))), "{picture}");
        }
        assert!(parse("v.example/{id}", "http://127.0.0.1:8080/{id}", true).is_ok());
    }
}
