//! `consentry scan URL…`: what third parties a live site's pages lead to, and a rule file to start from.
//!
//! Pages are read, nothing on them is run: what a script inserts is not seen. The running gateway sees that too
//! (`unknown = "report"`).

mod crawl;
mod found;
mod links;

use super::CliError;
use crate::policy::{RuleSet, Site, UnknownParty, draft};
use crawl::Crawl;
use found::Found;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Crawls pages of one origin, slowly and within its robots.txt. No other origin is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct ScanArgs {
    /// Where to begin: http:// or https:// addresses of one origin.
    #[arg(required = true)]
    pub urls: Vec<Url>,
    /// The most pages that are read.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub pages: u16,
    /// Milliseconds between two requests; a longer `Crawl-delay` counts.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pub delay: u64,
    /// How to reach you, for the `User-Agent`: an address of mail or of a page.
    #[arg(long)]
    pub contact: Option<String>,
    /// The directory with the rules; the built-in catalogue when left out.
    #[arg(long)]
    pub rules: Option<PathBuf>,
    /// Write a site's file to start from here; a file that is there already is never touched.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Crawls, prints, writes.
pub fn run(args: &ScanArgs) -> Result<ExitCode, CliError> {
    scan(args, &mut io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// What [`run`] does; the report goes to `out`.
pub fn scan(args: &ScanArgs, out: &mut impl Write) -> Result<(), CliError> {
    if let Some(url) = args.urls.iter().find(|url| !matches!(url.scheme(), "http" | "https")) {
        return Err(format!("{url} is not http or https").into());
    }
    if let Some(file) = args.write.as_deref().filter(|file| file.exists()) {
        return Err(format!("{} is there already: write to another file", file.display()).into());
    }
    let rules = match &args.rules {
        Some(directory) => RuleSet::load(directory),
        None => RuleSet::embedded(),
    };
    let rules = rules.map_err(|errors| errors.to_string())?;
    let host = args.urls.first().and_then(Url::host_str).unwrap_or_default();
    let site = curious(&rules, host)?;
    let mut crawl = Crawl::new(&args.urls, Duration::from_millis(args.delay), args.contact.as_deref())?;
    let mut found = Found::default();
    while found.pages < usize::from(args.pages) {
        let Some(page) = crawl.next() else { break };
        log::info!("read {}", page.url.path());
        found.add(&site, &page)?;
    }
    report(args, &crawl, &found, out)?;
    match &args.write {
        Some(file) => write(file, &draft(host, &rules, &found)),
        None => Ok(()),
    }
}

/// The site of this host, wanting to be told of whom it does not know.
fn curious(rules: &RuleSet, host: &str) -> Result<Arc<Site>, CliError> {
    let site = rules.site(host).ok_or_else(|| format!("no site of these rules answers for {host}"))?;
    let mut site = Site::clone(site);
    site.unknown = UnknownParty::Report;
    Ok(Arc::new(site))
}

fn report(args: &ScanArgs, crawl: &Crawl, found: &Found, out: &mut impl Write) -> Result<(), CliError> {
    let (disallowed, left) = (crawl.disallowed, crawl.left());
    if args.json {
        let failed = crawl.failed.iter().map(|(url, problem)| json!({ "url": url.as_str(), "problem": problem }));
        let mut told = json!({
            "format": 1,
            "pages": found.pages,
            "disallowed": disallowed,
            "left": left,
            "failed": failed.collect::<Vec<_>>(),
        });
        if let (Some(told), Some(more)) = (told.as_object_mut(), found.json().as_object()) {
            told.extend(more.clone());
        }
        writeln!(out, "{told:#}")?;
        return Ok(());
    }
    writeln!(out, "{} pages read; robots.txt keeps from {disallowed}; {left} more are known", found.pages)?;
    for (url, problem) in &crawl.failed {
        writeln!(out, "not read: {url}: {problem}")?;
    }
    found.print(out)?;
    Ok(())
}

/// A site's file that [`super::check`] accepts.
fn draft(host: &str, rules: &RuleSet, found: &Found) -> String {
    let mut text = String::from(
        "# A site to start from, by `consentry scan`. Look through it, then `consentry check`.\nformat = 1\n",
    );
    // Writing to a String does not fail.
    let _ = writeln!(text, "hosts = [{}]", draft::quoted(host));
    text.push_str(
        "# Counts first and changes nothing; take it out to enforce.\nmode = \"report\"\nunknown = \"report\"\n",
    );
    let is_numbered = |slug: &&str| rules.catalogue().iter().any(|s| s.slug == **slug && s.number.is_some());
    let shown: Vec<String> = found.slugs().filter(is_numbered).map(draft::quoted).collect();
    if !shown.is_empty() {
        let _ = writeln!(text, "shown = [{}]", shown.join(", "));
    }
    for name in found.unknown.keys() {
        let _ = write!(text, "\n{}", draft::service(name, "marketing", "choose: who decides about it"));
    }
    text
}

/// Never over another file.
fn write(file: &Path, text: &str) -> Result<(), CliError> {
    let new = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    new.and_then(|mut new| new.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", file.display()).into())
}
