//! The IAB's formats: every published vector, production strings, and other decoders of the same strings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

use serde_json::Value;

#[path = "../common/material.rs"]
#[allow(unreachable_pub)]
mod material;

mod differential;
mod gpp;
mod simple;
mod tcf;

/// The vectors of one format; never none.
fn vectors(format: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(material::shared("spec/vectors.json")?).unwrap();
    let mut all: Vec<Value> = serde_json::from_str(&text).unwrap();
    all.retain(|vector| vector["format"] == format);
    assert!(!all.is_empty(), "no vector of {format}");
    Some(all)
}

fn value(vector: &Value) -> &str {
    vector["value"].as_str().unwrap()
}

/// What a vector expects, by name.
fn expect(vector: &Value) -> impl Iterator<Item = (&str, &Value)> {
    vector["expect"].as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value))
}
