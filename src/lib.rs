//! Consentry: a reverse proxy that enforces a visitor's consent on the pages it serves.
//!
//! Read the rooms in the order in which a request walks through them:
//!
//! 1. [`consent`]: cookie bytes and signals become one [`consent::Consent`];
//! 2. [`policy`]: rule files become one [`policy::RuleSet`], which says what each tag needs;
//! 3. `head`: the request's and the response's heads become a plan (rewrite, pass, refuse);
//! 4. [`rewrite`]: the page's bytes are judged and spliced while they stream;
//! 5. `collect`: the visitor's answer becomes a proof and a signed cookie.
//!
//! `widget` is what runs in the browser, `gateway` is the only room that knows pingora, `admin` and `cli` are the
//! operator's doors, and [`explain`] tells both what was done to a page. With `default-features = false` the library is the
//! first two, [`rewrite`] and [`explain`], without pingora and tokio.

pub mod consent;
pub mod explain;
pub mod policy;
pub mod rewrite;

#[cfg(feature = "gateway")]
pub mod admin;
#[cfg(feature = "gateway")]
pub mod cli;
#[cfg(feature = "gateway")]
pub mod collect;
#[cfg(feature = "gateway")]
pub mod config;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "gateway")]
pub mod head;
#[cfg(feature = "gateway")]
pub mod widget;
