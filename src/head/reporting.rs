//! Fields that make a browser send reports to somebody, or that name where else to fetch: a third party without consent
//! gets no report of an error, a policy or a slow network either (pitfall 42).
//!
//! A group whose endpoint went may still be named (`report-to` in a policy): a browser that does not know it sends nothing.

use super::names::{NEL, REPORT_TO, REPORTING_ENDPOINTS, SOURCE_MAP, X_SOURCE_MAP};
use super::{HeadEdits, Judge, list};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Takes blocked endpoints out. A look-up for each field where there are none.
pub fn filter(headers: &HeaderMap, judge: &dyn Judge, edits: &mut HeadEdits) {
    report_to(headers, judge, edits);
    endpoints(headers, judge, edits);
    for name in [&CONTENT_SECURITY_POLICY, &CONTENT_SECURITY_POLICY_REPORT_ONLY] {
        policies(headers, name, judge, edits);
    }
    for name in [&SOURCE_MAP, &X_SOURCE_MAP] {
        if headers.get_all(name).iter().any(|url| judge.blocks(url.as_bytes().trim_ascii())) {
            edits.remove(headers, name);
        }
    }
}

/// `Report-To` is JSON without its outer brackets, and `NEL` names a group of it. Browsers join the fields before they
/// read them, so a group may be in several.
fn report_to(headers: &HeaderMap, judge: &dyn Judge, edits: &mut HeadEdits) {
    if !headers.contains_key(&REPORT_TO) {
        return;
    }
    let fields: Vec<&[u8]> = headers.get_all(&REPORT_TO).iter().map(HeaderValue::as_bytes).collect();
    let joined = [b"[".as_slice(), &fields.join(b", ".as_slice()), b"]"].concat();
    // What is no JSON is read by no browser.
    let groups: Vec<Value> = serde_json::from_slice(&joined).unwrap_or_default();
    let (blocked, kept): (Vec<&Value>, Vec<&Value>) = groups.iter().partition(|group| names_blocked(group, judge));
    if blocked.is_empty() && !groups.is_empty() {
        return;
    }
    edits.remove(headers, &REPORT_TO);
    edits.remove(headers, &NEL);
    for group in kept {
        edits.append.extend(HeaderValue::try_from(group.to_string()).ok().map(|value| (REPORT_TO.clone(), value)));
    }
}

/// Whether any text in it is a blocked URL, wherever it stands.
fn names_blocked(value: &Value, judge: &dyn Judge) -> bool {
    match value {
        Value::String(text) => judge.blocks(text.as_bytes()),
        Value::Array(items) => items.iter().any(|item| names_blocked(item, judge)),
        Value::Object(members) => members.values().any(|member| names_blocked(member, judge)),
        _ => false,
    }
}

/// `Reporting-Endpoints: main="https://…", other="/…"` (SPEC: RFC 9651 §3.2).
fn endpoints(headers: &HeaderMap, judge: &dyn Judge, edits: &mut HeadEdits) {
    let is_blocked = |member: &&[u8]| {
        let value = member.iter().position(|b| *b == b'"').and_then(|at| member.get(at + 1..));
        value.and_then(|text| text.split(|b| *b == b'"').next()).is_some_and(|url| judge.blocks(url))
    };
    if !list::all(headers, &REPORTING_ENDPOINTS).any(|member| is_blocked(&member)) {
        return;
    }
    let kept: Vec<&[u8]> = list::all(headers, &REPORTING_ENDPOINTS).filter(|member| !is_blocked(member)).collect();
    edits.remove(headers, &REPORTING_ENDPOINTS);
    if let Some(value) = HeaderValue::from_bytes(&kept.join(b", ".as_slice())).ok().filter(|_| !kept.is_empty()) {
        edits.append.push((REPORTING_ENDPOINTS.clone(), value));
    }
}

/// `report-uri` of all policies of these fields; every other byte stays, and each field stays one.
fn policies(headers: &HeaderMap, name: &HeaderName, judge: &dyn Judge, edits: &mut HeadEdits) {
    let rewritten: Vec<Option<HeaderValue>> =
        headers.get_all(name).iter().map(|field| without_reports(field.as_bytes(), judge)).collect();
    if rewritten.iter().all(Option::is_none) {
        return;
    }
    let fields: Vec<HeaderValue> =
        headers.get_all(name).iter().zip(rewritten).map(|(old, new)| new.unwrap_or_else(|| old.clone())).collect();
    edits.remove(headers, name);
    edits.append.extend(fields.into_iter().filter(|field| !field.is_empty()).map(|field| (name.clone(), field)));
}

