//! Published formats, one a file: pure functions between bytes and a typed value.
//!
//! [`detect()`] says by a value's shape which of them it can be; names say nothing, several tools use `euconsent`.

pub mod ac;
pub mod base64;
pub mod bits;
pub mod dastra;
mod detect;
pub mod didomi;
pub mod fibonacci;
pub mod gpp;
pub mod ids;
pub mod numbers;
pub mod onetrust;
pub mod sextets;
pub mod signature;
pub mod tcf;
pub mod us_privacy;

pub use detect::{Format, detect};
