//! How the proof store stands: gauges for `/metrics`, an object for `/status`. The database is not asked.

use crate::collect::store::{ProofStore, Standing};

/// Prometheus' text format. The spool's numbers are there where the store has one.
pub(super) fn metrics(store: &dyn ProofStore) -> String {
    let Standing { waiting, in_spool, spooled, is_away } = store.standing();
    let mut text = gauge("consentry_store_waiting", "Answers that wait for the proof store's writer", waiting);
    if let Some(records) = in_spool {
        let about = "Acknowledged answers in the local spool, which have not followed to the database yet";
        text.push_str(&gauge("consentry_spool_records", about, records));
        let about = "Whether answers go to the local spool: the database is away, or the spool is not empty yet";
        text.push_str(&gauge("consentry_store_away", about, u8::from(is_away)));
        let (name, about) = ("consentry_spooled_total", "Answers that went to the local spool");
        text.push_str(&format!("# HELP {name} {about}\n# TYPE {name} counter\n{name} {spooled}\n"));
    }
    text
}

fn gauge(name: &str, about: &str, value: impl std::fmt::Display) -> String {
    format!("# HELP {name} {about}\n# TYPE {name} gauge\n{name} {value}\n")
}

/// The same as JSON.
pub(super) fn status(store: &dyn ProofStore) -> serde_json::Value {
    let Standing { waiting, in_spool, spooled, is_away } = store.standing();
    let spool = in_spool.map(|records| serde_json::json!({ "records": records, "spooled": spooled }));
    serde_json::json!({ "name": store.name(), "waiting": waiting, "away": is_away, "spool": spool })
}
