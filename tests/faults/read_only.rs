//! A store that cannot be written: the gateway does not start as if it could prove answers, and says what to do.

use super::common::gateway::{Gateway, run_to_end};
use super::common::origin::Origin;
use super::load::{Load, assert_kept, assert_valid, config};
use std::process::Command;

fn attempt(store: &std::path::Path) -> super::common::gateway::Ended {
    let text = format!(
        "format = 1\nstore = {{ sqlite = {store:?} }}\n[[listen]]\naddress = \"127.0.0.1:0\"\n[admin]\nlisten = \"off\"\n\
         [origins.main]\nurl = \"http://127.0.0.1:9\"\n[keys]\nfile = \"keys\"\n[checkpoints]\nkey_file = \"checkpoint-key\"\n"
    );
    let key = "ab".repeat(32);
    run_to_end(
        &["run", "--config", "consentry.toml"],
        &[("consentry.toml", &text), ("keys", &key), ("checkpoint-key", &key)],
    )
}

/// `/proc` takes no file from anybody, the superuser included, to whom no directory is read-only by its mode.
#[test]
fn a_directory_that_cannot_be_written_ends_the_start_with_a_sentence() {
    let ended = attempt(std::path::Path::new("/proc/consentry/proofs.sqlite"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.errors.contains("/proc/consentry/proofs.sqlite") && ended.errors.contains("--store"), "{ended:?}");
}

/// The proofs of before stay readable, and are not touched.
#[test]
fn a_read_only_file_system_keeps_what_it_has_and_takes_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let store = file.to_str().unwrap();
    let mut gateway = Gateway::configured(&config(&format!("{{ sqlite = {store:?} }}")), &[&Origin::page("")], &[]);
    let load = Load::start(gateway.address, 4);
    super::common::eventually("answers", || load.acknowledged() >= 20);
    let told = load.stop();
    gateway.signal("TERM");
    gateway.wait();
    let before = std::fs::read(&file).unwrap();
    let path = directory.path().to_str().unwrap();
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"";
    let shell = |rest: &[&str]| {
        let mut command = Command::new("unshare");
        let user: &[&str] = if is_superuser() { &[] } else { &["--user", "--map-root-user"] };
        command.args(user).args(["--mount", "sh", "-c", mount, path]).args(rest).output().unwrap()
    };
    if !shell(&["true"]).status.success() {
        eprintln!("SKIPPED (no file system can be mounted here): a file system that is read-only");
        return;
    }
    let binary = env!("CARGO_BIN_EXE_consentry");
    let started = shell(&[
        binary,
        "run",
        "--listen",
        "127.0.0.1:0",
        "--origin",
        "http://127.0.0.1:9",
        "--admin",
        "off",
        "--store",
        store,
    ]);
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(started.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written") && said.contains(store), "{said}");
    let verified = shell(&[binary, "proofs", "verify", "--store", store]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success(), "a read-only copy can be verified: {said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_valid(store, None);
    assert_kept(store, &told);
}

fn is_superuser() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
