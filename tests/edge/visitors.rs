//! Who comes through the cache, and what each of them must get.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use std::collections::BTreeMap;

/// Statistics.
pub const GTAG: &str = "https://www.googletagmanager.com/gtag/js?id=G-0000000";
/// Marketing; statistics after the rules changed.
pub const PIXEL: &str = "https://connect.facebook.net/en_US/fbevents.js";

/// The rules at first.
pub const BEFORE: &str = "format = 1\nhosts = [\"test.example\"]\n[edge]\nshared = true\nmax_age_seconds = 2\n\
                          private_cookies = [\"in_*\"]\n";
/// And after the change.
pub const AFTER: &str = "format = 1\nhosts = [\"test.example\"]\n[edge]\nshared = true\nmax_age_seconds = 2\n\
                         private_cookies = [\"in_*\"]\n\
                         [[override]]\nservice = \"meta-pixel\"\ncategory = \"statistics\"\n";

/// Which of the two tags are live: statistics', marketing's.
pub type Live = (bool, bool);

/// Which are live in a page.
pub fn live(html: &str) -> Live {
    let is_live = |url: &str| html.contains(&format!(" src=\"{url}\""));
    (is_live(GTAG), is_live(PIXEL))
}

/// A visitor with a cookie jar of his own.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub name: &'static str,
    /// Cookies by name; duplicates come behind.
    pub jar: BTreeMap<String, String>,
    pub more_cookies: String,
    pub fields: Vec<&'static str>,
    /// What is right before the rules change, and after it.
    pub right: [Live; 2],
    /// What he may get besides, since he says himself that he is somebody else.
    pub claimed: Option<[Live; 2]>,
    /// Whether pages for him are ever kept.
    pub shares: bool,
    pub navigates: bool,
}

