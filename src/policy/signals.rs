//! Consent signals for tags that ask for them: which types there are, and what of this site's each depends on. Google's consent
//! mode v2 has seven types; Microsoft's UET and Clarity know two of them.

use crate::consent::{CategoryNumber, ServiceNumber};

/// The types, and the category that each depends on where the rules say nothing.
/// SPEC: <https://developers.google.com/tag-platform/security/concepts/consent-mode>, "consent types".
pub const TYPES: [(&str, &str); 7] = [
    ("ad_storage", "marketing"),
    ("ad_user_data", "marketing"),
    ("ad_personalization", "marketing"),
    ("analytics_storage", "statistics"),
    ("functionality_storage", "preferences"),
    ("personalization_storage", "preferences"),
    ("security_storage", "necessary"),
];

/// Names on `window` by which a service's tags are known to hear signals of Google's and of Microsoft's form.
const HEARD_BY: [(&str, [&str; 2]); 2] = [("google", ["gtag", "dataLayer"]), ("microsoft", ["uetq", "clarity"])];

/// What must be granted for a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalTarget {
    /// The category that decides.
    pub category: CategoryNumber,
    /// The service whose own answer comes first, if one is named.
    pub service: Option<ServiceNumber>,
    /// `category:service` or `category:`, as in the neutral form (D8).
    pub mark: String,
}

/// `[signals]` of a site, compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// Who is told: `google`, `microsoft`.
    pub to: Vec<&'static str>,
    /// Google's switches that are on: `ads_data_redaction`, `url_passthrough`.
    pub set: Vec<&'static str>,
    /// Google's tags that the gateway puts into pages: an id (`GTM-…`, `G-…`, `AW-…`) and the service that it belongs to.
    pub tags: Vec<(String, SignalTarget)>,
    /// Each type with what it depends on; those of categories that the site has not are left out.
    pub types: Vec<(&'static str, SignalTarget)>,
}

impl Signals {
    /// Whether anybody is told anything.
    pub const fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// The catalogue's service and the address of the script of one of Google's tags; `None` for what is no id of one.
    pub fn google_tag(id: &str) -> Option<(&'static str, String)> {
        let (kind, rest) = id.split_once('-')?;
        let service = match kind {
            "GTM" => "google-tag-manager",
            "G" => "google-analytics",
            "AW" => "google-ads",
            _ => return None,
        };
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let script = if kind == "GTM" { "gtm.js" } else { "gtag/js" };
        let is_id = (4..=16).contains(&rest.len()) && rest.bytes().all(plain);
        is_id.then(|| (service, format!("https://www.googletagmanager.com/{script}?id={id}")))
    }

    /// Everything in it as texts, in a fixed order: what a version is made of.
    pub(crate) fn meaning(&self) -> Vec<String> {
        let types = self.types.iter().map(|(name, target)| format!("{name}={}", target.mark));
        let tags = self.tags.iter().map(|(id, target)| format!("{id}={}", target.mark));
        self.to.iter().chain(&self.set).map(|word| (*word).to_owned()).chain(types).chain(tags).collect()
    }
}

/// Who hears signals among services with these globals.
pub(crate) fn heard_by<'g>(globals: impl Iterator<Item = &'g str> + Clone) -> impl Iterator<Item = &'static str> {
    let is_used = move |names: &[&str; 2]| globals.clone().any(|global| names.contains(&global));
    HEARD_BY.into_iter().filter(move |(_, names)| is_used(names)).map(|(who, _)| who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_google_s_tags_are_known_by_their_form() {
        let of = |id| Signals::google_tag(id).map(|(service, source)| format!("{service} {source}"));
        let base = "https://www.googletagmanager.com";
        assert_eq!(of("GTM-ABC123"), Some(format!("google-tag-manager {base}/gtm.js?id=GTM-ABC123")));
        assert_eq!(of("G-0123456789"), Some(format!("google-analytics {base}/gtag/js?id=G-0123456789")));
        assert_eq!(of("AW-987654321"), Some(format!("google-ads {base}/gtag/js?id=AW-987654321")));
        for wrong in ["", "GTM", "GTM-", "gtm-ABC123", "UA-1234-5", "G-\"><script>", "G-abc123", "G-01234567890123456"]
        {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
