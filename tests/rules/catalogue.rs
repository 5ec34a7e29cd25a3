//! The catalogue: what it knows, and what it must not take for a tracker.

use super::*;

#[test]
fn the_project_s_own_rules_are_good_and_their_numbers_recorded() {
    let rules = RuleSet::load(Path::new("rules")).unwrap_or_else(|e| panic!("{e}"));
    let warnings: Vec<String> = rules.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings, [""; 0]);
    assert!(Path::new("rules/numbers.lock").exists());
    let embedded = RuleSet::embedded().unwrap();
    assert_eq!(embedded.catalogue(), rules.catalogue(), "a file of rules/catalogue is not embedded");
    assert!(embedded.catalogue().len() >= 1_500);
}

#[test]
fn the_recorded_numbers_are_those_that_check_would_write() {
    let rules = RuleSet::load(Path::new("rules")).unwrap_or_else(|e| panic!("{e}"));
    let recorded = RuleFile::new("numbers.lock", std::fs::read_to_string("rules/numbers.lock").unwrap());
    assert!(consentry::policy::ruleset::lock_text(&rules, Some(&recorded)) == recorded.text);
}

#[test]
fn the_catalogue_is_complete_and_frees_nobody() {
    for service in RuleSet::embedded().unwrap().catalogue() {
        assert!(!service.purpose.is_empty() && !service.source.is_empty(), "{}", service.slug);
        assert!(!service.hosts.is_empty(), "{}", service.slug);
        assert_ne!(service.category, CategoryNumber::NECESSARY, "{}", service.slug);
    }
}

#[test]
fn a_marker_is_found_in_its_own_service_s_bootstrap() {
    let site = embedded();
    for (text, slugs) in [
        (
            "(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});j.src='https://www.googletagmanager.com/gtm.js?id='+i+dl;})(window,document,'script','dataLayer','GTM-X');",
            vec!["google-tag-manager"],
        ),
        (
            "!function(f,b,e,v,n,t,s){if(f.fbq)return;}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');",
            vec!["meta-pixel"],
        ),
        (
            "(function(d,s,id){js.id=id;js.src='//connect.facebook.net/en_US/sdk.js#xfbml=1';}(document,'script','facebook-jssdk'));",
            vec!["facebook-social"],
        ),
        (
            "(function(i,s,o,g,r,a,m){i['GoogleAnalyticsObject']=r;})(window,document,'script','//www.google-analytics.com/analytics.js','ga');",
            vec!["google-analytics"],
        ),
        (
            "ga.src=('https:'==document.location.protocol?'https://ssl':'http://www')+'.google-analytics.com/ga.js';",
            vec!["google-analytics"],
        ),
        (r#"{"src":"https:\/\/static.hotjar.com\/c\/hotjar-1.js"}"#, vec!["hotjar"]),
        ("var u='//CDN.Matomo.CLOUD/x/';g.src=u+'matomo.js'", vec!["matomo"]),
        (
            "a.src='//b.scorecardresearch.com/beacon.js';b.src='https://static.chartbeat.com/js/chartbeat.js'",
            vec!["scorecard-research", "chartbeat"],
        ),
        ("document.querySelector('.menu').focus()", vec![]),
        (
            "window.__STATE__={\"video\":\"https://www.youtube.com/embed/x\",\"link\":\"https://www.facebook.com/shop\"}",
            vec![],
        ),
    ] {
        let found: Vec<&str> = site.services_in_text(text.as_bytes()).iter().map(|s| s.slug.as_str()).collect();
        assert_eq!(found.first().copied(), slugs.first().copied(), "{text}");
        assert!(slugs.iter().all(|s| found.contains(s)), "{text}: {found:?}");
        assert_eq!(site.service_in_text(text.as_bytes()).map(|s| s.slug.as_str()), slugs.first().copied());
    }
}

#[test]
fn p93_a_host_rule_ends_at_a_label_s_border() {
    let site = embedded();
    for (raw, expected) in [
        ("https://www.google-analytics.com/analytics.js", "google-analytics"),
        ("https://google-analytics.com./collect", "google-analytics"),
        ("https://notgoogle-analytics.com/analytics.js", ""),
        ("https://google-analytics.com.evil.example/", ""),
        ("//WWW.GOOGLETAGMANAGER.COM:443/gtm.js?id=GTM-1", "google-tag-manager"),
        ("https://www.googletagmanager.com/gtag/js?id=G-1", "google-analytics"),
        ("https://www.googletagmanager.com/gtag/js?id=AW-1", "google-ads"),
        ("https://www.googletagmanager.com/gtag/jsx", "google-tag-manager"),
        ("https://www.facebook.com/tr?id=1&amp;ev=PageView", "meta-pixel"),
        ("https://www.facebook.com/tr/?id=1", "meta-pixel"),
        ("https://www.facebook.com/trends", "facebook-social"),
        ("https://connect.facebook.net/fr_FR/sdk.js#xfbml=1", "facebook-social"),
        ("https://connect.facebook.net/fr_FR/fbevents.js", "meta-pixel"),
        ("https://stats.g.doubleclick.net/dc.js", "google-analytics"),
        ("https://securepubads.g.doubleclick.net/tag/js/gpt.js", "google-ads"),
        ("wss://ws.hotjar.com/api", "hotjar"),
        ("https://shop.example/app.js", ""),
        ("data:text/javascript,fbq()", ""),
    ] {
        assert_eq!(slug(&site, raw), expected, "{raw}");
    }
}

#[test]
fn p94_trackers_behind_a_first_party_host_are_known_by_their_path() {
    let shop = embedded();
    for (raw, expected) in [
        ("/gtag/js?l=dataLayer", "google-analytics"),
        ("/gtag/jsx", ""),
        ("/gtag/js?id=G-1", "google-analytics"),
        ("/gtag/js?id=AW-1", "google-ads"),
        ("/metrics/gtm.js?id=GTM-1", "google-tag-manager"),
        ("/metrics/gtm.js?v=2", ""),
        ("https://t.shop.example/x/matomo.js?1", "matomo"),
        ("/stats/matomo.php?idsite=1", "matomo"),
        ("/mymatomo.js", ""),
    ] {
        assert_eq!(slug(&shop, raw), expected, "{raw}");
    }
    let own = "[[service]]\nslug = \"cloaked\"\nnumber = 60000\ncategory = \"marketing\"\nhosts = [\"t.shop.example\"]\npaths = [\"/m*\"]\n";
    let shop = site(own);
    assert_eq!(slug(&shop, "https://t.shop.example/x"), "cloaked");
    assert_eq!(slug(&shop, "/metrics/gtm.js?id=GTM-1"), "cloaked", "a site's own rules come first");
    let label = shop.label(b"statistics");
    let pixel = shop.service_named("cloaked").unwrap();
    assert_eq!(shop.decider(pixel, label).category, Some(number(2)), "the page's own label wins over lists");
}
