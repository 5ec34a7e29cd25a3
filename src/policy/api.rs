//! Consent APIs of other tools that a site answers below its prefix, so that clients written for those tools work against the
//! gateway: which are on, and by what a client shows that it belongs to the site.

/// `[api]` of a site. Nothing is answered that is not written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiRules {
    /// Dastra's client API.
    pub dastra: Option<DastraApi>,
    /// OneTrust's server-side CMP API.
    pub onetrust: Option<OneTrustApi>,
}

/// `[api.dastra]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DastraApi {
    /// The number of the widget, an int32 there.
    pub widget: u32,
    /// The public keys that belong to it. They are in every page: they name the site and protect nothing.
    pub keys: Vec<String>,
}

/// `[api.onetrust]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTrustApi {
    /// The ids of the site's apps: UUIDs in lower case, `-test` behind those that are not published.
    pub apps: Vec<String>,
    /// The version that clients should ask for; another one is answered with a warning. `None`: every one will do.
    pub version: Option<String>,
}

/// Whether this is the id of an app: a UUID, and `-test` perhaps. O(length).
pub fn is_app_id(text: &str) -> bool {
    let uuid = text.strip_suffix("-test").unwrap_or(text);
    let mut parts = uuid.split('-');
    let is_hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    [8, 4, 4, 4, 12].into_iter().all(|length| parts.next().is_some_and(|part| is_hex(part, length)))
        && parts.next().is_none()
}

/// Whether this is a version as OneTrust writes them, `202403.2.0`: six digits, then two numbers. O(length).
pub fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.as_slice(), [first, second, third] if first.len() == 6 && [first, second, third].iter().all(|p| is_number(p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_versions_are_known_by_their_form() {
        let id = "95c1b37a-c271-44e8-9dd3-1742d82ec948";
        for good in [id.to_owned(), format!("{id}-test"), id.to_uppercase()] {
            assert!(is_app_id(&good), "{good}");
        }
        for bad in ["", "-test", &id[1..], &format!("{id}-"), &format!("{id}-test-test"), &id.replace('9', "g")] {
            assert!(!is_app_id(bad), "{bad}");
        }
        assert!(is_version("202403.2.0") && is_version("202403.12.10"));
        for bad in ["", "20243.2.0", "202403.2", "202403.2.0.1", "202403..0", "202403.2.x", "20240\u{663}.2.0"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
