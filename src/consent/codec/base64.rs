//! Base64 as consent strings use it: one spelling for each value. Trailing bits that are not zero, foreign bytes and
//! padding where none belongs are refused (pitfall 100): a value with two spellings would have two cache keys.

mod quads;

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::{DecodeError, DecodeSliceError, Engine};

/// How many bytes a buffer must have beyond the longest value, for decoding to be fast.
pub const SLACK: usize = quads::SLACK;

/// Why a text is no base64, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Base64Error {
    /// A byte that is not in the alphabet, or padding in the wrong place.
    #[error("byte {byte:#04x} at offset {offset} is not in the base64 alphabet")]
    Byte {
        /// Offset in the text.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The text has a length that no value has.
    #[error("{0} base64 characters are not a whole number of bytes")]
    Length(usize),
    /// The last character has bits that belong to no byte: another spelling of the same value.
    #[error("the last base64 character, at offset {0}, has bits that are not zero")]
    TrailingBits(usize),
    /// Missing or superfluous `=`.
    #[error("the padding at the end is not canonical")]
    Padding,
    /// The buffer is smaller than the value; callers check lengths first.
    #[error("the value does not fit the buffer")]
    Buffer,
}

impl From<DecodeError> for Base64Error {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::InvalidByte(offset, byte) => Self::Byte { offset, byte },
            DecodeError::InvalidLength(length) => Self::Length(length),
            DecodeError::InvalidLastSymbol { offset, .. } => Self::TrailingBits(offset),
            DecodeError::InvalidPadding => Self::Padding,
        }
    }
}

/// Decodes base64url without padding into `buffer`; the bytes written. No allocation.
///
/// # Errors
/// [`Base64Error`] for anything but the one canonical spelling, and when `buffer` is shorter than the value.
#[inline]
pub fn decode_url<'b>(text: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Base64Error> {
    let length = decode_url_length(text, buffer)?;
    buffer.get(..length).ok_or(Base64Error::Buffer)
}

/// [`decode_url`], but gives the number of bytes written; behind them `buffer` may hold anything.
///
/// # Errors
/// As [`decode_url`].
#[inline]
pub fn decode_url_length(text: &[u8], buffer: &mut [u8]) -> Result<usize, Base64Error> {
    match quads::URL.decode(text, buffer) {
        Some(length) => Ok(length),
        None => decode_url_exactly(text, buffer),
    }
}

/// [`decode_url_length`] up to the first character that is not base64url's, or the end: how many characters were read, and
/// the number of bytes. `None`: what is wrong with them [`decode_url_length`] says.
#[inline]
pub fn decode_url_prefix(text: &[u8], buffer: &mut [u8]) -> Option<(usize, usize)> {
    quads::URL.decode_prefix(text, buffer)
}

/// What is wrong, or the value into a buffer that has no room to spare.
#[cold]
fn decode_url_exactly(text: &[u8], buffer: &mut [u8]) -> Result<usize, Base64Error> {
    URL_SAFE_NO_PAD.decode_slice(text, buffer).map_err(slice_error)
}

fn slice_error(error: DecodeSliceError) -> Base64Error {
    match error {
        DecodeSliceError::DecodeError(error) => error.into(),
        DecodeSliceError::OutputSliceTooSmall => Base64Error::Buffer,
    }
}

/// Whether every byte is one of base64url's characters.
pub fn is_url(text: &[u8]) -> bool {
    quads::URL.holds(text)
}

/// Encodes base64url without padding.
pub fn encode_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the standard alphabet with padding.
///
/// # Errors
/// [`Base64Error`] for anything but the one canonical spelling.
pub fn decode_standard(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(Base64Error::from)
}

/// [`decode_standard`] into `buffer`; the bytes written. No allocation.
///
/// # Errors
/// As [`decode_standard`], and when `buffer` is shorter than the value.
#[inline]
pub fn decode_standard_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Base64Error> {
    let characters = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] | rest => rest,
    };
    let read = if text.len().is_multiple_of(4) { quads::STANDARD.decode(characters, buffer) } else { None };
    let length = match read {
        Some(length) => length,
        None => STANDARD.decode_slice(text, buffer).map_err(slice_error)?,
    };
    buffer.get(..length).ok_or(Base64Error::Buffer)
}

/// Encodes with the standard alphabet and padding.
pub fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The library's answer, of which ours must not differ.
    fn library(engine: &impl Engine, text: &[u8]) -> Result<Vec<u8>, Base64Error> {
        engine.decode(text).map_err(Base64Error::from)
    }

    fn agree(text: &[u8]) {
        for slack in [0, 64] {
            let mut buffer = vec![0xee; text.len().div_ceil(4) * 3 + slack];
            let ours = decode_url(text, &mut buffer).map(<[u8]>::to_vec);
            assert_eq!(ours, library(&URL_SAFE_NO_PAD, text), "{text:?}");
            let ours = decode_standard_into(text, &mut buffer).map(<[u8]>::to_vec);
            assert_eq!(ours, library(&STANDARD, text), "{text:?}");
        }
        assert_eq!(is_url(text), text.iter().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(c)));
    }

    #[test]
    fn every_byte_means_at_every_place_what_the_library_says() {
        for length in 1..=21 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'A'; length];
                    text[at] = byte;
                    agree(&text);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_library(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[A-Za-z0-9+/_=-]{0,70}") {
            agree(encode_url(&bytes).as_bytes());
            agree(encode_standard(&bytes).as_bytes());
            agree(text.as_bytes());
        }
    }

    #[test]
    fn p100_a_second_spelling_of_a_value_is_refused() {
        let mut buffer = [0; 8];
        assert_eq!(decode_url(b"AQ", &mut buffer), Ok(&[1][..]));
        assert_eq!(decode_url(b"AR", &mut buffer), Err(Base64Error::TrailingBits(1)));
        assert_eq!(decode_url(b"AQ==", &mut buffer), Err(Base64Error::Padding));
        assert_eq!(decode_url(b"A/A", &mut buffer), Err(Base64Error::Byte { offset: 1, byte: b'/' }));
        assert_eq!(decode_url(b"AAAAA", &mut buffer), Err(Base64Error::Length(5)));
        assert_eq!(decode_url(&[b'A'; 12], &mut buffer), Err(Base64Error::Buffer));
        assert_eq!(decode_standard(b"AQ=="), Ok(vec![1]));
        assert_eq!(decode_standard_into(b"AQ==", &mut buffer), Ok(&[1][..]));
        assert_eq!(decode_standard_into(&[b'A'; 12], &mut buffer), Err(Base64Error::Buffer));
        assert!(
            decode_standard_into(b"AR==", &mut buffer).is_err() && decode_standard_into(b"AQ", &mut buffer).is_err()
        );
        assert!(decode_standard(b"AR==").is_err() && decode_standard(b"AQ").is_err());
    }
}
