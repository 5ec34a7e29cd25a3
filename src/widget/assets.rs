//! The files that the browser fetches, made once from `src/widget/`: names with hashes, so that they can be kept for ever
//! (D10), and `widget.js` for snippets that were pasted by hand.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// The texts of the languages besides English, which is in the widget: those of the European Union, and Arabic.
pub(super) const LANGUAGES: [(&str, &str); 24] = [
    ("ar", include_str!("i18n/ar.json")),
    ("bg", include_str!("i18n/bg.json")),
    ("cs", include_str!("i18n/cs.json")),
    ("da", include_str!("i18n/da.json")),
    ("de", include_str!("i18n/de.json")),
    ("el", include_str!("i18n/el.json")),
    ("es", include_str!("i18n/es.json")),
    ("et", include_str!("i18n/et.json")),
    ("fi", include_str!("i18n/fi.json")),
    ("fr", include_str!("i18n/fr.json")),
    ("ga", include_str!("i18n/ga.json")),
    ("hr", include_str!("i18n/hr.json")),
    ("hu", include_str!("i18n/hu.json")),
    ("it", include_str!("i18n/it.json")),
    ("lt", include_str!("i18n/lt.json")),
    ("lv", include_str!("i18n/lv.json")),
    ("mt", include_str!("i18n/mt.json")),
    ("nl", include_str!("i18n/nl.json")),
    ("pl", include_str!("i18n/pl.json")),
    ("pt", include_str!("i18n/pt.json")),
    ("ro", include_str!("i18n/ro.json")),
    ("sk", include_str!("i18n/sk.json")),
    ("sl", include_str!("i18n/sl.json")),
    ("sv", include_str!("i18n/sv.json")),
];

pub(super) const ENGLISH: &str = include_str!("i18n/en.json");
const DOCK_CSS: &str = include_str!("dock.css");
const CSS: &str = include_str!("widget.css");
const CHOICES_CSS: &str = include_str!("choices.css");
const CHOICES: &str = include_str!("choices.min.js");
const ACTIVATE: &str = include_str!("activate.min.js");
const DOOR: &str = include_str!("door.min.js");
const HELD: &str = include_str!("held.min.js");
const HELD_CSS: &str = include_str!("held.css");
const PASTED: &str = include_str!("pasted.min.js");
const PURGE: &str = include_str!("purge.min.js");
const VARIANT: &str = include_str!("variant.min.js");
const WIDGET: &str = include_str!("widget.min.js");
const BRIDGE: &str = include_str!("bridge.js");

/// The English texts that each part shows; what no part is named for is the second layer's. Those of other languages are one file.
const FIRST: [&str; 8] = ["title", "intro", "accept", "refuse", "choose", "saving", "retrying", "failed"];
const IN_FRAMES: [&str; 3] = ["held", "once", "allow"];
const REOPEN: &str = "reopen";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ALIAS: &str = "public, max-age=86400";

/// One file, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The `Content-Type`, with its charset: the page's own would be taken else.
    pub content_type: &'static str,
    /// The `Cache-Control`.
    pub cache_control: &'static str,
    /// A strong validator, with its quotes.
    pub etag: String,
    /// The bytes; cloning shares them.
    pub bytes: Bytes,
}

/// The file at a path below the site's prefix: `a/widget.<12 hex>.js`, `widget.js`. `None` for any other path. O(log files).
pub fn asset(path: &str) -> Option<Asset> {
    ASSETS.files.get(path).cloned()
}

/// The paths of the door and of the widget below the prefix.
pub(super) fn door_paths() -> [&'static str; 2] {
    [&ASSETS.door, &ASSETS.widget]
}

/// The path of what chooses between forms of the widget.
pub(super) fn variant_path() -> &'static str {
    &ASSETS.variant
}

/// The paths of the activator, and of the bridge.
pub(super) fn bridge_paths() -> [&'static str; 2] {
    [&ASSETS.activate, &ASSETS.bridge]
}

/// 16 hex digits that change when any script, style or text of ours does: part of a page's identity (D5) and of a proof.
pub fn version() -> &'static str {
    &ASSETS.version
}

/// What is sent of a script: without whole-line comments, indentation and empty lines. The sources have no template
/// literal and no string over more than one line.
fn compact(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.fold(String::with_capacity(source.len()), |text, line| text + line + "\n")
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::build);

#[derive(Default)]
struct Assets {
    files: BTreeMap<String, Asset>,
    door: String,
    widget: String,
    variant: String,
    activate: String,
    bridge: String,
    version: String,
}

