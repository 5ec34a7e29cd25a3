//! Check 12: everybody at once, in random order, through one cache.

use crate::cache::{Cache, Kind};
use crate::common::eventually;
use crate::common::h1::Client;
use crate::common::message::Answer;
use crate::common::origin::{Origin, head, response};
use crate::visitors::{AFTER, BEFORE, GTAG, Live, PIXEL, Visitor, everybody, live};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

const REQUESTS: usize = 10_000;
const CLIENTS: usize = 4;

/// What is shared, and what the origin keeps to itself.
const SHARED: [&str; 7] = ["/p/1", "/p/2", "/p/3", "/p/4?a=b", "/p/5", "/short/1", "/missing"];
const CLOSED: [&str; 3] = ["/private", "/vary", "/cookie"];

pub fn page() -> String {
    let script = |url: &str| format!("<script async src=\"{url}\"></script>");
    let (gtag, pixel) = (script(GTAG), script(PIXEL));
    format!(
        "<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{gtag}{pixel}<p>End.</p></body></html>"
    )
}

/// A site whose pages say themselves who may keep them.
pub fn origin() -> Origin {
    let page = page();
    Origin::answering(move |request| {
        let path = request.target.split(['/', '?']).nth(1).unwrap();
        let cache = match path {
            "p" => "Cache-Control: public, max-age=3600",
            "short" => "Cache-Control: public, max-age=1",
            "missing" => "Cache-Control: public, max-age=60",
            "private" => "Cache-Control: private, max-age=60",
            "vary" => "Cache-Control: public, max-age=60\r\nVary: Cookie",
            "cookie" => "Cache-Control: public, max-age=60\r\nSet-Cookie: seen=1",
            "broken" => "Cache-Control: public, max-age=60",
            _ => "Cache-Control: public, max-age=60\r\nX-Kind: file",
        };
        let tag = "ETag: \"v1\"";
        if request.fields.get("if-none-match").is_some_and(|tags| tags.contains("\"v1\"")) {
            return head("304 Not Modified", &[cache, tag]);
        }
        let kind = if path == "file.css" { "Content-Type: text/css" } else { "Content-Type: text/html; charset=utf-8" };
        let status = match path {
            "missing" => "404 Not Found",
            "broken" => "503 Service Unavailable",
            _ => "200 OK",
        };
        let body = if path == "file.css" { b"a{}".as_slice() } else { page.as_bytes() };
        if path == "p" && request.fields.get("accept-encoding").is_some_and(|codings| codings.contains("gzip")) {
            let coded = ["Content-Encoding: gzip", "Vary: Accept-Encoding"];
            return response(
                request,
                status,
                &[&[kind, cache, tag][..], &coded].concat(),
                &crate::common::coded::gzip(body),
            );
        }
        response(request, status, &[kind, cache, tag], body)
    })
}

/// The same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// What entity tags turned out to be, by whoever got the page.
type Tags = Mutex<HashMap<String, Live>>;

/// Which pages are right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    Before,
    Either,
    After,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    asked: usize,
    hits: usize,
}

struct Crowd<'c> {
    cache: &'c Cache,
    tags: Tags,
    rules: Rules,
}

