//! Third parties that no rule knows, as the operator sees them.

use crate::common::gateway::Gateway;
use crate::common::origin::Origin;
use crate::pages::page;

#[test]
fn the_operator_sees_hosts_and_paths_that_no_rule_knows() {
    let html = page("<img src=https://new.example/p/1234.gif?visitor=7><script src=//new.example/a.js></script>");
    let origin = Origin::page(html);
    let config = "rules = \"rules\"\n[admin]\nlisten = \"127.0.0.1:0\"\n";
    let site = "format = 1\nhosts = [\"*\"]\nunknown = \"report\"\n";
    let gateway = Gateway::configured(config, &[&origin], &[("rules/sites/shop.toml", site)]);
    // Thrice: a page that is known by then is not parsed any more.
    for _ in 0..3 {
        gateway.visit("/").whole();
    }
    let told =
        || -> serde_json::Value { serde_json::from_str(&gateway.ask_admin("GET", "/unknown", &[]).text()).unwrap() };
    crate::common::eventually("three pages", || told()["shop"]["hosts"]["new.example"]["count"] == 6);
    let paths = &told()["shop"]["hosts"]["new.example"]["paths"];
    assert_eq!(paths["/p/*.gif"], serde_json::json!({ "count": 3, "fetchedAs": ["image"] }));
    assert_eq!(paths["/a.js"]["fetchedAs"], serde_json::json!(["script"]));
    let text = gateway.ask_admin("GET", "/unknown", &["Accept: text/plain"]).text();
    assert!(text.contains("slug = \"new-example\"\n") && text.contains("#   /p/*.gif  3 as image\n"), "{text}");
    assert!(!text.contains("visitor") && !text.contains("1234"), "{text}");
}
