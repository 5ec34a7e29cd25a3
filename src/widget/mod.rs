//! What runs in the browser, and the assets that carry it.
//!
//! | file | |
//! |---|---|
//! | `guard.js`, `hold.js` | inline, first in the page: stubs for the globals of blocked services, the look at a cached page's age; what scripts make waits |
//! | `rules.js`, `watch.js` | judge what scripts make at run time, by the site's rules |
//! | `honour.js` | calls the callbacks that a page gave to stubs |
//! | `guard.min.js`, `rules.min.js` | what is served of those: `node tests/browser/lib/guard.js` makes them, a test compares |
//! | `stubs.js`, `activate.js` | bring neutralised elements back to life, in order; know nothing of the widget (D6) |
//! | `bridge.js` | tells the gateway what Usercentrics or Osano were told |
//! | `answers.js`, `panel.js`, `widget.js`, `widget.css`, `i18n/` | the visitor's answer, what the visitor sees, when |
//!
//! [`snippet()`] makes the markup that is put into a page, [`asset()`] and [`rules_asset()`] serve the files. Plain
//! JavaScript, and but for these two files not built by anything: what is served is the source without whole-line comments and
//! indentation, with the style sheet, the texts and the rules put in their places.

mod assets;
mod rules;
mod snapshot;
mod snippet;
mod words;

pub use assets::{Asset, asset, version};
pub use rules::rules_asset;
pub use snapshot::snapshot;
pub use snippet::{guard_sha256, snippet};
pub use words::Words;
