//! What tags are told that ask for consent signals: what the site's `[signals]` come to for one page, as attributes of an inline script
//! behind the guard; and for the widget of a snippet that was pasted by hand, in the site's configuration.

use super::snippet::{escape, running};
use crate::policy::signals::{SignalTarget, Signals};
use crate::policy::{Service, Site};
use serde::Serialize;
use std::fmt::Write;

/// The text that tells tags what is granted: the same everywhere.
pub(super) const SIGNALS: &str = include_str!("signals.min.js");

/// What the script is told, in words with spaces between.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Who is told: `google`, `microsoft`.
    to: String,
    /// Google's switches that are on.
    set: String,
    /// Each type with the mark of what must be granted for it.
    types: String,
    /// The types that silence allows.
    default: String,
    /// The types that are granted, and the tags that may run.
    now: String,
    /// Google's tags, each with its mark.
    tags: String,
}

/// Whether what a type or a tag depends on may run, in a page of this token.
fn runs(site: &Site, token: &str, granted: impl Fn(&Service) -> bool, target: &SignalTarget) -> bool {
    match target.service.and_then(|number| site.service(number)) {
        Some(service) if !token.is_empty() => granted(service),
        _ => is_in(running(token), target),
    }
}

fn is_in(set: u64, target: &SignalTarget) -> bool {
    set.checked_shr(target.category.get().into()).is_some_and(|rest| rest & 1 == 1)
}

/// `ad_storage=marketing: analytics_storage=statistics:google-analytics`.
fn marks<'t>(of: impl Iterator<Item = (&'t str, &'t SignalTarget)>) -> String {
    of.map(|(name, target)| format!("{name}={}", target.mark)).collect::<Vec<_>>().join(" ")
}

impl Told {
    /// For the widget of a snippet that was pasted by hand: nothing is granted before the visitor's answer is known. `None` where the
    /// gateway puts the script in, and where nobody is to be told. Of the tags those that need to be configured: who pastes Tag
    /// Manager's own snippet begins its container with it.
    pub fn by_hand(site: &Site) -> Option<Self> {
        if site.inject || site.signals.is_empty() {
            return None;
        }
        let mut signals = site.signals.clone();
        signals.tags.retain(|(id, _)| !id.starts_with("GTM-"));
        Some(Self::of(site, &signals, "", |_| false))
    }

    /// For the page of a token. On a page of uniform delivery silence and answer are nothing, and the door tells the rest.
    fn of(site: &Site, signals: &Signals, token: &str, granted: impl Fn(&Service) -> bool) -> Self {
        let Signals { to, set, tags, types } = signals;
        let named = |holds: &dyn Fn(&SignalTarget) -> bool| {
            types.iter().filter(|(_, target)| holds(target)).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
        };
        let silence = running(token.split_once('~').map_or("", |(said, _)| token.strip_prefix(said).unwrap_or("")));
        let runs = |target: &SignalTarget| runs(site, token, &granted, target);
        let begun = tags.iter().filter(|(_, target)| runs(target)).map(|(id, _)| format!(" {id}"));
        Self {
            to: to.join(" "),
            set: set.join(" "),
            types: marks(types.iter().map(|(name, target)| (*name, target))),
            default: named(&|target| is_in(silence, target)),
            now: begun.fold(named(&runs), |names, id| names + &id),
            tags: marks(tags.iter().map(|(id, target)| (id.as_str(), target))),
        }
    }

    fn attributes(&self) -> [(&'static str, &str); 6] {
        let Self { to, set, types, default, now, tags } = self;
        [("to", to), ("set", set), ("types", types), ("default", default), ("now", now), ("tags", tags)]
    }
}

/// The script that tells tags what is granted, before any of them can stand in the page: what silence means, then what this
/// visitor's page was made for; and the tags that the gateway puts in.
pub(super) fn markup(site: &Site, token: &str, granted: impl Fn(&Service) -> bool) -> String {
    let mut html = "<script id=\"consentry-signals\" data-cfasync=\"false\"".to_owned();
    for (name, value) in Told::of(site, &site.signals, token, &granted).attributes() {
        let _ = write!(html, " data-{name}=\"{}\"", escape(value));
    }
    let _ = write!(html, ">{SIGNALS}</script>");
    for (id, target) in &site.signals.tags {
        let Some((_, source)) = Signals::google_tag(id) else { continue };
        let source = escape(&source);
        let _ = if runs(site, token, &granted, target) {
            write!(html, "<script async src=\"{source}\"></script>")
        } else {
            let mark = escape(&target.mark);
            write!(
                html,
                "<script data-consentry=\"{mark}\" type=\"text/plain\" data-consentry-src=\"{source}\" async></script>"
            )
        };
    }
    html
}
