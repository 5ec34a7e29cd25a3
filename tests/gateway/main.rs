//! The program over real sockets: what a client, an origin and an operator see of it.
//!
//! A test of a numbered pitfall carries the number in its name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(missing_docs, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod apis;
mod bodies;
mod cache;
mod codings;
mod consent;
mod cookies;
mod cron;
mod dashboard;
mod edge;
mod effects;
mod explain;
mod exports;
mod forwarded;
mod heads;
mod integrations;
mod lifecycle;
mod live;
mod matrix;
mod memory;
mod pages;
mod passing;
mod policy;
mod proxied;
mod records;
mod report_only;
mod requests;
mod scan;
mod signals;
mod sites;
mod sources;
mod streaming;
mod tls;
mod tools;
mod types;
mod unknown;
mod validators;
mod variants;
