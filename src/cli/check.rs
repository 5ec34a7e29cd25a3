//! `consentry check`: are the rules good? Every error with its file and line, exit code 1 when there is one. With `--live`: is a site
//! installed that they are for?

pub(crate) mod live;
mod pasted;

use crate::policy::ruleset::lock_text;
use crate::policy::{ListCounts, Mode, RuleErrors, RuleFile, RuleSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use url::Url;

/// Checks a directory of rules without starting anything.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The directory with `sites/`, `catalogue/` and `numbers.lock`.
    #[arg(default_value = "rules")]
    pub directory: PathBuf,
    /// Record the numbers of new categories and services in `numbers.lock`.
    #[arg(long)]
    pub write_lock: bool,
    /// Ask for this page instead, and say whether it is installed right: our scripts there, tags found, nothing alive without consent.
    #[arg(long, value_name = "URL", conflicts_with = "write_lock")]
    pub live: Option<Url>,
}

/// Prints what is wrong, one line each, and a summary; 0 when the rules can be put in force, else 1.
pub fn run(args: &CheckArgs) -> ExitCode {
    let mut out = io::stdout().lock();
    if let Some(url) = &args.live {
        return match live::check(url, &args.directory, &mut out) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("consentry: {error}");
                ExitCode::FAILURE
            }
        };
    }
    // A closed pipe behind `check | head` is no reason to fail otherwise.
    match check(args, &mut out) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            log::error!("check: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the rules are good; the report goes to `out`.
pub fn check(args: &CheckArgs, out: &mut impl Write) -> io::Result<bool> {
    let rules = match RuleSet::load(&args.directory) {
        Ok(rules) => rules,
        Err(errors) => {
            refuse(&errors, out)?;
            return Ok(false);
        }
    };
    if args.write_lock {
        write_lock(&args.directory, &rules, out)?;
    } else {
        for warning in rules.warnings() {
            writeln!(out, "warning: {warning}")?;
        }
    }
    let (sites, services) = (rules.sites().len(), rules.catalogue().len());
    writeln!(out, "{}: good, version {}", args.directory.display(), rules.version())?;
    writeln!(out, "  {services} services in the catalogue, {sites} sites:")?;
    for site in rules.sites() {
        writeln!(out, "  {} ({}), version {}", site.name, site.hosts.join(", "), site.version)?;
        if site.mode == Mode::Report {
            writeln!(out, "    only reports: nothing is enforced")?;
        }
        let reported: Vec<&str> = site.reported().map(|service| service.slug.as_str()).collect();
        if !reported.is_empty() {
            writeln!(out, "    only reported: {}", reported.join(", "))?;
        }
        for (list, counts) in site.lists() {
            let ListCounts { rules, cosmetic, unusable } = counts;
            let (name, passed) = (&list.slug, cosmetic + unusable);
            writeln!(
                out,
                "    list {name}: {rules} rules, {passed} passed over ({cosmetic} cosmetic, {unusable} unreadable)"
            )?;
        }
    }
    Ok(true)
}

fn refuse(errors: &RuleErrors, out: &mut impl Write) -> io::Result<()> {
    for error in &errors.0 {
        writeln!(out, "error: {error}")?;
    }
    let count = errors.0.len();
    writeln!(out, "{count} error{}: these rules cannot be put in force", if count == 1 { "" } else { "s" })
}

/// Adds what is new; what was recorded stays. The file is replaced as a whole or not at all.
fn write_lock(directory: &Path, rules: &RuleSet, out: &mut impl Write) -> io::Result<()> {
    let path = directory.join("numbers.lock");
    let recorded = match std::fs::read_to_string(&path) {
        Ok(text) => Some(RuleFile::new(path.to_string_lossy(), text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let text = lock_text(rules, recorded.as_ref());
    let before = recorded.map(|file| file.text).unwrap_or_default();
    for line in text.lines().filter(|line| !before.lines().any(|old| old == *line) && line.contains('=')) {
        writeln!(out, "recorded: {line}")?;
    }
    let new = directory.join("numbers.lock.new");
    std::fs::write(&new, text)?;
    std::fs::rename(&new, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\n";
    const CRM: &str =
        "[[service]]\nslug = \"crm\"\nnumber = 60001\ncategory = \"marketing\"\nhosts = [\"crm.example\"]\n";

    fn checked(directory: &Path, write_lock: bool) -> (bool, String) {
        let mut out = Vec::new();
        let good = check(&CheckArgs { directory: directory.to_owned(), write_lock, live: None }, &mut out).unwrap();
        (good, String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_are_recorded_and_a_changed_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("sites/shop.toml");
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        std::fs::write(&site, format!("{SITE}{CRM}")).unwrap();
        let (good, report) = checked(folder.path(), true);
        assert!(good && report.contains("recorded: \"shop/crm\" = 60001"), "{report}");
        assert!(checked(folder.path(), false).0);
        std::fs::write(&site, format!("{SITE}{}", CRM.replace("60001", "60002"))).unwrap();
        let (good, report) = checked(folder.path(), false);
        assert!(!good && report.contains("a number never changes"), "{report}");
        std::fs::write(&site, format!("{SITE}{}", CRM.replace("crm", "other"))).unwrap();
        let (good, report) = checked(folder.path(), true);
        assert!(!good && report.contains("never used again"), "{report}");
    }

    #[test]
    fn what_is_only_reported_is_warned_of_and_listed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        let write =
            |text: &str| std::fs::write(folder.path().join("sites/shop.toml"), format!("{SITE}{text}")).unwrap();
        write("mode = \"report\"\n");
        let (good, report) = checked(folder.path(), false);
        assert!(good && report.contains("shop.toml:3: mode = \"report\": this site enforces nothing"), "{report}");
        assert!(report.contains("only reports: nothing is enforced"), "{report}");
        write(&format!("{CRM}mode = \"report\"\n"));
        assert!(checked(folder.path(), false).1.contains("\n    only reported: crm\n"));
    }

    #[test]
    fn every_error_has_its_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        std::fs::write(
            folder.path().join("sites/a.toml"),
            format!("{SITE}prefx = \"/_x/\"\n{}", CRM.replace("marketing", "marketng")),
        )
        .unwrap();
        std::fs::write(folder.path().join("sites/b.toml"), "format = 1\nhosts = 3\n").unwrap();
        let (good, report) = checked(folder.path(), false);
        assert!(!good, "{report}");
        for line in [
            "a.toml:3: prefx = \"/_x/\": unknown key; did you mean \"prefix\"?",
            "b.toml:2: hosts = \"3\": is a whole number",
        ] {
            assert!(report.contains(line), "{line} is not in\n{report}");
        }
    }
}
