//! Content security policies: one that is made of a visitor's answer, where a site's rules ask for it ([`Derived`]), what
//! browsers report of it ([`violations`]), and the page's own, in which what is ours is allowed ([`allow()`]).

mod allow;
mod derive;
mod report;

pub use allow::{Ours, allow};
pub(crate) use derive::longest;
pub use derive::{Derived, LENGTH_MAX};
pub use report::{MOST, Violation, fuzz_violations, violations};

use crate::policy::mode::Mode;

/// The path below a site's prefix to which browsers report.
pub const REPORTS: &str = "report";

/// `[csp]` of a site whose pages come with a policy that is made of the visitor's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CspRules {
    /// Whether the policy of a visitor who has answered is enforced. Before an answer it only reports in any case.
    pub mode: Mode,
    /// What is let through beside the first party, granted services and `allow_hosts`, as a policy writes it:
    /// `wss://chat.example:8443`.
    pub sources: Vec<String>,
}

/// Whether this is a host source that can stand in a policy: `[http|https|ws|wss://][*.]host[:port|:*]`, without a path.
/// SPEC: CSP3 §2.3.1.
pub(crate) fn is_source(text: &str) -> bool {
    let rest = match text.split_once("://") {
        Some(("http" | "https" | "ws" | "wss", rest)) => rest,
        Some(_) => return false,
        None => text,
    };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let host = host.strip_prefix("*.").unwrap_or(host);
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_port = |port: &str| port == "*" || port.parse::<u16>().is_ok_and(|number| number > 0);
    host.split('.').all(label) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_host_and_nothing_that_means_more() {
        for good in
            ["a.example", "*.a.example", "https://a.example", "wss://*.a.example:8443", "a.example:*", "localhost"]
        {
            assert!(is_source(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "https:",
            "data:",
            "'self'",
            "'unsafe-eval'",
            "a.example/x",
            "a b",
            "a;b",
            "a,b",
            "ftp://a",
            "a:0",
            "a:99999",
            "a:x",
            "a..b",
            "a_b.example",
            "*.*.a",
            "https://",
            "ä.example",
        ] {
            assert!(!is_source(bad), "{bad}");
        }
    }
}
