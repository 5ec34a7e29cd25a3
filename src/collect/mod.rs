//! The visitor's answer and its proof: the last room on the way of a request.
//!
//! [`api`] takes a request for one of our own paths. An [`answer`] that is valid becomes a [`proof`], which a [`store`]
//! keeps as a record of a [`ledger`] before the cookies are set: nothing is acknowledged that is not stored. A no ends the
//! cookies of what it refuses ([`withdraw`], [`mod@expire`]). `dialect` is the same for clients of other tools. What all proofs
//! of a day say together is counted in [`daily`], what was done to pages in [`effects`], and how often forms of the widget
//! were shown that a site compares in [`shown`].

mod address;
pub mod answer;
pub mod api;
mod bridge;
pub mod checkpoint;
pub mod companion;
mod cookies;
pub mod daily;
pub mod details;
mod dialect;
pub mod digests;
pub mod effects;
pub mod expire;
pub mod export;
pub mod keys;
pub mod ledger;
mod origin;
pub mod proof;
mod report;
pub mod response;
mod save;
mod settings;
pub mod shown;
mod state;
pub mod stats;
pub mod store;
pub mod walk;
pub mod withdraw;
