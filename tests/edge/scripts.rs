//! The configurations that are scripts, run in Node.js with what the CDN gives them put in their place.

use crate::cache::printed;
use std::process::Command;

const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\nsources = [\"own\", \"optanon\", \"iubenda\"]\n\
                    former_prefix = { path = \"/_old/\", until = 2999-01-01 }\n[edge]\nshared = true\nprivate_cookies = [\"basket\", \"*_logged_in_*\"]\n";

/// Whether Node.js is there; in CI it must be.
fn has_node() -> bool {
    let is_there = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "Node.js is not installed; scripts/tools installs it");
        eprintln!("SKIPPED (Node.js is not installed)");
    }
    is_there
}

fn run(kind: &str, export: &str) {
    if !has_node() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("rules/sites")).unwrap();
    std::fs::write(directory.path().join("rules/sites/shop.toml"), SITE).unwrap();
    let fields = ["--region-header", "X-Country", "--region-header", "X-State"];
    let text = printed(&[&[kind][..], &fields].concat(), directory.path());
    std::fs::write(directory.path().join("printed.mjs"), format!("{text}\n{export}\n")).unwrap();
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/edge/scripts.mjs");
    let output = Command::new("node").args([driver, kind]).arg(directory.path().join("printed.mjs")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{kind}: done"));
}

#[test]
fn cloudflares_worker_keeps_pages_by_key() {
    run("cloudflare", "export { consentryKey };");
}

#[test]
fn cloudfronts_functions_make_keys() {
    run("cloudfront", "export { consentryKey, handler, viewerResponse };");
}

#[test]
fn akamais_edgeworker_makes_keys() {
    run("akamai", "export { consentryKey };");
}
