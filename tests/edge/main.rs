//! Real caches before a real gateway: Varnish and nginx with the configuration that `consentry edge` prints, unchanged.
//!
//! Check 12 of the officer's list: visitors with opposite answers through one shared cache never get each other's page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(missing_docs, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod cache;
mod crowd;
mod scripts;
mod visitors;
mod walk;
