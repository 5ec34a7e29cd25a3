//! The keys of a site's `[widget]`.

use super::RuleError;
use super::experiment::variants;
use super::fields::{At, Fields};
use crate::policy::experiment::Experiment;
use crate::policy::look::{self, COLOURS, Layout, Look, POSITIONS, Palette, REOPEN};

/// `[widget]`, and its variants.
pub(super) fn look(fields: &mut Fields<'_, '_>) -> (Look, Experiment) {
    let usual = Look::default();
    let Some(mut table) = fields.table("widget") else { return (usual, Experiment::default()) };
    let panel = panel(&mut table, &usual);
    let reopen = table.choice("reopen", &REOPEN.map(|word| (word, word))).unwrap_or(usual.reopen);
    let reload = table.flag("reload").is_none_or(|flag| flag.value);
    let placeholders = table.flag("placeholders").is_none_or(|flag| flag.value);
    let thumbnails = table.flag("thumbnails").is_some_and(|flag| flag.value);
    let noscript = table.flag("noscript").is_some_and(|flag| flag.value);
    let look = Look { reopen, reload, placeholders, thumbnails, noscript, ..panel };
    let variants = variants(table.tables("variant"), &look);
    let is_kept = table.flag("keep_variant").is_none_or(|flag| flag.value);
    table.finish();
    (look, Experiment { variants, is_kept })
}

/// What the panel looks like: what this table says, on top of the looks that there are without it.
pub(super) fn panel(table: &mut Fields<'_, '_>, without: &Look) -> Look {
    let layout = table.choice("layout", &Layout::ALL.map(|layout| (layout.name(), layout))).unwrap_or(without.layout);
    let position = table.placed_choice("position", &POSITIONS.map(|word| (word, word)));
    if let Some(position) = position.as_ref().filter(|position| !fits(layout, position.value)) {
        let problem = "a bar is as wide as the window, and what is in its centre at none of its edges";
        table.refuse(RuleError::at(&position.place, position.value, problem).hint("leave it out, or layout = \"box\""));
    }
    let inherited = if fits(layout, without.position) { without.position } else { Look::default().position };
    Look {
        layout,
        position: position.map_or(inherited, |position| position.value),
        logo: logo(table).or_else(|| without.logo.clone()),
        font: font(table).or_else(|| without.font.clone()),
        light: palette(table, "light", &without.light),
        dark: palette(table, "dark", &without.dark),
        ..without.clone()
    }
}

fn fits(layout: Layout, position: &str) -> bool {
    match layout {
        Layout::Box => true,
        Layout::Bar => matches!(position, "bottom" | "top"),
        Layout::Centre => false,
    }
}

/// Only from the site itself: a picture of somebody else's would be asked of them before the answer.
fn logo(table: &mut Fields<'_, '_>) -> Option<String> {
    let text = table.text("logo")?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\');
    if text.value.starts_with('/') && !text.value.starts_with("//") && text.value.bytes().all(plain) {
        return Some(text.value);
    }
    let error = RuleError::at(&text.place, &text.value, "must be a path on the site itself");
    table.refuse(error.hint("like \"/images/logo.svg\": a picture from elsewhere would be fetched before the answer"));
    None
}

fn font(table: &mut Fields<'_, '_>) -> Option<String> {
    let text = table.text("font")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b'-' | b'_' | b'\'');
    let quotes = text.value.bytes().filter(|byte| *byte == b'\'').count();
    if !text.value.trim().is_empty() && text.value.bytes().all(plain) && quotes.is_multiple_of(2) {
        return Some(text.value);
    }
    let problem = "must be a list of font families: letters, digits, spaces, commas, - _ and '";
    table.refuse(RuleError::at(&text.place, &text.value, problem).hint("like \"'Open Sans', sans-serif\""));
    None
}

/// `[widget.light]` or `[widget.dark]`, on top of the colours that there are without it. Colours that cannot be told apart are
/// refused: nobody could read what they agree to.
fn palette(table: &mut Fields<'_, '_>, key: &'static str, without: &Palette) -> Palette {
    let mut palette = without.clone();
    let Some(mut colours) = table.table(key) else { return palette };
    let mut places: Vec<(&'static str, At<String>)> = Vec::new();
    for (name, ..) in COLOURS {
        let Some(text) = colours.text(name) else { continue };
        match look::colour(&text.value) {
            Some(colour) => {
                palette.insert(name, colour);
            }
            None => {
                let error = RuleError::at(&text.place, &text.value, "is no colour");
                colours.refuse(error.hint("write six hexadecimal digits, like \"#1d4f91\""));
            }
        }
        places.push((name, text));
    }
    for (one, other, ratio, least) in look::too_close(&palette, key == "dark") {
        if let Some((_, text)) = places.iter().find(|(name, _)| *name == one || *name == other) {
            let problem = format!("{one} on {other} has a contrast of {ratio:.1}:1, and needs {least}:1 to be read");
            colours.refuse(RuleError::at(&text.place, &text.value, problem).hint("choose them further apart"));
        }
    }
    colours.finish();
    palette
}
