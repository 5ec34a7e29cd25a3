//! The publisher's own answers: its segment of a TC string.

use super::super::numbers::Numbers;
use super::super::sextets::Sextets;

/// What the publisher itself may do: purposes 24, on legitimate interest 24, NumCustomPurposes 6, and as many bits twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublisherTc {
    /// Purposes with consent (1 to 24).
    pub purposes: Numbers,
    /// Purposes on legitimate interest (1 to 24).
    pub purposes_li: Numbers,
    /// How many purposes of its own it has, 0 to 63.
    pub custom_count: u8,
    /// Its own purposes with consent (1 to `custom_count`).
    pub custom: Numbers,
    /// Its own purposes on legitimate interest, likewise.
    pub custom_li: Numbers,
}

impl PublisherTc {
    /// Reads what follows the segment's type; `None` when the bits end first.
    pub(in super::super) fn read(reader: &mut Sextets<'_>) -> Option<Self> {
        let (purposes, purposes_li) = (Numbers::read(reader, 24)?, Numbers::read(reader, 24)?);
        let custom_count = reader.read(6).and_then(|count| u8::try_from(count).ok())?;
        let (custom, custom_li) = (Numbers::read(reader, custom_count)?, Numbers::read(reader, custom_count)?);
        Some(Self { purposes, purposes_li, custom_count, custom, custom_li })
    }
}
