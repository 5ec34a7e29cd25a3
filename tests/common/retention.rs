//! What a cut by age must do in either database.

use consentry::collect::checkpoint::{Checkpoint, Signer};
use consentry::collect::proof::Stamp;
use consentry::collect::store::{NewProof, ProofStore};
use consentry::consent::Deciseconds;
use std::process::Command;
use uuid::Uuid;

/// What is older goes.
pub const BEFORE: Deciseconds = Deciseconds(17_000_000_000);

/// What `consentry proofs verify` says.
pub fn verify(store: &str, more: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.args(["proofs", "verify", "--store", store]).args(more).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

async fn append(store: &dyn ProofStore, count: u64, date: u64) {
    for n in 0..count {
        let (id, date) = (Uuid::new_v4(), Deciseconds(date + n));
        let payload = format!(r#"{{"consentId":"{id}","site":"shop","date":"{}"}}"#, Stamp(date));
        store.append(NewProof { consent_id: id, site: "shop".to_owned(), date, payload }).await.unwrap();
    }
}

async fn sign(store: &dyn ProofStore) -> Checkpoint {
    let head = store.health().await.unwrap().head.unwrap();
    let checkpoint = Signer::new(&[7; 32]).unwrap().sign(head, Deciseconds(head.seq));
    store.checkpoints().unwrap().keep_checkpoint(checkpoint.clone()).await.unwrap();
    checkpoint
}

/// 25 old records and 15 young ones, with checkpoints after 10, 20 and 35: it is cut after 20.
pub async fn cuts_at_a_checkpoint(store: &dyn ProofStore, name: &str) {
    let cutter = store.checkpoints().unwrap();
    append(store, 10, BEFORE.0 - 1_000).await;
    assert_eq!(cutter.cut(BEFORE).await.unwrap(), 0, "there is no checkpoint yet");
    let mut kept = vec![sign(store).await];
    append(store, 10, BEFORE.0 - 500).await;
    kept.push(sign(store).await);
    append(store, 5, BEFORE.0 - 100).await;
    append(store, 10, BEFORE.0).await;
    kept.push(sign(store).await);
    append(store, 5, BEFORE.0 + 100).await;
    assert_eq!(cutter.cut(Deciseconds(BEFORE.0 - 2_000)).await.unwrap(), 0, "nothing is as old");
    assert_eq!(cutter.cut(BEFORE).await.unwrap(), 20);
    assert_eq!(cutter.cut(BEFORE).await.unwrap(), 0, "once");
    assert_eq!(store.page(0, 100).await.unwrap().first().map(|row| row.seq), Some(21));
    let (valid, text) = verify(name, &[]);
    assert!(valid && text.contains("20 records (0 erased), cut by age after record 20, 2 checkpoints"), "{text}");
    // Whoever kept the old checkpoints can still hold the one of the cut, and those after it, against the chain.
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: String = kept.iter().map(|checkpoint| checkpoint.line() + "\n").collect();
    std::fs::write(file.path(), lines).unwrap();
    let key = Signer::new(&[7; 32]).unwrap().public();
    let (valid, text) = verify(name, &["--checkpoints", file.path().to_str().unwrap(), "--key", &key]);
    assert!(valid && text.contains("4 checkpoints"), "{text}");
    let (valid, text) = verify(name, &["--key", &"00".repeat(32)]);
    assert!(!valid && text.contains("the checkpoint of record 20 is signed with another key"), "{text}");
    append(store, 1, BEFORE.0 + 200).await;
    assert!(verify(name, &[]).0, "the chain goes on");
    assert_eq!(store.health().await.unwrap().head.unwrap().seq, 41);
}
