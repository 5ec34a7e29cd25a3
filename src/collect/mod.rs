//! The visitor's answer and its proof: the last room on the way of a request.
//!
//! A [`proof`] is kept by a [`store`] as a record of a [`ledger`].

pub mod keys;
pub mod ledger;
pub mod proof;
pub mod store;
