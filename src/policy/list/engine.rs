//! The `adblock` crate behind a [`super::List`].

use super::{Fetch, ListCounts};
use crate::policy::reference::{Base, Target};
use adblock::lists::{FilterSet, ParseOptions, ParsedLine, RuleTypes, parse_filter};
use adblock::request::Request;

/// Compiled rules.
pub(super) struct Engine(adblock::Engine);

impl Engine {
    pub(super) fn new(text: &str) -> Result<(Self, ListCounts), &'static str> {
        let options = ParseOptions { rule_types: RuleTypes::NetworkOnly, ..ParseOptions::default() };
        let mut counts = ListCounts::default();
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !is_comment(line)) {
            match parse_filter(line, false, options) {
                Ok(ParsedLine::Network(_)) => lines.push(line),
                _ if is_cosmetic(line) => counts.cosmetic += 1,
                _ => counts.unusable += 1,
            }
        }
        counts.rules = lines.len();
        let mut rules = FilterSet::new(false);
        rules.add_filter_list(lines.join("\n"), options);
        Ok((Self(adblock::Engine::new_with_filter_set(rules)), counts))
    }

    pub(super) fn names(&self, target: &Target<'_>, base: &Base, fetch: Fetch) -> bool {
        let url = format!("https://{}{}", target.host, target.path);
        let page = format!("https://{}/", base.document_host());
        let request = Request::new(&url, &page, kind(fetch), "GET");
        request.is_ok_and(|request| self.0.check_network_request(&request).should_block())
    }
}

/// The words of the WebExtensions API, which the crate reads.
const fn kind(fetch: Fetch) -> &'static str {
    match fetch {
        Fetch::Script => "script",
        Fetch::Image => "image",
        Fetch::Style => "stylesheet",
        Fetch::Font => "font",
        Fetch::Frame => "sub_frame",
        Fetch::Media => "media",
        Fetch::Object => "object",
        Fetch::Ping => "ping",
        Fetch::Data => "xmlhttprequest",
        Fetch::Other => "other",
    }
}

fn is_comment(line: &str) -> bool {
    line.is_empty() || line.starts_with(['!', '[']) || (line.starts_with('#') && !is_cosmetic(line))
}

/// `##.banner`, `example.com#@#.banner`, `#?#`, `#$#`, `#%#`.
fn is_cosmetic(line: &str) -> bool {
    ["##", "#@", "#?#", "#$", "#%"].iter().any(|mark| line.contains(mark))
}
