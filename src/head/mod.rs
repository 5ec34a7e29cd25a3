//! Decisions on message heads; `http` types only.
