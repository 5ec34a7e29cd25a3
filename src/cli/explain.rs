//! `consentry explain`: every tag of a page, what happens to it for this visitor, and why.

mod through;

use super::CliError;
use crate::collect::keys;
use crate::consent::codec::signature::Keyring;
use crate::consent::reader::{Input, Reader};
use crate::consent::{CategorySet, Consent, Deciseconds, Source};
use crate::explain::{self, Explained, Places};
use crate::policy::{Base, RuleSet, Site};
use crate::rewrite::Page;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use url::Url;

/// Explains a page without serving it.
#[derive(Debug, Clone, clap::Args)]
pub struct ExplainArgs {
    /// The page: a file, an address that begins with http:// or https://, or `-` for standard input.
    pub page: String,
    /// The address that the page has: says the site and what is a third party.
    #[arg(long, default_value = "https://localhost/")]
    pub url: Url,
    /// The directory with the rules; the built-in catalogue when left out.
    #[arg(long)]
    pub rules: Option<PathBuf>,
    /// The visitor's `Cookie` header.
    #[arg(long, default_value = "")]
    pub cookie: String,
    /// The file with the gateway's keys, without which its own cookie is not believed.
    #[arg(long)]
    pub keys: Option<PathBuf>,
    /// A format that may be read from the cookies, where no rules directory is given.
    #[arg(long)]
    pub source: Vec<String>,
    /// Categories that the visitor granted, instead of a cookie.
    #[arg(long, value_delimiter = ',')]
    pub grant: Vec<String>,
    /// Only tags that somebody decides about.
    #[arg(long)]
    pub decided: bool,
    /// Print the page as this visitor gets it instead.
    #[arg(long, conflicts_with = "json")]
    pub rewritten: bool,
    /// Print one JSON object, as docs/explain.md describes it.
    #[arg(long)]
    pub json: bool,
    /// Print an HTML document to look at: the page's source with every judged tag in it.
    #[arg(long, conflicts_with_all = ["json", "rewritten"])]
    pub html: bool,
    /// Ask the running gateway at this address: what it does to the page for the visitor of --cookie.
    #[arg(long, value_name = "URL", requires = "token_file", conflicts_with_all = ["rules", "keys", "source", "grant", "rewritten"])]
    pub through: Option<Url>,
    /// The file with the gateway's operator token, `token_file` of consentry.toml.
    #[arg(long, value_name = "FILE", requires = "through")]
    pub token_file: Option<PathBuf>,
}

