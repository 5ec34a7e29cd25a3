//! PostgreSQL goes away under load and comes back, in every way it can: in order, by a crash, frozen; and the gateway is killed
//! while its spool is full. No answer is refused, and each has one proof.

use super::common::eventually;
use super::common::gateway::Gateway;
use super::common::origin::Origin;
use super::common::postgres::Server;
use super::load::{Load, Said, assert_kept, assert_valid, config, proofs};
use std::time::Duration;

/// A server, and what gateways on it need.
struct Site {
    server: Server,
    url: String,
    directory: tempfile::TempDir,
    origin: Origin,
}

impl Site {
    fn new() -> Option<Self> {
        let server = Server::start()?;
        let url = server.database("proofs");
        Some(Self { server, url, directory: tempfile::tempdir().unwrap(), origin: Origin::page("") })
    }

    /// A gateway with the spool of this name.
    fn gateway(&self, spool: &str) -> Gateway {
        let spool = self.directory.path().join(spool);
        let config = config(&format!("{{ postgres = {:?}, spool = {spool:?} }}", self.url));
        Gateway::configured(&config, &[&self.origin], &[])
    }

    fn assert_whole(&self, told: &[Said]) {
        assert!(told.iter().all(|said| said.status == 200), "{:?}", told.iter().find(|said| said.status != 200));
        assert_valid(&self.url, None);
        assert_eq!(assert_kept(&self.url, told), told.len(), "no proof is there that nobody was told of");
    }
}

/// A number of `/metrics`.
fn metric(gateway: &Gateway, name: &str) -> u64 {
    let text = gateway.ask_admin("GET", "/metrics", &[]).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    line.trim().parse().unwrap()
}

fn spooled_away(gateway: &Gateway) {
    eventually("an empty spool", || {
        metric(gateway, "consentry_store_away") == 0 && metric(gateway, "consentry_spool_records") == 0
    });
}

#[test]
fn a_database_that_is_stopped_and_started_under_load_loses_nothing() {
    let Some(mut site) = Site::new() else { return };
    let gateways = [site.gateway("a"), site.gateway("b")];
    let loads: Vec<Load> = gateways.iter().map(|gateway| Load::start(gateway.address, 6)).collect();
    let answered = |more: usize| {
        let enough: Vec<usize> = loads.iter().map(|load| load.acknowledged() + more).collect();
        eventually("answers", || loads.iter().zip(&enough).all(|(load, enough)| load.acknowledged() >= *enough));
    };
    for in_order in [true, false, true] {
        answered(60);
        site.server.stop(in_order);
        answered(60);
        let records: u64 = gateways.iter().map(|gateway| metric(gateway, "consentry_spool_records")).sum();
        assert!(records >= 100, "what was acknowledged meanwhile is in the spools: {records}");
        let status = gateways[0].ask_admin("GET", "/status", &[]).text();
        assert!(status.contains("\"away\":true") && status.contains("\"spool\":{\"records\":"), "{status}");
        site.server.go();
        gateways.iter().for_each(|gateway| {
            eventually("the database again", || metric(gateway, "consentry_store_away") == 0);
        });
    }
    answered(60);
    let told: Vec<Said> = loads.into_iter().flat_map(Load::stop).collect();
    gateways.iter().for_each(spooled_away);
    assert!(gateways.iter().all(|gateway| metric(gateway, "consentry_spooled_total") >= 180));
    site.assert_whole(&told);
    assert!(gateways[0].log().contains("what was in the spool has followed"), "the operator is told");
}

#[test]
fn a_database_that_is_frozen_takes_each_answer_once_when_it_goes_on() {
    let Some(site) = Site::new() else { return };
    let gateway = site.gateway("a");
    let load = Load::start(gateway.address, 8);
    for _ in 0..2 {
        let enough = load.acknowledged() + 100;
        eventually("answers", || load.acknowledged() >= enough);
        site.server.freeze(true);
        let enough = load.acknowledged() + 40;
        eventually("answers without a database", || load.acknowledged() >= enough);
        site.server.freeze(false);
        eventually("the database again", || metric(&gateway, "consentry_store_away") == 0);
    }
    let told = load.stop();
    spooled_away(&gateway);
    site.assert_whole(&told);
}

#[test]
fn a_gateway_that_is_killed_with_a_full_spool_lets_it_follow_in_order_after_a_restart() {
    let Some(mut site) = Site::new() else { return };
    let mut gateway = site.gateway("a");
    let (mut told, mut sequence) = (Vec::new(), Vec::new());
    // One client: what it was told of first came first.
    for round in 0..3 {
        if round == 1 {
            site.server.stop(false);
        }
        let load = Load::start(gateway.address, 1);
        eventually("answers", || load.acknowledged() >= 30);
        gateway.signal("KILL");
        gateway.wait();
        told.extend(load.stop());
        // Without its database it starts nevertheless: it knows its chain.
        gateway = site.gateway("a");
    }
    assert!(metric(&gateway, "consentry_spool_records") >= 60);
    let (done, text) = proofs(&site.url, &["verify"]);
    assert!(!done, "there is no database to ask: {text}");
    site.server.go();
    spooled_away(&gateway);
    assert_valid(&site.url, None);
    assert!(assert_kept(&site.url, &told) >= told.len());
    let (_, text) = proofs(&site.url, &["export"]);
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        sequence.push(record["proof"]["consentId"].as_str().unwrap().to_owned());
    }
    // An answer that was in the air when its gateway was killed may have a proof too: nobody was told of it.
    sequence.retain(|id| told.iter().any(|said| said.id.to_string() == *id));
    assert_eq!(sequence, told.iter().map(|said| said.id.to_string()).collect::<Vec<_>>());
}

/// Kills so many gateways at any place in what follows from the spool.
fn kill_while_it_follows(rounds: u32) {
    let Some(mut site) = Site::new() else { return };
    let mut told = Vec::new();
    for round in 0..rounds {
        let mut gateway = site.gateway("a");
        eventually("the database", || metric(&gateway, "consentry_store_away") == 0);
        let load = Load::start(gateway.address, 8);
        eventually("answers", || load.acknowledged() >= 20);
        site.server.stop(round % 2 == 0);
        let enough = load.acknowledged() + 300;
        eventually("answers without a database", || load.acknowledged() >= enough);
        site.server.go();
        // From before the spool follows to after it has.
        std::thread::sleep(Duration::from_millis(u64::from(round) * 97 % 1_300));
        gateway.signal("KILL");
        gateway.wait();
        told.extend(load.stop());
    }
    let gateway = site.gateway("a");
    spooled_away(&gateway);
    assert!(told.iter().all(|said| said.status == 200));
    assert_valid(&site.url, None);
    let kept = assert_kept(&site.url, &told);
    println!("killed {rounds} times: {} acknowledged, {kept} kept, none missing, none twice", told.len());
}

#[test]
fn a_gateway_that_is_killed_while_its_spool_follows_sends_each_once() {
    kill_while_it_follows(6);
}

#[test]
#[ignore = "the long form: make faults"]
fn a_gateway_that_is_killed_fifty_times_while_its_spool_follows_sends_each_once() {
    kill_while_it_follows(50);
}
