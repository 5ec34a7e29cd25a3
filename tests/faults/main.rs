//! Faults under a real gateway that takes answers: it is killed, its disk is full, its directory cannot be written. What was
//! acknowledged is there, once, in a valid chain; what was not got a 503 or no answer at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(missing_docs, unreachable_pub)]
#![cfg(all(feature = "gateway", unix))]

#[path = "../common/mod.rs"]
mod common;

mod away;
mod full;
mod kill;
mod load;
mod read_only;