impl Visitor {
    fn new(name: &'static str, cookies: &str, fields: &[&'static str], before: Live, after: Live) -> Self {
        let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        let jar = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let fields = fields.to_vec();
        let right = [before, after];
        Self { name, jar, more_cookies: String::new(), fields, right, claimed: None, shares: true, navigates: true }
    }

    fn alone(mut self) -> Self {
        self.shares = false;
        self
    }

    fn more(mut self, cookies: &str) -> Self {
        cookies.clone_into(&mut self.more_cookies);
        self.alone()
    }

    /// The fields of a request of this visitor's for a page.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.fields.iter().map(|line| (*line).to_owned()).collect();
        if self.navigates {
            lines.push("Accept: text/html,application/xhtml+xml,*/*;q=0.8".to_owned());
        }
        let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = [pairs.join("; "), self.more_cookies.clone()];
        let cookies: Vec<String> = cookies.into_iter().filter(|part| !part.is_empty()).collect();
        if !cookies.is_empty() {
            lines.push(format!("Cookie: {}", cookies.join("; ")));
        }
        lines
    }

    /// Keeps what a response sets.
    pub fn keep(&mut self, set_cookie: &[String]) {
        for field in set_cookie {
            let (name, value) = field.split(';').next().unwrap().split_once('=').unwrap();
            if field.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

const NAVIGATES: [&str; 2] = ["Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [&NAVIGATES, more].concat()
}

/// Answers at the gateway; the cookies.
pub fn answered(gateway: &Gateway, categories: &str, services: &str) -> String {
    let body = format!(
        "{{\"categories\":{{{categories}}},\"services\":{{{services}}},\"layer\":\"second\",\"button\":\"save\"}}"
    );
    let length = format!("Content-Length: {}", body.len());
    let fields = ["Origin: http://test.example", "Content-Type: application/json", &length];
    let mut client = gateway.client();
    client.send([request("POST", "/_c/consent", &fields), body.into_bytes()].concat());
    let answer = client.answer("POST").whole();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let pairs = answer.head.fields.all("set-cookie");
    pairs.iter().map(|pair| pair.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

const ALL: &str = "\"preferences\":true,\"statistics\":true,\"marketing\":true";
const NONE: &str = "\"preferences\":false,\"statistics\":false,\"marketing\":false";
const SOME: &str = "\"preferences\":false,\"statistics\":true,\"marketing\":false";

/// Everybody.
pub fn everybody(gateway: &Gateway) -> Vec<Visitor> {
    let answer = |categories: &str| answered(gateway, categories, "");
    let (yes, no, some) = (answer(ALL), answer(NONE), answer(SOME));
    let consent = |cookies: &str| cookies.split("; ").next().unwrap().to_owned();
    let companion = |cookies: &str| cookies.split("; ").nth(1).unwrap().to_owned();
    let france = with(&["X-Country: FR"]);
    let california = with(&["X-Country: US", "X-State: CA"]);
    let (both, neither, first) = ((true, true), (false, false), (true, false));
    let of = Visitor::new;
    let mut all = vec![
        of("accepts", &answer(ALL), &france, both, both),
        of("accepts too, elsewhere", &answer(ALL), &with(&["X-Country: US-NY"]), both, both),
        of("accepts, with the signal", &yes, &with(&["X-Country: FR", "Sec-GPC: 1"]), both, both),
        of("refuses", &no, &france, neither, neither),
        of("refuses in California", &answer(NONE), &california, neither, neither),
        of("chooses", &some, &france, first, both),
        of("chooses in California", &answer(SOME), &california, first, both),
        of("silent", "", &france, neither, neither),
        of("silent, with a session", "sid=1", &france, neither, neither),
        of("silent in California", "", &california, both, both),
        of("silent in California, with the signal", "", &with(&["X-Country: US-CA", "Sec-GPC: 1"]), first, both),
        of("a bot", "", &["User-Agent: Googlebot/2.1", "Accept: */*"], neither, neither),
        of(
            "in a frame",
            &no,
            &["Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate", "X-Country: FR"],
            neither,
            neither,
        ),
        of("prefetches", &yes, &with(&["X-Country: FR", "Sec-Purpose: prefetch;prerender"]), both, both),
        // Their own pages.
        of("all but one service", &answered(gateway, ALL, "\"meta-pixel\":false"), &france, first, first).alone(),
        of("one service more", &answered(gateway, SOME, "\"meta-pixel\":true"), &france, both, both).alone(),
        of("logged in", &yes, &with(&["X-Country: FR", "Authorization: Basic eDp5"]), both, both).alone(),
        of("known to the site", &format!("{no}; in_7=1"), &france, neither, neither).alone(),
        of("a fragment", &yes, &["Sec-Fetch-Dest: empty", "HX-Request: true", "X-Country: FR"], both, both).alone(),
        // Whose cookies do not fit each other.
        of("a companion alone", &companion(&yes), &france, neither, neither).alone(),
        of("a consent cookie alone", &consent(&no), &california, neither, neither).alone(),
        of("a forged consent cookie", &format!("euconsent=x; {}", companion(&yes)), &france, neither, neither).alone(),
        of("an unknown version", &format!("{}; euconsent_v=e.0.00000000", consent(&no)), &france, neither, neither)
            .alone(),
        of("no token", &format!("{}; euconsent_v=<x>", consent(&no)), &france, neither, neither).alone(),
        // The cache reads one of the two, the gateway believes neither.
        of("in two places", "", &with(&["X-Country: US-CA", "X-Country: FR"]), neither, neither).alone(),
        of("two companions", &no, &france, neither, neither).more(&companion(&yes)),
        of("two answers", &no, &france, neither, neither).more(&consent(&no)),
        of("says a key himself", &no, &with(&["X-Country: FR", "Consentry-Variant: -~opt-out"]), neither, neither),
    ];
    all.iter_mut().find(|visitor| visitor.name == "a bot").unwrap().navigates = false;
    // Who has an accepting token beside a consent cookie that does not say so gets what the token says, in Varnish's and
    // nginx' words; nobody else's page is touched by it.
    let mut liar = of("another's companion", &consent(&no), &france, neither, neither).alone();
    liar.keep(&[companion(&yes)]);
    all.push(liar);
    for visitor in
        all.iter_mut().filter(|v| ["another's companion", "a forged consent cookie", "in two places"].contains(&v.name))
    {
        visitor.claimed = Some([both, both]);
    }
    all
}
