//! Metrics, health and reload, on a listener of their own.