impl Assets {
    fn build() -> Self {
        let mut assets = Self::default();
        let languages = assets.add_languages();
        let english = English::read();
        let widget = filled(WIDGET, [("$style", Value::String(styles(CSS))), ("$english", english.first)]);
        assets.activate = assets.add("activate", "js", ACTIVATE.to_owned());
        assets.widget = assets.add("widget", "js", widget.clone());
        let parts = [("$held", Value::String(styles(HELD_CSS))), ("$english", english.in_frames)];
        let held = assets.add("held", "js", filled(HELD, parts));
        let parts = [("$style", Value::String(styles(CHOICES_CSS))), ("$english", english.second)];
        let choices = assets.add("choices", "js", filled(CHOICES, parts));
        let purge = assets.add("purge", "js", PURGE.to_owned());
        assets.variant = assets.add("variant", "js", VARIANT.to_owned());
        let files = json!({
            "activate": file_name(&assets.activate), "widget": file_name(&assets.widget),
            "choices": file_name(&choices), "held": file_name(&held), "purge": file_name(&purge),
            "variant": file_name(&assets.variant)
        });
        let dock = Value::String(styles(DOCK_CSS));
        let parts = [("$dock", dock), ("$languages", languages), ("$reopen", english.reopen), ("$files", files)];
        let door = filled(DOOR, parts);
        assets.door = assets.add("door", "js", door.clone());
        assets.bridge = assets.add("bridge", "js", compact(BRIDGE));
        assets.files.insert("bridge.js".to_owned(), Asset::new("js", ALIAS, compact(BRIDGE)));
        // Everything in one, for a snippet that was pasted by hand.
        let signals = assets.add("signals", "js", super::told::SIGNALS.to_owned());
        let pasted = filled(PASTED, [("$signals", file_name(&signals).into())]);
        let alias = [ACTIVATE, &door, &widget, &pasted].concat();
        assets.files.insert("widget.js".to_owned(), Asset::new("js", ALIAS, alias));
        let inline =
            [super::snippet::GUARD, super::told::SIGNALS, super::rules::CODE, super::noscript::SOURCE].concat();
        assets.version = hex(inline.as_bytes(), assets.files.keys(), 8);
        assets
    }

    /// Adds a file under its hashed name; gives its path.
    fn add(&mut self, name: &str, extension: &'static str, text: String) -> String {
        let path = format!("a/{name}.{}.{extension}", hex(text.as_bytes(), [], 6));
        self.files.insert(path.clone(), Asset::new(extension, IMMUTABLE, text));
        path
    }

    /// Adds the languages' files; gives their names.
    fn add_languages(&mut self) -> Value {
        LANGUAGES
            .into_iter()
            .map(|(name, text)| file_name(&self.add(name, "json", text.to_owned())).to_owned())
            .collect()
    }
}

/// What is said in English, by the part that shows it.
struct English {
    first: Value,
    second: Value,
    in_frames: Value,
    reopen: Value,
}

impl English {
    fn read() -> Self {
        let mut all: Map<String, Value> = serde_json::from_str(ENGLISH).unwrap_or_default();
        let mut take = |keys: &[&str]| -> Value {
            keys.iter()
                .filter_map(|key| Some(((*key).to_owned(), all.shift_remove(*key)?)))
                .collect::<Map<_, _>>()
                .into()
        };
        let (first, in_frames) = (take(&FIRST), take(&IN_FRAMES));
        let reopen = all.shift_remove(REOPEN).unwrap_or_default();
        Self { first, second: all.into(), in_frames, reopen }
    }
}

/// A path's last segment.
fn file_name(path: &str) -> &str {
    path.strip_prefix("a/").unwrap_or(path)
}

impl Asset {
    /// A file under a name that has its hash.
    pub(super) fn immutable(extension: &str, text: String) -> Self {
        Self::new(extension, IMMUTABLE, text)
    }

    fn new(extension: &str, cache_control: &'static str, text: String) -> Self {
        let content_type = match extension {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "application/json",
        };
        let etag = format!("\"{}\"", hex(text.as_bytes(), [], 8));
        Self { content_type, cache_control, etag, bytes: text.into() }
    }
}

/// A script with these values in their places.
fn filled<const N: usize>(text: &str, parts: [(&str, Value); N]) -> String {
    parts.iter().fold(text.to_owned(), |text, (mark, value)| text.replacen(mark, &value.to_string(), 1))
}

