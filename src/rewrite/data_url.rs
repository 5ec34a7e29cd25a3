//! What a `data:` URL in an attribute carries (pitfall 95).

use crate::policy::reference::decode_attribute;
use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

/// Base64 as browsers read it: padding may be missing, the last bits may be anything.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The type (lower case, with parameters) and the bytes of a raw attribute that is a `data:` URL.
pub(crate) fn data_url(raw: &[u8]) -> Option<(String, Vec<u8>)> {
    // PERF: nearly every source begins with an `h` or a slash.
    let first = raw.iter().find(|b| **b > b' ')?;
    if !matches!(first, b'd' | b'D' | b'&') {
        return None;
    }
    let decoded = decode_attribute(raw);
    let url: Vec<u8> = decoded.iter().copied().filter(|b| !matches!(b, b'\t' | b'\n' | b'\r')).collect();
    let (scheme, rest) = url.trim_ascii().split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case(b"data:") {
        return None;
    }
    let (head, body) = rest.split_at_checked(memchr::memchr(b',', rest)?)?;
    let body: Vec<u8> = percent_encoding::percent_decode(body.get(1..)?).collect();
    let head = String::from_utf8_lossy(head.trim_ascii()).to_ascii_lowercase();
    let body = if head.ends_with("base64") { FORGIVING.decode(&body).ok()? } else { body };
    Some((head, body))
}
