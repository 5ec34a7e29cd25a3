//! Google's Additional Consent string, which names vendors outside the IAB's list: version 1 `1~consented`, version 2
//! `2~consented~dv.disclosed`, lists of ids with dots between, either may be empty. It means something beside a TC string
//! only.

/// The longest value that is looked at, in bytes (D17: as a TC string).
pub const MAX_LEN: usize = 8192;

/// A string that is not read; it means: no consent for any vendor of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AcError {
    /// Longer than [`MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = MAX_LEN)]
    TooLong(usize),
    /// Neither `1~` nor `2~`.
    #[error("neither version 1 nor version 2")]
    Version,
    /// Version 2 without its third part, version 1 with one, or a third part that does not begin with `dv`.
    #[error("the parts are not those of the version")]
    Parts,
    /// Not numbers of one to nine digits without leading zeros, one dot between them; the offset of the wrong one.
    #[error("no vendor id at offset {0}")]
    Id(usize),
}

/// A string as it came, checked and not copied: for the path of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a> {
    consented: &'a [u8],
    disclosed: Option<&'a [u8]>,
}

impl<'a> View<'a> {
    /// Checks a whole string. No allocation, O(length).
    ///
    /// # Errors
    /// [`AcError`].
    pub fn read(value: &'a [u8]) -> Result<Self, AcError> {
        if value.len() > MAX_LEN {
            return Err(AcError::TooLong(value.len()));
        }
        let (version, rest) = value.split_at_checked(2).ok_or(AcError::Version)?;
        let cut = rest.iter().position(|byte| *byte == b'~').and_then(|at| rest.split_at_checked(at));
        let (consented, disclosed) = match (version, cut) {
            (b"1~", None) => (rest, None),
            (b"2~", Some((consented, third))) => (consented, Some(disclosed(third)?)),
            (b"1~" | b"2~", _) => return Err(AcError::Parts),
            _ => return Err(AcError::Version),
        };
        check(consented, 2)?;
        let list = disclosed.unwrap_or_default();
        check(list, value.len() - list.len())?;
        Ok(Self { consented, disclosed })
    }

    /// 1 or 2.
    pub const fn version(&self) -> u8 {
        if self.disclosed.is_some() { 2 } else { 1 }
    }

    /// Whether a vendor has consent. No allocation, O(length).
    pub fn consented(&self, id: u32) -> bool {
        ids(self.consented).any(|known| known == id)
    }

    /// Whether the visitor was told of a vendor that has no consent; `None` in version 1, which does not say. A string that
    /// names a vendor in both lists is taken at its word: consent.
    pub fn disclosed(&self, id: u32) -> Option<bool> {
        self.disclosed.map(|list| ids(list).any(|known| known == id))
    }
}

/// The list of a third part `~dv.1.2`; `~dv` without a dot is tolerated.
fn disclosed(third: &[u8]) -> Result<&[u8], AcError> {
    match third {
        b"~dv" => Ok(&[]),
        [b'~', b'd', b'v', b'.', list @ ..] => Ok(list),
        _ => Err(AcError::Parts),
    }
}

/// The digits that an id has at most: every one of them fits 32 bits.
const MAX_DIGITS: usize = 9;

/// Checks a list that begins at this offset of the value.
fn check(list: &[u8], mut offset: usize) -> Result<(), AcError> {
    if list.is_empty() {
        return Ok(());
    }
    for id in list.split(|byte| *byte == b'.') {
        let spelled = matches!(id, [b'1'..=b'9', ..]) && id.iter().all(u8::is_ascii_digit);
        if !spelled || id.len() > MAX_DIGITS {
            return Err(AcError::Id(offset));
        }
        offset += id.len() + 1;
    }
    Ok(())
}

/// The ids of a checked list.
fn ids(list: &[u8]) -> impl Iterator<Item = u32> {
    let parts = list.split(|byte| *byte == b'.').filter(|id| !id.is_empty());
    parts.map(|id| id.iter().fold(0_u32, |number, digit| number.wrapping_mul(10).wrapping_add((digit & 15).into())))
}

/// What a string says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ac {
    /// Vendors with consent, in the string's order.
    pub consented: Vec<u32>,
    /// In version 2, vendors that the visitor was told of and that have no consent; `None` is version 1.
    pub disclosed: Option<Vec<u32>>,
}

