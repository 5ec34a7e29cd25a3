//! Decisions on message heads; `http` types only.

pub mod coding;
