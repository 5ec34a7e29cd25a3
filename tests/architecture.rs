//! The house's walls: who may use whom. A `use crate::` (or a path) outside these arrows is in the wrong room, or the
//! drawing is wrong and changes in the same commit.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Room, and the rooms of ours that it may use besides itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("consent/codec", &[]),
    ("consent", &[]),
    ("policy", &["consent"]),
    ("rewrite", &["policy", "consent"]),
    ("explain", &["rewrite", "policy", "consent"]),
    ("head", &["consent", "policy"]),
    ("widget", &["policy"]),
    ("collect", &["consent", "policy", "widget"]),
    ("config", &[]),
];
/// Rooms that may use everything.
const FREE: &[&str] = &["gateway", "admin", "cli", "lib", "main"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The names after `crate::` in a file, also those in a braced list.
fn used(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
        };
        rooms.extend(list.split(',').map(|item| item.trim().split("::").next().unwrap_or_default().to_owned()));
    }
    rooms
}

fn room_of(file: &Path) -> String {
    let path = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let path = path.to_string_lossy().replace('\\', "/");
    if path.starts_with("consent/codec") {
        return "consent/codec".to_owned();
    }
    path.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn rooms_use_only_the_rooms_that_the_drawing_allows() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 10, "the sources were not found");
    let mut wrong = Vec::new();
    for file in files {
        let room = room_of(&file);
        if FREE.contains(&room.as_str()) {
            continue;
        }
        let allowed =
            ARROWS.iter().find(|(r, _)| *r == room).unwrap_or_else(|| panic!("{room} is not in the drawing")).1;
        let own = room.split('/').next().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        for target in used(&text) {
            let inside = target == own && (room != "consent/codec" || text_uses_codec_only(&text));
            if !target.is_empty() && !inside && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{}: {room} uses {target}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the drawing does not have:\n{}", wrong.join("\n"));
}

/// A codec is a pure function between bytes and a typed value: it knows nothing of the rest of `consent`.
fn text_uses_codec_only(text: &str) -> bool {
    text.split("crate::consent").skip(1).all(|rest| rest.starts_with("::codec"))
}

#[test]
fn the_check_itself_sees_a_forbidden_arrow() {
    assert!(used("use crate::gateway::Gateway;").contains("gateway"));
    assert!(used("use crate::{policy::Site, gateway};").contains("gateway"));
    assert!(!text_uses_codec_only("use crate::consent::Consent;"));
}
