//! Names that are made of what they name: validators, ids and hex digits.

use http::HeaderValue;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use uuid::Uuid;

/// Hex digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of hex digits; `None` for anything else, an odd number of digits among it.
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2 && !text.starts_with('+'))?;
        u8::from_str_radix(text, 16).ok()
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

/// A strong validator of these bytes.
pub(super) fn etag(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let text = format!("\"{}\"", hex(digest.get(..8).unwrap_or_default()));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// A UUID (SPEC: RFC 9562 §5.8, version 8) over these parts: the same parts have the same one.
pub(super) fn uuid(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_digits_come_back() {
        assert_eq!(unhex(&hex(b"\x00\xffa")), Some(b"\x00\xffa".to_vec()));
        for bad in ["0", "0g", "+1", "aé"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_differ_where_their_parts_do() {
        assert_eq!(uuid(&["a", "b"]), uuid(&["a", "b"]));
        assert_ne!(uuid(&["a", "b"]), uuid(&["ab"]));
        assert_ne!(uuid(&["a", "b"]), uuid(&["a", "b", ""]));
        assert_eq!(uuid(&[]).get_version_num(), 8);
    }
}
