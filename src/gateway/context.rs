//! What travels with one request from its head to its end.

/// One request's state. `Send + Sync`, as pingora asks (pitfall 16).
#[derive(Debug, Default)]
pub struct Context {}
