//! What holds in each cell of the matrix.

use super::clients::Clients;
use super::origins::plain;
use super::{Ask, Coding, Group, Shape, Version, WANTED, Way};
use crate::common::coded;
use crate::common::gateway::Gateway;
use crate::common::message::{Answer, End, Framing};
use crate::pages::{GTAG, PIXEL, is_live};

/// Fields that say nothing of the page.
const FRAMING: [&str; 4] = ["content-length", "transfer-encoding", "date", "connection"];

/// The gateway, its clients, and what was found so far.
pub(super) struct Bench {
    pub(super) clients: Clients,
    /// The visitor's answer at each of the two sites.
    cookies: [String; 2],
    /// The pages as they are rewritten without any coding.
    pages: Vec<(Shape, Vec<u8>)>,
    group: Group,
    /// The answers to the group's GET and HEAD.
    get: Option<Answer>,
    head: Option<Answer>,
    /// Which clients saw the head of a page that was cut, by which origins.
    pub(super) cut: Vec<(Version, Way)>,
}

impl Bench {
    pub(super) fn new(gateway: &Gateway, mut clients: Clients) -> Self {
        let answer = |host| gateway.answer_consent(host, &[("statistics", true), ("marketing", false)]);
        let cookies = [answer("one.example"), answer("two.example")];
        let pages = Shape::ALL.map(|shape| {
            let unbroken = if shape.is_whole() { shape } else { Shape::Long };
            let path = format!("/Http1Length/Identity/{unbroken:?}");
            let answer = clients.ask(Version::Http11, "GET", ("one.example", &path), &[&cookies[0]]).unwrap().whole();
            assert_eq!(answer.status(), 200, "{shape:?}");
            (shape, answer.body)
        });
        pages.iter().for_each(|(shape, body)| check_page(*shape, body));
        let group = Group::all().next().unwrap();
        Self { clients, cookies, pages: pages.into(), group, get: None, head: None, cut: Vec::new() }
    }

    pub(super) fn begin(&mut self, group: Group) {
        (self.group, self.get, self.head) = (group, None, None);
    }

    fn ask(&mut self, method: &str, more: &[&str]) -> Option<Answer> {
        let (group, path) = (self.group, self.group.path());
        let wanted = WANTED[group.wanted].map(|wanted| format!("Accept-Encoding: {wanted}"));
        let more: Vec<&str> = more.iter().copied().chain(wanted.as_deref()).collect();
        self.clients.ask(group.version, method, (group.way.host(), &path), &more)
    }

    /// As the visitor who has answered.
    fn visit(&mut self, method: &str, more: &[&str]) -> Option<Answer> {
        let cookie = self.cookies[usize::from(self.group.way == Way::Http2)].clone();
        self.ask(method, &[&[cookie.as_str()], more].concat())
    }

    /// Asks, and panics where something does not hold.
    pub(super) fn check(&mut self, ask: Ask) {
        match ask {
            Ask::Get => {
                let answer = self.visit("GET", &[]);
                self.check_body(answer.as_ref());
                self.get = answer;
            }
            Ask::Head => {
                self.head = self.visit("HEAD", &[]);
                self.check_head();
            }
            Ask::Range => {
                let answer = self.visit("GET", &["Range: bytes=5-40"]);
                self.check_body(answer.as_ref());
            }
            Ask::IfOwn => {
                let own = self.head.as_ref().unwrap().get("etag").expect("an entity tag");
                let answer = self.visit("GET", &[&format!("If-None-Match: {own}")]).unwrap();
                self.check_not_modified(&answer);
            }
            Ask::IfOther => {
                let other = self.ask("HEAD", &[]).unwrap().get("etag").expect("an entity tag");
                assert_ne!(Some(&other), self.head.as_ref().unwrap().get("etag").as_ref(), "one tag for two pages");
                let answer = self.visit("GET", &[&format!("If-None-Match: {other}")]);
                self.check_body(answer.as_ref());
            }
        }
    }

    fn page(&self) -> &[u8] {
        &self.pages.iter().find(|(shape, _)| *shape == self.group.shape).unwrap().1
    }

    fn check_body(&mut self, answer: Option<&Answer>) {
        if let Some(answer) = answer {
            self.check_fields(answer);
        }
        if self.group.shape.is_whole() {
            self.check_whole(answer.expect("the stream was reset"));
        } else {
            self.check_cut(answer);
        }
    }

    /// What holds of every answer, whole or not.
    fn check_fields(&self, answer: &Answer) {
        let fields = &answer.head.fields;
        match self.group.version {
            Version::Http10 => assert!(!fields.has("transfer-encoding"), "chunks for HTTP/1.0"),
            Version::Http11 => {
                assert_eq!(answer.head.version, "HTTP/1.1");
                assert_ne!(answer.framing, Framing::Close, "an end that cannot be told");
            }
            Version::Http2 => assert!(!fields.has("transfer-encoding") && !fields.has("connection"), "of HTTP/1"),
        }
        assert!(!fields.has("content-range") && answer.status() != 206, "a part: {:?}", answer.head);
    }

