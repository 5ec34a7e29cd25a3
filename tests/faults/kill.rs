//! `kill -9` in the middle of the load.

use super::common::eventually;
use super::common::gateway::Gateway;
use super::common::origin::Origin;
use super::load::{Load, assert_kept, assert_valid, config};

/// Kills so many gateways on one file, each at another moment: at once when it listens, or after some tens of answers.
fn kill(rounds: usize) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let store = file.to_str().unwrap();
    let origin = Origin::page("");
    let checkpoints = directory.path().join("checkpoints");
    let config = config(&format!("{{ sqlite = {store:?} }}")).replace("\"checkpoints\"", &format!("{checkpoints:?}"));
    let mut told = Vec::new();
    for round in 0..rounds {
        let mut gateway = Gateway::configured(&config, &[&origin], &[]);
        let load = Load::start(gateway.address, 12);
        let enough = round * 37 % 190;
        eventually("answers", || load.acknowledged() >= enough);
        gateway.signal("KILL");
        gateway.wait();
        told.extend(load.stop());
        // Nobody has the file open: what is in the log is found by whoever opens it next. The whole chain each time would be a
        // long form's longest part.
        if round < 10 || round % 10 == 9 {
            assert_valid(store, Some(&checkpoints));
        }
    }
    assert!(told.len() > rounds * 20, "too few answers to say anything: {}", told.len());
    assert!(told.iter().all(|said| said.status == 200), "nothing was wrong but the end");
    let kept = assert_kept(store, &told);
    println!("killed {rounds} times: {} acknowledged, {kept} kept, none missing, none twice", told.len());
}

#[test]
fn what_was_acknowledged_survives_ten_kills_under_load() {
    kill(10);
}

#[test]
#[ignore = "the long form: make faults"]
fn what_was_acknowledged_survives_a_hundred_kills_under_load() {
    kill(100);
}
