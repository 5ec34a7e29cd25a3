//! The only room that knows pingora.
