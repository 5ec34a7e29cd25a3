//! What the rewriting did to pages, as signed sums by hour: the other half of a proof.
//!
//! A [`super::proof`] says what a visitor answered and which variant of the pages follows from it. Here is counted what
//! was done to the tags of the pages of each variant: [`Counters`] on the way of a request, [`Keeper`] beside it, which signs
//! the sums ([`Effect`]) and gives them to the store. Nothing of a visitor is in them.

mod count;
mod held;
mod joined;
mod keeper;
mod record;

pub use count::{Counters, PageDone};
pub use held::{Held, Unsound};
pub use joined::{Joined, of_proof};
pub use keeper::Keeper;
pub use record::{Body, Done, Effect, Hour, ServiceDone};

/// Stands for the variants, and for the services, that there was no room for.
pub const FURTHER: &str = "(further)";

/// Stands for tags that only the page's own label speaks about. No service is called so.
pub const LABELLED: &str = "(labelled)";

/// Stands for tags of an unknown category, or of a third party that the site does not let through.
pub const UNCLASSIFIED: &str = "(unclassified)";
