//! The files that the browser fetches, made once from `src/widget/`: names with hashes, so that they can be kept for ever
//! (D10), and `widget.js` for snippets that were pasted by hand.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// The texts of the languages besides English, which is in the bundle.
pub(super) const LANGUAGES: [(&str, &str); 5] = [
    ("de", include_str!("i18n/de.json")),
    ("es", include_str!("i18n/es.json")),
    ("fr", include_str!("i18n/fr.json")),
    ("it", include_str!("i18n/it.json")),
    ("nl", include_str!("i18n/nl.json")),
];

pub(super) const ENGLISH: &str = include_str!("i18n/en.json");
const CSS: &str = include_str!("widget.css");
const STUBS: &str = include_str!("stubs.js");
const ACTIVATE: &str = include_str!("activate.js");
const BRIDGE: &str = include_str!("bridge.js");

/// The bundle's parts, in their order: each uses what the one before it put on the guard's hook.
const WIDGET: [&str; 5] =
    [STUBS, ACTIVATE, include_str!("answers.js"), include_str!("panel.js"), include_str!("widget.js")];

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

/// The path of the widget's bundle below the prefix.
pub(super) fn widget_path() -> &'static str {
    &ASSETS.widget
}

/// The paths of the activator without the widget, and of the bridge.
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
    widget: String,
    activate: String,
    bridge: String,
    version: String,
}

impl Assets {
    fn build() -> Self {
        let mut assets = Self::default();
        let languages = assets.add_languages();
        assets.activate = assets.add("activate", "js", compact(STUBS) + &compact(ACTIVATE));
        assets.bridge = assets.add("bridge", "js", compact(BRIDGE));
        assets.files.insert("bridge.js".to_owned(), Asset::new("js", ALIAS, compact(BRIDGE)));
        let bundle = bundle(languages);
        assets.widget = assets.add("widget", "js", bundle.clone());
        assets.files.insert("widget.js".to_owned(), Asset::new("js", ALIAS, bundle));
        let inline = super::snippet::GUARD.to_owned() + super::rules::CODE;
        assets.version = hex(inline.as_bytes(), assets.files.keys(), 8);
        assets
    }

    /// Adds a file under its hashed name; gives its path.
    fn add(&mut self, name: &str, extension: &'static str, text: String) -> String {
        let path = format!("a/{name}.{}.{extension}", hex(text.as_bytes(), [], 6));
        self.files.insert(path.clone(), Asset::new(extension, IMMUTABLE, text));
        path
    }

    /// Adds the languages' files; gives what the panel must know of them.
    fn add_languages(&mut self) -> Value {
        let entry = |(language, text): (&str, &str)| {
            let path = self.add(language, "json", text.to_owned());
            let texts: Value = serde_json::from_str(text).unwrap_or_default();
            let file = path.strip_prefix("a/").unwrap_or(&path);
            (language.to_owned(), json!({ "file": file, "reopen": texts.get("reopen") }))
        };
        Value::Object(LANGUAGES.into_iter().map(entry).collect::<Map<_, _>>())
    }
}

impl Asset {
    /// A script under a name that has its hash.
    pub(super) fn immutable_script(text: String) -> Self {
        Self::new("js", IMMUTABLE, text)
    }

    fn new(extension: &str, cache_control: &'static str, text: String) -> Self {
        let content_type = match extension {
            "js" => "text/javascript; charset=utf-8",
            _ => "application/json",
        };
        let etag = format!("\"{}\"", hex(text.as_bytes(), [], 8));
        Self { content_type, cache_control, etag, bytes: text.into() }
    }
}

/// The widget's bundle, with style sheet, English texts and the other languages' names in their places.
fn bundle(languages: Value) -> String {
    let english: Value = serde_json::from_str(ENGLISH).unwrap_or_default();
    let parts =
        [("'@@widget.css@@'", Value::String(styles())), ("'@@en.json@@'", english), ("'@@languages@@'", languages)];
    let text = WIDGET.iter().map(|source| compact(source)).collect::<String>();
    parts.iter().fold(text, |text, (mark, value)| text.replacen(mark, &value.to_string(), 1))
}

/// The style sheet without comments and indentation.
pub(super) fn styles() -> String {
    let mut text = String::with_capacity(CSS.len());
    let mut rest = CSS;
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
        assert_eq!(hashed, LANGUAGES.len() + 3);
    }

    #[test]
    fn the_alias_is_the_bundle_for_a_day() {
        let (alias, bundle) = (asset("widget.js").unwrap(), asset(widget_path()).unwrap());
        assert_eq!(alias.bytes, bundle.bytes);
        assert_eq!(alias.cache_control, "public, max-age=86400");
        assert_eq!(asset("a/widget.js"), None);
        assert_eq!(asset(""), None);
    }

    #[test]
    fn the_bundle_is_whole() {
        let bundle = asset(widget_path()).unwrap();
        let text = std::str::from_utf8(&bundle.bytes).unwrap();
        assert!(!text.contains("@@"));
        assert!(
            text.contains("Refuse all")
                && text.contains(":host {\\nall: initial")
                && text.contains("\"de\":{\"file\":\"de.")
        );
        assert!(!text.lines().any(|line| line.starts_with("//") || line.starts_with(' ')));
    }

    #[test]
    fn every_language_says_everything_with_the_same_holes() {
        let english: Map<String, Value> = serde_json::from_str(ENGLISH).unwrap();
        for (language, text) in LANGUAGES {
            let texts: Map<String, Value> = serde_json::from_str(text).unwrap();
            assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
            for (key, value) in &english {
                for hole in ["{days}", "{count}", "{hosts}"] {
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
