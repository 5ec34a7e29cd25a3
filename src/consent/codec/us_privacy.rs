//! The IAB's US Privacy string: `1` and three answers, each `Y`, `N` or `-`. Deprecated in 2024 and still written.
//!
//! ```
//! use consentry::consent::codec::us_privacy::{Answer, decode};
//!
//! let said = decode(b"1YNN")?;
//! assert_eq!((said.notice, said.opt_out_sale, said.lspa), (Answer::Yes, Answer::No, Answer::No));
//! assert_eq!(said.to_string(), "1YNN");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

/// One answer of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// `Y`.
    Yes,
    /// `N`.
    No,
    /// `-`: the law does not apply, or, beside other answers, it is not known.
    NotApplicable,
}

impl Answer {
    /// The published letters only: upper case.
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'Y' => Some(Self::Yes),
            b'N' => Some(Self::No),
            b'-' => Some(Self::NotApplicable),
            _ => None,
        }
    }

    /// The letter of a string.
    pub const fn letter(self) -> char {
        match self {
            Self::Yes => 'Y',
            Self::No => 'N',
            Self::NotApplicable => '-',
        }
    }
}

/// What a US Privacy string says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UsPrivacy {
    /// Notice was given, and the opportunity to opt out.
    pub notice: Answer,
    /// The visitor opted out of the sale of personal data.
    pub opt_out_sale: Answer,
    /// The transaction is covered by the Limited Service Provider Agreement.
    pub lspa: Answer,
}

impl UsPrivacy {
    /// Whether the law applies to the visitor at all; `1---` says no.
    pub fn applies(self) -> bool {
        [self.notice, self.opt_out_sale, self.lspa].iter().any(|answer| *answer != Answer::NotApplicable)
    }
}

/// A string that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not `1` and three of `Y`, `N` and `-`")]
pub struct UsPrivacyError;

/// Decodes a string. No allocation.
///
/// # Errors
/// [`UsPrivacyError`] for anything but version 1 in its four characters.
pub fn decode(value: &[u8]) -> Result<UsPrivacy, UsPrivacyError> {
    let [b'1', notice, sale, lspa] = value else { return Err(UsPrivacyError) };
    let answer = |byte: &u8| Answer::from_byte(*byte).ok_or(UsPrivacyError);
    Ok(UsPrivacy { notice: answer(notice)?, opt_out_sale: answer(sale)?, lspa: answer(lspa)? })
}

impl fmt::Display for UsPrivacy {
    /// The string itself: what [`decode`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1{}{}{}", self.notice.letter(), self.opt_out_sale.letter(), self.lspa.letter())
    }
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_us_privacy(data: &[u8]) {
    if let Ok(read) = decode(data) {
        assert_eq!(read.to_string().as_bytes(), data, "a value was not written as it was read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..8)) {
            fuzz_us_privacy(&data);
        }
    }

    #[test]
    fn every_string_comes_back_and_nothing_else_is_one() {
        for a in "YN-".chars() {
            for b in "YN-".chars() {
                for c in "YN-".chars() {
                    let text = format!("1{a}{b}{c}");
                    let read = decode(text.as_bytes()).unwrap();
                    assert_eq!((read.to_string(), read.applies()), (text.clone(), text != "1---"));
                    assert_eq!(read.opt_out_sale == Answer::Yes, b == 'Y');
                }
            }
        }
        for text in ["", "1", "1YN", "1YNNN", "2YNN", "1yyy", "1Y N", "1YN\u{e9}", "{\"uspString\":\"1YNN\"}"] {
            assert_eq!(decode(text.as_bytes()), Err(UsPrivacyError), "{text}");
        }
    }
}
