//! `consentry diff OLD NEW --pages …`: what a change of the rules does to recorded pages, before it is put in force.

mod changes;
mod pages;

use super::CliError;
use crate::consent::{CategorySet, Consent, Deciseconds, Source};
use crate::explain;
use crate::policy::{Base, RuleSet, Site};
use crate::rewrite::{Page, Report};
use changes::Change;
use pages::Recorded;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use url::Url;

/// Compares two sets of rules over recorded pages. Exit code 0: the same, 1: something differs, 2: it could not be told.
#[derive(Debug, Clone, clap::Args)]
pub struct DiffArgs {
    /// The rules directory as it is; `embedded` for what is built in.
    pub old: PathBuf,
    /// The rules directory as it is to be; `embedded` for what is built in.
    pub new: PathBuf,
    /// Pages, or folders with .html files.
    #[arg(long, required = true, num_args = 1..)]
    pub pages: Vec<PathBuf>,
    /// The address of the folder (or of the file's folder), where no page says its own.
    #[arg(long, value_name = "URL")]
    pub url_of: Option<Url>,
    /// Categories that the visitor granted; by default a visitor who has not answered.
    #[arg(long, value_delimiter = ',')]
    pub grant: Vec<String>,
    /// Print one JSON object, as docs/explain.md describes it.
    #[arg(long)]
    pub json: bool,
}

/// Prints what changes.
pub fn run(args: &DiffArgs) -> ExitCode {
    match diff(args, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::from(1),
        Ok(false) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("consentry: {error}");
            ExitCode::from(2)
        }
    }
}

/// A page of which something changes.
struct Changed {
    file: PathBuf,
    url: Url,
    changes: BTreeMap<Change, Vec<usize>>,
}

/// Whether anything differs; what does goes to `out`.
pub fn diff(args: &DiffArgs, out: &mut impl Write) -> Result<bool, CliError> {
    let (old, new) = (rules(&args.old)?, rules(&args.new)?);
    let pages = pages::read(&args.pages, args.url_of.as_ref())?;
    let count = pages.len();
    let mut changed = Vec::new();
    for page in pages {
        let before = judged(&old, &page, &args.grant).map_err(|error| format!("{}: {error}", args.old.display()))?;
        let after = judged(&new, &page, &args.grant).map_err(|error| format!("{}: {error}", args.new.display()))?;
        let changes = changes::of((&before.0, &before.1), (&after.0, &after.1));
        if !changes.is_empty() {
            changed.push(Changed { file: page.file, url: page.url, changes });
        }
    }
    if args.json {
        let told = json!({
            "format": 1,
            "old": { "rules": args.old.display().to_string(), "version": old.version() },
            "new": { "rules": args.new.display().to_string(), "version": new.version() },
            "pages": count,
            "changed": changed.iter().map(told).collect::<Vec<_>>(),
        });
        writeln!(out, "{told:#}")?;
    } else {
        print(&changed, count, out)?;
    }
    Ok(!changed.is_empty())
}

fn rules(directory: &Path) -> Result<RuleSet, CliError> {
    let rules = if directory == Path::new("embedded") { RuleSet::embedded() } else { RuleSet::load(directory) };
    rules.map_err(|errors| format!("{}: these rules cannot be used:\n{errors}", directory.display()).into())
}

/// What these rules make of the page.
fn judged(rules: &RuleSet, page: &Recorded, grant: &[String]) -> Result<(Arc<Site>, Report), CliError> {
    let host = page.url.host_str().unwrap_or_default();
    let file = page.file.display();
    let site =
        rules.site(host).ok_or_else(|| format!("no site of these rules answers for {host}, the host of {file}"))?;
    let base = Base::document(page.url.scheme(), host, page.url.path());
    let consent = Arc::new(consent(site, grant)?);
    let judged = Page { site: Arc::clone(site), consent, base, snippet: None, ours: None, charset: None, trace: true };
    let (_, report) =
        explain::judge(judged, &page.html).map_err(|error| format!("{}: {error}", page.file.display()))?;
    Ok((Arc::clone(site), report))
}

fn consent(site: &Site, grant: &[String]) -> Result<Consent, CliError> {
    if grant.is_empty() {
        return Ok(Consent::default());
    }
    let number = |name: &String| {
        let category = site.category_named(name).ok_or_else(|| format!("no category {name} on site {}", site.name))?;
        Ok(category.number)
    };
    let granted = grant.iter().map(number).collect::<Result<CategorySet, CliError>>()?;
    let refused = site.mapping.categories.difference(granted);
    Ok(Consent { source: Source::Own, granted, refused, updated: Some(Deciseconds::now()), ..Consent::default() })
}

