//! How sites are installed, on the operator's pages: the widget as it was heard of, and the live check, which asks nobody but the site.

use crate::common::eventually;
use crate::common::gateway::Gateway;
use crate::common::origin::{Origin, ok, response};
use crate::dashboard::{OPERATOR, VIEWER, csrf, log_in, post, see};
use crate::pages::{HTML, page, tagged};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

const SITE: &str = "format = 1\nhosts = [\"*\"]\n";

/// A gateway whose site's live address is this.
fn operated(live: &str, site: &str) -> Gateway {
    let config = format!(
        "rules = \"rules\"\n[sites.shop]\nlive_check = \"{live}\"\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         token_file = \"token\"\nviewer_token_file = \"viewer\"\n"
    );
    let files = [("token", OPERATOR), ("viewer", VIEWER), ("rules/sites/shop.toml", site)];
    Gateway::configured(&config, &[&Origin::page(page(""))], &files)
}

fn integrations(gateway: &Gateway, cookie: &str) -> String {
    let answer = see(gateway, "/dashboard/integrations", cookie);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.text()
}

/// Presses the button; the status.
fn check(gateway: &Gateway, cookie: &str, address: &str) -> u16 {
    let csrf = csrf(&integrations(gateway, cookie));
    let address: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
    post(gateway, "/dashboard/integrations/check", &format!("{csrf}&site=shop&address={address}"), &[cookie]).status()
}

#[test]
fn an_operator_checks_the_live_site_and_a_viewer_sees_what_came_of_it() {
    let inner = Origin::page(tagged());
    let live = Gateway::before(&inner);
    let address = format!("http://{}/", live.address);
    let gateway = operated(&address, SITE);
    let (operator, viewer) = (log_in(&gateway, OPERATOR), log_in(&gateway, VIEWER));
    let before = integrations(&gateway, &viewer);
    assert!(before.contains("Not checked since the start") && !before.contains("integrations/check"), "{before}");
    assert_eq!(check(&gateway, &viewer, &address), 403, "not an operator");
    let form = format!("csrf=wrong&site=shop&address={address}");
    assert_eq!(post(&gateway, "/dashboard/integrations/check", &form, &[&operator]).status(), 403);
    assert!(inner.seen().is_empty(), "nobody asked for the page yet");
    assert_eq!(check(&gateway, &operator, &address), 303);
    let after = integrations(&gateway, &viewer);
    assert!(after.contains("✔ Installed: nothing leaks") && after.contains("the guard is the first script"), "{after}");
    let rules = see(&gateway, "/dashboard/rules", &viewer).text();
    assert!(rules.contains("<td>check the live site</td>") && rules.contains("shop: installed"), "{rules}");
    let health = live.ask("GET", "/_c/config", &[]).whole();
    assert_eq!(health.status(), 200);
    assert!(integrations(&gateway, &viewer).contains("Not detected since the start"), "the check is no widget");
}

#[test]
fn nothing_but_the_sites_own_address_is_ever_asked() {
    let other = Origin::page(page("secret"));
    let to = other.url();
    let target = to.clone();
    let hostile = Origin::answering(move |request| match request.target.as_str() {
        "/moved" => response(request, "302 Found", &[&format!("Location: {target}/")], b""),
        "/within" => response(request, "302 Found", &["Location: /"], b""),
        _ => {
            let guard = format!("<script id=\"consentry-guard\" data-rules=\"{target}/rules.js\"></script>");
            ok(request, &[HTML], page(&guard).as_bytes())
        }
    });
    for (path, found) in
        [("/", "leads elsewhere"), ("/moved", "the page redirects to http://"), ("/within", "leads elsewhere")]
    {
        let address = format!("{}{path}", hostile.url());
        let gateway = operated(&address, SITE);
        let operator = log_in(&gateway, OPERATOR);
        for wrong in [to.as_str(), "", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"] {
            assert_eq!(check(&gateway, &operator, wrong), 400, "{wrong}");
        }
        assert_eq!(check(&gateway, &operator, &address), 303);
        let page = integrations(&gateway, &operator);
        assert!(page.contains("✘ not right") && page.contains(found), "{path}: {page}");
    }
    assert!(other.seen().is_empty(), "{:?}", other.seen());
}

