//! `[limits]` of `consentry.toml`.

use serde::Deserialize;
use std::time::Duration;

/// Bounds in time and size; every default that pingora leaves open is set (pitfall 30).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A request's head, bytes (D17).
    pub request_head: usize,
    /// Seconds to connect to the origin, TLS included.
    pub connect_seconds: u64,
    /// Seconds the origin may stay silent; 0 is for ever.
    pub origin_read_seconds: u64,
    /// Seconds one write to the origin may take.
    pub origin_write_seconds: u64,
    /// Seconds an idle connection to the origin is kept.
    pub origin_idle_seconds: u64,
    /// Seconds a client may take to send the next bytes of a request.
    pub client_read_seconds: u64,
    /// Seconds one write to a client may take: a reader that stopped is dropped.
    pub client_write_seconds: u64,
    /// Seconds an idle client connection is kept.
    pub client_idle_seconds: u64,
    /// Tries per request when the origin cannot be reached.
    pub origin_tries: usize,
    /// Seconds that running requests get after SIGTERM.
    pub grace_seconds: u64,
    /// Most bytes that one call of a decoder may yield.
    pub decoded_chunk: usize,
    /// Answers and calls of consent APIs that one client may send in a minute; 0 is without bound. A client is an IPv4
    /// address or an IPv6 network of 64 bits.
    pub answers_per_minute: u32,
    /// Bytes of memory for pages that came before, word for word: they are compared instead of parsed. 0 is off.
    pub known_pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_head: 32 * 1024,
            connect_seconds: 5,
            origin_read_seconds: 60,
            origin_write_seconds: 60,
            origin_idle_seconds: 60,
            client_read_seconds: 60,
            client_write_seconds: 60,
            client_idle_seconds: 60,
            origin_tries: 3,
            grace_seconds: 10,
            answers_per_minute: 600,
            decoded_chunk: 8 * 1024 * 1024,
            known_pages: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// `None` for 0, which means for ever.
    pub fn seconds(value: u64) -> Option<Duration> {
        (value > 0).then(|| Duration::from_secs(value))
    }
}
