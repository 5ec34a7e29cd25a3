//! Which cookies are worth a look: a browser sends dozens, a site reads a few. Between [`super::cookie`], which splits,
//! and [`super::reader`], which compares whole names.

use std::sync::OnceLock;

/// How many bits the filter has.
const BITS: u32 = 1024;

/// The names' first four bytes, hashed to a bit each: one look says no to nearly every cookie that nobody reads. A yes
/// means nothing yet, several names share a bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    bits: [u64; 16],
    /// A name of fewer than four bytes is among them: everything is looked at.
    all: bool,
}

impl Filter {
    fn new<'n>(names: impl Iterator<Item = &'n [u8]>) -> Self {
        let mut filter = Self { bits: [0; 16], all: false };
        for name in names {
            let Some(start) = name.first_chunk() else {
                filter.all = true;
                continue;
            };
            let bit = bit(*start);
            if let Some(word) = filter.bits.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        filter
    }

    /// Whether this pair, from the first byte of its name on, may be one of the names. No allocation, O(1).
    #[inline]
    pub fn may_start(&self, pair: &[u8]) -> bool {
        let Some(start) = pair.first_chunk() else { return self.all };
        let bit = bit(*start);
        self.all || self.bits.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}

/// The bit of four bytes, below [`BITS`].
#[inline]
fn bit(start: [u8; 4]) -> usize {
    // The highest bits of the product depend on every byte (Knuth's multiplicative hash).
    let hash = u32::from_le_bytes(start).wrapping_mul(0x9e37_79b1) >> (32 - BITS.trailing_zeros());
    usize::try_from(hash).unwrap_or_default()
}

/// The filter of one site's names, made when the first request comes.
#[derive(Default)]
pub struct CookieNames(OnceLock<Filter>);

impl CookieNames {
    /// The filter. `names` are asked once, ever: they must be all names that are read, or starts of names of at least four
    /// bytes.
    #[inline]
    pub fn filter<'n, N: Iterator<Item = &'n [u8]>>(&self, names: impl FnOnce() -> N) -> &Filter {
        self.0.get_or_init(|| Filter::new(names()))
    }
}

/// A copy belongs to another site, whose names may be others: it starts anew.
impl Clone for CookieNames {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for CookieNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieNames")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(names: &[&str]) -> Filter {
        Filter::new(names.iter().map(|name| name.as_bytes()))
    }

    proptest! {
        #[test]
        fn no_name_is_ever_missed(names in prop::collection::vec("[!-~]{1,12}", 1..20), value in "[ -~]{0,9}") {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let filter = filter(&names);
            for name in &names {
                for pair in [format!("{name}={value}"), format!("{name} = {value}"), format!("{name}=")] {
                    prop_assert!(filter.may_start(pair.as_bytes()), "{pair}");
                }
            }
        }
    }

    #[test]
    fn ordinary_cookies_are_left_out() {
        let filter = filter(&["euconsent", "didomi_dcs", "consent-eu"]);
        for pair in ["_ga=1", "_gid=2", "session=3", "PHPSESSID=x", "a=1", "", "cookie_1=v", "lang=de"] {
            assert!(!filter.may_start(pair.as_bytes()), "{pair}");
        }
    }

    #[test]
    fn a_copy_asks_for_its_own_names() {
        let of = |names: &CookieNames, name: &'static [u8]| names.filter(|| [name].into_iter()).may_start(b"other=1");
        let names = CookieNames::default();
        assert!(of(&names, b"other") && of(&names, b"never asked again"));
        assert!(!of(&names.clone(), b"euconsent"));
    }
}
