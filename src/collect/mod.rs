//! The visitor's answer and its proof.
