//! What a page says where no script runs: that services stay off, and why. A style sheet, since only such may stand in the head's
//! `noscript`, and the head is where we are sure to be; who has scripts never fetches it. One file per site, with all languages.

use crate::policy::Site;
use crate::policy::look::{COLOURS, Colour, Palette};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Part of a page's identity, as the guard is: the file's name follows from it.
pub(super) const SOURCE: &str = include_str!("noscript.json");

/// The text by language.
static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| serde_json::from_str(SOURCE).unwrap_or_default());

/// The key of the site's own text, in `texts`.
const KEY: &str = "noscript";

/// The style sheet of a site. It puts the text before the page, in its flow, so that it covers nothing.
pub(super) fn css(site: &Site) -> String {
    let mut texts: BTreeMap<&str, &str> = TEXTS.iter().map(|(language, text)| (&**language, &**text)).collect();
    let own = site.texts.iter().filter_map(|(language, texts)| Some((&**language, &**texts.get(KEY)?)));
    texts.extend(own);
    let mut css = format!(
        "html::before{{content:{};display:block;padding:.75rem 1rem;font:1rem/1.5 {};{}}}\n",
        quoted(texts.get("en").copied().unwrap_or_default()),
        site.look.font.as_deref().unwrap_or("system-ui,sans-serif"),
        colours(&site.look.light, false),
    );
    // Writing to a String does not fail.
    let _ = writeln!(css, "@media (prefers-color-scheme:dark){{html::before{{{}}}}}", colours(&site.look.dark, true));
    for (language, text) in texts {
        let _ = writeln!(css, "html:lang({language})::before{{content:{}}}", quoted(text));
    }
    css.push_str("@media print{html::before{display:none}}\n");
    css
}

fn colours(palette: &Palette, is_dark: bool) -> String {
    let of = |name: &str| {
        let usual = COLOURS.iter().find(|(known, ..)| *known == name);
        let usual = usual.map(|(_, day, night)| if is_dark { *night } else { *day });
        palette.get(name).copied().or(usual).map(hex).unwrap_or_default()
    };
    format!("color:{};background:{};border-block-end:1px solid {}", of("ink"), of("surface"), of("line"))
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A CSS string. SPEC: CSS Syntax 3, "consume a string token": a quote, a backslash and a line's end are written as escapes.
fn quoted(text: &str) -> String {
    text.chars().fold("\"".to_owned(), |mut quoted, c| {
        // Writing to a String does not fail.
        let _ = match c {
            '"' | '\\' | '\0'..='\x1f' => write!(quoted, "\\{:x} ", u32::from(c)),
            _ => write!(quoted, "{c}"),
        };
        quoted
    }) + "\""
}

#[cfg(test)]
mod tests {
    use super::super::assets::LANGUAGES;
    use super::*;
    use crate::policy::{RuleFile, RuleSet};

    fn css_of(more: &str) -> String {
        let file = RuleFile::new("sites/a.toml", format!("format = 1\nhosts = [\"*\"]\n{more}"));
        css(&RuleSet::from_files(&[file]).unwrap().sites()[0])
    }

    #[test]
    fn it_speaks_every_language_that_the_widget_speaks() {
        let names: Vec<&str> = TEXTS.keys().map(String::as_str).filter(|name| *name != "en").collect();
        assert_eq!(names, LANGUAGES.map(|(name, _)| name));
        let css = css_of("");
        assert!(css.starts_with("html::before{content:\"Services of other companies"), "{css}");
        assert!(css.contains("html:lang(de)::before{content:\"Dienste anderer"), "{css}");
        assert!(css.contains("color:#1c2024") && css.contains("background:#1b1f24"), "{css}");
    }

    #[test]
    fn the_sites_own_words_and_colours_come_first_and_stay_a_string() {
        let css = css_of(
            "[texts.br]\nnoscript = \"Degemer \\\"mat\\\" \\\\ }\\n</style>\"\n[widget.light]\nink = \"#000\"\n",
        );
        assert!(css.contains("html:lang(br)::before{content:\"Degemer \\22 mat\\22  \\5c  }\\a </style>\"}"), "{css}");
        assert!(css.contains("color:#000000"), "{css}");
    }
}
