//! What browsers report of a policy: which document asked for what, and by which directive that was not allowed.
//!
//! Two forms: `application/csp-report`, one object (SPEC: CSP2 §4.4), and `application/reports+json`, a list in which reports of
//! other kinds may stand (SPEC: Reporting API §3; CSP3 §5.3). Anybody can send them: all that is in one is somebody's word.

use crate::policy::list::Fetch;
use serde::Deserialize;
use std::borrow::Cow;

/// The most reports that are read of one body; the rest is left.
pub const MOST: usize = 64;

/// The longest address that is looked at, in bytes.
const ADDRESS_MAX: usize = 4_096;

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The address of the document.
    pub document: String,
    /// What was not allowed: an address, an origin, or a word (`inline`, `eval`, `data`).
    pub blocked: String,
    /// What it was to be fetched as.
    pub fetch: Fetch,
    /// Whether it was stopped, or only reported.
    pub is_enforced: bool,
}

#[derive(Deserialize)]
struct One<'a> {
    #[serde(rename = "csp-report", borrow)]
    report: Old<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Old<'a> {
    #[serde(borrow)]
    document_uri: Cow<'a, str>,
    #[serde(borrow, default)]
    blocked_uri: Cow<'a, str>,
    #[serde(borrow, default)]
    effective_directive: Cow<'a, str>,
    /// Older browsers send this alone; the rest of the directive may follow.
    #[serde(borrow, default)]
    violated_directive: Cow<'a, str>,
    #[serde(borrow, default)]
    disposition: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    body: Option<New<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct New<'a> {
    #[serde(rename = "documentURL", borrow)]
    document: Option<Cow<'a, str>>,
    #[serde(rename = "blockedURL", borrow)]
    blocked: Option<Cow<'a, str>>,
    #[serde(borrow)]
    effective_directive: Option<Cow<'a, str>>,
    #[serde(borrow)]
    disposition: Option<Cow<'a, str>>,
}

/// Reads a body of either form; `None`: it is neither. Linear in its length, with a few copies of addresses.
pub fn violations(body: &[u8]) -> Option<Vec<Violation>> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        let listed: Vec<Listed<'_>> = serde_json::from_slice(body).ok()?;
        let bodies =
            listed.into_iter().filter(|report| report.kind == "csp-violation").filter_map(|report| report.body);
        return Some(bodies.filter_map(New::read).take(MOST).collect());
    }
    let One { report } = serde_json::from_slice(body).ok()?;
    Some(report.read().into_iter().collect())
}

impl Old<'_> {
    fn read(self) -> Option<Violation> {
        let directive =
            if self.effective_directive.is_empty() { self.violated_directive } else { self.effective_directive };
        violation(self.document_uri, self.blocked_uri, &directive, &self.disposition)
    }
}

impl New<'_> {
    fn read(self) -> Option<Violation> {
        let (directive, disposition) = (self.effective_directive?, self.disposition.unwrap_or_default());
        violation(self.document?, self.blocked.unwrap_or_default(), &directive, &disposition)
    }
}

fn violation(document: Cow<'_, str>, blocked: Cow<'_, str>, directive: &str, disposition: &str) -> Option<Violation> {
    let is_short = document.len() <= ADDRESS_MAX && blocked.len() <= ADDRESS_MAX;
    is_short.then(|| Violation {
        document: document.into_owned(),
        blocked: blocked.into_owned(),
        fetch: fetch(directive),
        is_enforced: disposition == "enforce",
    })
}

/// What a directive is about. SPEC: CSP3 §6.8.1.
fn fetch(directive: &str) -> Fetch {
    match directive.split_ascii_whitespace().next().unwrap_or_default() {
        "script-src" | "script-src-elem" | "script-src-attr" | "worker-src" => Fetch::Script,
        "style-src" | "style-src-elem" | "style-src-attr" => Fetch::Style,
        "img-src" => Fetch::Image,
        "font-src" => Fetch::Font,
        "frame-src" | "child-src" => Fetch::Frame,
        "media-src" => Fetch::Media,
        "object-src" => Fetch::Object,
        "connect-src" => Fetch::Data,
        _ => Fetch::Other,
    }
}

