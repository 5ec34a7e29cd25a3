use super::*;
use crate::policy::{RuleFile, RuleSet};
use crate::widget::told::SIGNALS;
use std::sync::Arc;

const SERVICES: &str = r#"
[[service]]
number = 60001
slug = "stats-one"
name = "One"
category = "statistics"
purpose = "Counts."
hosts = ["one.example"]
globals = ["shared:function", "one:array"]
source = "test"

[[service]]
number = 60002
slug = "ads-two"
name = "Two"
category = "marketing"
purpose = "Sells."
hosts = ["two.example"]
globals = ["shared:function", "two:object"]
source = "test"
"#;

fn site(more: &str) -> Arc<Site> {
    let text = format!("format = 1\nhosts = [\"*\"]\n{more}\n{SERVICES}");
    let rules = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap();
    Arc::clone(rules.site("any.example").unwrap())
}

const TOKEN: &str = "4.8.0badcafe";

/// The markup for somebody who allowed the categories of these numbers.
fn of(site: &Site, categories: &[u8]) -> String {
    make(site, TOKEN, |service| categories.contains(&service.category.get())).html.to_string()
}

fn own_globals(html: &str) -> Vec<&str> {
    let all = html.split_once("data-globals=\"").unwrap().1.split_once('"').unwrap().0;
    all.split(' ').filter(|entry| entry.contains("stats-one") || entry.contains("ads-two")).collect()
}

#[test]
fn the_markup_is_the_guard_with_its_state_and_the_widget() {
    let site = site("[signals]\ngoogle = false\nmicrosoft = false");
    let html = of(&site, &[]);
    let head = "<script id=\"consentry-guard\" data-cfasync=\"false\" data-token=\"4.8.0badcafe\"";
    assert!(html.starts_with(head), "{html}");
    let rules = format!("/_c/{}", rules::rules_path(&site));
    assert!(html.contains(&format!("\" data-rules=\"{rules}\" data-prefix=\"")));
    assert!(html.contains(" data-prefix=\"/_c/\" data-cookie=\"euconsent\" data-site=\"shop\" data-globals=\""));
    let (_, text) = html.split_once("\">").unwrap();
    let (text, rest) = text.split_once("</script>").unwrap();
    assert_eq!(text, GUARD);
    let first = format!("<script data-cfasync=\"false\" async fetchpriority=\"high\" src=\"{rules}\"></script>");
    let door = format!("<script data-cfasync=\"false\" async src=\"/_c/{}\"></script>", assets::door_paths()[0]);
    assert_eq!(rest, format!("{first}{door}"));
    assert!(assets::door_paths().into_iter().all(|path| assets::asset(path).is_some()));
}

#[test]
fn p49_the_hash_is_that_of_the_text_between_the_tags() {
    let made = make(&site(""), TOKEN, |_| false);
    let text = made.html.split_once("\">").unwrap().1.split_once("</script>").unwrap().0;
    assert_eq!(made.sha256, <[u8; 32]>::from(Sha256::digest(text)));
    assert_eq!(&made.sha256, guard_sha256());
}

#[test]
fn p71_nothing_in_the_guard_can_end_its_element_or_begin_another_state() {
    let lower = GUARD.to_lowercase();
    assert!(!lower.contains("</script") && !lower.contains("<script") && !lower.contains("<!--"));
    assert!(GUARD.is_ascii());
}

#[test]
fn p72_p99_whatever_the_rules_say_the_markup_stays_ascii_and_in_its_quotes() {
    assert_eq!(escape("/_c/ shop-1.de"), "/_c/ shop-1.de");
    assert_eq!(escape("\"><script>é'&"), "&#x22;&#x3e;&#x3c;script&#x3e;&#xe9;&#x27;&#x26;");
    let mut hostile = Site::clone(&site(""));
    hostile.name = "bücher\"><img src=x>".to_owned();
    let html = make(&hostile, "0.0.\"><b>", |_| false).html;
    assert!(html.is_ascii() && !html.contains("<img") && !html.contains("<b>"));
}

