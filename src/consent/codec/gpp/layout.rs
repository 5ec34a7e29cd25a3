//! The fields of the sections of the United States, as published: every field is two bits or a list of them.

/// The number of the IAB's TCF for Europe.
pub const TCF_EU_V2: u16 = 2;

/// The number of the IAB's TCF for Canada.
pub const TCF_CA_V1: u16 = 5;

/// The number of the US Privacy string.
pub const USP_V1: u16 = 6;

/// The most values a field has.
pub(super) const MAX_COUNT: usize = 16;

/// A field: its published name, and how many values it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the published layout.
    pub name: &'static str,
    /// How many values of two bits, at most 16.
    pub count: usize,
    /// What its value 1 opts out of, if that is what the field is for.
    pub opts_out_of: Option<Use>,
}

/// What a visitor can opt out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Sale of personal data.
    Sale,
    /// Sharing of it.
    Sharing,
    /// Targeted advertising.
    TargetedAdvertising,
}

/// What can follow behind a `.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing.
    None,
    /// Type 2 (1), and the visitor's Global Privacy Control 1.
    Gpc,
    /// Eight values of two bits: `SensitiveDataProcessing`.
    Sensitive,
}

/// The layout of one version of a section: the version in 6 bits, then its fields.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// The section's number.
    pub id: u16,
    /// Its published short name.
    pub name: &'static str,
    /// The version that has this layout.
    pub version: u8,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// What can follow.
    pub part: Part,
}

impl Layout {
    /// How many values the fields have.
    pub fn length(&self) -> usize {
        self.fields.iter().map(|field| field.count).sum()
    }
}

/// The published layouts of a section, one for each version; none for a number that is not read.
pub fn layouts(id: u16) -> impl Iterator<Item = &'static Layout> {
    LAYOUTS.iter().filter(move |layout| layout.id == id)
}

/// The layout of one version.
pub(super) fn layout(id: u16, version: u8) -> Option<&'static Layout> {
    layouts(id).find(|layout| layout.version == version)
}

/// What a field opts out of.
macro_rules! opts_out_of {
    (SaleOptOut) => {
        Some(Use::Sale)
    };
    (SharingOptOut) => {
        Some(Use::Sharing)
    };
    (TargetedAdvertisingOptOut) => {
        Some(Use::TargetedAdvertising)
    };
    ($name:ident) => {
        None
    };
}

/// A field of one value, or a list.
macro_rules! field {
    ($name:ident) => { field!($name 1) };
    ($name:ident $count:literal) => {
        Field { name: stringify!($name), count: $count, opts_out_of: opts_out_of!($name) }
    };
}

macro_rules! layout {
    ($id:literal $name:literal v $version:literal $part:ident: $($field:ident $($count:literal)?),*) => {
        Layout { id: $id, name: $name, version: $version, fields: &[$(field!($field $($count)?)),*], part: Part::$part }
    };
}

/// Facts of the published layouts, section by section.
#[rustfmt::skip]
static LAYOUTS: [Layout; 22] = [
    layout!(7 "usnat" v 1 Gpc: SharingNotice, SaleOptOutNotice, SharingOptOutNotice, TargetedAdvertisingOptOutNotice,
        SensitiveDataProcessingOptOutNotice, SensitiveDataLimitUseNotice, SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut,
        SensitiveDataProcessing 12, KnownChildSensitiveDataConsents 2, PersonalDataConsents, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(7 "usnat" v 2 Gpc: SharingNotice, SaleOptOutNotice, SharingOptOutNotice, TargetedAdvertisingOptOutNotice,
        SensitiveDataProcessingOptOutNotice, SensitiveDataLimitUseNotice, SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut,
        SensitiveDataProcessing 16, KnownChildSensitiveDataConsents 3, PersonalDataConsents, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(8 "usca" v 1 Gpc: SaleOptOutNotice, SharingOptOutNotice, SensitiveDataLimitUseNotice, SaleOptOut, SharingOptOut,
        SensitiveDataProcessing 9, KnownChildSensitiveDataConsents 2, PersonalDataConsents, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(9 "usva" v 1 None: SharingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(10 "usco" v 1 Gpc: SharingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 7, KnownChildSensitiveDataConsents, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(11 "usut" v 1 None: SharingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice,
        SensitiveDataProcessingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, SensitiveDataProcessing 8,
        KnownChildSensitiveDataConsents, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(12 "usct" v 1 Gpc: SharingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 3, MspaCoveredTransaction,
        MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(13 "usfl" v 1 None: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 3,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(14 "usmt" v 1 Gpc: SharingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 3,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(15 "usor" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 11, KnownChildSensitiveDataConsents 3,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(16 "ustx" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(17 "usde" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 9, KnownChildSensitiveDataConsents 5,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(18 "usia" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice,
        SensitiveDataOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, SensitiveDataProcessing 8,
        KnownChildSensitiveDataConsents, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(19 "usne" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(20 "usnh" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents 3,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(21 "usnj" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 10, KnownChildSensitiveDataConsents 5,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(22 "ustn" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(23 "usmn" v 1 Gpc: ProcessingNotice, SaleOptOutNotice, TargetedAdvertisingOptOutNotice, SaleOptOut,
        TargetedAdvertisingOptOut, SensitiveDataProcessing 8, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent, MspaCoveredTransaction, MspaOptOutOptionMode, MspaServiceProviderMode),
    layout!(24 "usmd" v 1 Gpc: MspaCoveredTransaction, MspaMode, ProcessingNotice, SaleOptOutNotice,
        TargetedAdvertisingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, AdditionalDataProcessingConsent),
    layout!(25 "usin" v 1 Sensitive: MspaCoveredTransaction, MspaMode, ProcessingNotice, SaleOptOutNotice,
        TargetedAdvertisingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent),
    layout!(26 "usky" v 1 Sensitive: MspaCoveredTransaction, MspaMode, ProcessingNotice, SaleOptOutNotice,
        TargetedAdvertisingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent),
    layout!(27 "usri" v 1 Sensitive: MspaCoveredTransaction, MspaMode, ProcessingNotice, SaleOptOutNotice,
        TargetedAdvertisingOptOutNotice, SaleOptOut, TargetedAdvertisingOptOut, KnownChildSensitiveDataConsents,
        AdditionalDataProcessingConsent),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_from_7_to_27_has_a_layout_that_can_opt_out() {
        for id in 7..=27 {
            assert!(layouts(id).next().is_some(), "section {id}");
            for layout in layouts(id) {
                let named = |name: &str| layout.fields.iter().filter(|field| field.name == name).count();
                assert_eq!(named("SaleOptOut"), 1, "section {id}");
                assert_eq!(named("SharingOptOut") + named("TargetedAdvertisingOptOut"), if id == 7 { 2 } else { 1 });
                let opting = layout.fields.iter().filter(|field| field.opts_out_of.is_some());
                assert!(opting.clone().all(|field| field.count == 1 && field.name.ends_with("OptOut")));
                assert_eq!(opting.count(), if id == 7 { 3 } else { 2 });
                assert!(layout.fields.iter().all(|field| (1..=MAX_COUNT).contains(&field.count)));
            }
        }
        assert!(layouts(6).chain(layouts(28)).next().is_none());
        // 60 and 70 bits, as published.
        assert_eq!((6 + 2 * LAYOUTS[0].length(), 6 + 2 * LAYOUTS[1].length()), (60, 70));
    }
}
