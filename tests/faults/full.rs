//! No space left: on a file system of its own, and by a limit to the size of files. Answers are refused with 503 for as long, the
//! gateway lives, and it goes on by itself when there is space.

use super::common::eventually;
use super::common::gateway::Gateway;
use super::common::origin::Origin;
use super::load::{Load, Said, assert_kept, assert_valid, config};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every way of having no space has to show, with what makes some.
fn refused_and_goes_on(gateway: &mut Gateway, make_space: impl FnOnce()) -> Vec<Said> {
    let load = Load::start(gateway.address, 8);
    eventually("a full disk", || load.refused() >= 40);
    let mut told = load.stop();
    assert!(told.iter().any(|said| said.status == 200), "there was some space at first");
    let refused: Vec<_> = told.iter().filter(|said| said.status != 200).collect();
    assert!(refused.iter().all(|said| said.status == 503 && said.retry_after.is_some()), "{:?}", refused.first());
    assert!(gateway.is_alive());
    assert_eq!(gateway.visit("/").whole().status(), 200, "pages are served");
    make_space();
    let load = Load::start(gateway.address, 8);
    eventually("answers again", || load.acknowledged() >= 40);
    told.extend(load.stop());
    told
}

/// A gateway that keeps its proofs on a file system where 1 MiB is left, which nobody else sees and which ends with it.
fn on_a_small_disk(place: &Path) -> Option<Gateway> {
    // The superuser needs a mount namespace for it, others one of users too, which some systems do not give.
    let superuser = ["unshare", "--mount"];
    let others = ["unshare", "--user", "--map-root-user", "--mount"];
    let mount = "mount -t tmpfs -o size=16m none \"$0\" && head -c 15M /dev/zero >\"$0/filler\" && exec \"$@\"";
    let wrapper = [&superuser[..], &others[..]].into_iter().find(|unshare| {
        let mut probe = Command::new(unshare[0]);
        probe.args(&unshare[1..]).args(["sh", "-c", mount]).arg(place).arg("true");
        probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    });
    let Some(wrapper) = wrapper else {
        eprintln!("SKIPPED (no file system can be mounted here): a disk that is full");
        return None;
    };
    let wrapper: Vec<&str> = wrapper.iter().copied().chain(["sh", "-c", mount, place.to_str().unwrap()]).collect();
    let config = config(&format!("{{ sqlite = {:?} }}", place.join("proofs.sqlite")));
    Some(Gateway::under(&wrapper, &config, &[&Origin::page("")]))
}

#[test]
fn a_disk_that_is_full_refuses_and_goes_on_when_there_is_space() {
    let place = tempfile::tempdir().unwrap();
    let Some(mut gateway) = on_a_small_disk(place.path()) else { return };
    // Through the gateway's own view of the file system.
    let seen = PathBuf::from(format!("/proc/{}/root{}", gateway.id(), place.path().display()));
    let told = refused_and_goes_on(&mut gateway, || std::fs::remove_file(seen.join("filler")).unwrap());
    assert!(gateway.log().contains("is full"), "the operator is told");
    let copy = tempfile::tempdir().unwrap();
    for name in ["proofs.sqlite", "proofs.sqlite-wal"] {
        std::fs::copy(seen.join(name), copy.path().join(name)).unwrap();
    }
    let store = copy.path().join("proofs.sqlite");
    assert_valid(store.to_str().unwrap(), None);
    assert_kept(store.to_str().unwrap(), &told);
}

#[test]
fn a_file_that_may_not_grow_refuses_and_goes_on_when_it_may() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("proofs.sqlite");
    let config = config(&format!("{{ sqlite = {store:?} }}"));
    // In blocks of 512 bytes; a signal comes too, which is ignored so that the write fails instead.
    let limit = ["sh", "-c", "trap '' XFSZ; ulimit -S -f 1400; exec \"$0\" \"$@\""];
    let mut gateway = Gateway::under(&limit, &config, &[&Origin::page("")]);
    let id = gateway.id().to_string();
    let told = refused_and_goes_on(&mut gateway, || {
        let lifted = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap();
        assert!(lifted.success());
    });
    assert!(gateway.log().contains("answers are refused until this is over"), "the operator is told");
    assert_valid(store.to_str().unwrap(), Some(&gateway.file("checkpoints")));
    assert_kept(store.to_str().unwrap(), &told);
}