#[test]
fn a_site_that_does_not_answer_holds_up_nobody_else() {
    let (go, wait) = channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let slow = Origin::answering(move |request| {
        let _ = wait.lock().unwrap().recv();
        ok(request, &[HTML], page("").as_bytes())
    });
    let address = slow.url() + "/";
    let gateway = operated(&address, SITE);
    let operator = log_in(&gateway, OPERATOR);
    std::thread::scope(|threads| {
        let checks: Vec<_> = (0..2).map(|_| threads.spawn(|| check(&gateway, &operator, &address))).collect();
        eventually("two checks that wait", || slow.connections() == 2);
        assert_eq!(gateway.ask_admin("GET", "/healthz", &[]).status(), 200);
        assert!(integrations(&gateway, &operator).contains("Not checked since the start"));
        assert_eq!(check(&gateway, &operator, &address), 429, "no third");
        drop(go);
        checks.into_iter().for_each(|check| assert_eq!(check.join().unwrap(), 303));
    });
    assert!(integrations(&gateway, &operator).contains("✘ not right"));
}

#[test]
fn a_widget_is_seen_when_it_asks_and_after_a_reload_of_the_rules() {
    let gateway = operated("http://127.0.0.1:9/", SITE);
    let viewer = log_in(&gateway, VIEWER);
    gateway.visit("/").whole();
    gateway.ask("GET", "/_c/config", &[]).whole();
    assert!(integrations(&gateway, &viewer).contains("Not detected since the start"), "a program is no widget");
    let browser = ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: script"];
    gateway.ask("GET", "/_c/a/door.0123456789ab.js", &browser).whole();
    let page = integrations(&gateway, &viewer);
    assert!(page.contains("a script of another version") && page.contains("Not detected"), "{page}");
    assert_eq!(gateway.ask("GET", "/_c/widget.js", &browser).whole().status(), 200);
    let page = integrations(&gateway, &viewer);
    let version = format!("version <code>{} ({})</code></dd>", env!("CARGO_PKG_VERSION"), consentry::widget::version());
    assert!(page.contains("✔ Widget detected") && page.contains(&version), "{page}");
    std::fs::write(gateway.file("rules/sites/shop.toml"), format!("{SITE}inject = false\n")).unwrap();
    eventually("the rules in force", || integrations(&gateway, &viewer).contains("pasted into the pages by hand"));
    assert!(integrations(&gateway, &viewer).contains("✔ Widget detected"));
}

#[test]
fn what_is_typed_does_not_become_markup() {
    let gateway = operated("http://127.0.0.1:9/", &format!("{SITE}inject = false\n"));
    let viewer = log_in(&gateway, VIEWER);
    let path = "/dashboard/integrations?site=shop&kind=ga4&id=%22%3E%3Cimg%20src%3Dx%3E";
    let page = see(&gateway, path, &viewer).text();
    assert!(page.contains("one looks like G-ABC1234567") && !page.contains("<img"), "{page}");
    let page = see(&gateway, "/dashboard/integrations?site=shop&kind=ga4&id=G-ABC1234567", &viewer).text();
    assert!(page.contains("gtag/js?id=G-ABC1234567") && page.contains("widget.js") && !page.contains("<script async"));
    let page = see(&gateway, "/dashboard/integrations?site=none", &viewer).text();
    assert!(!page.contains("Live check</h3>"), "{page}");
}

/// The settings have what tags are told where the snippet is pasted, and only there.
#[test]
fn the_settings_tell_signals_where_nothing_inline_does() {
    let tags = "[signals]\ntags = [\"GTM-ABC123\", \"G-ABC1234567\"]\n";
    for (site, is_told) in [
        (format!("{SITE}inject = false\n{tags}"), true),
        (format!("{SITE}{tags}"), false),
        (format!("{SITE}inject = false\n[signals]\ngoogle = false\nmicrosoft = false\n"), false),
    ] {
        let gateway = operated("http://127.0.0.1:9/", &site);
        let config: serde_json::Value =
            serde_json::from_str(&gateway.ask("GET", "/_c/config", &[]).whole().text()).unwrap();
        assert_eq!(config.get("signals").is_some(), is_told, "{site}: {config}");
        if is_told {
            assert_eq!(
                config["signals"]["tags"], "G-ABC1234567=statistics:google-analytics",
                "Tag Manager begins itself"
            );
            assert_eq!(config["signals"]["default"], "security_storage");
        }
    }
}
