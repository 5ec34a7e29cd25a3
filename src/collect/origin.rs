//! Whether a request comes from the site's own pages: what stands between another site and a visitor's consent (pitfall 51).

use super::response::Refusal;
use http::header::ORIGIN;
use http::{HeaderMap, HeaderName};
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets only the site's own pages pass: what is sent of `Origin` and `Sec-Fetch-Site` must say so, and one of them must
/// be sent. Every browser sends `Origin` with a POST.
///
/// `secure` is the site's scheme (D18), `host` the authority that the request was sent to, with its port. Where the
/// scheme is `https` only that will do; where it is `http` a page of the same host over TLS will too: TLS may end
/// before us without our knowing, and such a page is not less to be trusted.
///
/// # Errors
/// [`Refusal::CrossSite`]; it says what was wrong and repeats nothing that was sent.
pub(super) fn check(headers: &HeaderMap, secure: bool, host: &str) -> Result<(), Refusal> {
    if !headers.contains_key(ORIGIN) && !headers.contains_key(SEC_FETCH_SITE) {
        return Err(Refusal::CrossSite("neither Origin nor Sec-Fetch-Site says where the request comes from"));
    }
    check_if_sent(headers, secure, host)
}

/// The same for clients that need be no browsers: what is sent must be the site's, and nothing need be sent.
///
/// # Errors
/// [`Refusal::CrossSite`].
pub(super) fn check_if_sent(headers: &HeaderMap, secure: bool, host: &str) -> Result<(), Refusal> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    let (origin, site) = (origins.next(), sites.next());
    if origins.next().is_some() || sites.next().is_some() {
        return Err(Refusal::CrossSite("Origin and Sec-Fetch-Site may each be sent once"));
    }
    if site.is_some_and(|site| site != "same-origin") {
        return Err(Refusal::CrossSite("Sec-Fetch-Site is not same-origin"));
    }
    match origin.map(|origin| is_own(origin.as_bytes(), secure, host)) {
        None | Some(true) => Ok(()),
        Some(false) if secure => Err(Refusal::CrossSite("Origin is not this site's over https")),
        Some(false) => Err(Refusal::CrossSite("Origin is not this site's")),
    }
}

fn is_own(origin: &[u8], secure: bool, host: &str) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let schemes: &[&str] = if secure { &["https"] } else { &["http", "https"] };
    schemes.iter().any(|scheme| {
        let own = Url::parse(&format!("{scheme}://{host}/"));
        // The host is the client's: with a path or a user in it, it is none.
        let own = own.ok().filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
        own.is_some_and(|url| url.origin().ascii_serialization().eq_ignore_ascii_case(origin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// Origin, Sec-Fetch-Site, https, host, whether it passes.
    type Case = (Option<&'static str>, Option<&'static str>, bool, &'static str, bool);

    #[test]
    fn p51_only_the_sites_own_pages_may_post() {
        let cases: &[Case] = &[
            (Some("https://shop.example"), Some("same-origin"), true, "shop.example", true),
            (Some("https://shop.example"), None, true, "shop.example", true),
            (None, Some("same-origin"), true, "shop.example", true),
            (None, None, true, "shop.example", false),
            (Some("https://evil.example"), None, true, "shop.example", false),
            (Some("https://evil.example"), Some("same-origin"), true, "shop.example", false),
            (Some("https://shop.example"), Some("cross-site"), true, "shop.example", false),
            (Some("https://shop.example"), Some("same-site"), true, "shop.example", false),
            (Some("https://shop.example"), Some("none"), true, "shop.example", false),
            (None, Some("same-site"), true, "shop.example", false),
            (None, Some("Same-Origin"), true, "shop.example", false),
            (Some("null"), None, true, "shop.example", false),
            (Some(""), None, true, "shop.example", false),
            (Some("https://shop.example.evil.example"), None, true, "shop.example", false),
            (Some("https://www.shop.example"), None, true, "shop.example", false),
            (Some("https://shop.example/"), None, true, "shop.example", false),
            (Some("https://shop.example@evil.example"), None, true, "shop.example", false),
            (Some("http://shop.example"), None, true, "shop.example", false),
            (Some("https://shop.example"), None, false, "shop.example", true),
            (Some("http://shop.example"), None, false, "shop.example", true),
            (Some("http://shop.example:8080"), None, false, "shop.example:8080", true),
            (Some("http://shop.example"), None, false, "shop.example:8080", false),
            (Some("http://shop.example:8080"), None, false, "shop.example", false),
            (Some("http://shop.example"), None, false, "shop.example:80", true),
            (Some("https://shop.example"), None, true, "SHOP.example:443", true),
            (Some("http://[::1]:8080"), None, false, "[::1]:8080", true),
            (Some("http://localhost:8080"), Some("same-origin"), false, "localhost:8080", true),
            (Some("https://evil.example"), None, true, "shop.example@evil.example", false),
            (Some("https://shop.example"), None, true, "", false),
            (Some("https://shop.example"), None, true, "shop.example/x", false),
        ];
        for (origin, site, secure, host, passes) in cases {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            if let Some(site) = site {
                headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(site));
            }
            let case = (origin, site, secure, host);
            assert_eq!(check(&headers, *secure, host).is_ok(), *passes, "{case:?}");
        }
    }

    #[test]
    fn p51_two_origins_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, HeaderValue::from_static("https://shop.example"));
        headers.append(ORIGIN, HeaderValue::from_static("https://shop.example"));
        assert!(check(&headers, true, "shop.example").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_no_origin() {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_bytes(b"https://shop.example\xff").unwrap());
        assert!(check(&headers, true, "shop.example").is_err());
    }
}
