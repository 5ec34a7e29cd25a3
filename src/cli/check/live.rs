//! `consentry check --live URL`: is a site installed right? The page is asked for as a visitor gets it who has never been there, and held
//! against the rules: whether our scripts stand in it and can be had, what tags wait, and that none is alive.

use crate::cli::CliError;
use crate::cli::fetch::{Answer, Ask, MOST, get as ask};
use crate::consent::{CategorySet, Consent, Deciseconds, Source};
use crate::explain;
use crate::policy::{Base, RuleSet, Site, Verdict};
use crate::rewrite::{Finding, Page};
use http::{StatusCode, header};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What was looked for, in this order: whether it is well, and what it is.
    pub(crate) notes: Vec<(bool, String)>,
    /// Where the page redirects to.
    pub(crate) moved: Option<Url>,
}

impl Found {
    pub(super) fn note(&mut self, good: bool, text: impl Into<String>) -> bool {
        self.notes.push((good, text.into()));
        good
    }

    /// Whether all is well.
    pub(crate) fn is_good(&self) -> bool {
        self.notes.iter().all(|(good, _)| *good)
    }
}

/// Asks for the page and for what it refers to of ours: five requests at most. Whether all is well; the report goes to `out`.
pub(super) fn check(url: &Url, directory: &Path, out: &mut impl Write) -> Result<bool, CliError> {
    // Without rules of one's own those that are built in are what a gateway by flags alone has.
    let rules = if directory.exists() { RuleSet::load(directory) } else { RuleSet::embedded() };
    let rules = rules.map_err(|errors| errors.to_string())?;
    let host = url.host_str().unwrap_or_default();
    let site = rules.site(host).ok_or_else(|| format!("no site of these rules answers for {host}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(look(url, site, MOST))?;
    report(url, site, &found, out)?;
    Ok(found.is_good())
}

fn report(url: &Url, site: &Site, found: &Found, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{url}, site {}", site.name)?;
    for (good, text) in &found.notes {
        writeln!(out, "  {} {text}", if *good { "✔" } else { "✘" })?;
    }
    let wrong = found.notes.iter().filter(|(good, _)| !good).count();
    match wrong {
        0 => writeln!(out, "✔ installed: nothing leaks"),
        _ => writeln!(out, "✘ {wrong} of {} checks failed", found.notes.len()),
    }
}

/// Looks at a page of the site: five requests at most, of each `most` bytes of the answer, coded and decoded. Each step has an end, all of
/// them together have none: that is the caller's.
pub(crate) async fn look(url: &Url, site: &Arc<Site>, most: usize) -> Result<Found, CliError> {
    let mut found = Found::default();
    let answer = get(url, most).await?;
    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if answer.status.is_redirection() {
        let to = answer.headers.get(header::LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
        let to = to.unwrap_or_default();
        found.note(false, format!("the page redirects to {to}; ask for that"));
        found.moved = url.join(&to).ok();
        return Ok(found);
    }
    let is_page = answer.status == StatusCode::OK && kind.starts_with("text/html");
    if !found.note(is_page, format!("the page answers {} with {kind}", answer.status.as_u16())) {
        return Ok(found);
    }
    let html = String::from_utf8_lossy(&answer.body);
    let guard = snippet(&html, (url, site, most), &mut found).await;
    let consent = Arc::new(said((url, site, most), guard, &mut found).await);
    // The parser's work is not for the thread that others' answers wait for.
    let (url, site) = (url.clone(), Arc::clone(site));
    tokio::task::spawn_blocking(move || {
        tags(&url, &site, &consent, &answer.body, &mut found)?;
        super::pasted::look(&without_ours(&answer.body), &site, &mut found);
        fields(&answer, &site, &consent, &mut found);
        Ok(found)
    })
    .await?
}

async fn get(url: &Url, most: usize) -> Result<Answer, CliError> {
    ask(&Ask { url, at: None, fields: &[], most }).await.map_err(|error| format!("{url}: {error}").into())
}

/// The page, whose it is, and how many bytes of an answer are read.
type Asked<'a> = (&'a Url, &'a Arc<Site>, usize);

/// Looks for our scripts, and whether they can be had. The guard's attributes, where it is.
async fn snippet<'h>(html: &'h str, (url, site, most): Asked<'_>, found: &mut Found) -> Option<&'h str> {
    let first = html.find("<script").and_then(|at| html.get(at..)).unwrap_or_default();
    let is_guard = |tag: &str| tag.starts_with("<script id=\"consentry-guard\"");
    let Some(at) = html.find("<script id=\"consentry-guard\"") else {
        let by_hand = html.find(&format!("{}widget.js", site.prefix));
        let text = match by_hand {
            Some(_) => "the widget was pasted by hand: there is no guard, and what scripts insert is not judged",
            None => "no guard: the page did not come through the gateway, or `inject = false` leaves it out",
        };
        found.note(by_hand.is_some() && !site.inject, text);
        return None;
    };
    let first_is_ours = is_guard(first);
    found.note(
        first_is_ours,
        if first_is_ours { "the guard is the first script" } else { "scripts stand before the guard" },
    );
    let tag = html.get(at..).and_then(|rest| rest.split('>').next()).unwrap_or_default();
    let rules = attribute(tag, "data-rules").unwrap_or_default();
    let scripts = html.split(" src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let door = scripts.into_iter().find(|path| {
        let own = path.strip_prefix(&*site.prefix).and_then(|path| path.strip_prefix("a/"));
        own.is_some_and(|name| name.starts_with("door.") || name.starts_with("bridge."))
    });
    found.note(
        door.is_some(),
        if door.is_some() { "the widget's script stands behind it" } else { "no script of the widget" },
    );
    for path in [door.unwrap_or_default(), rules].into_iter().filter(|path| !path.is_empty()) {
        let answered = below(url, path, most).await;
        let good = answered.as_ref().is_ok_and(|answer| {
            let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            answer.status == StatusCode::OK && kind.is_some_and(|kind| kind.starts_with("text/javascript"))
        });
        let status = answered.map_or_else(|error| error.to_string(), |answer| answer.status.as_u16().to_string());
        found.note(good, format!("{path} answers {status}"));
    }
    Some(tag)
}

/// What is at a path of the page's own host: what a page says must not lead elsewhere.
async fn below(url: &Url, path: &str, most: usize) -> Result<Answer, CliError> {
    let to = url.join(path)?;
    if to.origin() != url.origin() {
        return Err(format!("{path}: leads elsewhere").into());
    }
    get(&to, most).await
}

fn attribute<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// What a visitor is granted who has said nothing: under some laws that is not nothing.
async fn said((url, site, most): Asked<'_>, guard: Option<&str>, found: &mut Found) -> Consent {
    let nothing = Consent::default();
    if guard.is_none() {
        return nothing;
    }
    let path = format!("{}state", site.prefix);
    let state = below(url, &path, most).await;
    let state = state.ok().and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
    let Some(granted) = state.as_ref().and_then(|state| state.get("granted")?.as_array()) else {
        found.note(false, format!("{path} does not say what a visitor is granted"));
        return nothing;
    };
    let names: Vec<&str> = granted.iter().filter_map(Value::as_str).collect();
    let text = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    found.note(true, format!("a visitor who has said nothing is granted {text}"));
    let granted: CategorySet = names.iter().filter_map(|name| Some(site.category_named(name)?.number)).collect();
    Consent { source: Source::Own, granted, updated: Some(Deciseconds::now()), ..nothing }
}

/// What is neutral as it came is what waits; what would have to be made so is a leak.
fn tags(url: &Url, site: &Arc<Site>, consent: &Arc<Consent>, html: &[u8], found: &mut Found) -> Result<(), CliError> {
    let page = Page {
        site: Arc::clone(site),
        consent: Arc::clone(consent),
        base: Base::document(url.scheme(), url.host_str().unwrap_or_default(), url.path()),
        snippet: None,
        ours: None,
        charset: None,
        trace: true,
    };
    let html = without_ours(html);
    let (rewritten, report) = explain::judge(page, html.as_bytes())?;
    let mut leaks = 0;
    for finding in report.findings.iter().filter(|finding| finding.verdict == Verdict::Neutralise) {
        if !is_neutral(finding, html.as_bytes()) {
            leaks += 1;
            found.note(false, format!("line {}: a {} of {} is alive", finding.line, finding.tag, finding.mark));
        }
    }
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    for rest in html.split(" data-consentry=").skip(1) {
        let mark = rest.trim_start_matches('"').split(['"', ' ', '>']).next().unwrap_or_default();
        *waiting.entry(mark).or_default() += 1;
    }
    let all: Vec<String> = waiting.iter().map(|(mark, count)| format!("{mark} ({count})")).collect();
    let text = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    found.note(true, format!("tags that wait for consent: {text}"));
    if leaks == 0 {
        let same = rewritten == html.as_bytes();
        found.note(
            same,
            if same {
                "no tag is alive without consent"
            } else {
                "the gateway would change this page again: something in it is alive"
            },
        );
    }
    Ok(())
}

/// The page without the text of our inline scripts, which name others' globals; every line stays where it is.
fn without_ours(html: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(html).into_owned();
    for start in ["<script id=\"consentry-guard\"", "<script id=\"consentry-signals\""] {
        let Some(at) = text.find(start) else { continue };
        let rest = text.get(at..).unwrap_or_default();
        let (Some(begin), Some(end)) = (rest.find('>'), rest.find("</script")) else { continue };
        let lines = rest.get(begin + 1..end).unwrap_or_default().matches('\n').count();
        text.replace_range(at + begin + 1..at + end, &"\n".repeat(lines));
    }
    text
}

fn is_neutral(finding: &Finding, html: &[u8]) -> bool {
    let tag = html.get(finding.offset..).unwrap_or_default();
    let end = memchr::memchr(b'>', tag).unwrap_or(tag.len());
    memchr::memmem::find(tag.get(..end).unwrap_or_default(), b"data-consentry=").is_some()
}

/// Cookies that came with the page, and whether somebody between may keep it.
fn fields(answer: &Answer, site: &Site, consent: &Consent, found: &mut Found) {
    let names = answer
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.as_bytes().split(|b| *b == b'=').next());
    let against: Vec<String> = names
        .filter(|name| site.judge_cookie(name.trim_ascii(), consent).blocks())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let text = if against.is_empty() {
        "no cookie without consent".to_owned()
    } else {
        format!("cookies without consent: {}", against.join(", "))
    };
    found.note(against.is_empty(), text);
    let control = answer.headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_own = ["private", "no-store"].iter().any(|word| control.contains(word));
    let is_shared = site.delivery == crate::policy::Delivery::Uniform;
    found.note(is_own || is_shared, format!("kept by nobody else: Cache-Control is {control:?}"));
}
