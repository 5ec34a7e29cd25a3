//! The rules that the browser judges by: two files per site, their names the hashes of their bytes, made once per version of the
//! site's rules (D10). The guard's tag says where the first is: the code, the site's own services, and the catalogue's paths. It fetches
//! the second, the catalogue's hosts, when a script asks for a host that neither the site nor its own services have: most of the bytes,
//! which many pages never need.

use super::assets::{Asset, hex};
use crate::policy::{Packed, Service, ServiceKeys, Site};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The code without the rules: part of a page's identity, as the guard is. Made of watch.js, honour.js and rules.js (see mod.rs).
pub(super) const CODE: &str = include_str!("rules.min.js");

/// A site's files.
#[derive(Debug, Clone)]
struct Made {
    version: String,
    rules: (String, Asset),
    hosts: (String, Asset),
    noscript: (String, Asset),
    keys: Arc<ServiceKeys>,
}

/// One entry per site.
static MADE: LazyLock<RwLock<HashMap<String, Made>>> = LazyLock::new(RwLock::default);

/// The path of the site's rules below the prefix: `a/rules.<12 hex>.js`. A look-up; O(rules) the first time.
pub(super) fn rules_path(site: &Site) -> String {
    made(site).rules.0
}

/// The path of the style sheet for pages without scripts (`noscript.rs`). A look-up; O(rules) the first time.
pub(super) fn noscript_path(site: &Site) -> String {
    made(site).noscript.0
}

/// What the browser knows a service by besides its number, one for each of its hosts that the file has as a hash: at least 65536. A
/// look-up; O(rules) the first time.
pub fn service_keys(site: &Site, service: &Service) -> Vec<u32> {
    service.number.and_then(|number| made(site).keys.get(&number).cloned()).unwrap_or_default()
}

/// The file at a path below the site's prefix, if it is a name that one of this site's files has or had.
///
/// A page that was made under other rules than those in force gets those in force, and may not keep them under that name.
pub fn rules_asset(site: &Site, path: &str) -> Option<Asset> {
    let (kind, rest) = path.strip_prefix("a/")?.split_once('.')?;
    let (current, mut asset) = match (kind, rest.rsplit_once('.')?.1) {
        ("rules", "js") => made(site).rules,
        ("hosts", "js") => made(site).hosts,
        ("noscript", "css") => made(site).noscript,
        _ => return None,
    };
    if path != current {
        asset.cache_control = "no-store";
    }
    Some(asset)
}

fn made(site: &Site) -> Made {
    let known = MADE.read().unwrap_or_else(PoisonError::into_inner).get(&site.name).cloned();
    if let Some(known) = known.filter(|made| made.version == site.version) {
        return known;
    }
    let new = make(site);
    MADE.write().unwrap_or_else(PoisonError::into_inner).insert(site.name.clone(), new.clone());
    new
}

fn make(site: &Site) -> Made {
    let names: Map<String, Value> =
        site.categories.iter().map(|c| (c.number.get().to_string(), c.name.clone().into())).collect();
    let Packed { text, rest, hosts, cookies, keys } = site.packed();
    let hosts = named("hosts", "js", format!("__consentry.rest({},{})\n", Value::from(rest), Value::from(hosts)));
    // The rules come last: what is in them is not looked at again.
    let parts = [
        ("$categories", Value::Object(names)),
        ("$hosts", hosts.0.clone().into()),
        ("$cookies", cookies.into()),
        ("$rules", text.into()),
    ];
    let text = parts.iter().fold(CODE.to_owned(), |text, (mark, value)| text.replacen(mark, &value.to_string(), 1));
    let (rules, noscript) = (named("rules", "js", text), named("noscript", "css", super::noscript::css(site)));
    Made { version: site.version.clone(), rules, hosts, noscript, keys: Arc::new(keys) }
}

/// A file with the path that its bytes give it.
fn named(kind: &str, extension: &str, text: String) -> (String, Asset) {
    (format!("a/{kind}.{}.{extension}", hex(text.as_bytes(), [], 6)), Asset::immutable(extension, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};
    use std::sync::Arc;

    fn site(name: &str, host: &str) -> Arc<Site> {
        let service = format!(
            "[[service]]\nnumber = 60001\nslug = \"one\"\nname = \"One\"\ncategory = \"marketing\"\nhosts = [\"{host}\"]\n"
        );
        let file = RuleFile::new(format!("sites/{name}.toml"), format!("format = 1\nhosts = [\"*\"]\n{service}"));
        Arc::clone(RuleSet::from_files(&[file]).unwrap().site("any.example").unwrap())
    }

    #[test]
    fn the_name_is_the_hash_of_the_bytes_and_another_name_may_not_be_kept() {
        let site = site("rules-one", "one.example");
        let path = rules_path(&site);
        let asset = rules_asset(&site, &path).unwrap();
        assert_eq!(path, format!("a/rules.{}.js", hex(&asset.bytes, [], 6)));
        assert!(asset.cache_control.ends_with("immutable"));
        let text = std::str::from_utf8(&asset.bytes).unwrap();
        assert!(text.is_ascii() && !text.contains("$rules") && text.contains("\"3.60000 one.example\\n\\n"), "{text}");
        let hosts = rules_asset(&site, text.split('"').find(|part| part.starts_with("a/hosts.")).unwrap()).unwrap();
        assert!(hosts.cache_control.ends_with("immutable") && hosts.bytes.starts_with(b"__consentry.rest(\""));
        assert_eq!(rules_asset(&site, "a/hosts.0123456789ab.js").unwrap().cache_control, "no-store");

        let stale = rules_asset(&site, "a/rules.0123456789ab.js").unwrap();
        assert_eq!((stale.bytes, stale.cache_control), (asset.bytes, "no-store"));
        assert_eq!(rules_asset(&site, "a/rules.js"), None);
        assert_eq!(rules_asset(&site, "a/widget.0123456789ab.js"), None);
    }

    #[test]
    fn other_rules_are_another_file() {
        let (before, after) = (site("rules-two", "one.example"), site("rules-two", "two.example"));
        let first = rules_path(&before);
        assert_ne!(first, rules_path(&after));
        assert_eq!(first, rules_path(&before));
    }
}