impl Ac {
    /// Vendors that stand in both lists: a fault of the writer that does not make the string invalid.
    pub fn in_both(&self) -> impl Iterator<Item = u32> {
        let disclosed = self.disclosed.as_deref().unwrap_or_default();
        self.consented.iter().copied().filter(|id| disclosed.contains(id))
    }
}

/// Decodes a string. Allocates.
///
/// # Errors
/// [`AcError`].
pub fn decode(value: &[u8]) -> Result<Ac, AcError> {
    let view = View::read(value)?;
    Ok(Ac { consented: ids(view.consented).collect(), disclosed: view.disclosed.map(|list| ids(list).collect()) })
}

/// Writes a string; one that [`decode`] reads as it was.
///
/// # Errors
/// [`AcError`] for what no string can say: id 0, an id of more than nine digits, more ids than [`MAX_LEN`] holds.
pub fn encode(value: &Ac) -> Result<String, AcError> {
    let join = |ids: &[u32]| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    let text = match &value.disclosed {
        None => format!("1~{}", join(&value.consented)),
        Some(disclosed) => format!("2~{}~dv.{}", join(&value.consented), join(disclosed)),
    };
    View::read(text.as_bytes())?;
    Ok(text)
}

/// For fuzzing: any bytes as a value; what is read must come back from what is written of it.
pub fn fuzz_ac(data: &[u8]) {
    if let Ok(read) = decode(data) {
        let view = View::read(data);
        assert!(read.consented.iter().take(4).all(|id| view.is_ok_and(|view| view.consented(*id))));
        // `~dv` is written with its dot, so that the longest value may be one too long.
        match encode(&read) {
            Ok(text) => assert_eq!(decode(text.as_bytes()), Ok(read), "a value was not written as it was read"),
            Err(error) => assert_eq!(error, AcError::TooLong(MAX_LEN + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_comes_back(
            consented in prop::collection::vec(1_u32..1_000_000_000, 0..20),
            disclosed in prop::option::of(prop::collection::vec(1_u32..100_000, 0..20)),
        ) {
            let value = Ac { consented, disclosed };
            let text = encode(&value).unwrap();
            let view = View::read(text.as_bytes()).unwrap();
            prop_assert_eq!(view.version(), if value.disclosed.is_some() { 2 } else { 1 });
            for id in [1, 7, 999_999_999].into_iter().chain(value.consented.iter().copied()) {
                prop_assert_eq!(view.consented(id), value.consented.contains(&id));
                prop_assert_eq!(view.disclosed(id), value.disclosed.as_ref().map(|list| list.contains(&id)));
            }
            prop_assert_eq!(decode(text.as_bytes()), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[12]~[0-9.~dv]{0,24}", data in prop::collection::vec(any::<u8>(), 0..24)) {
            fuzz_ac(text.as_bytes());
            fuzz_ac(&data);
        }
    }

    #[test]
    fn faults_are_named_where_they_stand() {
        for (text, error) in [
            ("", AcError::Version),
            ("1", AcError::Version),
            ("3~1~dv.", AcError::Version),
            ("1~1~dv.", AcError::Parts),
            ("2~1", AcError::Parts),
            ("2~1~dw.1", AcError::Parts),
            ("2~1~dv2", AcError::Parts),
            ("1~1..2", AcError::Id(4)),
            ("1~0", AcError::Id(2)),
            ("1~01", AcError::Id(2)),
            ("1~1234567890", AcError::Id(2)),
            ("2~1.~dv.", AcError::Id(4)),
            ("2~1~dv.2.x", AcError::Id(9)),
            ("2~1~dv.2~3", AcError::Id(7)),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(error), "{text}");
        }
        let long = format!("1~{}", "1".repeat(MAX_LEN));
        assert_eq!(View::read(long.as_bytes()), Err(AcError::TooLong(MAX_LEN + 2)));
        assert_eq!(encode(&Ac { consented: vec![0], disclosed: None }), Err(AcError::Id(2)));
    }

    #[test]
    fn a_vendor_in_both_lists_is_reported_and_has_consent() {
        let text = b"2~1.2~dv.2.3";
        assert_eq!(decode(text).unwrap().in_both().collect::<Vec<_>>(), [2]);
        let view = View::read(text).unwrap();
        assert_eq!((view.consented(2), view.consented(3), view.disclosed(3)), (true, false, Some(true)));
    }
}
