//! The outer form: `Sections[.DID[.OUID]]~Signature`.

/// The parts of a consent string, undecoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The sections, base64url without padding: the only part that is decoded.
    pub sections: &'a [u8],
    /// The device id, when it is there and not empty.
    pub did: Option<&'a [u8]>,
    /// The organisation's user id, likewise; need not be base64 (the published one holds a `/`).
    pub ouid: Option<&'a [u8]>,
    /// What follows the first `~`, likewise. Nobody publishes how to verify it; ours is in our own cookie only.
    pub signature: Option<&'a [u8]>,
    /// Everything before the first `~`: what a signature covers.
    pub signed: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Splits at the first `~`, then at `.`. `Sections...` without a signature, and further parts, occur and are ignored.
    /// No allocation, O(length).
    #[inline]
    pub fn split(value: &'a [u8]) -> Self {
        let (signed, signature) = match memchr::memchr(b'~', value).and_then(|at| value.split_at_checked(at)) {
            Some((signed, rest)) => (signed, rest.get(1..)),
            None => (value, None),
        };
        let mut parts = signed.split(|byte| *byte == b'.');
        let sections = parts.next().unwrap_or_default();
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (did, ouid) = (next(), next());
        Self { sections, did, ouid, signature: signature.filter(|part| !part.is_empty()), signed }
    }
}
