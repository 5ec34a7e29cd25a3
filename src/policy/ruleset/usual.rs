//! What the formats' own names and numbers usually mean: categories by their names in the catalogue, where the site has
//! them. A site's table comes before it.

use crate::consent::codec::Format;

const PREFERENCES: &[&str] = &["preferences"];
const STATISTICS: &[&str] = &["statistics"];
const MARKETING: &[&str] = &["marketing"];

/// Names and the categories that they open.
pub(super) type Names = &'static [(&'static str, &'static [&'static str])];

/// Groups by name. What is necessary there is not in it: it is granted here anyway.
pub(super) const fn groups(format: Format) -> Names {
    match format {
        // Tenants rename them.
        Format::OneTrust | Format::Optanon => {
            &[("C0002", STATISTICS), ("C0003", PREFERENCES), ("C0004", MARKETING), ("C0005", MARKETING)]
        }
        // `statistics-anonymous` of Complianz is what a site may do without asking: nothing is opened by it.
        Format::Cookiebot | Format::Complianz => {
            &[("preferences", PREFERENCES), ("statistics", STATISTICS), ("marketing", MARKETING)]
        }
        Format::Didomi
        | Format::Dastra
        | Format::Tcf
        | Format::UsPrivacy
        | Format::Klaro
        | Format::CcCookie => &[],
    }
}

/// Whether the tool's category names are the site's own choice: then each name and alias of a category here is one.
pub(super) const fn uses_labels(format: Format) -> bool {
    matches!(format, Format::CcCookie)
}

/// Purposes by number (TCF). Beside the one of the table purpose 1 is needed, storing on the device. 10, developing
/// services, opens nothing.
pub(super) const fn purposes(format: Format) -> &'static [(u16, &'static str)] {
    match format {
        Format::Tcf => &[
            (2, "marketing"),
            (3, "marketing"),
            (4, "marketing"),
            (5, "preferences"),
            (6, "preferences"),
            (7, "marketing"),
            (8, "statistics"),
            (9, "statistics"),
            (11, "preferences"),
        ],
        _ => &[],
    }
}

/// Whether the tool names services, which may be called as they are here.
pub(super) const fn names_services(format: Format) -> bool {
    matches!(format, Format::Dastra | Format::Klaro | Format::CcCookie | Format::Complianz)
}
