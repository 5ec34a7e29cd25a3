//! What the tests over real sockets share: the program itself, scripted origins, and clients that report framing.
#![allow(dead_code, reason = "each test target uses its part")]

pub mod coded;
pub mod gateway;
pub mod h1;
pub mod h2c;
pub mod material;
pub mod message;
pub mod origin;
pub mod postgres;
pub mod retention;

use std::time::Duration;

/// How long anything may take before a test is given up. No test asserts a time: this only turns a hang into a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `condition` holds; panics, saying `what` was waited for, after [`PATIENCE`].
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
