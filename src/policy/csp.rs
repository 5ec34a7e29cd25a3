//! Content security policies: the page's own, in which what is ours is allowed ([`allow()`]).

mod allow;

pub use allow::{Ours, allow};
