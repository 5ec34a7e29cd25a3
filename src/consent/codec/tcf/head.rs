//! The fixed part of the core: everything but vendors, in 213 bits.

use super::super::numbers::Numbers;
use super::super::sextets::Start;
use super::error::Problem;
use std::fmt;

/// The fields before the vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// When the string was made, in tenths of seconds since 1970 (36 bits); often cut to the day.
    pub created: u64,
    /// When it was changed last, likewise.
    pub last_updated: u64,
    /// The consent tool (12 bits).
    pub cmp_id: u16,
    /// Its version (12 bits).
    pub cmp_version: u16,
    /// On which of its screens the answer was given (6 bits).
    pub consent_screen: u8,
    /// The language in which it asked.
    pub consent_language: Letters,
    /// The version of the list of vendors (12 bits).
    pub vendor_list_version: u16,
    /// The version of the framework's policies (6 bits): 2 and 3 with TCF 2.0 and 2.1, 4 with 2.2, 5 since.
    pub policy_version: u8,
    /// For one site only; a string for many of them is not valid any more.
    pub is_service_specific: bool,
    /// The tool used other texts than the published ones.
    pub use_non_standard_texts: bool,
    /// Special features that were opted in to (1 to 12).
    pub special_features: Numbers,
    /// Purposes with consent (1 to 24).
    pub purposes: Numbers,
    /// Purposes whose legitimate interest was established, as written; see [`Head::valid_purposes_li`].
    pub purposes_li: Numbers,
    /// Purpose 1 was not asked for.
    pub purpose_one_treatment: bool,
    /// The publisher's country.
    pub publisher_country: Letters,
}

/// How many bits the fixed part has.
pub(super) const BITS: usize = 213;

/// The shortest core, two empty vendor lists and no restriction behind the fixed part, has the characters of a [`Start`].
const _: () = assert!((BITS + 17 + 17 + 12_usize).div_ceil(6) == Start::CHARACTERS);

/// 1 October 2023, in tenths of seconds since 1970: from here on policies below [`FIRST_VALID_POLICY`] are invalid.
const POLICY_CUTOFF: u64 = 16_961_184_000;
const FIRST_VALID_POLICY: u8 = 4;

impl Head {
    /// Reads the fixed part.
    #[inline(always)]
    pub(super) fn read(start: &Start) -> Result<Self, Problem> {
        let version = small(start, 0, 6);
        if version != 2 {
            return Err(Problem::Version(version));
        }
        let head = Self::read_fields(start);
        // What was changed since was made anew under the policy that it names.
        if head.policy_version < FIRST_VALID_POLICY && head.created.max(head.last_updated) >= POLICY_CUTOFF {
            return Err(Problem::OutdatedPolicy(head.policy_version));
        }
        Ok(head)
    }

    #[inline(always)]
    fn read_fields(start: &Start) -> Self {
        let flag = |at| start.bits(at, 1) == 1;
        Self {
            created: start.bits(6, 36),
            last_updated: start.bits(42, 36),
            cmp_id: short(start, 78, 12),
            cmp_version: short(start, 90, 12),
            consent_screen: small(start, 102, 6),
            consent_language: Letters(short(start, 108, 12)),
            vendor_list_version: short(start, 120, 12),
            policy_version: small(start, 132, 6),
            is_service_specific: flag(138),
            use_non_standard_texts: flag(139),
            special_features: Numbers::from_field(start.bits(140, 12), 12),
            purposes: Numbers::from_field(start.bits(152, 24), 24),
            purposes_li: Numbers::from_field(start.bits(176, 24), 24),
            purpose_one_treatment: flag(200),
            publisher_country: Letters(short(start, 201, 12)),
        }
    }

    /// Purposes on legitimate interest that a string may claim: never 1, and since policy 4 not 3 to 6 either.
    pub fn valid_purposes_li(&self) -> Numbers {
        let never = if self.policy_version < FIRST_VALID_POLICY { 0b1 } else { 0b11_1101 };
        self.purposes_li.without(Numbers::from_bits(never))
    }
}

/// A field of at most 16 bits.
#[inline(always)]
fn short(start: &Start, at: usize, count: usize) -> u16 {
    u16::try_from(start.bits(at, count)).unwrap_or(u16::MAX)
}

/// A field of at most 8 bits.
#[inline(always)]
fn small(start: &Start, at: usize, count: usize) -> u8 {
    u8::try_from(start.bits(at, count)).unwrap_or(u8::MAX)
}

/// Two letters, six bits each with A = 0: a language or a country. Codes above 25, which are no letters, are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Letters(u16);

impl Letters {
    /// From two letters of either case; `None` for anything else.
    pub fn new(text: &str) -> Option<Self> {
        let code = |byte: u8| byte.is_ascii_alphabetic().then(|| u16::from(byte.to_ascii_uppercase() - b'A'));
        match text.as_bytes() {
            [first, second] => Some(Self(code(*first)? << 6 | code(*second)?)),
            _ => None,
        }
    }

    /// From the twelve bits of a string; `None` when there are more.
    pub const fn from_bits(bits: u16) -> Option<Self> {
        if bits >> 12 == 0 { Some(Self(bits)) } else { None }
    }

    /// The twelve bits of a string.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Letters {
    /// Upper-case letters; `?` for a code that is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for code in [self.0 >> 6, self.0 & 63] {
            let letter = u8::try_from(code).ok().filter(|code| *code < 26).map_or('?', |code| char::from(b'A' + code));
            fmt::Write::write_char(f, letter)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
