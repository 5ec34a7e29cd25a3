//! `consentry explain URL --through GATEWAY --token-file FILE`: the running gateway explains what it does to the page.

use super::super::CliError;
use super::super::fetch::{Ask, MOST, ask};
use super::ExplainArgs;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use url::Url;

/// Asks the gateway, and prints what it says.
pub(super) fn run(args: &ExplainArgs, page: &Url, gateway: &Url, out: &mut impl Write) -> Result<(), CliError> {
    let file = args.token_file.as_deref().ok_or("--through needs --token-file")?;
    let token = token(file)?;
    let accept = if args.html { "text/html" } else { "application/json" };
    let mut fields = vec![
        ("Consentry-Explain", token.as_str()),
        ("Accept", accept),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Mode", "navigate"),
    ];
    if !args.cookie.is_empty() {
        fields.push(("Cookie", &args.cookie));
    }
    let answer = ask(&Ask { url: page, at: Some(gateway), fields: &fields, most: MOST })?;
    if !answer.headers.contains_key("consentry-explain") {
        let status = answer.status;
        return Err(format!("{gateway} did not take the token: it answered {status} with what a visitor gets").into());
    }
    if !answer.status.is_success() {
        return Err(String::from_utf8_lossy(&answer.body).trim().to_owned().into());
    }
    if args.html || args.json {
        out.write_all(&answer.body)?;
        return Ok(());
    }
    print(&serde_json::from_slice(&answer.body)?, args.decided, out)
}

fn token(file: &Path) -> Result<String, CliError> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let token = text.lines().next().map(str::trim).filter(|token| !token.is_empty());
    token.map(str::to_owned).ok_or_else(|| format!("{}: the first line must be the token", file.display()).into())
}

/// The gateway's object as text.
fn print(told: &Value, decided: bool, out: &mut impl Write) -> Result<(), CliError> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let Some(tags) = told.get("tags").and_then(Value::as_array) else {
        let reason = told.get("reason").and_then(Value::as_str).unwrap_or("it is no page");
        writeln!(out, "not rewritten ({}): {reason}", told.get("plan").map_or_else(String::new, text))?;
        return Ok(());
    };
    let deciders = |tag: &Value| tag.get("deciders").and_then(Value::as_array).cloned().unwrap_or_default();
    for tag in tags.iter().filter(|tag| !decided || !deciders(tag).is_empty()) {
        let get = |key: &str| tag.get(key).map_or_else(|| "-".to_owned(), text);
        let line = tag.get("line").and_then(Value::as_u64).unwrap_or_default();
        let mark = Some(get("mark")).filter(|mark| !mark.is_empty()).unwrap_or_else(|| "-".to_owned());
        writeln!(out, "line {line:<5} {:<8} {:<12} {mark}", get("element"), get("verdict"))?;
        writeln!(out, "           {}", get("why"))?;
        for rule in deciders(tag).iter().filter_map(|by| by.get("rule")).filter(|rule| rule.is_object()) {
            let get = |key: &str| rule.get(key).map_or_else(String::new, text);
            writeln!(out, "           by {} {:?}", get("kind"), get("text"))?;
        }
    }
    let count = |key: &str| told.get(key).and_then(Value::as_u64).unwrap_or_default();
    let site = told.get("site").map_or_else(String::new, text);
    writeln!(out, "site {site}: {} neutralised, {} activated", count("neutralised"), count("activated"))?;
    Ok(())
}
