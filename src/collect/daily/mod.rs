//! Daily statistics: what visitors answered, by UTC day, site and category.
//!
//! They come from the stored proofs and from nothing else: a day's numbers are a pure function of its records ([`Tally`]),
//! so that any day can be computed again, with the same result. [`run`] says which days are, and keeps them in the store.
//! Numbers only: nothing of a visitor is in them.

mod day;
pub mod run;
mod tally;

pub use day::Day;
pub use tally::{Line, Tally, told};
