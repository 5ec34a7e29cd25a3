//! Published formats, one a file: pure functions between bytes and a typed value.
//!
//! [`detect()`] says by a value's shape which of them it can be; names say nothing, several tools use `euconsent`. The
//! cookies of the consent tools share [`answers`]: each has `scan` for the path of a request and `decode` for the whole
//! value.

pub mod ac;
pub mod answers;
pub mod axeptio;
pub mod base64;
pub mod bits;
pub mod borlabs;
pub mod cc_cookie;
pub mod commanders;
pub mod complianz;
pub mod cookiebot;
pub mod cookieyes;
pub mod dastra;
mod detect;
pub mod didomi;
pub mod didomi_token;
pub mod fibonacci;
pub mod gpp;
pub mod ids;
pub mod instant;
pub mod iubenda;
mod json;
pub mod klaro;
pub mod numbers;
pub mod onetrust;
pub mod optanon;
pub mod place;
pub mod scan;
mod services;
pub mod sextets;
pub mod signature;
pub mod tarteaucitron;
pub mod tcf;
pub mod text;
pub mod trustarc;
pub mod us_privacy;
pub mod value_error;

pub use detect::{Format, detect};
