//! Which algorithms a section may be written in: the format's `schemaOverrides`. They bind the writer only: a reader
//! takes each algorithm in each section, the string says which it is.

use super::super::place::{Place, PlaceError};
use super::section::{Encoder, Field};
use serde_json::Value;

/// The algorithms that each section may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms([Allowed; 4]);

/// Bit field, ranges of 16-bit numbers, Fibonacci ranges.
type Allowed = [bool; 3];

/// The names that `variants` lists.
const VARIANTS: [(&str, Encoder); 3] = [
    ("bit_field_2_bits", Encoder::BitField2Bits),
    ("ranges_u16", Encoder::RangesU16),
    ("ranges_fibonacci", Encoder::RangesFibonacci),
];

impl Algorithms {
    /// Every one in every section.
    pub const ALL: Self = Self([[true; 3]; 4]);

    /// From `{"fields": {"purposes_optin": {"variants": ["bit_field_2_bits"]}}}`, also as the member `schemaOverrides` of
    /// an object. A section that is not named may be written in each.
    ///
    /// # Errors
    /// [`PlaceError`] for anything else, and for an empty list.
    pub fn from_json(overrides: &Value) -> Result<Self, PlaceError> {
        let mut place = Place::new(overrides);
        if overrides.get("schemaOverrides").is_some() {
            [place] = place.known(["schemaOverrides"])?;
        }
        let [fields] = place.known(["fields"])?;
        let mut all = Self::ALL;
        for (allowed, field) in all.0.iter_mut().zip(fields.known(Field::ALL.map(Field::key))?) {
            if !field.is_absent() {
                let [variants] = field.known(["variants"])?;
                *allowed = read_variants(&variants)?;
            }
        }
        Ok(all)
    }

    /// Whether this section may be written so.
    pub fn allows(&self, field: Field, encoder: Encoder) -> bool {
        let mut sections = Field::ALL.iter().zip(&self.0);
        let allowed = sections.find(|(known, _)| **known == field).map_or(&[true; 3], |(_, allowed)| allowed);
        VARIANTS.iter().zip(allowed).any(|((_, known), allowed)| *known == encoder && *allowed)
    }
}

fn read_variants(place: &Place<'_>) -> Result<Allowed, PlaceError> {
    const RIGHT: &str = "a list of bit_field_2_bits, ranges_u16 or ranges_fibonacci, at least one";
    let mut allowed = [false; 3];
    for variant in place.items(RIGHT)? {
        let at = |value: &Value| VARIANTS.iter().position(|(name, _)| value == name);
        let at = variant.read("bit_field_2_bits, ranges_u16 or ranges_fibonacci", at)?;
        allowed.iter_mut().skip(at).take(1).for_each(|allowed| *allowed = true);
    }
    if allowed.contains(&true) { Ok(allowed) } else { Err(place.wrong(RIGHT)) }
}
