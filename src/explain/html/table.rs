//! The summary on top: whose rules, for which visitor, and what became of each service's tags.

use super::super::Explained;
use super::escape;
use super::notes::Note;
use std::collections::BTreeMap;

/// The classes of notes, with what they mean.
const LEGEND: [(&str, &str); 6] = [
    ("neutralised", "made inert"),
    ("granted", "allowed"),
    ("activated", "came inert, made live"),
    ("guarded", "runs, and what it inserts is judged"),
    ("reported", "left alone, only reported"),
    ("unknown", "a third party that no rule knows"),
];

/// Writes it.
pub(super) fn write(page: &Explained<'_>, notes: &[Note], out: &mut String) {
    let Explained { site, report, .. } = page;
    out.push_str(&format!("<header><h1>What happens on <code>{}</code></h1>\n", escape(page.url)));
    out.push_str(&format!(
        "<p>Site <b>{}</b>, rules {}, mode {}. The visitor has granted: {}.</p>\n",
        escape(&site.name),
        escape(&site.version),
        site.mode.name(),
        escape(&page.granted().join(", "))
    ));
    if let Some((reason, offset)) = report.taken_over {
        out.push_str(&format!(
            "<p class=\"warning\">From byte {offset} on the conservative scanner judged, because of: {}.</p>\n",
            reason.name()
        ));
    }
    out.push_str("<p>");
    for (class, meaning) in LEGEND {
        out.push_str(&format!("<mark class=\"{class}\">{class}</mark> {meaning} &ensp; "));
    }
    out.push_str("</p>\n");
    services(notes, out);
    out.push_str("</header>\n");
}

/// One row per service or label, and verdict.
fn services(notes: &[Note], out: &mut String) {
    let mut rows: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
    for note in notes {
        let owners = note.owners.iter().map(|(category, service)| (category.as_str(), service.as_str()));
        for (category, service) in owners.chain(note.owners.is_empty().then_some(("", note.party.as_str()))) {
            rows.entry((category, service, note.class)).or_default().push(note.number);
        }
    }
    if rows.is_empty() {
        return out.push_str("<p>No tag of this page needs anybody's consent.</p>\n");
    }
    out.push_str(
        "<table><thead><tr><th>Category</th><th>Service</th><th>What happens</th><th>Tags</th></tr></thead><tbody>\n",
    );
    for ((category, service, class), numbers) in rows {
        let service = if service.is_empty() { "–" } else { service };
        let category = if category.is_empty() { "–" } else { category };
        out.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td><mark class=\"{class}\">{class}</mark></td><td>{}:",
            escape(category),
            escape(service),
            numbers.len()
        ));
        numbers.iter().for_each(|number| out.push_str(&format!(" <a href=\"#n{number}\">{number}</a>")));
        out.push_str("</td></tr>\n");
    }
    out.push_str("</tbody></table>\n");
}
