//! The page's source, with each tag that has a note marked.

use super::super::Explained;
use super::escape;
use super::notes::Note;

/// Writes all of it. Marks do not overlap: one ends where the next begins.
pub(super) fn write(page: &Explained<'_>, notes: &[Note], out: &mut String) {
    let mut at = 0;
    for (place, note) in notes.iter().enumerate() {
        let start = note.range.start.max(at);
        let next = notes.get(place + 1).map_or(page.html.len(), |next| next.range.start);
        let end = note.range.end.min(next).max(start);
        out.push_str(&text(page, at, start));
        let Note { number, class, .. } = note;
        let title = escape(&note.title());
        out.push_str(&format!(
            "<mark id=\"t{number}\" class=\"{class}\" title=\"{title}\">{}<a href=\"#n{number}\">{number}</a></mark>",
            text(page, start, end)
        ));
        at = end;
    }
    out.push_str(&text(page, at, page.html.len()));
}

/// What is no UTF-8 is shown as a replacement character.
fn text(page: &Explained<'_>, from: usize, to: usize) -> String {
    escape(&String::from_utf8_lossy(page.html.get(from..to).unwrap_or_default()))
}
