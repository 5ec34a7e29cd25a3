//! The markup that is put into a page once, first in its head (D11): the guard, and the widget's script. Made for each
//! page that is rewritten, after its variant is known.

use super::{assets, rules, told};
use crate::policy::{Delivery, Global, Look, Mode, Service, Site, Snippet};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
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

/// What of ours is inline in this site's pages, as sources of a content security policy: the guard, and the script for
/// signals where it stands.
pub fn inline_sources(site: &Site) -> &'static [String] {
    INLINE.get(..if site.signals.is_empty() { 1 } else { 2 }).unwrap_or_default()
}

static INLINE: LazyLock<[String; 2]> = LazyLock::new(|| {
    [guard_sha256().as_slice(), Sha256::digest(told::SIGNALS.as_bytes()).as_slice()]
        .map(|hash| format!("'sha256-{}'", STANDARD.encode(hash)))
});

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
        ("look", &look(site)),
    ];
    let mut html = String::with_capacity(GUARD.len() + 1024);
    // An optimiser between us and the browser must not re-type or defer these two (complaints 57, 58).
    html.push_str("<script id=\"consentry-guard\" data-cfasync=\"false\"");
    for (name, value) in attributes.into_iter().filter(|(name, value)| *name != "look" || !value.is_empty()) {
        let _ = write!(html, " data-{name}=\"{}\"", escape(value));
    }
    let policy = if has_enforced_policy(site, token) { " data-policy" } else { "" };
    let _ = write!(html, "{policy}>{GUARD}</script>");
    if !site.signals.is_empty() {
        html.push_str(&told::markup(site, token, granted));
    }
    if !rules.is_empty() {
        let _ = write!(
            html,
            "<script data-cfasync=\"false\" async fetchpriority=\"high\" src=\"{}\"></script>",
            escape(&rules)
        );
        if site.look.noscript {
            html.push_str(&without_scripts(site));
        }
    }
    // Where another tool asks, ours does not: its answers come over the bridge.
    let [door, widget] = assets::door_paths();
    let scripts = if site.bridge.is_some() { &assets::bridge_paths()[..] } else { &[door] };
    let tool = site.bridge.as_ref().map(|rule| format!(" data-tool=\"{}\"", rule.source.name())).unwrap_or_default();
    for path in scripts {
        let source = escape(&format!("{}{path}", site.prefix));
        let _ = write!(html, "<script data-cfasync=\"false\" async src=\"{source}\"{tool}></script>");
    }
    // The door fetches the widget when it asks. Where it is known that it will, the browser need not wait for that.
    if site.bridge.is_none() && is_asked(token) {
        let prefix = escape(&site.prefix);
        if !site.experiment.variants.is_empty() {
            let _ = write!(html, "<link rel=\"modulepreload\" href=\"{prefix}{}\">", assets::variant_path());
        }
        let _ = write!(
            html,
            "<link rel=\"modulepreload\" href=\"{prefix}{widget}\">\
             <link rel=\"preload\" as=\"fetch\" crossorigin href=\"{prefix}config\">"
        );
    }
    Snippet { html: html.into(), sha256: *guard_sha256(), version: assets::version().to_owned() }
}

/// What says that services stay off where no script runs. Nothing but links and styles may stand in the `noscript` of a head.
fn without_scripts(site: &Site) -> String {
    let source = escape(&format!("{}{}", site.prefix, rules::noscript_path(site)));
    format!("<noscript><link rel=\"stylesheet\" href=\"{source}\"></noscript>")
}

/// Whether browsers enforce a policy that is made of the answer in this token ([`crate::policy::csp`]): then the widget loads the
/// page again where it would bring something alive.
fn has_enforced_policy(site: &Site, token: &str) -> bool {
    let is_answered = !token.is_empty() && !token.starts_with("0.0.");
    is_answered && site.csp.as_ref().is_some_and(|csp| csp.mode == Mode::Enforce)
}

/// Whether whoever gets this page has said nothing and will be asked: the token says that nothing is granted, refused or
/// implied, and no signal.
fn is_asked(token: &str) -> bool {
    token.starts_with("0.0.") && !token.contains('~')
}

/// What the door shows of itself where the rules change it: what is at the edge of every page must not wait for the
/// site's settings.
#[derive(Debug, Serialize)]
pub struct Dock<'s> {
    /// Where the button stands that opens the choices: `start`, `end` or `none`.
    dock: &'s str,
    /// Whether frames that wait say so.
    held: bool,
    /// A style sheet: the site's colours and font.
    css: String,
    /// What that button is called, by language.
    reopen: BTreeMap<&'s str, &'s str>,
}

impl<'s> Dock<'s> {
    /// That of a site.
    pub fn of(site: &'s Site) -> Self {
        let reopen = site.texts.iter().filter_map(|(language, texts)| Some((&**language, &**texts.get("reopen")?)));
        let Look { reopen: dock, placeholders: held, .. } = site.look;
        Self { dock, held, css: site.look.css(), reopen: reopen.collect() }
    }
}

/// The same as JSON; nothing where the rules change nothing.
fn look(site: &Site) -> String {
    let dock = Dock::of(site);
    if dock.dock == "start" && dock.held && dock.css.is_empty() && dock.reopen.is_empty() {
        return String::new();
    }
    serde_json::to_string(&dock).unwrap_or_default()
}

/// Where the rules are that the guard judges by: nothing, when every service may run.
fn judged_by(site: &Site, granted: impl Fn(&Service) -> bool) -> String {
    if site.every_service().all(granted) {
        return String::new();
    }
    format!("{}{}", site.prefix, rules::rules_path(site))
}

/// The services that are not as their categories in the token: `17 -23`, numbers, negative for those that may not run; each
/// with its keys ([`rules::service_keys`]).
pub fn apart(site: &Site, token: &str, granted: impl Fn(&Service) -> bool) -> String {
    let categories = running(token);
    let different = site.services.iter().filter_map(|service| {
        let runs = granted(service);
        let is_in = categories.checked_shr(service.category.get().into()).is_some_and(|rest| rest & 1 == 1);
        let sign = if runs { "" } else { "-" };
        service.number.filter(|_| runs != is_in).map(|number| {
            let names = std::iter::once(number.get().into()).chain(rules::service_keys(site, service));
            names.map(|name: u32| format!("{sign}{name}")).collect::<Vec<_>>().join(" ")
        })
    });
    different.collect::<Vec<_>>().join(" ")
}

/// The categories that run by a token (see [`crate::policy::Variant::token`]), and `necessary`, which is not in it: bit `n`
/// is category number `n`.
pub(super) fn running(token: &str) -> u64 {
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
pub(super) fn escape(value: &str) -> String {
    value.chars().fold(String::with_capacity(value.len()), |mut text, c| {
        let harmless = c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ',' | '/' | '$' | ' ' | '=');
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
