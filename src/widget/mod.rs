//! What runs in the browser, and the assets that carry it.
//!
//! | file | |
//! |---|---|
//! | `guard.js` | inline, first in the page: stubs for the globals of blocked services, the look at a cached page's age |
//! | `stubs.js`, `activate.js` | bring neutralised elements back to life, in order; know nothing of the widget (D6) |
//! | `bridge.js` | tells the gateway what Usercentrics or Osano were told |
//! | `answers.js`, `panel.js`, `widget.js`, `widget.css`, `i18n/` | the visitor's answer, what the visitor sees, when |
//!
//! [`snippet()`] makes the markup that is put into a page, [`asset()`] serves the files. Plain JavaScript, not built by
//! anything: what is served is the source without whole-line comments and indentation, with the style sheet and the texts
//! put in their places.

mod assets;
mod snippet;

pub use assets::{Asset, asset, version};
pub use snippet::{guard_sha256, snippet};