impl Crowd<'_> {
    /// So many requests by these visitors, each over one of a few connections; requests and hits for pages that may be kept.
    fn run(&self, visitors: &Mutex<Vec<Visitor>>, requests: usize, seed: u64) -> Tally {
        let tallies: Vec<Tally> = std::thread::scope(|scope| {
            let run = |number: usize| {
                let seed = seed + u64::try_from(number).unwrap();
                scope.spawn(move || self.client(visitors, requests / CLIENTS, seed))
            };
            let running: Vec<_> = (0..CLIENTS).map(run).collect();
            running.into_iter().map(|client| client.join().unwrap()).collect()
        });
        tallies
            .into_iter()
            .fold(Tally::default(), |sum, one| Tally { asked: sum.asked + one.asked, hits: sum.hits + one.hits })
    }

    fn client(&self, visitors: &Mutex<Vec<Visitor>>, requests: usize, seed: u64) -> Tally {
        let mut numbers = Numbers(seed);
        let mut client = self.cache.client();
        let mut tally = Tally::default();
        for _ in 0..requests {
            let (at, visitor) = {
                let all = visitors.lock().unwrap();
                let at = numbers.below(all.len());
                (at, all[at].clone())
            };
            let target = if numbers.below(8) == 0 { CLOSED[numbers.below(3)] } else { SHARED[numbers.below(7)] };
            let answer = self.ask(&mut client, &mut numbers, &visitor, target);
            let hit = answer.get("x-cache").as_deref() == Some("HIT");
            let is_kept = visitor.shares && SHARED.contains(&target);
            assert!(
                !hit || is_kept || visitor.claimed.is_some(),
                "{} got {target} from the cache: {:?}",
                visitor.name,
                answer.head
            );
            tally.asked += usize::from(is_kept);
            tally.hits += usize::from(hit && is_kept);
            let set: Vec<String> = answer.head.fields.all("set-cookie");
            assert!(!hit || set.is_empty(), "{} got another's cookies: {set:?}", visitor.name);
            if visitor.shares {
                visitors.lock().unwrap()[at]
                    .keep(&set.into_iter().filter(|c| c.starts_with("euconsent_v=")).collect::<Vec<_>>());
            }
        }
        tally
    }

    /// One request in one of many forms; its answer, which is right.
    fn ask(&self, client: &mut Client, numbers: &mut Numbers, visitor: &Visitor, target: &str) -> Answer {
        let mut lines = visitor.lines();
        let mut method = "GET";
        match numbers.below(20) {
            0 => method = "HEAD",
            1 | 2 => lines.extend(self.some_tag(numbers).map(|tag| format!("If-None-Match: {tag}"))),
            3 => lines.push("Range: bytes=10-".to_owned()),
            4 => lines.extend(["Range: bytes=0-99".to_owned(), "If-Range: \"v1\"".to_owned()]),
            5 => lines.push("If-Modified-Since: Sat, 21 Mar 2026 10:00:00 GMT".to_owned()),
            6 => lines.push("Sec-Purpose: prefetch".to_owned()),
            7 => lines.push("Accept-Encoding: gzip".to_owned()),
            _ => {}
        }
        let fields: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = client.ask(method, target, &fields).whole();
        self.check(method, target, visitor, &lines, &answer);
        answer
    }

    fn some_tag(&self, numbers: &mut Numbers) -> Option<String> {
        let tags = self.tags.lock().unwrap();
        let mut all: Vec<&String> = tags.keys().collect();
        all.sort();
        (!all.is_empty()).then(|| all[numbers.below(all.len())].clone())
    }

    fn allowed(&self, visitor: &Visitor) -> Vec<Live> {
        let of = |[before, after]: [Live; 2]| match self.rules {
            Rules::Before => vec![before],
            Rules::Either => vec![before, after],
            Rules::After => vec![after],
        };
        [of(visitor.right), visitor.claimed.map(of).unwrap_or_default()].concat()
    }

    fn check(&self, method: &str, target: &str, visitor: &Visitor, lines: &[String], answer: &Answer) {
        let about =
            || format!("{method} {target} by {}: {lines:?}\n{:?}\n{}", visitor.name, answer.head, answer.text());
        let expected = if target == "/missing" { 404 } else { 200 };
        assert!(answer.status() == expected || answer.status() == 304, "{}", about());
        let cache = answer.get("cache-control").unwrap_or_default();
        assert!(cache.starts_with("private, no-cache"), "a browser would keep it: {}", about());
        for name in ["cdn-cache-control", "surrogate-control", "x-accel-expires", "consentry-variant", "last-modified"]
        {
            assert!(!answer.head.fields.has(name), "{name}: {}", about());
        }
        let allowed = self.allowed(visitor);
        let tag = answer.get("etag");
        if answer.status() == 304 {
            let asked =
                lines.iter().find_map(|line| line.strip_prefix("If-None-Match: ")).expect("a 304 to no question");
            let known = self.tags.lock().unwrap()[asked];
            assert!(allowed.contains(&known), "a 304 for another's page {known:?}: {}", about());
        } else if method == "GET" {
            let html = match answer.get("content-encoding").as_deref() {
                Some("gzip") => String::from_utf8(crate::common::coded::gunzip(&answer.body)).unwrap(),
                _ => answer.text(),
            };
            let got = live(&html);
            assert!(html.ends_with("<p>End.</p></body></html>"), "not whole: {}", about());
            assert!(allowed.contains(&got), "another's page, {got:?} and not {allowed:?}: {}", about());
            if let Some(tag) = tag {
                let known = *self.tags.lock().unwrap().entry(tag).or_insert(got);
                assert_eq!(known, got, "one entity tag for two pages: {}", about());
            }
        } else if let Some(known) = tag.and_then(|tag| self.tags.lock().unwrap().get(&tag).copied()) {
            assert!(allowed.contains(&known), "the head of another's page {known:?}: {}", about());
        }
    }
}

/// Everybody through one cache: before, while and after the rules change.
fn crowd(kind: Kind) {
    let Some(cache) = Cache::before(kind, origin(), BEFORE) else { return };
    let visitors = Mutex::new(everybody(&cache.gateway));
    let mut crowd = Crowd { cache: &cache, tags: Tags::default(), rules: Rules::Before };
    let first = crowd.run(&visitors, REQUESTS * 45 / 100, 1);
    let asked = cache.origin.seen().len();

    crowd.rules = Rules::Either;
    std::fs::write(cache.gateway.file("rules/sites/shop.toml"), AFTER).unwrap();
    cache.gateway.signal("HUP");
    let during = crowd.run(&visitors, REQUESTS / 10, 100);
    let chooses = visitors.lock().unwrap().iter().find(|v| v.name == "chooses").unwrap().lines();
    let fields: Vec<&str> = chooses.iter().map(String::as_str).collect();
    eventually("the new rules", || live(&cache.gateway.ask("GET", "/p/1", &fields).text()) == (true, true));
    // Older rules may be seen for as long as max_age_seconds says.
    std::thread::sleep(Duration::from_secs(3));

    crowd.rules = Rules::After;
    let last = crowd.run(&visitors, REQUESTS * 45 / 100, 200);
    for (tally, least) in [(first, 70), (during, 40), (last, 70)] {
        assert!(tally.hits * 100 >= tally.asked * least, "{kind:?}: {tally:?} is fewer than {least} in 100");
    }
    eprintln!("{kind:?}: {first:?} {during:?} {last:?}; the origin was asked {asked} times at first");
}

#[test]
fn check12_nobody_gets_anothers_page_out_of_varnish() {
    crowd(Kind::Varnish);
}

#[test]
fn check12_nobody_gets_anothers_page_out_of_nginx() {
    crowd(Kind::Nginx);
}
