//! What the formats' own names and numbers usually mean: categories by their names in the catalogue, where the site has
//! them. A site's table comes before it.

mod tarteaucitron;

use crate::consent::codec::Format;
use crate::consent::source::Bridge;

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
        // Their second name for the same: both must have a yes.
        Format::CookieYes => &[
            ("functional", PREFERENCES),
            ("analytics", STATISTICS),
            ("performance", STATISTICS),
            ("advertisement", MARKETING),
        ],
        Format::Iubenda => &[("2", PREFERENCES), ("3", PREFERENCES), ("4", STATISTICS), ("5", MARKETING)],
        Format::Borlabs => &[
            ("preferences", PREFERENCES),
            ("functional", PREFERENCES),
            ("external-media", PREFERENCES),
            ("statistics", STATISTICS),
            ("marketing", MARKETING),
        ],
        // Levels: 1 required, 2 functional, 3 advertising. What 4 means is the site's.
        Format::TrustArc => &[("2", &["preferences", "statistics"]), ("3", MARKETING)],
        // `cookies` is what all others need and opens nothing by itself.
        Format::DidomiToken => &[
            ("create_content_profile", PREFERENCES),
            ("select_personalized_content", PREFERENCES),
            ("improve_products", PREFERENCES),
            ("measure_ad_performance", STATISTICS),
            ("measure_content_performance", STATISTICS),
            ("market_research", STATISTICS),
            ("select_basic_ads", MARKETING),
            ("create_ads_profile", MARKETING),
            ("select_personalized_ads", MARKETING),
        ],
        // Numbers, or names that the site gave.
        _ => &[],
    }
}

/// Whether the tool's category names are the site's own choice: then each name and alias of a category here is one.
pub(super) const fn uses_labels(format: Format) -> bool {
    matches!(format, Format::CcCookie)
}

/// Purposes by number (TCF, also inside GPP). Beside the one of the table purpose 1 is needed, storing on the device. 10, developing
/// services, opens nothing.
pub(super) const fn purposes(format: Format) -> &'static [(u16, &'static str)] {
    match format {
        Format::Tcf | Format::Gpp => &[
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
    matches!(
        format,
        Format::Dastra
            | Format::Klaro
            | Format::CcCookie
            | Format::Complianz
            | Format::Tarteaucitron
            | Format::Axeptio
            | Format::Borlabs
    )
}

/// What a tool calls a service, and the catalogue's slug of it.
pub(super) const fn services(format: Format) -> &'static [(&'static str, &'static str)] {
    match format {
        Format::Tarteaucitron => tarteaucitron::SERVICES,
        _ => &[],
    }
}

/// Services that the catalogue may not have, by the category that their kind is.
pub(super) fn kinds(format: Format) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (statistics, marketing) = match format {
        Format::Tarteaucitron => (tarteaucitron::STATISTICS, tarteaucitron::MARKETING),
        _ => (&[][..], &[][..]),
    };
    let statistics = statistics.iter().map(|name| (*name, "statistics"));
    statistics.chain(marketing.iter().map(|name| (*name, "marketing")))
}

/// The groups of a tool that a site bridges, beside the names that categories have here.
pub(super) const fn bridged(tool: Bridge) -> Names {
    match tool {
        // What it calls functional holds its statistics too.
        Bridge::Usercentrics => &[("functional", &["preferences", "statistics"]), ("marketing", MARKETING)],
        Bridge::Osano => &[("PERSONALIZATION", PREFERENCES), ("ANALYTICS", STATISTICS), ("MARKETING", MARKETING)],
        // Those of their formats.
        Bridge::Didomi | Bridge::OneTrust | Bridge::Tcf | Bridge::Gpp => &[],
    }
}
