//! The markup that is put into a page once, first in its head (D11): the guard, and the widget's script. Made for each
//! page that is rewritten, after its variant is known.

use super::{assets, rules};
use crate::policy::{Delivery, Global, Mode, Service, Site, Snippet};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{LazyLock, PoisonError, RwLock};

/// The guard's text: the same in every page of every site. Made of guard.js and hold.js (see mod.rs).
pub(super) const GUARD: &str = include_str!("guard.min.js");

static GUARD_SHA256: LazyLock<[u8; 32]> = LazyLock::new(|| Sha256::digest(GUARD.as_bytes()).into());

/// SHA-256 of the guard's text: the one hash that a content security policy needs (`'sha256-<base64>'`).
pub fn guard_sha256() -> &'static [u8; 32] {
    &GUARD_SHA256
}

/// Snippets made already: there are few decisions, and each has one. Emptied when full, so that it stays bounded whatever
/// visitors send.
static MADE: LazyLock<RwLock<HashMap<String, Snippet>>> = LazyLock::new(RwLock::default);

const MADE_MAX: usize = 256;

/// The snippet for one visitor's variant of a page: `token` is [`crate::policy::Variant::token`], `granted` says which
/// services may run, which must be the same decision (D5): it is not asked when the token has been seen.
///
/// A page of uniform delivery is the same for everybody: it carries no token, and stubs for every service. Pure ASCII,
/// whatever the rules say (pitfall 72). One look-up and two small allocations; the first time O(services' globals).
pub fn snippet(site: &Site, token: &str, granted: impl Fn(&Service) -> bool) -> Snippet {
    let key = format!("{}\n{}\n{}\n{token}", site.name, site.version, site.delivery.name());
    if let Some(made) = MADE.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return made.clone();
    }
    let made = make(site, token, granted);
    let mut all = MADE.write().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MADE_MAX {
        all.clear();
    }
    all.insert(key, made.clone());
    made
}

fn make(site: &Site, token: &str, granted: impl Fn(&Service) -> bool) -> Snippet {
    // What is only reported is not held back by the guard either.
    let granted =
        |service: &Service| site.only_reports(service) || site.delivery == Delivery::PerVisitor && granted(service);
    let token = if site.delivery == Delivery::Uniform { "" } else { token };
    let rules = judged_by(site, granted);
    let attributes = [
        ("token", token),
        ("apart", &apart(site, token, granted)),
        ("rules", &rules),
        ("prefix", &site.prefix),
        ("cookie", &site.cookie),
        ("site", &site.name),
        ("globals", &globals(site, granted)),
    ];
    let mut html = String::with_capacity(GUARD.len() + 1024);
    // An optimiser between us and the browser must not re-type or defer these two (complaints 57, 58).
    html.push_str("<script id=\"consentry-guard\" data-cfasync=\"false\"");
    for (name, value) in attributes {
        let _ = write!(html, " data-{name}=\"{}\"", escape(value));
    }
    let policy = if has_enforced_policy(site, token) { " data-policy" } else { "" };
    let _ = write!(html, "{policy}>{GUARD}</script>");
    if !rules.is_empty() {
        let _ = write!(
            html,
            "<script data-cfasync=\"false\" async fetchpriority=\"high\" src=\"{}\"></script>",
            escape(&rules)
        );
    }
    // Where another tool asks, ours does not: its answers come over the bridge.
    let scripts = if site.bridge.is_some() { &assets::bridge_paths()[..] } else { &[assets::widget_path()] };
    for path in scripts {
        let source = escape(&format!("{}{path}", site.prefix));
        let _ = write!(html, "<script data-cfasync=\"false\" async src=\"{source}\"></script>");
    }
    Snippet { html: html.into(), sha256: *guard_sha256(), version: assets::version().to_owned() }
}

/// Whether browsers enforce a policy that is made of the answer in this token ([`crate::policy::csp`]): then the widget loads the
/// page again where it would bring something alive.
fn has_enforced_policy(site: &Site, token: &str) -> bool {
    let is_answered = !token.is_empty() && !token.starts_with("0.0.");
    is_answered && site.csp.as_ref().is_some_and(|csp| csp.mode == Mode::Enforce)
}

/// Where the rules are that the guard judges by: nothing, when every service may run.
fn judged_by(site: &Site, granted: impl Fn(&Service) -> bool) -> String {
    if site.every_service().all(granted) {
        return String::new();
    }
    format!("{}{}", site.prefix, rules::rules_path(site))
}

/// The services that are not as their categories in the token: `17 -23`, numbers, negative for those that may not run.
fn apart(site: &Site, token: &str, granted: impl Fn(&Service) -> bool) -> String {
    let categories = running(token);
    let different = site.services.iter().filter_map(|service| {
        let runs = granted(service);
        let is_in = categories.checked_shr(service.category.get().into()).is_some_and(|rest| rest & 1 == 1);
        let sign = if runs { "" } else { "-" };
        service.number.filter(|_| runs != is_in).map(|number| format!("{sign}{}", number.get()))
    });
    different.collect::<Vec<_>>().join(" ")
}

/// The categories that run by a token (see [`crate::policy::Variant::token`]), and `necessary`, which is not in it: bit `n`
/// is category number `n`.
fn running(token: &str) -> u64 {
    let (said, unsaid) = token.split_once('~').unwrap_or((token, ""));
    let mut unsaid = unsaid.trim_end_matches('!').split('.');
    let bits = |hex: Option<&str>| hex.and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default();
    let (granted, implied, signalled) = (bits(said.split('.').next()), bits(unsaid.next()), bits(unsaid.next()));
    (granted | implied) & !signalled | 1
}

/// The globals of services that may not run: `gtag:f:statistics:google-analytics,marketing:google-ads fbq:f:…`. A name
/// that a granted service has too is left to that service.
fn globals(site: &Site, granted: impl Fn(&Service) -> bool) -> String {
    let mut names: BTreeMap<&str, (&Global, String, bool)> = BTreeMap::new();
    for service in site.shown.iter() {
        let granted = granted(service);
        for global in service.globals.iter().filter(|global| is_path(&global.name)) {
            let entry = names.entry(&global.name).or_insert_with(|| (global, String::new(), false));
            entry.2 |= granted;
            if let Some(mark) = mark(site, service) {
                entry.1.push(if entry.1.is_empty() { ':' } else { ',' });
                entry.1.push_str(&mark);
            }
        }
    }
    let blocked = names.into_values().filter(|(_, marks, granted)| !granted && !marks.is_empty());
    let entries = blocked.map(|(global, marks, _)| format!("{}:{}{marks}", global.name, global.kind.letter()));
    entries.collect::<Vec<_>>().join(" ")
}

/// `category:service`, as in the neutral form (D8).
fn mark(site: &Site, service: &Service) -> Option<String> {
    let category = site.category(service.category)?;
    Some(format!("{}:{}", category.name, service.slug))
}

/// What JavaScript takes for a name, as far as it is ASCII, or several joined by points.
fn is_path(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    let identifier = |part: &str| part.bytes().all(inner) && part.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    name.split('.').all(identifier)
}

/// For a quoted attribute: what is not plainly harmless becomes a character reference (pitfalls 72, 99).
fn escape(value: &str) -> String {
    value.chars().fold(String::with_capacity(value.len()), |mut text, c| {
        let harmless = c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ',' | '/' | '$' | ' ');
        if harmless {
            text.push(c);
        } else {
            // Writing to a String does not fail.
            let _ = write!(text, "&#x{:x};", u32::from(c));
        }
        text
    })
}

#[cfg(test)]
mod tests;
