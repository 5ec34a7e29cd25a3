//! What the rules say. Knows consent, no HTML and no HTTP.

pub mod verdict;
