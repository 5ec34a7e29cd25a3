//! `speculationrules`: JSON that makes the browser fetch pages before anybody asks for them (pitfall 83).
//!
//! Where one of its URLs belongs to a service the whole is neutralised: cutting a rule out would change the rules of the
//! others (a `not` without its condition), and the text's hash.

use super::attributes::Form;
use super::judge::{Found, Judge};
use crate::policy::reference::escape;
use serde_json::Value;

/// Looks for services in the strings of the rules. What is no JSON is no rule to a browser either.
pub(crate) fn look(judge: &mut Judge, found: &mut Found, text: &[u8]) {
    let Ok(rules) = serde_json::from_slice::<Value>(text) else { return };
    let mut waiting = vec![&rules];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(url) => judge.look(found, &escape(url.as_bytes()), "urls", Form::Url),
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => waiting.extend(members.values()),
            _ => {}
        }
    }
}