/// For fuzzing: any bytes; must not panic, and what comes out is bounded.
pub fn fuzz_violations(data: &[u8]) {
    let read = violations(data).unwrap_or_default();
    assert!(read.len() <= MOST, "more than the most");
    let bytes: usize = read.iter().map(|one| one.blocked.len() + one.document.len()).sum();
    assert!(bytes <= data.len(), "more came out than went in");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(body: &Value) -> Option<Vec<Violation>> {
        violations(body.to_string().as_bytes())
    }

    fn old(blocked: &str) -> Value {
        json!({ "csp-report": {
            "document-uri": "https://shop.example/a", "referrer": "", "violated-directive": "script-src-elem",
            "effective-directive": "script-src-elem", "original-policy": "default-src 'self'", "disposition": "enforce",
            "blocked-uri": blocked, "status-code": 200, "script-sample": "",
        }})
    }

    fn new(blocked: &str) -> Value {
        json!({ "age": 7, "type": "csp-violation", "url": "https://shop.example/a", "user_agent": "x", "body": {
            "documentURL": "https://shop.example/a", "blockedURL": blocked, "effectiveDirective": "img-src",
            "originalPolicy": "default-src 'self'", "disposition": "report", "statusCode": 200, "lineNumber": 3,
        }})
    }

    #[test]
    fn both_forms_are_read() {
        let one = &read(&old("https://t.example/x.js")).unwrap()[0];
        let expected = Violation {
            document: "https://shop.example/a".to_owned(),
            blocked: "https://t.example/x.js".to_owned(),
            fetch: Fetch::Script,
            is_enforced: true,
        };
        assert_eq!(*one, expected);
        let other = json!({ "type": "deprecation", "body": { "id": "x", "anticipatedRemoval": null } });
        let nothing = json!({ "type": "csp-violation", "body": null });
        let many = read(&json!([other, new("https://t.example/1"), nothing, new("inline")])).unwrap();
        assert_eq!(many.iter().map(|one| &*one.blocked).collect::<Vec<_>>(), ["https://t.example/1", "inline"]);
        assert!(many.iter().all(|one| one.fetch == Fetch::Image && !one.is_enforced));
    }

    #[test]
    fn an_older_browser_says_less() {
        let body =
            json!({ "csp-report": { "document-uri": "https://a/", "violated-directive": "font-src 'self' a b" } });
        assert_eq!(read(&body).unwrap()[0].fetch, Fetch::Font);
        assert_eq!(read(&body).unwrap()[0].blocked, "");
    }

    #[test]
    fn what_is_no_report_is_none_and_what_is_too_much_is_left() {
        for body in [&b""[..], b"{}", b"null", b"[1]", b"{\"csp-report\":1}", b"{\"csp-report\":{}}", b"[", b"\xff"] {
            assert_eq!(violations(body), None, "{}", String::from_utf8_lossy(body));
        }
        assert_eq!(read(&json!([])), Some(Vec::new()));
        assert_eq!(read(&old(&"x".repeat(ADDRESS_MAX + 1))), Some(Vec::new()));
        assert_eq!(read(&Value::Array(vec![new("inline"); MOST + 5])).unwrap().len(), MOST);
        violations("[".repeat(20_000).as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..300), json in "[\\[\\]{}\",:a-z0-9 ]{0,200}") {
            fuzz_violations(&bytes);
            fuzz_violations(json.as_bytes());
        }

        #[test]
        fn what_a_browser_wrote_is_read_as_it_was_written(blocked in "\\PC{0,200}", document in "\\PC{0,80}") {
            let mut body = new(&blocked);
            body["body"]["documentURL"] = document.clone().into();
            let many = read(&json!([body])).unwrap();
            prop_assert_eq!((&many[0].blocked, &many[0].document), (&blocked, &document));
            fuzz_violations(old(&blocked).to_string().as_bytes());
        }
    }
}
