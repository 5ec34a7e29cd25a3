//! Published formats, one a file: pure functions between bytes and a typed value.
