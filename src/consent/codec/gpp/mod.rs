//! The IAB's Global Privacy Platform string: `header~section~section…`, the header saying which sections there are.
//!
//! Sections 2 (TCF for Europe, [`super::tcf`]), 5 (TCF for Canada, [`TcfCa`]), 6 (US Privacy, [`super::us_privacy`]) and 7
//! to 27 (the United States and its states, [`UsSection`]) are read; others are kept as text and mean nothing: 1 (the first
//! TCF, out of use since 2020), 3, 4, and numbers to come.
//!
//! [`View`] is for the path of a request: it splits the string and says what the visitor opted out of. [`decode`] gives the
//! whole value, [`encode()`] writes it. A section whose version is not published is refused, also where its fields would
//! fit: what they mean is not known.
//!
//! A published sample of the national section of the United States:
//!
//! ```
//! use consentry::consent::codec::gpp::{Section, View, decode_section};
//!
//! let Section::Us(section) = decode_section(7, b"CVVVkkkkkpFY.YA")? else { panic!("section 7 is one of these") };
//! assert_eq!((section.layout.version, section.gpc), (2, Some(true)));
//! assert_eq!(section.get("SaleOptOut"), Some(&[1][..]));
//! assert!(View::read(b"DBABLA~CVVVkkkkkpFY.YA")?.opt_out()?.is_some_and(|said| said.sale));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encode;
mod error;
mod layout;
mod tcf_ca;
#[cfg(test)]
mod tests;
mod us;
mod view;

pub use encode::{EncodeError, encode};
pub use error::{GppError, Problem};
pub use layout::{Field, Layout, Part, TCF_CA_V1, TCF_EU_V2, USP_V1, Use, layouts};
pub use tcf_ca::TcfCa;
pub use us::{OptOut, UsSection};
pub use view::View;

use super::tcf::{self, Tcf};
use super::us_privacy::{self, UsPrivacy};

/// The longest value that is looked at, in bytes (D17).
pub const MAX_LEN: usize = 8192;

/// The most sections that a string may have; 27 numbers are in use.
pub const MAX_SECTIONS: usize = 32;

/// What a GPP string says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gpp {
    /// Its sections, in the order of their numbers.
    pub sections: Vec<Section>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// 2: the TCF for Europe.
    TcfEu(Box<Tcf>),
    /// 5: the TCF for Canada.
    TcfCa(Box<TcfCa>),
    /// 6: the US Privacy string.
    UsPrivacy(UsPrivacy),
    /// 7 to 27: the United States and its states.
    Us(UsSection),
    /// A section that is not read.
    Other {
        /// Its number.
        id: u16,
        /// Its text: visible ASCII.
        text: String,
    },
}

impl Section {
    /// Its number.
    pub const fn id(&self) -> u16 {
        match self {
            Self::TcfEu(_) => TCF_EU_V2,
            Self::TcfCa(_) => TCF_CA_V1,
            Self::UsPrivacy(_) => USP_V1,
            Self::Us(section) => section.layout.id,
            Self::Other { id, .. } => *id,
        }
    }
}

/// Decodes a whole string: all of its sections, or nothing. Allocates; O(length), whatever ranges claim.
///
/// # Errors
/// [`GppError`], with the section if it is in one.
pub fn decode(value: &[u8]) -> Result<Gpp, GppError> {
    let view = View::read(value)?;
    let sections = view.sections().map(|(id, text)| decode_section(id, text)).collect::<Result<_, _>>()?;
    Ok(Gpp { sections })
}

/// Decodes the text of one section.
///
/// # Errors
/// [`GppError::Section`].
pub fn decode_section(id: u16, text: &[u8]) -> Result<Section, GppError> {
    read_section(id, text).map_err(|problem| problem.of(id))
}

fn read_section(id: u16, text: &[u8]) -> Result<Section, Problem> {
    match id {
        TCF_EU_V2 => Ok(Section::TcfEu(Box::new(tcf::decode(text)?))),
        TCF_CA_V1 => Ok(Section::TcfCa(Box::new(tcf_ca::decode(text)?))),
        USP_V1 => Ok(Section::UsPrivacy(us_privacy::decode(text)?)),
        _ if layouts(id).next().is_some() => Ok(Section::Us(us::decode(id, text)?)),
        _ if text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'~') => {
            Ok(Section::Other { id, text: String::from_utf8_lossy(text).into_owned() })
        }
        _ => Err(Problem::Text),
    }
}

/// For fuzzing: any bytes as a value, and as the sections of one; what is read must come back from what is written of it.
pub fn fuzz_gpp(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let opted_out = View::read(data).and_then(|view| view.opt_out());
        assert!(opted_out.is_ok(), "every section of it is read");
        if let Ok(text) = encode(&read) {
            assert_eq!(decode(text.as_bytes()), Ok(read), "a value was not written as it was read");
        }
    }
    for id in [TCF_CA_V1, 7, 8, 24, 25] {
        if let Ok(section) = decode_section(id, super::base64::encode_url(data).as_bytes())
            && let Ok(text) = encode(&Gpp { sections: vec![section.clone()] })
        {
            assert_eq!(decode(text.as_bytes()), Ok(Gpp { sections: vec![section] }));
        }
    }
}
