//! Third parties that no rule knows, as visitors' pages lead to them, and as browsers report them where pages come with a
//! policy of ours: what rules are written from. Of pages only sites whose `unknown` is `report` or `block` are looked at. Host
//! names and folded paths alone are kept: no page, query or visitor.

use crate::policy::draft;
use crate::rewrite::{Fetches, Stranger};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// The most hosts that are kept of one site; further ones are counted together.
const HOSTS_MOST: usize = 1_000;
/// The most paths that are kept of one host; further ones are counted together.
const PATHS_MOST: usize = 16;

/// The most hosts of one site that are only known from reports, and the most paths that reports add to a host: anybody can
/// send them, and they must not take the room of what was seen.
const REPORTED_MOST: usize = 200;
/// See [`REPORTED_MOST`].
const REPORTED_PATHS_MOST: usize = 4;

/// Unknown hosts by site, since the start.
#[derive(Debug, Default)]
pub struct UnknownHosts(Mutex<BTreeMap<String, Hosts>>);

/// The unknown hosts of one site.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// By name.
    pub hosts: BTreeMap<Box<str>, Host>,
    /// References to hosts that did not fit in any more.
    pub others: u64,
}

/// One of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Host {
    /// All references in pages.
    pub seen: Seen,
    /// All reports of browsers.
    pub reported: Seen,
    /// By folded path.
    pub paths: BTreeMap<Box<str>, Seen>,
    /// References to paths that did not fit in any more.
    pub other_paths: u64,
}

/// How often, and as what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// References.
    pub count: u64,
    /// What they were fetched as.
    pub fetches: Fetches,
}

impl Seen {
    fn add(&mut self, stranger: &Stranger) {
        self.count += u64::from(stranger.count);
        self.fetches = self.fetches.union(stranger.fetches);
    }
}

impl UnknownHosts {
    /// Takes in what was found on one page. One lock, and O(log hosts) for each of a bounded number of references; nothing
    /// for a page without any.
    pub fn add(&self, site: &str, found: &[Stranger]) {
        if found.is_empty() {
            return;
        }
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match sites.get_mut(site) {
            Some(kept) => kept,
            None => sites.entry(site.to_owned()).or_default(),
        };
        found.iter().for_each(|stranger| kept.add(stranger));
    }

    /// Takes in what a browser reported. As [`UnknownHosts::add`], and O(hosts) for a host that is new.
    pub fn report(&self, site: &str, found: &[Stranger]) {
        if found.is_empty() {
            return;
        }
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = sites.entry(site.to_owned()).or_default();
        found.iter().for_each(|stranger| kept.report(stranger));
    }

    /// What was found so far, by site.
    pub fn all(&self) -> BTreeMap<String, Hosts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As JSON: sites, hosts, paths, and a rule to start from for each host.
    pub fn json(&self) -> Value {
        self.all().into_iter().map(|(site, found)| (site, found.json())).collect::<Map<_, _>>().into()
    }

    /// As text: the rules to start from, the most frequent host first, with what is known of it in comments.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (site, found) in self.all() {
            // Writing to a String does not fail.
            let _ = writeln!(text, "# site {site}: {} hosts that no rule knows", found.hosts.len());
            let mut hosts: Vec<_> = found.hosts.iter().collect();
            hosts.sort_by_key(|(_, host)| std::cmp::Reverse((host.seen.count, host.reported.count)));
            hosts.into_iter().for_each(|(name, host)| host.write(name, &mut text));
            if found.others > 0 {
                let _ = writeln!(text, "# and {} references to further hosts", found.others);
            }
        }
        if text.is_empty() { "# nothing unknown was seen\n".to_owned() } else { text }
    }
}

impl Hosts {
    fn add(&mut self, stranger: &Stranger) {
        if self.hosts.len() >= HOSTS_MOST && !self.hosts.contains_key(&stranger.host) {
            self.others += u64::from(stranger.count);
            return;
        }
        self.hosts.entry(stranger.host.clone()).or_default().add(stranger);
    }

