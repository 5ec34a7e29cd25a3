//! Who may use the operator's listener.

use super::reply::plain;
use crate::gateway::Token;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use std::net::SocketAddr;

/// The listener's own names, and the token.
#[derive(Debug)]
pub(super) struct Access {
    address: SocketAddr,
    token: Option<Token>,
}

impl Access {
    pub(super) fn new(address: SocketAddr, token: Option<Token>) -> Self {
        Self { address, token }
    }

    /// Whether the request may be answered; the error is a sentence for the operator.
    pub(super) fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
        if self.has_token(headers) {
            return Ok(());
        }
        let host =
            uri.authority().map(|a| a.as_str()).or_else(|| headers.get(header::HOST).and_then(|h| h.to_str().ok()));
        if !host.is_some_and(|host| self.is_own(host)) {
            return Err(
                "this listener answers to its own address only; send the token as `Authorization: Bearer` to use another name\n",
            );
        }
        if matches!(*method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        let origin = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok());
        let own_page = origin.and_then(|o| o.strip_prefix("http://")).is_some_and(|origin| self.is_own(origin));
        own_page
            .then_some(())
            .ok_or("a POST needs `Authorization: Bearer <token>`, or Origin and Host of this listener\n")
    }

    /// Who asks, for the audit log.
    pub(super) fn who(&self, headers: &HeaderMap) -> &'static str {
        if self.has_token(headers) { "somebody with the token" } else { "somebody without a token" }
    }

    /// An IP address literal cannot be rebound; of names only `localhost` leads nowhere else.
    fn is_own(&self, authority: &str) -> bool {
        let Some(host) = authority.strip_suffix(&format!(":{}", self.address.port())) else {
            return false;
        };
        host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        match (&self.token, bearer(headers)) {
            (Some(token), Some(sent)) => token.is(sent),
            _ => false,
        }
    }
}

/// What was sent as a token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(header::AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")
}

/// What needs a token and came without; `is_set`: whether there is one at all.
pub(super) fn unauthorized(is_set: bool) -> Response<Vec<u8>> {
    let why = match is_set {
        true => "send the token as `Authorization: Bearer <token>`\n",
        false => {
            "this needs a token, and none is set: name a file with one in consentry.toml, as token_file of [admin]\n"
        }
    };
    let mut response = plain(StatusCode::UNAUTHORIZED, why.into());
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, fields: &[(header::HeaderName, &str)]) -> bool {
        let access = Access::new(SocketAddr::from(([127, 0, 0, 1], 9090)), Token::new("s3cret".to_owned()));
        let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        access.check(&method, &Uri::from_static("/reload"), &headers).is_ok()
    }

    #[test]
    fn a_name_that_was_rebound_to_loopback_is_refused() {
        assert!(check(Method::GET, &[(header::HOST, "127.0.0.1:9090")]));
        assert!(check(Method::GET, &[(header::HOST, "localhost:9090")]));
        assert!(check(Method::GET, &[(header::HOST, "[::1]:9090")]));
        assert!(!check(Method::GET, &[(header::HOST, "evil.example:9090")]));
        assert!(!check(Method::GET, &[(header::HOST, "127.0.0.1.evil.example:9090")]));
        assert!(!check(Method::GET, &[]));
    }

    #[test]
    fn a_post_needs_the_token_or_the_listeners_own_origin() {
        let host = (header::HOST, "127.0.0.1:9090");
        assert!(!check(Method::POST, std::slice::from_ref(&host)));
        assert!(!check(Method::POST, &[host.clone(), (header::ORIGIN, "http://evil.example")]));
        assert!(!check(Method::POST, &[host.clone(), (header::ORIGIN, "null")]));
        assert!(check(Method::POST, &[host.clone(), (header::ORIGIN, "http://127.0.0.1:9090")]));
        assert!(check(Method::POST, &[(header::AUTHORIZATION, "Bearer s3cret")]));
        assert!(!check(Method::POST, &[host, (header::AUTHORIZATION, "Bearer wrong")]));
    }
}
