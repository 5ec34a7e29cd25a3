//! Our own `Set-Cookie` fields: the signed answer, and its readable companion (D4, D5, D18).

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;

/// How this site's own cookies are set.
#[derive(Debug, Clone, Copy)]
pub struct Jar<'a> {
    /// The consent cookie's name; its companion is called `<name>_v`.
    pub name: &'a str,
    /// Whether the site is served over TLS (D18).
    pub secure: bool,
    /// Days until the cookies are forgotten (180 unless the site says otherwise).
    pub days: u32,
    /// The parent domain, where the answer holds for all its hosts; `None` for this host only.
    pub domain: Option<&'a str>,
}

impl Jar<'_> {
    /// The two fields for a new answer. `None` when a value could not stand in a cookie, which our own encoders never
    /// yield.
    pub fn keep(&self, answer: &str, token: &str) -> Option<[HeaderValue; 2]> {
        let age = Duration::days(i64::from(self.days));
        Some([self.field(self.name, answer, age)?, self.field(&self.companion(), token, age)?])
    }

    /// The two fields that make a browser forget them.
    pub fn forget(&self) -> Option<[HeaderValue; 2]> {
        Some([self.field(self.name, "", Duration::ZERO)?, self.field(&self.companion(), "", Duration::ZERO)?])
    }

    /// The companion's name.
    pub fn companion(&self) -> String {
        format!("{}_v", self.name)
    }

    /// Not `HttpOnly`: the guard reads both on `pageshow`.
    fn field(&self, name: &str, value: &str, age: Duration) -> Option<HeaderValue> {
        if name.is_empty() || !name.bytes().all(is_name_byte) || !value.bytes().all(is_value_byte) {
            return None;
        }
        let mut cookie =
            Cookie::build((name, value)).path("/").max_age(age).same_site(SameSite::Lax).secure(self.secure);
        if let Some(domain) = self.domain {
            cookie = cookie.domain(domain);
        }
        HeaderValue::try_from(cookie.build().to_string()).ok()
    }
}

/// RFC 9110 token.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 6265 cookie-octet.
fn is_value_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}
