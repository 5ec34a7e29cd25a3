//! The whole of a filter list as an oracle for the leak tests: prints what of the requests on the standard input the lists
//! block. `list_oracle LIST… < requests`; a request is a line of what it is fetched as (Playwright's word for it) and its URL.
//! All come from one page that is on none of the hosts.

use adblock::lists::{FilterSet, ParseOptions, RuleTypes};
use adblock::request::Request;
use std::io::{BufRead, stdin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = ParseOptions { rule_types: RuleTypes::NetworkOnly, ..ParseOptions::default() };
    let mut rules = FilterSet::new(false);
    for path in std::env::args().skip(1) {
        rules.add_filter_list(std::fs::read_to_string(path)?, options);
    }
    let engine = adblock::Engine::new_with_filter_set(rules);
    for line in stdin().lock().lines() {
        let line = line?;
        let (kind, url) = line.split_once(' ').ok_or("a line is `KIND URL`")?;
        let request = Request::new(url, "https://page.example/", word(kind), "GET");
        if request.is_ok_and(|request| engine.check_network_request(&request).should_block()) {
            println!("{line}");
        }
    }
    Ok(())
}

/// The WebExtensions API's word, which the crate reads.
fn word(kind: &str) -> &str {
    match kind {
        "document" => "sub_frame",
        "xhr" | "fetch" => "xmlhttprequest",
        "eventsource" | "manifest" | "texttrack" => "other",
        same => same,
    }
}