#[test]
fn p75_the_markup_stays_small_with_the_whole_catalogue() {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("any.example").unwrap();
    let html = make(site, "0.0.badcafe", |_| false).html;

    // The guard is 5 kB of it (2.5 kB gzipped), the signals are 2, the rest are the globals of the services that are shown.
    assert!(html.len() < 14_500, "{}", html.len());
    // Somebody who says another thing of each service than of its category: every number and key.
    let all_apart = make(site, TOKEN, |service| service.category.get() != 2).html;
    assert!(all_apart.len() < 50_000, "{}", all_apart.len());
}

#[test]
fn blocked_services_get_stubs_with_their_marks() {
    let html = of(&site(""), &[]);
    let expected =
        ["one:a:statistics:stats-one", "shared:f:statistics:stats-one,marketing:ads-two", "two:o:marketing:ads-two"];
    assert_eq!(own_globals(&html), expected);
}

#[test]
fn a_global_of_a_service_that_may_run_is_left_to_it() {
    assert_eq!(own_globals(&of(&site(""), &[2])), ["two:o:marketing:ads-two"]);
    assert_eq!(own_globals(&of(&site(""), &[2, 3])), [""; 0]);
    let apart = make(&site(""), TOKEN, |service| service.slug != "ads-two").html;
    assert_eq!(own_globals(&apart), ["two:o:marketing:ads-two"]);
}

#[test]
fn a_uniform_page_is_the_same_for_everybody() {
    let site = site("delivery = \"uniform\"");
    let nobody = of(&site, &[]);
    assert_eq!(nobody, of(&site, &[1, 2, 3]));
    assert!(nobody.contains(" data-token=\"\""));
    assert_eq!(own_globals(&nobody).len(), 3);
}

#[test]
fn services_that_are_not_as_their_categories_are_named() {
    let site = site("");
    // Statistics and marketing are granted, and one service of each is not.
    let granted =
        |service: &Service| service.category.get() > 1 && service.number.is_some_and(|number| number.get() < 60_000);
    let html = make(&site, "c.0.0badcafe", granted).html;
    assert!(html.contains(" data-apart=\"-60001 -60002\" "), "{html}");
    let html = make(&site, "0.c.0badcafe", |service| service.slug == "ads-two").html;
    assert!(html.contains(" data-apart=\"60002\" "), "{html}");
}

#[test]
fn the_widget_comes_along_only_where_it_is_known_that_it_will_be_shown() {
    let widget = format!("<link rel=\"modulepreload\" href=\"/_c/{}\">", assets::door_paths()[1]);
    for (token, is_asked) in [
        ("0.0.0badcafe", true),
        ("4.8.0badcafe", false),
        ("0.c.0badcafe", false),
        ("0.0.0badcafe~e.0", false),
        ("0.0.0badcafe~0.8", false),
    ] {
        assert_eq!(make(&site(""), token, |_| false).html.contains(&widget), is_asked, "{token}");
    }
    assert!(!of(&site("bridge = \"osano\""), &[]).contains("modulepreload"));
    assert!(!make(&site("delivery = \"uniform\""), "0.0.0badcafe", |_| false).html.contains("modulepreload"));
}

#[test]
fn looks_are_in_the_page_where_the_rules_change_them() {
    assert!(!of(&site(""), &[]).contains("data-look"));
    let html =
        of(&site("texts.de.reopen = \"Wahl\"\n[widget]\nreopen = \"end\"\n[widget.light]\nbutton = \"#700\""), &[]);
    let (_, look) = html.split_once(" data-look=\"").unwrap();
    let look = look.split_once('"').unwrap().0.replace("&#x22;", "\"").replace("&#x7b;", "{").replace("&#x7d;", "}");
    assert!(look.contains("\"dock\":\"end\"") && look.contains("{\"de\":\"Wahl\"}"), "{look}");
}

#[test]
fn a_page_on_which_everything_may_run_has_no_rules() {
    let html = make(&site(""), "e.0.0badcafe", |_| true).html;
    assert!(html.contains(" data-apart=\"\" data-rules=\"\" ") && !html.contains("/a/rules."), "{html}");
}

#[test]
fn only_names_become_globals() {
    for (name, is) in [
        ("gtag", true),
        ("_paq", true),
        ("$x1", true),
        ("1x", false),
        ("", false),
        ("a.b", true),
        ("a..b", false),
        (".a", false),
        ("a:b", false),
    ] {
        assert_eq!(is_path(name), is, "{name}");
    }
}