/// The field without the URLs that are blocked; `None` where nothing changes.
fn without_reports(field: &[u8], judge: &dyn Judge) -> Option<HeaderValue> {
    let mut changed = false;
    let mut out: Vec<u8> = Vec::with_capacity(field.len());
    // Both separators end a directive; they stay as they are.
    for directive in field.split_inclusive(|b| matches!(b, b';' | b',')) {
        let end = directive.iter().rposition(|b| !matches!(b, b';' | b',')).map_or(0, |last| last + 1);
        let (text, separator) = directive.split_at_checked(end).unwrap_or((directive, b""));
        let words = || text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let is_report = words().next().is_some_and(|word| word.eq_ignore_ascii_case(b"report-uri"));
        if !is_report || !words().skip(1).any(|url| judge.blocks(url)) {
            out.extend(directive);
            continue;
        }
        changed = true;
        let kept: Vec<&[u8]> =
            words().enumerate().filter(|(at, w)| *at == 0 || !judge.blocks(w)).map(|(_, w)| w).collect();
        if kept.len() > 1 {
            out.extend(text.first().filter(|b| b.is_ascii_whitespace()));
            out.extend(kept.join(b" ".as_slice()));
        }
        // An empty directive or policy is allowed, and means nothing.
        out.extend(separator);
    }
    changed.then(|| HeaderValue::from_bytes(out.trim_ascii()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JUDGE: fn(&[u8]) -> bool = |url| memchr::memmem::find(url, b"tracker").is_some();

    fn filtered(fields: &[(&HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let mut edits = HeadEdits::default();
        filter(&headers, &JUDGE, &mut edits);
        edits.apply(&mut headers);
        headers
    }

    fn one(name: &HeaderName, value: &str) -> Vec<String> {
        let headers = filtered(&[(name, value)]);
        headers.get_all(name).iter().map(|field| field.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn p42_groups_go_one_by_one_and_network_errors_with_them() {
        let theirs = r#"{"group":"a","max_age":1,"endpoints":[{"url":"https:\/\/tracker.example/r"}]}"#;
        let ours = r#"{"group":"b","max_age":1,"endpoints":[{"url":"/r"}]}"#;
        assert_eq!(one(&REPORT_TO, &format!("{theirs}, {ours}")), [ours]);
        assert_eq!(one(&REPORT_TO, ours), [ours]);
        assert_eq!(one(&REPORT_TO, theirs), [""; 0]);
        assert_eq!(one(&REPORT_TO, "{\"url\":\"https://tracker.example"), [""; 0]);
        let both = filtered(&[(&REPORT_TO, theirs), (&NEL, r#"{"report_to":"a"}"#)]);
        assert!(both.is_empty(), "{both:?}");
        let split = filtered(&[(&REPORT_TO, r#"{"group":"a""#), (&REPORT_TO, r#""endpoints":[{"url":"//tracker"}]}"#)]);
        assert!(split.is_empty(), "{split:?}");
        assert_eq!(one(&NEL, "{}"), ["{}"]);
    }

    #[test]
    fn p42_endpoints_go_one_by_one() {
        let field = "main=\"https://tracker.example/a,b\";x, own=\"/r\", third=\"https://cdn.example/\"";
        assert_eq!(one(&REPORTING_ENDPOINTS, field), ["own=\"/r\", third=\"https://cdn.example/\""]);
        assert_eq!(one(&REPORTING_ENDPOINTS, "a=\"https://tracker.example\""), [""; 0]);
        assert_eq!(one(&SOURCE_MAP, "https://tracker.example/a.map"), [""; 0]);
        assert_eq!(one(&SOURCE_MAP, "/a.map"), ["/a.map"]);
    }

    #[test]
    fn p42_policies_keep_all_but_where_they_report_to() {
        for (policy, left) in [
            ("img-src *;  report-uri https://tracker.example/r", "img-src *;"),
            ("report-uri /own https://tracker.example/r; img-src *", "report-uri /own; img-src *"),
            ("img-src tracker.example; report-to a", "img-src tracker.example; report-to a"),
            ("a b, REPORT-URI https://tracker.example/r, c d", "a b,, c d"),
            ("report-uri /own", "report-uri /own"),
        ] {
            for name in [&CONTENT_SECURITY_POLICY, &CONTENT_SECURITY_POLICY_REPORT_ONLY] {
                assert_eq!(one(name, policy), [left]);
            }
        }
        assert_eq!(one(&CONTENT_SECURITY_POLICY, "report-uri https://tracker.example"), [""; 0]);
        let two = [(&CONTENT_SECURITY_POLICY, "a b"), (&CONTENT_SECURITY_POLICY, "c; report-uri //tracker")];
        assert_eq!(filtered(&two).get_all(CONTENT_SECURITY_POLICY).iter().collect::<Vec<_>>(), ["a b", "c;"]);
    }

    proptest! {
        /// Whatever the policy, no report goes to who is blocked, and what reports to nobody keeps its bytes.
        #[test]
        fn no_report_is_left(policy in "((report-uri|img-src)( (tracker|own)){0,3} ?[;,] ?){0,4}") {
            let left = one(&CONTENT_SECURITY_POLICY, &policy).concat();
            for directive in left.split([';', ',']).filter(|d| d.trim().starts_with("report-uri")) {
                prop_assert!(!directive.contains("tracker"), "{left}");
            }
            let other = |text: &str| text.matches("img-src").count();
            prop_assert_eq!(other(&left), other(&policy));
            let again = one(&CONTENT_SECURITY_POLICY, &left).concat();
            prop_assert_eq!(again, left);
        }
    }
}
