//! The only room that knows pingora.

pub mod decode;