#[test]
fn a_snippet_is_made_once_for_each_decision_of_each_site() {
    let (shop, uniform) = (site(""), site("delivery = \"uniform\""));
    let first = snippet(&shop, "2.c.made0nce", |_| false);
    let again = snippet(&shop, "2.c.made0nce", |_| unreachable!("the token has been seen"));
    assert!(Arc::ptr_eq(&first.html, &again.html));
    assert_ne!(first.html, snippet(&shop, "4.8.made0nce", |_| false).html);
    assert_ne!(first.html, snippet(&uniform, "2.c.made0nce", |_| false).html);
    for n in 0..MADE_MAX * 2 {
        snippet(&shop, &format!("{n:x}.0.made0nce"), |_| false);
    }
    assert!(MADE.read().unwrap().len() <= MADE_MAX);
}

#[test]
fn signals_stand_behind_the_guard_where_a_service_hears_them() {
    let told = |more: &str, token: &str, granted: &[u8]| {
        make(&site(more), token, |service| granted.contains(&service.category.get())).html.to_string()
    };
    let silent = told("", TOKEN, &[]);
    assert!(silent.contains(&format!("{GUARD}</script><script id=\"consentry-signals\"")), "{silent}");
    assert!(
        silent.contains(
            " data-to=\"google microsoft\" data-set=\"ads_data_redaction\" data-types=\"ad_storage=marketing: "
        )
    );
    assert!(silent.contains(
        " data-default=\"security_storage\" data-now=\"analytics_storage security_storage\" data-tags=\"\">"
    ));
    let implied = told("", "0.0.0badcafe~e.8", &[1, 2]);
    let both = "analytics_storage functionality_storage personalization_storage security_storage";
    assert!(implied.contains(&format!(" data-default=\"{both}\" data-now=\"{both}\"")), "{implied}");
    let own = "[signals]\nmicrosoft = false\n[signals.types]\nanalytics_storage = \"stats-one\"";
    let own = told(own, TOKEN, &[]);
    assert!(own.contains(" data-to=\"google\"") && own.contains("analytics_storage=statistics:stats-one "));
    assert!(own.contains(" data-now=\"security_storage\""), "the service decides, not its category: {own}");
    let off = told("[signals]\ngoogle = false\nmicrosoft = false", TOKEN, &[]);
    assert!(!off.contains("consentry-signals"));
    assert_eq!(inline_sources(&site("[signals]\ngoogle = false\nmicrosoft = false")).len(), 1);
    assert_eq!(inline_sources(&site("")).len(), 2);
    assert!(SIGNALS.is_ascii() && !SIGNALS.contains("</") && !SIGNALS.contains("<!--"));
}

#[test]
fn tags_of_google_s_are_put_in_by_their_ids_and_wait_for_their_services() {
    let site = site("[signals]\ntags = [\"GTM-ABC123\", \"G-ABC1234567\"]");
    let base = "https://www.googletagmanager.com";
    let inert = of(&site, &[]);
    let waits = |mark: &str, path: &str| {
        format!(
            "<script data-consentry=\"{mark}\" type=\"text/plain\" data-consentry-src=\"{base}/{path}\" async></script>"
        )
    };
    let path = |path: &str| path.replace('?', "&#x3f;");
    assert!(inert.contains(&waits("marketing:google-tag-manager", &path("gtm.js?id=GTM-ABC123"))), "{inert}");
    assert!(inert.contains(&waits("statistics:google-analytics", &path("gtag/js?id=G-ABC1234567"))), "{inert}");
    assert!(
        inert.contains(
            " data-tags=\"GTM-ABC123=marketing:google-tag-manager G-ABC1234567=statistics:google-analytics\""
        )
    );
    let half = make(&site, TOKEN, |service| service.slug == "google-analytics").html;
    assert!(
        half.contains(&format!("<script async src=\"{base}/{}\"></script>", path("gtag/js?id=G-ABC1234567"))),
        "{half}"
    );
    assert!(half.contains(" data-now=\"analytics_storage security_storage G-ABC1234567\""), "{half}");
    assert!(half.contains(&waits("marketing:google-tag-manager", &path("gtm.js?id=GTM-ABC123"))));
}