    fn check_whole(&self, answer: &Answer) {
        assert_eq!(answer.status(), 200);
        match (self.group.version, answer.framing) {
            (Version::Http10, Framing::Close) => assert_eq!(answer.end, End::Closed),
            _ => assert_eq!(answer.end, End::Complete),
        }
        if let Some(length) = answer.get("content-length") {
            assert_eq!(length, answer.body.len().to_string(), "a length that lies");
        }
        assert_eq!(answer.get("x-own").as_deref(), Some("kept"));
        assert_eq!(answer.get("cache-control").as_deref(), Some("private, no-cache"));
        self.check_coding(answer);
    }

    /// A page that came coded leaves in what the client likes most; one without a byte has no coding.
    fn check_coding(&self, answer: &Answer) {
        let liked = ["", "gzip", "br", "zstd"][self.group.wanted];
        let coded = self.group.coding != Coding::Identity && !liked.is_empty() && !answer.body.is_empty();
        let expected = coded.then_some(liked);
        assert_eq!(answer.get("content-encoding").as_deref(), expected, "the coding");
        let plain = match expected {
            Some(coding) => {
                assert!(answer.get("vary").unwrap().contains("Accept-Encoding"), "{:?}", answer.get("vary"));
                coded::whole(coding, &answer.body).expect("the coding has no end")
            }
            None => answer.body.clone(),
        };
        assert!(plain == self.page(), "other bytes: {}", String::from_utf8_lossy(&plain));
    }

    fn check_cut(&mut self, answer: Option<&Answer>) {
        let Some(answer) = answer.filter(|answer| answer.status() < 500) else { return };
        assert_eq!(answer.status(), 200);
        assert!(!answer.head.fields.has("content-length"), "a length of what is not known: {:?}", answer.head);
        let coding = answer.get("content-encoding");
        if self.group.version != Version::Http10 {
            assert_eq!(answer.end, End::Truncated, "it looks whole");
        } else {
            assert_eq!((answer.framing, answer.end), (Framing::Close, End::Closed));
            match &coding {
                Some(coding) => assert_eq!(coded::whole(coding, &answer.body), None, "the coding has an end"),
                None => assert!(answer.body != self.page(), "all of the page came"),
            }
        }
        if self.group.shape != Shape::Corrupt {
            let came =
                coding.map_or_else(|| answer.body.clone(), |c| coded::undone(&c, &answer.body).unwrap_or_default());
            assert!(self.page().starts_with(&came), "no beginning: {}", String::from_utf8_lossy(&came));
        }
        let Group { version, way, .. } = self.group;
        if !self.cut.contains(&(version, way)) {
            self.cut.push((version, way));
        }
    }

    fn check_head(&self) {
        let head = self.head.as_ref().expect("the stream was reset");
        self.check_fields(head);
        assert_eq!((head.status(), head.body.len()), (200, 0));
        let Some(get) = self.get.as_ref().filter(|get| get.status() < 500) else {
            assert!(!self.group.shape.is_whole());
            return;
        };
        if let Some(length) = head.get("content-length") {
            assert_eq!(length, get.body.len().to_string(), "a length that lies");
        }
        let names = get.head.fields.names_without(&FRAMING);
        assert_eq!(head.head.fields.names_without(&FRAMING), names);
        for name in names {
            assert_eq!(head.get(&name), get.get(&name), "{name}");
        }
    }

    /// RFC 9110 §15.4.5: the fields that a cache updates are those of the page.
    fn check_not_modified(&self, answer: &Answer) {
        self.check_fields(answer);
        assert_eq!((answer.status(), answer.body.len()), (304, 0));
        let head = self.head.as_ref().unwrap();
        for name in ["etag", "cache-control"] {
            assert_eq!(answer.get(name), head.get(name), "{name}");
        }
        let names = |answer: &Answer| answer.get("vary").unwrap().split(", ").map(str::to_owned).collect::<Vec<_>>();
        let (mut ours, theirs) = (names(answer), names(head));
        // The origin's 304 does not say whether the page came coded.
        ours.retain(|name| name != "Accept-Encoding" || theirs.contains(name));
        assert_eq!(ours, theirs, "vary");
    }
}

/// The pages by which all others are measured are what they should be.
fn check_page(shape: Shape, body: &[u8]) {
    let (came, left) = (plain(shape), String::from_utf8(body.to_vec()).unwrap());
    match shape {
        Shape::Grows => {
            assert!(left.len() > came.len() && is_live(&left, GTAG) && !is_live(&left, PIXEL), "{left}");
            assert!(left.contains(&format!("data-consentry-src=\"{PIXEL}\"")), "{left}");
        }
        Shape::Shrinks => assert!(left.len() < came.len() && left.contains("src=\"/own/stats.js\""), "{left}"),
        Shape::Same | Shape::Empty | Shape::Nothing => assert_eq!(left, came),
        Shape::Cut | Shape::CutCoding | Shape::Corrupt | Shape::Long => {
            assert!(left.ends_with("</html>") && left.len() > 20_000, "{left}")
        }
    }
}
