//! What runs in the browser, and the assets that carry it.
//!
//! | file | |
//! |---|---|
//! | `guard.js`, `hold.js` | inline, first in the page: stubs for the globals of blocked services, the look at a cached page's age; what scripts make waits |
//! | `signals.js` | inline, behind the guard, on sites with tags that ask for consent signals; a file of its own for `pasted.js` |
//! | `watch.js`, `rules.js` | judge what scripts make at run time, by the site's rules |
//! | `honour.js` | calls the callbacks that a page gave to stubs |
//! | `guard.min.js`, `rules.min.js` | what is served of those: `node tests/browser/lib/guard.js` makes them, a test compares |
//! | `answers.js`, `place.js`, `door.js`, `dock.css` | on every page: whether there is something to ask, the button that is always there, `window.consentry` |
//! | `save.js`, `panel.js`, `widget.js`, `widget.css`, `i18n/` | when there is something to ask: what the visitor sees, what an answer does |
//! | `choices.js`, `choices.css` | the second layer: categories and services |
//! | `held.js`, `held.css` | where a frame waits: who would show something there |
//! | `variant.js` | on sites that compare forms of the widget: which one this visitor sees |
//! | `purge.js` | after a withdrawal: what its services left in the browser goes |
//! | `stubs.js`, `late.js`, `activate.js` | when something is granted: bring neutralised elements back to life, in order; know nothing of the widget (D6) |
//! | `pasted.js` | in `widget.js` alone: signals for a snippet that was pasted by hand, where no guard is |
//! | `signals.min.js`, `pasted.min.js`, `door.min.js`, `widget.min.js`, `activate.min.js` | what is served of those: `node tests/browser/lib/minified.js` makes them, a test compares |
//! | `bridge.js` | tells the gateway what another tool on the page was told |
//!
//! [`snippet()`] makes the markup that is put into a page, [`asset()`] and [`rules_asset()`] serve the files. Plain
//! JavaScript; what is built of it is committed, so that `cargo build` needs no Node, and has places for the style sheets, the
//! texts and the rules.

mod assets;
mod noscript;
mod rules;
mod snapshot;
mod snippet;
mod told;
mod words;

pub use assets::{Asset, asset, version};
pub use rules::{rules_asset, service_keys};
pub use snapshot::snapshot;
pub use snippet::{Dock, apart, guard_sha256, inline_sources, snippet};
pub use told::Told;
pub use words::Words;
