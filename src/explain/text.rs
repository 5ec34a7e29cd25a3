//! As text for a terminal.

use super::{Explained, words};
use std::io::{self, Write};

/// Two lines per tag, and a summary.
pub fn print(page: &Explained<'_>, out: &mut impl Write) -> io::Result<()> {
    for finding in page.findings() {
        let verdict = words::verdict(finding);
        let mark = if finding.mark.is_empty() { "-" } else { &finding.mark };
        writeln!(out, "line {:<5} {:<8} {verdict:<12} {mark}", finding.line, finding.tag)?;
        let scanned = if finding.scanned { "; judged without context" } else { "" };
        let would_be = words::would_be(finding);
        let reported = would_be.map(|word| format!("; only reported, would be {word}")).unwrap_or_default();
        writeln!(out, "           {}{scanned}{reported}", words::reason(&finding.why))?;
        let mut told = Vec::new();
        for by in finding.deciders.iter().chain(&finding.reported) {
            let Some(rule) = page.matched(finding, by).map(|rule| rule.sentence()) else { continue };
            if !told.contains(&rule) {
                writeln!(out, "           by {rule}")?;
                told.push(rule);
            }
        }
    }
    summary(page, out)
}

fn summary(page: &Explained<'_>, out: &mut impl Write) -> io::Result<()> {
    let Explained { site, report, .. } = page;
    writeln!(
        out,
        "site {}: {} neutralised, {} activated",
        site.name,
        report.done.neutralised(),
        report.done.activated()
    )?;
    if site.is_reporting() {
        let (neutralised, activated) = (report.reported.neutralised(), report.reported.activated());
        writeln!(out, "only reported: {neutralised} would be neutralised, {activated} activated")?;
    }
    if let Some((reason, offset)) = report.taken_over {
        writeln!(out, "from byte {offset} on the conservative scanner judged, because of: {}", reason.name())?;
    }
    if report.resynchronised > 0 {
        writeln!(out, "the parser was started anew {} times, behind self-closing svg or math", report.resynchronised)?;
    }
    Ok(())
}