/// The style sheets of all that is shown, without comments and indentation.
pub(super) fn sheet() -> String {
    [DOCK_CSS, CSS, CHOICES_CSS].map(styles).join("\n")
}

/// A style sheet without comments and indentation.
fn styles(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The first bytes of SHA-256 over a text and some names, in hex.
pub(super) fn hex<'n>(text: &[u8], names: impl IntoIterator<Item = &'n String>, bytes: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    names.into_iter().for_each(|name| hash.update(name));
    hash.finalize().iter().take(bytes).fold(String::with_capacity(bytes * 2), |mut hex, byte| {
        // Writing to a String does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_the_hash_of_its_bytes_and_may_be_kept_for_ever() {
        let mut hashed = 0;
        for (path, file) in ASSETS.files.iter().filter(|(path, _)| path.starts_with("a/")) {
            let hash = path.split('.').nth(1).unwrap();
            assert_eq!(hash, hex(&file.bytes, [], 6), "{path}");
            assert_eq!(file.cache_control, IMMUTABLE, "{path}");
            hashed += 1;
        }
        assert_eq!(hashed, LANGUAGES.len() + 9);
    }

    #[test]
    fn the_alias_is_everything_for_a_day() {
        let alias = asset("widget.js").unwrap();
        let parts = [&*ASSETS.activate, &*ASSETS.door, &*ASSETS.widget].map(|path| asset(path).unwrap().bytes);
        let rest = alias.bytes.strip_prefix(&*parts.concat()).unwrap();
        let file = std::str::from_utf8(rest).unwrap().split('"').find(|part| part.starts_with("signals.")).unwrap();
        assert_eq!(asset(&format!("a/{file}")).unwrap().bytes, crate::widget::told::SIGNALS);
        assert_eq!(alias.cache_control, "public, max-age=86400");
        assert_eq!(asset("a/widget.js"), None);
        assert_eq!(asset(""), None);
    }

    #[test]
    fn every_part_is_whole() {
        let text = |path| String::from_utf8(asset(path).unwrap().bytes.to_vec()).unwrap();
        let (door, widget) = (text(&ASSETS.door), text(&ASSETS.widget));
        for mark in ["$style", "$english", "$dock", "$languages", "$reopen", "$files"] {
            assert_eq!(DOOR.matches(mark).count() + WIDGET.matches(mark).count(), 1, "{mark}");
            assert!(!door.contains(mark) && !widget.contains(mark), "{mark}");
        }
        assert!(widget.contains("Refuse all") && widget.contains("max-inline-size: 42rem"));
        assert!(door.contains(":host {\\nall: initial") && door.contains(",\"de."));
        assert!(door.contains(file_name(&ASSETS.widget)) && door.contains(file_name(&ASSETS.activate)));
    }

    /// What a first visit loads to be asked beside the guard, without the languages' own texts.
    #[test]
    fn the_door_and_the_widget_are_9_kb_compressed() {
        let door = filled(DOOR, [("$dock", Value::String(styles(DOCK_CSS))), ("$languages", json!([]))]);
        let widget = filled(WIDGET, [("$style", Value::String(styles(CSS))), ("$english", json!({}))]);
        let sizes = [door, widget].map(|text| gzipped(&text));
        assert!(sizes.iter().sum::<usize>() <= 9_000, "{sizes:?}");
    }

    #[test]
    fn each_english_text_is_in_one_part() {
        let English { first, second, in_frames, reopen } = English::read();
        let parts = [first, second, in_frames].map(|part| part.as_object().unwrap().len());
        let all: Map<String, Value> = serde_json::from_str(ENGLISH).unwrap();
        assert_eq!(parts, [FIRST.len(), all.len() - FIRST.len() - IN_FRAMES.len() - 1, IN_FRAMES.len()]);
        assert_eq!(reopen, all[REOPEN]);
    }

    fn gzipped(text: &str) -> usize {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().len()
    }

    #[test]
    fn every_language_says_everything_with_the_same_holes() {
        let english: Map<String, Value> = serde_json::from_str(ENGLISH).unwrap();
        for (language, text) in LANGUAGES {
            let texts: Map<String, Value> = serde_json::from_str(text).unwrap();
            assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
            for (key, value) in &english {
                for hole in ["{days}", "{count}", "{hosts}", "{names}", "{service}"] {
                    assert_eq!(
                        value.to_string().contains(hole),
                        texts[key].to_string().contains(hole),
                        "{language} {key}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_version_is_stable_within_a_build() {
        assert_eq!(version().len(), 16);
        assert_eq!(version(), Assets::build().version);
    }
}
