//! `mode = "report"`: what the rules mean then, for whole sites and for single services.

use super::*;
use consentry::policy::{CookieVerdict, Mode};

const CRM: &str = "[[service]]\nslug = \"crm\"\nnumber = 60001\ncategory = \"marketing\"\nhosts = [\"crm.example\"]\n";
const OVER: &str = "[[override]]\nservice = \"google-analytics\"\n";
const REPORT: &str = "mode = \"report\"\n";

#[test]
fn it_is_part_of_the_meaning_and_enforcing_is_what_is_meant_without_it() {
    let version = |rest: &str| site(rest).version.clone();
    let plain = version("");
    assert_ne!(version(REPORT), plain);
    assert_eq!(version("mode = \"enforce\"\n"), plain);
    assert_ne!(version(&format!("{CRM}{REPORT}")), version(CRM));
    assert_ne!(version(&format!("{OVER}{REPORT}")), version(&format!("{OVER}mode = \"enforce\"\n")));
}

#[test]
fn a_site_that_enforces_nothing_is_warned_of_and_gets_no_guard() {
    let rules = load(&[("sites/shop.toml", &format!("{SITE}{REPORT}"))]);
    let [warning] = rules.warnings() else { panic!("{:?}", rules.warnings()) };
    let text = warning.to_string();
    assert!(text.contains("shop.toml:3: mode") && text.contains("enforces nothing"), "{text}");
    let site = &rules.sites()[0];
    assert!(site.mode == Mode::Report && !site.inject && site.is_reporting());
    assert!(!embedded().is_reporting());
}

#[test]
fn another_word_is_refused() {
    let error = try_load(&[("sites/shop.toml", &format!("{SITE}mode = \"reprt\"\n"))]).unwrap_err();
    assert!(error.contains("did you mean \"report\"?"), "{error}");
}

#[test]
fn an_override_may_enforce_what_the_catalogue_only_reports() {
    let categories = std::fs::read_to_string("rules/catalogue/categories.toml").unwrap();
    let one = "[[service]]\nslug = \"one\"\nnumber = 1\ncategory = \"marketing\"\nhosts = [\"one.example\"]\n";
    let catalogue = format!("{categories}\n{one}{REPORT}");
    for (over, mode) in [("", Mode::Report), ("[[override]]\nservice = \"one\"\nmode = \"enforce\"\n", Mode::Enforce)] {
        let shop = format!("{SITE}{over}");
        let rules = load(&[("catalogue/a.toml", &catalogue), ("sites/shop.toml", &shop)]);
        assert_eq!(rules.sites()[0].service_named("one").unwrap().mode, mode);
    }
}

#[test]
fn the_browser_s_rules_let_it_run_and_no_other_rule_takes_its_hosts() {
    let wide = "[[service]]\nslug = \"wide\"\nnumber = 60002\ncategory = \"statistics\"\nhosts = [\"example\"]\n";
    let packed = site(&format!("{CRM}{REPORT}{wide}")).packed().text;
    let own: Vec<&str> = packed.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(own, ["0.- crm.example", "2.60001 example.."]);
}

#[test]
fn its_cookies_are_let_through_and_told_of() {
    let verdict = |site: &Site, name: &str| {
        let verdict = site.judge_cookie(name.as_bytes(), &Consent::default());
        (verdict.is_against(), verdict.blocks(), verdict.is_reported())
    };
    let plain = site("");
    assert_eq!(verdict(&plain, "_fbp"), (true, true, false));
    let some = site("[[override]]\nservice = \"meta-pixel\"\nmode = \"report\"\n");
    assert_eq!(verdict(&some, "_fbp"), (true, false, true));
    assert_eq!(verdict(&some, "_ga"), (true, true, false));
    let all = site("mode = \"report\"\n[cookies]\nunknown = \"block\"\nmax_age_days = 30\n");
    assert_eq!(verdict(&all, "_ga"), (true, false, true));
    assert_eq!(verdict(&all, "basket"), (true, false, true));
    assert!(matches!(all.judge_cookie(b"euconsent", &Consent::default()), CookieVerdict::Necessary));
    assert_eq!((all.cookie_life(b"basket", false), all.cookie_life(b"basket", true)), (None, Some(30 * 86_400)));
}
