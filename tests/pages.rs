//! The page cases of `tests/pages/*.toml`: markup in, markup out. Each runs whole, byte by byte, in random pieces and,
//! with foreign text around it, in other encodings; each output is rewritten once more and must stay as it is.
//!
//! A file may begin with `rules` (lines for the site's file) and `snippet`; a case has `name`, `html`, `expected` (none:
//! the same), and may have `granted` (categories), `services` (slug to answer), `snippet`, `charset` (`""`: the response
//! head has none), `once` (the output is not rewritten again) and `bare` (no text around it).
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "common/rewriting.rs"]
mod rewriting;

use consentry::policy::Site;
use consentry::rewrite::Page;
use encoding_rs::{Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};
use rewriting::{Random, consent, in_pieces, page, site, whole};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: String,
    snippet: Option<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    html: String,
    expected: Option<String>,
    #[serde(default)]
    granted: Vec<String>,
    #[serde(default)]
    services: BTreeMap<String, bool>,
    snippet: Option<String>,
    charset: Option<String>,
    #[serde(default)]
    once: bool,
    #[serde(default)]
    bare: bool,
}

impl Case {
    fn page(&self, site: &Arc<Site>, snippet: Option<&String>) -> Page {
        let services: Vec<_> = self.services.clone().into_iter().collect();
        let snippet = self.snippet.as_ref().or(snippet).filter(|s| !s.is_empty());
        let charset = self.charset.as_deref().map_or(Some(UTF_8), |label| Encoding::for_label(label.as_bytes()));
        let page = page(site, consent(site, &self.granted, &services));
        Page { snippet: snippet.map(|s| Arc::from(s.as_str())), charset, ..page }
    }

    fn check(&self, page: &Page, file: &str, random: &mut Random) {
        let what = format!("{file}: {}", self.name);
        let expected = self.expected.as_ref().unwrap_or(&self.html);
        let out = whole(page, self.html.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), *expected, "{what}");
        assert_eq!(in_pieces(page, self.html.as_bytes(), || 1).unwrap(), out, "{what}: byte by byte");
        let seed = random.0;
        for _ in 0..8 {
            let most = 1 + random.below(40);
            let pieces = in_pieces(page, self.html.as_bytes(), || 1 + random.below(most)).unwrap();
            assert_eq!(String::from_utf8_lossy(&pieces), *expected, "{what}: random pieces, CONSENTRY_SEED={seed}");
        }
        if !self.once {
            assert_eq!(String::from_utf8_lossy(&whole(page, &out)), *expected, "{what}: twice is once");
        }
        if !self.bare && self.charset.is_none() && page.snippet.is_none() {
            self.in_encodings(page, expected, &what);
        }
    }

    /// The same tags between text that is not ASCII, as bytes of several encodings (pitfall 59).
    fn in_encodings(&self, page: &Page, expected: &str, what: &str) {
        for (encoding, text) in
            [(UTF_8, "ä前\u{1F600}"), (WINDOWS_1252, "äß€"), (GBK, "前后，囧"), (SHIFT_JIS, "表示ソ能")]
        {
            let encode = |html: &str| encoding.encode(&format!("<p>{text}</p>{html}\n<p>{text}")).0.into_owned();
            let page = Page { charset: Some(encoding), ..page.clone() };
            for piece in [usize::MAX, 1] {
                let out = in_pieces(&page, &encode(&self.html), || piece).unwrap();
                assert!(
                    out.starts_with(&encoding.encode(&format!("<p>{text}</p>")).0),
                    "{what} in {}",
                    encoding.name()
                );
                let decoded = |bytes: &[u8]| encoding.decode(bytes).0.into_owned();
                assert_eq!(decoded(&out), decoded(&encode(expected)), "{what} in {}", encoding.name());
            }
        }
    }
}

#[test]
fn page_cases() {
    let mut random = Random::new();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages");
    let mut names: Vec<_> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut cases = 0;
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let site = site(&file.rules);
        for case in &file.case {
            case.check(&case.page(&site, file.snippet.as_ref()), &name, &mut random);
            cases += 1;
        }
    }
    assert!(cases > 50, "only {cases} cases were found");
}
