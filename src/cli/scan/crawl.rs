//! The way through a site: one request at a time, with a pause between them, to one origin and no other.

use super::links;
use crate::cli::CliError;
use crate::cli::fetch::{Answer, Ask, ask};
use http::header;
use robotxt::{AccessResult, Robots};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;
use url::Url;

/// The most bytes that are read of a page.
const PAGE: usize = 8 << 20;
/// The most bytes that are read of robots.txt (SPEC: RFC 9309 §2.5 wants 500 kB at least).
const ROBOTS: usize = 1 << 20;
/// How many redirects are followed, each to the same origin.
const REDIRECTS: usize = 5;
/// The longest pause that a robots.txt can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The most addresses that wait.
const WAITING: usize = 10_000;
/// Our name in robots.txt.
const AGENT: &str = "consentry";

/// A page as it came.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Where it was, behind all redirects.
    pub(super) url: Url,
    pub(super) html: Vec<u8>,
    /// The names of cookies that it set.
    pub(super) cookies: Vec<Vec<u8>>,
}

/// A crawl on its way.
pub(super) struct Crawl {
    origin: url::Origin,
    agent: String,
    pause: Duration,
    robots: Robots,
    waiting: VecDeque<Url>,
    known: HashSet<Url>,
    has_asked: bool,
    /// Pages that robots.txt keeps us from.
    pub(super) disallowed: usize,
    /// Addresses that could not be read, with the reason.
    pub(super) failed: Vec<(Url, String)>,
}

impl Crawl {
    /// Reads robots.txt of the origin of these addresses, which must be one.
    pub(super) fn new(urls: &[Url], pause: Duration, contact: Option<&str>) -> Result<Self, CliError> {
        let first = urls.first().ok_or("no address is given")?;
        if let Some(other) = urls.iter().find(|url| url.origin() != first.origin()) {
            return Err(format!("{other} is of another origin than {first}: scan them one by one").into());
        }
        let agent = match contact {
            Some(contact) => format!("{AGENT}/{} (scan; {contact})", env!("CARGO_PKG_VERSION")),
            None => format!("{AGENT}/{} (scan)", env!("CARGO_PKG_VERSION")),
        };
        let mut crawl = Self {
            origin: first.origin(),
            agent,
            pause,
            robots: Robots::from_access(AccessResult::Unavailable, AGENT),
            waiting: VecDeque::new(),
            known: HashSet::new(),
            has_asked: false,
            disallowed: 0,
            failed: Vec::new(),
        };
        crawl.robots = crawl.read_robots(&first.join("/robots.txt")?);
        crawl.pause = pause.max(crawl.robots.crawl_delay().unwrap_or_default().min(LONGEST_PAUSE));
        urls.iter().cloned().for_each(|url| crawl.add(url));
        Ok(crawl)
    }

    /// SPEC: RFC 9309 §2.3.1: without the file all is allowed, with a server that fails nothing is.
    fn read_robots(&mut self, url: &Url) -> Robots {
        match self.follow(url, ROBOTS) {
            Ok((_, answer)) if answer.status.is_success() => Robots::parse(&answer.body, AGENT),
            Ok((_, answer)) if answer.status.is_client_error() => Robots::from_access(AccessResult::Unavailable, AGENT),
            other => {
                let problem =
                    other.map_or_else(|error| error.to_string(), |(_, answer)| format!("answered {}", answer.status));
                self.failed.push((url.clone(), format!("{problem}; without it nothing is read")));
                Robots::from_access(AccessResult::Unreachable, AGENT)
            }
        }
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        self.robots.is_allowed(&target)
    }

    fn add(&mut self, url: Url) {
        let url = links::without_fragment(url);
        if self.waiting.len() < WAITING && url.origin() == self.origin && self.known.insert(url.clone()) {
            self.waiting.push_back(url);
        }
    }

    /// How many addresses are known and have not been asked for.
    pub(super) fn left(&self) -> usize {
        self.waiting.len()
    }

    /// The next page; `None`: there is none left.
    pub(super) fn next(&mut self) -> Option<Fetched> {
        while let Some(url) = self.waiting.pop_front() {
            if !self.is_allowed(&url) {
                self.disallowed += 1;
                continue;
            }
            match self.follow(&url, PAGE).map_err(|error| error.to_string()).and_then(page) {
                Ok(page) if self.known.contains(&page.url) && page.url != url => {}
                Ok(page) => {
                    self.known.insert(page.url.clone());
                    links::of(&page.url, &page.html).into_iter().for_each(|link| self.add(link));
                    return Some(page);
                }
                Err(problem) => self.failed.push((url, problem)),
            }
        }
        None
    }

    /// Asks, and follows redirects within the origin.
    fn follow(&mut self, url: &Url, most: usize) -> Result<(Url, Answer), CliError> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            if std::mem::replace(&mut self.has_asked, true) {
                std::thread::sleep(self.pause);
            }
            let answer = ask(&Ask { url: &url, at: None, fields: &[("User-Agent", &self.agent)], most })?;
            let location = answer.headers.get(header::LOCATION).filter(|_| answer.status.is_redirection());
            let Some(to) = location.and_then(|to| url.join(to.to_str().ok()?).ok()) else { return Ok((url, answer)) };
            if to.origin() != self.origin {
                return Err(format!("redirects to {}, which is not asked", to.origin().ascii_serialization()).into());
            }
            url = links::without_fragment(to);
            if !self.is_allowed(&url) {
                return Err("redirects to where robots.txt keeps us from".into());
            }
        }
        Err("redirects too often".into())
    }
}

/// The answer as a page, if it is one.
fn page((url, answer): (Url, Answer)) -> Result<Fetched, String> {
    if !answer.status.is_success() {
        return Err(format!("answered {}", answer.status));
    }
    let kind = answer.headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with(b"text/html") {
        return Err("is no HTML page".to_owned());
    }
    let name = |field: &http::HeaderValue| {
        field.as_bytes().split(|b| matches!(b, b'=' | b';')).next().unwrap_or_default().trim_ascii().to_vec()
    };
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter().map(name).collect();
    Ok(Fetched { url, html: answer.body, cookies })
}