    fn report(&mut self, stranger: &Stranger) {
        let is_new = !self.hosts.contains_key(&stranger.host);
        let only_reported = || self.hosts.values().filter(|host| host.seen.count == 0).count();
        if is_new && (self.hosts.len() >= HOSTS_MOST || only_reported() >= REPORTED_MOST) {
            self.others += u64::from(stranger.count);
            return;
        }
        self.hosts.entry(stranger.host.clone()).or_default().report(stranger);
    }

    fn json(&self) -> Value {
        let hosts: Map<_, _> = self.hosts.iter().map(|(name, host)| (name.to_string(), host.json(name))).collect();
        json!({ "hosts": hosts, "others": self.others })
    }
}

impl Host {
    fn add(&mut self, stranger: &Stranger) {
        self.seen.add(stranger);
        if self.paths.len() >= PATHS_MOST && !self.paths.contains_key(&stranger.path) {
            self.other_paths += u64::from(stranger.count);
            return;
        }
        self.paths.entry(stranger.path.clone()).or_default().add(stranger);
    }

    fn report(&mut self, stranger: &Stranger) {
        self.reported.add(stranger);
        if self.paths.len() < REPORTED_PATHS_MOST || self.paths.contains_key(&stranger.path) {
            self.paths.entry(stranger.path.clone()).or_default().add(stranger);
        } else {
            self.other_paths += u64::from(stranger.count);
        }
    }

    fn json(&self, name: &str) -> Value {
        let paths: Map<_, _> = self.paths.iter().map(|(path, seen)| (path.to_string(), seen.json())).collect();
        let mut told = self.seen.json();
        if let Value::Object(told) = &mut told {
            told.insert("reports".to_owned(), self.reported.json());
            told.insert("paths".to_owned(), paths.into());
            told.insert("otherPaths".to_owned(), self.other_paths.into());
            told.insert("rule".to_owned(), self.rule(name).into());
        }
        told
    }

    fn write(&self, name: &str, text: &mut String) {
        let Self { seen, reported, paths, other_paths } = self;
        // Writing to a String does not fail.
        let _ = writeln!(text, "\n# {} references{}", seen.count, seen.names());
        if reported.count > 0 {
            let _ = writeln!(text, "# {} reports of browsers{}", reported.count, reported.names());
        }
        for (path, seen) in paths {
            let _ = writeln!(text, "#   {path}  {}{}", seen.count, seen.names());
        }
        if *other_paths > 0 {
            let _ = writeln!(text, "#   and {other_paths} to further paths");
        }
        text.push_str(&self.rule(name));
    }

    /// A rule to start from for a host of this name.
    pub fn rule(&self, name: &str) -> String {
        draft::service(name, "marketing", CHOOSE)
    }
}

impl Seen {
    fn json(self) -> Value {
        json!({ "count": self.count, "fetchedAs": self.fetches.iter().map(|fetch| fetch.name()).collect::<Vec<_>>() })
    }

    /// ` as script, image`; nothing where nothing was seen.
    fn names(self) -> String {
        let names = self.fetches.iter().map(|fetch| fetch.name()).collect::<Vec<_>>().join(", ");
        if names.is_empty() { names } else { format!(" as {names}") }
    }
}

