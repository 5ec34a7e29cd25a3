//! The encoding that a response head names.

use super::{RefuseReason, media};
use encoding_rs::Encoding;
use http::HeaderMap;

/// The page's encoding by its head: `None` when the head names none, or none that browsers know, so that a BOM or a
/// `meta` decides (that is `rewrite`'s business, pitfall 73).
///
/// An encoding in which `<` can be something else than the byte 0x3C is refused: UTF-16, ISO-2022-JP and those that
/// browsers replace by one error character (pitfall 74). UTF-7 is no encoding to a browser, hence `None` here.
pub fn of_response(headers: &HeaderMap) -> Result<Option<&'static Encoding>, RefuseReason> {
    match media::charset(headers) {
        Some(encoding) if !encoding.is_ascii_compatible() => Err(RefuseReason::BadCharset),
        encoding => Ok(encoding),
    }
}
