//! As one HTML document that a person can look at: it loads nothing, runs nothing, and shows the page's source with what was
//! judged in it.
//!
//! All of the page goes through `escape`: it may be hostile. A policy in the document allows its own style and nothing else, so that
//! a mistake here would run nothing either.

mod notes;
mod source;
mod table;

use super::Explained;

/// The document.
pub fn of(page: &Explained<'_>) -> String {
    let notes = notes::of(page);
    let mut out = String::with_capacity(page.html.len().saturating_mul(2).saturating_add(16 << 10));
    out.push_str(HEAD);
    out.push_str(&format!(
        "<title>What happens on {0}</title>\n<style>{STYLE}</style></head><body>\n",
        escape(page.url)
    ));
    table::write(page, &notes, &mut out);
    out.push_str("<main><section aria-label=\"The page's source\"><pre>");
    source::write(page, &notes, &mut out);
    out.push_str("</pre></section>\n<aside aria-label=\"Tags\"><ol>\n");
    notes.iter().for_each(|note| note.write(&mut out));
    out.push_str("</ol></aside></main>\n</body></html>\n");
    out
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"referrer\" content=\"no-referrer\">\n";

const STYLE: &str = include_str!("html/report.css");

/// Text between tags, and in a quoted attribute. What a terminal would obey and what turns the direction of text is shown.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests;