/// Beside the category of a rule to start from.
const CHOOSE: &str = "choose: who decides about it";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::Consent;
    use crate::policy::{Base, Fetch, RuleFile, RuleSet};
    use crate::rewrite::{Page, Rewriter};
    use std::sync::{Arc, LazyLock};

    /// What a page of a site that wants to know leads to.
    fn met(html: String) -> Vec<Stranger> {
        static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
            let text = "format = 1\nhosts = [\"shop.example\"]\nunknown = \"report\"\n";
            RuleSet::from_files(&[RuleFile::new("sites/a.toml", text)]).unwrap()
        });
        let page = Page {
            site: Arc::clone(&RULES.sites()[0]),
            consent: Arc::new(Consent::default()),
            base: Base::document("https", "shop.example", "/"),
            snippet: None,
            ours: None,
            charset: None,
            trace: false,
        };
        let mut rewriter = Rewriter::new(page);
        rewriter.write(html.into()).unwrap();
        rewriter.finish().unwrap();
        rewriter.report().unknown.clone()
    }

    fn images(range: std::ops::Range<usize>, url: impl Fn(usize) -> String) -> Vec<Stranger> {
        range.flat_map(|n| met(format!("<img src={}>", url(n)))).collect()
    }

    #[test]
    fn hosts_and_paths_are_counted_by_site_and_bounded() {
        let unknown = UnknownHosts::default();
        unknown.add("shop", &[]);
        assert!(unknown.all().is_empty());
        let page = "<img src=//a.example/p/123456.gif><img src=//a.example/p/654321.gif?u=1><script src=//a.example/a.js></script>";
        unknown.add("shop", &met(page.to_owned()));
        unknown.add("blog", &met("<img src=//a.example/>".to_owned()));
        let all = unknown.json();
        let host = &all["shop"]["hosts"]["a.example"];
        assert_eq!((&host["count"], &host["fetchedAs"]), (&3.into(), &json!(["script", "image"])));
        assert_eq!(host["paths"]["/p/*.gif"], json!({ "count": 2, "fetchedAs": ["image"] }));
        assert_eq!(all["blog"]["hosts"]["a.example"]["count"], 1);
        unknown.add("shop", &images(0..PATHS_MOST + 10, |n| format!("//a.example/{}", "x".repeat(n + 1))));
        unknown.add("shop", &images(0..HOSTS_MOST + 10, |n| format!("//h{n}.example/")));
        let shop = &unknown.all()["shop"];
        assert_eq!((shop.hosts.len(), shop.others), (HOSTS_MOST, 11));
        let host = &shop.hosts["a.example"];
        assert_eq!((host.paths.len(), host.seen.count), (PATHS_MOST, 3 + u64::try_from(PATHS_MOST).unwrap() + 10));
        assert!(host.other_paths > 0);
    }

    #[test]
    fn reports_are_kept_apart_and_take_nobodys_room() {
        let unknown = UnknownHosts::default();
        unknown.report("shop", &[Stranger::new("a.example", "/a.js", Fetch::Script)]);
        let told = unknown.json();
        let host = &told["shop"]["hosts"]["a.example"];
        assert_eq!((&host["count"], &host["reports"]), (&0.into(), &json!({ "count": 1, "fetchedAs": ["script"] })));
        assert!(unknown.text().contains("# 0 references\n# 1 reports of browsers as script\n#   /a.js  1 as script\n"));
        let forged = |n| Stranger::new(&format!("h{n}.example"), "/", Fetch::Other);
        unknown.report("shop", &(0..2 * HOSTS_MOST).map(forged).collect::<Vec<_>>());
        let words = (0..26).map(|n| Stranger::new("a.example", &format!("/{}", "x".repeat(n)), Fetch::Other));
        unknown.report("shop", &words.collect::<Vec<_>>());
        let shop = &unknown.all()["shop"];
        assert_eq!((shop.hosts.len(), shop.hosts["a.example"].paths.len()), (REPORTED_MOST, REPORTED_PATHS_MOST));
        unknown.add("shop", &images(0..HOSTS_MOST, |n| format!("//seen{n}.example/")));
        let seen = unknown.all()["shop"].hosts.values().filter(|host| host.seen.count > 0).count();
        assert_eq!(seen, HOSTS_MOST - REPORTED_MOST);
    }

    #[test]
    fn the_text_is_a_rule_file_to_start_from() {
        let unknown = UnknownHosts::default();
        assert_eq!(unknown.text(), "# nothing unknown was seen\n");
        unknown.add("shop", &met("<img src=//b.example/x><img src=//a.example/1><img src=//a.example/2>".to_owned()));
        let text = unknown.text();
        assert!(text.find("a.example").unwrap() < text.find("b.example").unwrap(), "{text}");
        let file = RuleFile::new("sites/a.toml", format!("format = 1\nhosts = [\"shop.example\"]\n{text}"));
        assert!(RuleSet::from_files(&[file]).is_ok(), "{text}");
    }
}
