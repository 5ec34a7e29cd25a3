//! The catalogue held against real pages: every host that a page contacts and that EasyPrivacy names is known.

use super::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Hosts that EasyPrivacy names and the catalogue leaves out, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("geolocation.onetrust.com", "asks for consent: it says which law the visitor is under")];

/// The hosts of EasyPrivacy's rules for whole hosts (`||host^`), those for single sites left aside.
fn easyprivacy() -> Option<HashSet<String>> {
    let text = String::from_utf8_lossy(&std::fs::read(material::shared("data/easyprivacy.txt")?).unwrap()).into_owned();
    let whole = text.lines().filter_map(|line| {
        let (host, options) = line.trim().strip_prefix("||")?.split_once('^')?;
        let is_host = host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
        (is_host && (options.is_empty() || options.starts_with('$')) && !options.contains("domain="))
            .then(|| host.to_owned())
    });
    Some(whole.collect())
}

fn pages() -> Vec<(String, String)> {
    let Some(directory) = material::shared("corpus/pages") else { return Vec::new() };
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            (path.file_name().unwrap().to_string_lossy().into_owned(), text)
        })
        .collect()
}

/// The references of a page's attributes that name a host.
fn references(html: &str) -> impl Iterator<Item = &str> {
    let attributes = ["src=", "href=", "srcset=", "poster=", "data=", "action="];
    let values = attributes
        .into_iter()
        .flat_map(move |name| html.match_indices(name).map(move |(at, _)| &html[at + name.len()..]));
    values.filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => rest[1..].split(quote).next()?,
            None => rest.split([' ', '>', '\n', '\t']).next()?,
        };
        let is_whole = value.starts_with("//") || value.starts_with("http://") || value.starts_with("https://");
        is_whole.then_some(value)
    })
}

#[test]
fn every_host_of_real_pages_that_easyprivacy_names_is_known() {
    let (Some(list), site) = (easyprivacy(), embedded()) else { return };
    assert!(list.len() > 30_000, "only {} rules", list.len());
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    let (mut known, mut unknown, mut left_out) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    for (page, html) in pages() {
        for raw in references(&html) {
            let Some(target) = resolve(raw.as_bytes(), &base, &mut scratch) else { continue };
            let mut suffixes =
                std::iter::successors(Some(target.host), |rest| rest.split_once('.').map(|(_, above)| above));
            if !suffixes.any(|suffix| list.contains(suffix)) {
                continue;
            }
            let host = target.host.to_owned();
            if site.service_at(&target).is_some() {
                known.insert(host);
            } else if LEFT_OUT.iter().any(|(left_out, _)| *left_out == host) {
                left_out.insert(host);
            } else {
                unknown.insert(host, page.clone());
            }
        }
    }
    eprintln!("{} hosts known, {} left out", known.len(), left_out.len());
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(known.len() >= 50, "only {} hosts were found", known.len());
    assert_eq!(left_out.len(), LEFT_OUT.len(), "an exception is not needed any more");
}
