//! `consentry.toml`: what needs a restart to change.
