//! `consentry check --live` from the operator's pages, and what it found the last time. Only the site's own addresses are asked for,
//! those that the configuration or the rules name; a page that redirects is followed within the site.

use crate::cli::CliError;
use crate::cli::check::live::{Found, look};
use crate::collect::proof::Stamp;
use crate::config::Config;
use crate::consent::Deciseconds;
use crate::policy::Site;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

/// How long all of a check may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most bytes of one answer, coded and decoded.
const MOST: usize = 8 << 20;

/// The most checks at a time.
const AT_ONCE: usize = 2;

/// The most redirects that are followed.
const REDIRECTS: usize = 3;

/// The most addresses of a site that are offered, and lines of a result that are kept, and characters of one.
const ADDRESSES: usize = 100;
const LINES: usize = 100;
const LINE: usize = 400;

/// What the checks of each site found the last time; one for each site that the rules have or had.
#[derive(Debug)]
pub(super) struct LiveChecks {
    free: Semaphore,
    last: Mutex<BTreeMap<String, Arc<Checked>>>,
}

/// One check.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) at: Stamp,
    /// The page that was looked at.
    pub(super) url: String,
    pub(super) is_good: bool,
    pub(super) notes: Vec<(bool, String)>,
}

impl Checked {
    /// How many of what was looked for are wrong.
    pub(super) fn wrong(&self) -> usize {
        self.notes.iter().filter(|(good, _)| !good).count()
    }

    /// In a few words, for the audit log.
    pub(super) fn verdict(&self) -> String {
        if self.is_good { "installed".to_owned() } else { format!("{} checks failed", self.wrong()) }
    }
}

impl Default for LiveChecks {
    fn default() -> Self {
        Self { free: Semaphore::new(AT_ONCE), last: Mutex::default() }
    }
}

impl LiveChecks {
    /// The last one of a site.
    pub(super) fn last(&self, site: &str) -> Option<Arc<Checked>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).get(site).cloned()
    }

    /// Checks one of the addresses of [`addresses`]; `None` while as many run as may. Ends within [`PATIENCE`].
    pub(super) async fn run(&self, site: &Arc<Site>, url: &Url) -> Option<Arc<Checked>> {
        let _permit = self.free.try_acquire().ok()?;
        let mut at = url.clone();
        let found = match tokio::time::timeout(PATIENCE, follow(site, &mut at)).await {
            Ok(found) => found.unwrap_or_else(|error| failed(error.to_string())),
            Err(_) => failed(format!("{at}: there was no whole answer within {} seconds", PATIENCE.as_secs())),
        };
        let is_good = found.is_good();
        let notes = found.notes.into_iter().take(LINES).map(|(good, text)| (good, text.chars().take(LINE).collect()));
        let checked = Checked { at: Stamp(Deciseconds::now()), url: at.into(), is_good, notes: notes.collect() };
        let checked = Arc::new(checked);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(site.name.clone(), Arc::clone(&checked));
        Some(checked)
    }
}

fn failed(why: String) -> Found {
    Found { notes: vec![(false, why)], moved: None }
}

async fn follow(site: &Arc<Site>, at: &mut Url) -> Result<Found, CliError> {
    for _ in 0..REDIRECTS {
        let found = look(at, site, MOST).await?;
        match &found.moved {
            Some(to) if is_within(site, at, to) => *at = to.clone(),
            _ => return Ok(found),
        }
    }
    look(at, site, MOST).await
}

/// Whether a redirect stays with what the rules name, on the same port or the scheme's own. `*` names nothing.
fn is_within(site: &Site, from: &Url, to: &Url) -> bool {
    let Some(host) = to.host_str() else { return false };
    let is_named = |named: &String| {
        let below = named.strip_prefix('*').filter(|rest| rest.starts_with('.'));
        named == host || below.is_some_and(|rest| host.ends_with(rest))
    };
    let is_port = to.port().is_none() || to.port() == from.port();
    let is_plain = to.username().is_empty() && to.password().is_none() && matches!(to.scheme(), "http" | "https");
    is_plain && is_port && (from.host_str() == Some(host) || site.hosts.iter().any(is_named))
}

/// What may be asked for: the site's `live_check`, else the first page of each host of the rules that is no pattern.
pub(super) fn addresses(config: &Config, site: &Site) -> Vec<Url> {
    if let Some(url) = config.sites.get(&site.name).and_then(|settings| settings.live_check.as_ref()) {
        return vec![url.clone()];
    }
    let scheme = config.scheme_of(&site.name).as_str();
    let hosts = site.hosts.iter().filter(|host| !host.contains('*'));
    hosts.filter_map(|host| Url::parse(&format!("{scheme}://{host}/")).ok()).take(ADDRESSES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};

    fn site(hosts: &str) -> Arc<Site> {
        let file = RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [{hosts}]\n"));
        Arc::clone(&RuleSet::from_files(&[file]).unwrap().sites()[0])
    }

    #[test]
    fn only_what_the_rules_or_the_configuration_name_is_asked_for() {
        let mut config = Config::from_flags("127.0.0.1:0".parse().unwrap(), Url::parse("http://127.0.0.1:1").unwrap());
        let shop = site("\"shop.example\", \"*.shop.example\", \"www.shop.example\", \"*\"");
        let all = |config: &Config| addresses(config, &shop).iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(all(&config), ["http://shop.example/", "http://www.shop.example/"]);
        assert!(addresses(&config, &site("\"*\"")).is_empty());
        let url = Url::parse("https://shop.example:8443/en/").unwrap();
        config.sites.entry("shop".to_owned()).or_default().live_check = Some(url);
        assert_eq!(all(&config), ["https://shop.example:8443/en/"]);
    }

    #[test]
    fn a_redirect_is_followed_within_the_site_alone() {
        let from = Url::parse("http://shop.example:81/").unwrap();
        let within = |site: &Site, to: &str| is_within(site, &from, &from.join(to).unwrap());
        let (shop, all) = (site("\"shop.example\", \"*.shop.example\""), site("\"*\""));
        for to in ["/en/", "https://shop.example/", "http://www.shop.example:81/"] {
            assert!(within(&shop, to), "{to}");
        }
        for to in [
            "http://169.254.169.254/latest/",
            "http://shop.example:22/",
            "http://shop.example.evil.example/",
            "http://notshop.example/",
            "file:///etc/passwd",
            "http://me@shop.example/",
        ] {
            assert!(!within(&shop, to), "{to}");
        }
        assert!(within(&all, "/en/") && !within(&all, "http://127.0.0.1/"), "a star names nobody");
    }
}
