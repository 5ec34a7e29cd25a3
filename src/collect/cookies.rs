//! The two cookies of an answer: ours, signed, which the gateway reads; and its companion, which the browser reads (D5).

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;

/// Longer than this, name and value together, and some browser drops it (RFC 6265 §6.1 promises 4,096 with attributes).
const PAIR_MAX: usize = 3_900;

/// `name=value; SameSite=Lax; Secure; Path=/; Max-Age=…`: for the whole host, readable by the page (issue 2: `HttpOnly`
/// off, since the widget shows the consent id), `Secure` by the site's scheme (D18).
///
/// `None` when it would be too long for a browser or holds what no header may.
pub(super) fn set(name: &str, value: &str, days: u32, secure: bool) -> Option<HeaderValue> {
    if name.len() + value.len() > PAIR_MAX {
        return None;
    }
    let cookie = Cookie::build((name, value))
        .path("/")
        .max_age(Duration::days(i64::from(days)))
        .same_site(SameSite::Lax)
        .secure(secure)
        .build();
    HeaderValue::try_from(cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_are_those_of_the_site() {
        let secure = set("euconsent", "a.b~c", 180, true).unwrap();
        assert_eq!(secure, "euconsent=a.b~c; SameSite=Lax; Secure; Path=/; Max-Age=15552000");
        let plain = set("euconsent", "x", 30, false).unwrap();
        assert_eq!(plain, "euconsent=x; SameSite=Lax; Path=/; Max-Age=2592000");
    }

    #[test]
    fn what_a_browser_would_drop_is_not_set() {
        assert!(set("euconsent", &"x".repeat(3_890), 180, true).is_some());
        assert!(set("euconsent", &"x".repeat(3_892), 180, true).is_none());
        assert!(set("euconsent", "a\nb", 180, true).is_none());
    }
}