fn told(page: &Changed) -> Value {
    let change = |(change, lines): (&Change, &Vec<usize>)| {
        let [from, to] = &change.marks;
        let kind = change.kind.name();
        json!({ "kind": kind, "services": change.services, "from": from, "to": to, "tags": lines.len(), "lines": lines })
    };
    json!({
        "page": page.file.display().to_string(),
        "url": page.url.as_str(),
        "changes": page.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn print(changed: &[Changed], count: usize, out: &mut impl Write) -> io::Result<()> {
    let name = |mark: &str| if mark.is_empty() { "nobody" } else { mark }.to_owned();
    for page in changed {
        writeln!(out, "{} ({})", page.file.display(), page.url)?;
        for (change, lines) in &page.changes {
            let [from, to] = &change.marks;
            let marks = if from == to { name(from) } else { format!("{} -> {}", name(from), name(to)) };
            let shown: Vec<String> = lines.iter().take(8).map(ToString::to_string).collect();
            let more = if lines.len() > shown.len() { ", …" } else { "" };
            writeln!(
                out,
                "  {:<15} {marks}: {} tags, lines {}{more}",
                change.kind.words(),
                lines.len(),
                shown.join(", ")
            )?;
        }
    }
    writeln!(out, "{} of {count} pages differ", changed.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: DiffArgs,
    }

    const PAGE: &str = "<p>\n<script src=//www.google-analytics.com/a.js></script>\n<script src=//crm.example/b.js></script>\n\
        <script src=//www.google-analytics.com/c.js></script>";
    const CRM: &str = "[[service]]\nslug = \"crm\"\ncategory = \"marketing\"\nhosts = [\"crm.example\"]\n";

    /// The outcome between two sites, and what was said.
    fn between(old: &str, new: &str, more: &[&str]) -> (Result<bool, String>, String) {
        between_on(PAGE, old, new, more)
    }

    fn between_on(page: &str, old: &str, new: &str, more: &[&str]) -> (Result<bool, String>, String) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("old", old), ("new", new)] {
            std::fs::create_dir_all(folder.path().join(name).join("sites")).unwrap();
            let text = format!("format = 1\nhosts = [\"shop.example\"]\n{text}");
            std::fs::write(folder.path().join(name).join("sites/shop.toml"), text).unwrap();
        }
        std::fs::create_dir_all(folder.path().join("pages/shop.example")).unwrap();
        std::fs::write(folder.path().join("pages/shop.example/a.html"), page).unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let arguments = ["diff".to_owned(), path("old"), path("new"), "--pages".to_owned(), path("pages")];
        let all = arguments.iter().map(String::as_str).chain(more.iter().copied());
        let mut out = Vec::new();
        let outcome = diff(&Command::parse_from(all).args, &mut out).map_err(|error| error.to_string());
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_same_rules_change_nothing() {
        let (differs, text) = between(CRM, &format!("# the same\n{CRM}"), &[]);
        assert_eq!((differs, text.as_str()), (Ok(false), "0 of 1 pages differ\n"));
    }

    #[test]
    fn a_tag_that_stays_blocked_by_the_same_services_is_no_change() {
        let reported = format!("{CRM}mode = \"report\"\n");
        let both = "<img srcset='//crm.example/e.gif, //www.google-analytics.com/d.gif 2x'>";
        assert_eq!(between_on(both, CRM, &reported, &[]).0, Ok(false));
        assert_eq!(between_on(PAGE, CRM, &reported, &[]).0, Ok(true), "a tag of its own is allowed now");
    }

    #[test]
    fn each_kind_of_change_is_told() {
        let over = |what: &str| format!("[[override]]\nservice = \"google-analytics\"\n{what}\n");
        let marketing = over("category = \"marketing\"");
        for (old, new, line) in [
            ("", CRM, "  now blocked     nobody -> marketing:crm: 1 tags, lines 3\n"),
            (CRM, "", "  now allowed     marketing:crm -> nobody: 1 tags, lines 3\n"),
            (
                "",
                &marketing,
                "  other category  statistics:google-analytics -> marketing:google-analytics: 2 tags, lines 2, 4\n",
            ),
            (
                "",
                &over("enabled = false"),
                "  now allowed     statistics:google-analytics -> nobody: 2 tags, lines 2, 4\n",
            ),
            ("", &over("mode = \"report\""), "  now allowed     statistics:google-analytics: 2 tags, lines 2, 4\n"),
            (
                CRM,
                &CRM.replace("\"crm\"", "\"new\""),
                "  other service   marketing:crm -> marketing:new: 1 tags, lines 3\n",
            ),
        ] {
            let (differs, text) = between(old, new, &[]);
            assert_eq!(differs, Ok(true));
            assert!(text.contains(line) && text.ends_with("1 of 1 pages differ\n"), "{line} is not in {text}");
        }
        let (_, text) = between("", &marketing, &["--grant", "statistics"]);
        assert!(text.contains("  now blocked     statistics:google-analytics -> marketing:google-analytics"), "{text}");
    }

    #[test]
    fn json_has_an_object_for_each_page_that_differs() {
        let (differs, text) = between("", CRM, &["--json"]);
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((differs, &told["pages"], &told["format"]), (Ok(true), &1.into(), &1.into()));
        assert_eq!(told["changed"][0]["url"], "https://shop.example/a.html");
        let change = json!({
            "kind": "now-blocked", "services": ["crm"], "from": "", "to": "marketing:crm", "tags": 1, "lines": [3],
        });
        assert_eq!(told["changed"][0]["changes"], json!([change]));
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        assert!(between("nonsense = 1\n", "", &[]).0.unwrap_err().contains("cannot be used"));
        assert!(between("", "", &["--grant", "nothing"]).0.unwrap_err().contains("no category nothing"));
    }
}
