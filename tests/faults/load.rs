//! Clients that answer without a pause, remember what each answer came to, and survive a gateway that does not.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use uuid::Uuid;

/// The configuration of a gateway that stores what `store` says and signs often, with an operator's listener.
pub fn config(store: &str) -> String {
    format!(
        "store = {store}\n[checkpoints]\nevery_records = 40\nfile = \"checkpoints\"\n[limits]\nanswers_per_minute = 0\n\
         [admin]\nlisten = \"127.0.0.1:0\"\n"
    )
}

/// What one answer came to.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub id: Uuid,
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
}

/// Clients at work.
pub struct Load {
    threads: Vec<JoinHandle<Vec<Said>>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    /// So many, each on a connection of its own. One whose connection breaks ends.
    pub fn start(address: SocketAddr, clients: usize) -> Self {
        let counts = Arc::<Counts>::default();
        let threads = (0..clients).map(|_| {
            let counts = Arc::clone(&counts);
            std::thread::spawn(move || answer_until_stopped(address, &counts))
        });
        Self { threads: threads.collect(), counts }
    }

    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::Relaxed)
    }

    pub fn refused(&self) -> usize {
        self.counts.refused.load(Ordering::Relaxed)
    }

    /// Ends them; every answer that came.
    pub fn stop(self) -> Vec<Said> {
        self.counts.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    }
}

fn answer_until_stopped(address: SocketAddr, counts: &Counts) -> Vec<Said> {
    let mut told = Vec::new();
    let Ok(stream) = TcpStream::connect(address) else { return told };
    stream.set_read_timeout(Some(super::common::PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while !counts.stop.load(Ordering::Relaxed) {
        let Ok(said) = answer(&mut stream, address, Uuid::new_v4()) else { break };
        let counter = if said.status == 200 { &counts.acknowledged } else { &counts.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        told.push(said);
        if said.status != 200 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    told
}

/// One answer with this consent id. It counts as acknowledged only when all of the response came.
pub fn answer(stream: &mut BufReader<TcpStream>, address: SocketAddr, id: Uuid) -> std::io::Result<Said> {
    let body = format!(
        r#"{{"categories":{{"statistics":true,"marketing":false}},"services":{{}},"layer":"second","button":"save","language":"en","consentId":"{id}"}}"#
    );
    let head = format!(
        "POST /_c/consent HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all([head, body].concat().as_bytes())?;
    let (mut line, mut status, mut length, mut retry_after) = (String::new(), None, 0, None);
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() {
                break;
            }
            status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
            continue;
        };
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.trim().parse().unwrap(),
            "retry-after" => retry_after = value.trim().parse().ok(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let status = status.ok_or(std::io::ErrorKind::InvalidData)?;
    if status == 200 {
        let saved: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(saved["consentId"], id.to_string());
    }
    Ok(Said { id, status, retry_after })
}

/// What `consentry proofs` says of a store.
pub fn proofs(store: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("proofs").args(arguments).args(["--store", store]).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// The chain is valid, also against the checkpoints that were written to this file.
pub fn assert_valid(store: &str, checkpoints: Option<&Path>) -> String {
    let mut arguments = vec!["verify"];
    if let Some(path) = checkpoints.filter(|path| path.exists()) {
        arguments.extend(["--checkpoints", path.to_str().unwrap()]);
    }
    let (valid, text) = proofs(store, &arguments);
    assert!(valid && !text.contains("NOT VALID"), "{text}");
    text
}

/// Each acknowledged answer has one proof, each refused one has none; how many proofs there are.
pub fn assert_kept(store: &str, told: &[Said]) -> usize {
    let (done, text) = proofs(store, &["export"]);
    assert!(done, "{text}");
    let mut kept: HashMap<Uuid, usize> = HashMap::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let id = record["proof"]["consentId"].as_str().and_then(|id| id.parse().ok()).unwrap();
        *kept.entry(id).or_default() += 1;
    }
    for said in told {
        let expected = usize::from(said.status == 200);
        assert_eq!(kept.get(&said.id).copied().unwrap_or_default(), expected, "{said:?}");
    }
    kept.values().sum()
}