/// Reads the page and explains it on standard output.
pub fn run(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let address = args.page.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(gateway) = &args.through {
        let page = address.ok_or("--through needs the page's address: http://… or https://…")?;
        through::run(args, &page, gateway, &mut io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (args, html) = match address {
        Some(url) => (ExplainArgs { url: url.clone(), ..args.clone() }, super::fetch::fetch(&url)?),
        None => (args.clone(), read(&args.page)?),
    };
    let mut out = io::stdout().lock();
    explain(&args, &html, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

fn read(page: &str) -> Result<Vec<u8>, CliError> {
    if page == "-" {
        let mut html = Vec::new();
        io::stdin().lock().read_to_end(&mut html)?;
        return Ok(html);
    }
    std::fs::read(Path::new(page)).map_err(|error| format!("{page}: {error}").into())
}

/// Explains these bytes as the body of the page.
pub fn explain(args: &ExplainArgs, html: &[u8], out: &mut impl Write) -> Result<(), CliError> {
    let rules = rules(args)?;
    let host = args.url.host_str().unwrap_or_default();
    let site = rules.site(host).ok_or_else(|| format!("no site of these rules answers for {host}"))?;
    let consent = Arc::new(consent(args, site)?);
    let page = Page {
        site: Arc::clone(site),
        consent: Arc::clone(&consent),
        base: Base::document(args.url.scheme(), host, args.url.path()),
        snippet: None,
        ours: None,
        charset: None,
        trace: true,
    };
    let (rewritten, report) = explain::judge(page, html)?;
    if args.rewritten {
        out.write_all(&rewritten)?;
        return Ok(());
    }
    let places = Places::new(&RuleSet::files(args.rules.as_deref()).map_err(|errors| errors.to_string())?);
    let (url, decided) = (args.url.as_str(), args.decided);
    let page = Explained { url, site, consent: &consent, report: &report, html, places: &places, decided };
    match (args.json, args.html) {
        (true, _) => writeln!(out, "{:#}", explain::json::of(&page))?,
        (_, true) => out.write_all(explain::html::of(&page).as_bytes())?,
        _ => explain::text::print(&page, out)?,
    }
    Ok(())
}

fn rules(args: &ExplainArgs) -> Result<RuleSet, CliError> {
    let rules = match &args.rules {
        Some(directory) => RuleSet::load(directory),
        None => RuleSet::embedded_with(&args.source),
    };
    rules.map_err(|errors| errors.to_string().into())
}

fn consent(args: &ExplainArgs, site: &Site) -> Result<Consent, CliError> {
    if args.grant.is_empty() {
        // Without the gateway's keys no cookie of ours is believed: a key that nobody else has verifies none.
        let keys = args.keys.as_deref().map_or_else(|| keys::fresh().map(|key| vec![key]), keys::load)?;
        let reader = Reader::new(Keyring::new(keys)?);
        let cookies = [args.cookie.as_bytes()];
        let input = Input { cookies: &cookies, ot_consent_string: None, now: Deciseconds::now() };
        return Ok(reader.read(&site.mapping, &input).consent);
    }
    let number = |name: &String| {
        let category = site.category_named(name).ok_or_else(|| format!("no category {name} on site {}", site.name))?;
        Ok(category.number)
    };
    let granted = args.grant.iter().map(number).collect::<Result<CategorySet, CliError>>()?;
    let refused = site.mapping.categories.difference(granted);
    Ok(Consent { source: Source::Own, granted, refused, updated: Some(Deciseconds::now()), ..Consent::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: ExplainArgs,
    }

    fn explained(arguments: &[&str], html: &str) -> String {
        let args = Command::parse_from([&["explain", "-"], arguments].concat()).args;
        let mut out = Vec::new();
        explain(&args, html.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PAGE: &str = "<p>\n<script src=//www.google-analytics.com/a.js></script>\n<script src=/own.js></script>";

    #[test]
    fn says_what_happens_to_each_tag_and_why() {
        let text = explained(&[], PAGE);
        assert!(text.contains("line 2     script   neutralised  statistics:google-analytics"), "{text}");
        assert!(text.contains("src leads to www.google-analytics.com/a.js"), "{text}");
        assert!(text.contains("localhost is the site's own"), "{text}");
        assert!(text.ends_with("1 neutralised, 0 activated\n"), "{text}");
    }

    #[test]
    fn the_answer_may_be_given_by_name() {
        let text = explained(&["--grant", "analytics", "--decided"], PAGE);
        assert!(text.contains("granted") && !text.contains("own.js"), "{text}");
        assert_eq!(explained(&["--grant", "analytics", "--rewritten"], PAGE), PAGE);
    }

    #[test]
    fn what_is_only_reported_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        let rules = folder.path().to_str().unwrap();
        let one = "[[override]]\nservice = \"google-analytics\"\nmode = \"report\"\n";
        for (more, mode) in [("mode = \"report\"\n", "report"), (one, "enforce")] {
            let text = format!("format = 1\nhosts = [\"*\"]\n{more}");
            std::fs::write(folder.path().join("sites/shop.toml"), text).unwrap();
            let text = explained(&["--rules", rules, "--decided"], PAGE);
            assert!(text.contains("script   kept         statistics:google-analytics"), "{text}");
            assert!(text.contains("; only reported, would be neutralised\n"), "{text}");
            assert!(text.ends_with("only reported: 1 would be neutralised, 0 activated\n"), "{text}");
            assert_eq!(explained(&["--rules", rules, "--rewritten"], PAGE), PAGE);
            let json: serde_json::Value =
                serde_json::from_str(&explained(&["--rules", rules, "--json"], PAGE)).unwrap();
            assert_eq!((&json["mode"], &json["neutralised"]), (&mode.into(), &0.into()));
            assert_eq!(json["reported"]["neutralised"], 1);
            let tag = &json["tags"][0];
            assert_eq!((&tag["verdict"], &tag["would_be"]), (&"kept".into(), &"neutralised".into()));
            assert_eq!(tag["deciders"][0]["mode"], "report");
        }
    }

    fn tags(arguments: &[&str], html: &str) -> Vec<serde_json::Value> {
        let text = explained(&[&["--json"], arguments].concat(), html);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        value["tags"].as_array().unwrap().clone()
    }

    #[test]
    fn json_has_an_object_for_each_tag() {
        let found = tags(&[], PAGE);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            found[0],
            serde_json::json!({
                "offset": 4, "line": 2, "element": "script", "verdict": "neutralised",
                "would_be": null, "mark": "statistics:google-analytics",
                "deciders": [{
                    "category": "statistics", "service": "google-analytics", "when_refused": false, "mode": "enforce",
                    "rule": {
                        "kind": "host", "text": "google-analytics.com",
                        "file": "embedded/catalogue/statistics.toml", "line": line_of("\"google-analytics.com\""),
                    },
                }],
                "attribute": "src", "host": "www.google-analytics.com", "path": "/a.js", "reason": "reference",
                "why": "src leads to www.google-analytics.com/a.js", "scanned": false,
            })
        );
        assert_eq!((&found[1]["reason"], &found[1]["host"]), (&"own-host".into(), &"localhost".into()));
        assert_eq!(found[1]["deciders"], serde_json::json!([]));
    }

    /// Of a line in the catalogue of statistics.
    fn line_of(text: &str) -> usize {
        let file = std::fs::read_to_string("rules/catalogue/statistics.toml").unwrap();
        1 + file.lines().position(|line| line.contains(text)).unwrap()
    }

    #[test]
    fn the_rule_that_matched_is_named_whatever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        let site = folder.path().join("sites/shop.toml");
        let rules = "format = 1\nhosts = [\"*\"]\nunknown = \"block\"\n[[service]]\nslug = \"crm\"\ncategory = \"marketing\"\n\
            hosts = [\"crm.example/a\"]\npaths = [\"/crm/\"]\nmarkers = [\"crmBoot(\"]\n";
        std::fs::write(&site, rules).unwrap();
        let html = "<img src=//crm.example/a/b><script src=/crm/a.js></script><script>if(a<b)crmboot(1)</script>\
            <b onclick='crmBoot()'></b><script data-category=ads src=/x.js></script><img src=//x.example/><script data-service=no src=/y.js></script>";
        let directory = folder.path().to_str().unwrap();
        let found = tags(&["--rules", directory, "--decided"], html);
        let rule = |tag: &serde_json::Value| {
            let rule = &tag["deciders"][0]["rule"];
            (
                rule["kind"].as_str().unwrap().to_owned(),
                rule["text"].as_str().unwrap().to_owned(),
                rule["line"].as_u64(),
            )
        };
        let named: Vec<_> = found.iter().map(rule).collect();
        let expected = [
            ("host", "crm.example/a", Some(7)),
            ("path", "/crm/", Some(8)),
            ("marker", "crmBoot(", Some(9)),
            ("marker", "crmBoot(", Some(9)),
            ("attribute", "data-category", None),
            ("unknown", "unknown = \"block\"", None),
        ];
        assert_eq!(named, expected.map(|(kind, text, line)| (kind.to_owned(), text.to_owned(), line)));
        let text = explained(&["--rules", directory], html);
        assert!(text.contains(&format!("           by path rule \"/crm/\" ({}:8)\n", site.display())), "{text}");
        assert!(text.contains("           by attribute \"data-category\"\n"), "{text}");
    }

    #[test]
    fn html_is_one_document_with_the_source_in_it() {
        let text = explained(&["--html", "--url", "https://shop.example/a?b=<i>"], PAGE);
        assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"), "{text}");
        assert!(text.contains("class=\"neutralised\"") && text.contains("&lt;script src=/own.js&gt;"), "{text}");
        assert!(!text.contains("<i>b") && !text.contains("<script"), "{text}");
    }

    #[test]
    fn json_says_where_nobody_can_grant_and_escapes_what_the_page_says() {
        let found = tags(
            &["--decided"],
            "<script data-category='a\"\n</b>' src=/own.js></script><script src=/own.js></script>",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["verdict"], &found[0]["reason"]), (&"neutralised".into(), &"unknown-label".into()));
        assert_eq!(found[0]["deciders"][0]["category"], serde_json::Value::Null);
        assert!(found[0]["why"].as_str().is_some_and(|why| why.contains(r#"it "a\"\n</b>", which"#)), "{found:?}");
        assert_eq!(tags(&["--grant", "analytics"], PAGE)[0]["verdict"], "granted");
    }
}
