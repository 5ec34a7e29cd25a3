//! The rule files from outside: what is accepted, what is refused and how it is said, what versions depend on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use consentry::consent::codec::Format;
use consentry::consent::mapping::Target;
use consentry::consent::{CategoryNumber, CategorySet, Consent, Deciseconds, ServiceNumber, Source};
use consentry::policy::reference::resolve;
use consentry::policy::{Base, Label, RuleFile, RuleSet, RuleStore, Scratch, Service, Site, Variant};
use std::path::Path;
use std::sync::Arc;

const SITE: &str = "format = 1\nhosts = [\"shop.example\"]\n";

fn try_load(files: &[(&str, &str)]) -> Result<RuleSet, String> {
    let files: Vec<RuleFile> = files.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect();
    RuleSet::from_files(&files).map_err(|errors| errors.to_string())
}

fn load(files: &[(&str, &str)]) -> RuleSet {
    try_load(files).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The site of one file that begins like [`SITE`].
fn site(rest: &str) -> Arc<Site> {
    Arc::clone(&load(&[("sites/shop.toml", &format!("{SITE}{rest}"))]).sites()[0])
}

fn embedded() -> Arc<Site> {
    Arc::clone(RuleSet::embedded().unwrap().site("any.example").unwrap())
}

fn service<'s>(site: &'s Site, raw: &str) -> Option<&'s Service> {
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    let target = resolve(raw.as_bytes(), &base, &mut scratch)?;
    site.service_at(&target)
}

fn slug<'s>(site: &'s Site, raw: &str) -> &'s str {
    service(site, raw).map_or("", |s| &s.slug)
}

fn number(n: u8) -> CategoryNumber {
    CategoryNumber::new(n).unwrap()
}

#[test]
fn the_project_s_own_rules_are_good_and_their_numbers_recorded() {
    let rules = RuleSet::load(Path::new("rules")).unwrap_or_else(|e| panic!("{e}"));
    let warnings: Vec<String> = rules.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings, [""; 0]);
    assert!(Path::new("rules/numbers.lock").exists());
    let embedded = RuleSet::embedded().unwrap();
    assert_eq!(embedded.catalogue(), rules.catalogue(), "a file of rules/catalogue is not embedded");
    assert!(embedded.catalogue().len() >= 40);
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
fn every_example_of_the_grammar_s_readme_is_good() {
    let readme = std::fs::read_to_string("rules/README.md").unwrap();
    let examples: Vec<&str> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 5);
    for example in examples {
        let path = match example {
            site if site.contains("hosts = [\"shop") => "sites/shop.toml",
            lock if lock.contains("[categories]") => "numbers.lock",
            regimes if regimes.contains("[[regime]]") => "regimes.toml",
            _ => "catalogue/example.toml",
        };
        let categories = std::fs::read_to_string("rules/catalogue/categories.toml").unwrap();
        let mut files = vec![(path, example)];
        if path.starts_with("catalogue") {
            files.push(("catalogue/categories.toml", &categories));
        }
        load(&files);
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

#[test]
fn p64_labels_are_trimmed_and_folded() {
    let site = embedded();
    let (statistics, marketing) = (Label::Category(number(2)), Label::Category(number(3)));
    let both = Label::Categories(CategorySet::from_bits(0b1100));
    for (raw, label) in [
        ("ANALYTICS", statistics),
        ("analytics", statistics),
        (" Ads ", marketing),
        ("Statistics,statistics", statistics),
        ("statistics, marketing", both),
        ("stati&#115;tics", statistics),
        ("necessary", Label::Necessary),
        ("necessary, marketing", marketing),
        ("", Label::Absent),
        (" , ", Label::Absent),
        ("menu-3", Label::Unknown),
        ("statistics,other", Label::Unknown),
        ("!statistics", Label::Unknown),
    ] {
        assert_eq!(site.label(raw.as_bytes()), label, "{raw:?}");
    }
}

#[test]
fn a_label_moves_a_service_and_necessary_frees_nothing() {
    let site = embedded();
    let pixel = site.service_named("meta-pixel").unwrap();
    let mark = |services: &[&Service], raw: &str| site.mark(&site.deciders(services, site.label(raw.as_bytes())));
    assert_eq!(mark(&[pixel], ""), "marketing:meta-pixel");
    assert_eq!(mark(&[pixel], "statistics"), "statistics:meta-pixel");
    assert_eq!(mark(&[pixel], "necessary"), "marketing:meta-pixel");
    assert_eq!(mark(&[pixel], "what"), "unclassified:meta-pixel");
    assert_eq!(mark(&[], "statistics, marketing"), "statistics:,marketing:");
    assert_eq!(mark(&[], "necessary"), "");
    assert_eq!(mark(&[], "what"), "unclassified:");
    let chartbeat = site.service_named("chartbeat").unwrap();
    assert_eq!(mark(&[pixel, chartbeat], ""), "marketing:meta-pixel,statistics:chartbeat");
    let everything = Consent { granted: CategorySet::from_bits(u64::MAX), source: Source::Own, ..Consent::default() };
    assert!(!site.decider(pixel, Label::Unknown).granted_by(&everything), "an unknown category is never granted");
}

#[test]
fn errors_say_file_line_key_value_and_what_would_be_right() {
    let service = "[[service]]\nslug = \"crm\"\nnumber = 60000\ncategory = \"marketing\"\n";
    for (rest, error) in [
        ("prefx = \"/x/\"\n", "sites/shop.toml:3: prefx = \"/x/\": unknown key; did you mean \"prefix\"?"),
        ("prefix = \"x\"\n", "sites/shop.toml:3: prefix = \"x\": must begin and end with a slash"),
        ("prefix = 3\n", "sites/shop.toml:3: prefix = \"3\": is a whole number, must be a text in quotes"),
        (
            "lifetime_days = 0\n",
            "sites/shop.toml:3: lifetime_days = \"0\": is out of bounds, must be a whole number from 1 to 400",
        ),
        ("delivery = \"unifrom\"\n", "unknown word; did you mean \"uniform\"?"),
        (
            "sources = [\"own\",\n \"didomy\"]\n",
            "sites/shop.toml:4: sources[2] = \"didomy\": unknown source; did you mean \"didomi\"?",
        ),
        ("reask = \"2026-01-01\"\n", "reask = \"2026-01-01\": is a text, must be a date without quotes"),
        (
            "[on_failure]\ndecode = \"scan\"\n",
            "sites/shop.toml:4: on_failure.decode = \"scan\": unknown word; known are abort, pass",
        ),
        (
            "[[override]]\nservice = \"meta-pixl\"\n",
            "override[1].service = \"meta-pixl\": no service of the catalogue; did you mean \"meta-pixel\"?",
        ),
        ("[[override]]\nservice = \"hotjar\"\ncategory = \"necessary\"\n", "needs no consent, and gives no reason"),
        (
            "[[category]]\nname = \"vip\"\nnumber = 3\n",
            "category[1].number = \"3\": is not one of the numbers for this file, 32 to 63",
        ),
        ("[[category]]\nname = \"analytics\"\nnumber = 40\n", "another category has this name or alias"),
        (
            "[[category]]\nname = \"vip\"\nnumber = 40\njustification = \"we like it\"\n",
            "only necessary has a justification",
        ),
        (
            &format!("{service}hosts = [\"https://crm.example\"]\n"),
            "service[1].hosts[1] = \"https://crm.example\": must be a host alone",
        ),
        (&format!("{service}hosts = [\"*.crm.example\"]\n"), "must be a host alone"),
        (&format!("{service}paths = [\"div > a\"]\n"), "service[1].paths[1] = \"div > a\": must begin with / or */"),
        (&format!("{service}markers = [\"fbq\"]\n"), "must be at least 6 ASCII characters"),
        (&format!("{service}globals = [\"fbq\"]\n"), "must be a JavaScript name"),
        (
            &format!("{}hosts = [\"a.example\"]", service.replace("marketing", "marketng")),
            "sites/shop.toml:6: service[1].category = \"marketng\": unknown category; did you mean \"marketing\"?",
        ),
        (
            &format!("{}hosts = [\"a.example\"]", service.replace("marketing", "necessary")),
            "needs no consent, and gives no reason",
        ),
        (
            &service.replace("number = 60000\n", ""),
            "sites/shop.toml:3: service[1].number: is missing; write number = 60000",
        ),
        (&service.replace("crm", "meta-pixel"), "the catalogue has a service of this slug"),
        ("sources = [\"own\", \"dastra\"]\n", "our cookie's name is one that the listed source dastra uses"),
        ("x = [1\n", "is no TOML"),
    ] {
        let text = format!("{SITE}{rest}");
        let errors = try_load(&[("sites/shop.toml", &text)]).expect_err(rest);
        assert!(errors.contains(error), "{error}\nis not in\n{errors}");
    }
}

#[test]
fn p80_selectors_are_no_rules() {
    let text =
        format!("{SITE}[[service]]\nslug = \"x\"\nnumber = 60000\ncategory = \"marketing\"\nselector = \"a + b\"\n");
    let errors = try_load(&[("sites/shop.toml", &text)]).unwrap_err();
    assert!(errors.contains("sites/shop.toml:7: service[1].selector = \"a + b\": unknown key"), "{errors}");
}

#[test]
fn every_error_of_every_file_is_reported() {
    let errors = try_load(&[
        ("sites/a.toml", "format = 1\nhosts = [\"a.example\"]\nx = 1\ny = 2\n"),
        ("sites/b.toml", "format = 2\nhosts = [\"b.example\"]\n"),
        ("sites/c.toml", "hosts = [\"c.example\"]\n"),
    ])
    .unwrap_err();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 4, "{errors}");
    assert!(
        lines[2].contains("sites/b.toml:1: format = \"2\": unknown format") && lines[2].contains("a later version")
    );
    assert!(lines[3].contains("sites/c.toml:1: format: every rule file begins with its format"), "{errors}");
}

#[test]
fn a_host_belongs_to_one_site() {
    let other = "format = 1\nhosts = [\"*.shop.example\", \"SHOP.example.\"]\n";
    let errors = try_load(&[("sites/a.toml", SITE), ("sites/b.toml", other)]).unwrap_err();
    assert!(
        errors.contains("sites/b.toml:2: hosts[2] = \"SHOP.example.\": this host is the site \"a\"'s already"),
        "{errors}"
    );
    let rules = load(&[
        ("sites/a.toml", SITE),
        ("sites/b.toml", "format = 1\nhosts = [\"*.shop.example\"]\n"),
        ("sites/c.toml", "format = 1\nhosts = [\"*\"]\n"),
        ("sites/.d.toml", "nonsense"),
        ("sites/README.md", "nonsense"),
    ]);
    for (host, name) in
        [("shop.example", "a"), ("x.y.shop.example", "b"), ("myshop.example", "c"), ("shop.example.", "a")]
    {
        assert_eq!(rules.site(host).unwrap().name, name, "{host}");
    }
    assert!(load(&[("sites/a.toml", SITE)]).site("other.example").is_none());
}

#[test]
fn a_version_is_a_hash_of_the_meaning() {
    let b = "format = 1\nhosts = [\"b.example\"]\n";
    let service =
        "[[service]]\nslug = \"x\"\nnumber = 60000\ncategory = \"marketing\"\nhosts = [\"x.example\", \"y.example\"]\n";
    let shop = format!("{SITE}{service}");
    let first = load(&[("sites/a.toml", &shop), ("sites/b.toml", b)]);
    let moved = "format = 1 # comment\n[[service]]\nhosts = [\"y.example\", \"x.example\"]\ncategory = \"ads\"\nnumber = 60000\nslug = \"x\"\n";
    // The table of the site must come before the tables of its services.
    let same = moved.replace("# comment\n", "# comment\nhosts = [\"shop.example\"]\ncookie = 'euconsent'\n\n");
    let again = load(&[("sites/b.toml", b), ("sites/a.toml", &same)]);
    assert_eq!(first.version(), again.version());
    let changed = load(&[("sites/a.toml", &shop), ("sites/b.toml", &format!("{b}inject = false\n"))]);
    assert_ne!(first.version(), changed.version());
    assert_eq!(first.sites()[0].version, changed.sites()[0].version, "another site's edit");
    assert_ne!(first.sites()[1].version, changed.sites()[1].version);
    let overridden = load(&[("sites/b.toml", &format!("{b}[[override]]\nservice = \"hotjar\"\nenabled = false\n"))]);
    assert_ne!(first.sites()[1].version, overridden.sites()[0].version);
}

#[test]
fn overrides_change_one_site_only() {
    let text = "[[override]]\nservice = \"youtube\"\ncategory = \"marketing\"\n[[override]]\nservice = \"hotjar\"\nenabled = false\n";
    let shop = site(text);
    let youtube = service(&shop, "https://www.youtube.com/embed/x").unwrap();
    assert_eq!(youtube.category, number(3));
    assert_eq!(slug(&shop, "https://static.hotjar.com/c/hotjar-1.js"), "");
    assert!(shop.service_in_text(b"'https://static.hotjar.com/c/hotjar-'").is_none());
    assert!(shop.service_named("hotjar").is_none());
    assert_eq!(service(&embedded(), "https://www.youtube.com/embed/x").unwrap().category, number(1));
}

#[test]
fn sources_and_tables_become_the_reader_s_mapping() {
    let shop = site(concat!(
        "cookie = \"shop\"\nsources = [\"own\", \"didomi\", \"onetrust\", \"dastra\"]\nlifetime_days = 30\nreask = 2026-01-31\n",
        "[didomi]\npurposes = { 7 = \"statistics\" }\nvendors = { 12 = \"meta-pixel\" }\n",
        "[onetrust]\ncookies = [\"ot\"]\ngroups = { C0003 = \"marketing\", STACK42 = \"ads\" }\n",
        "[dastra]\nservices = { facebook = \"meta-pixel\" }\n",
    ));
    let mapping = &shop.mapping;
    assert_eq!(mapping.own_cookie, "shop");
    assert_eq!(mapping.site, "shop");
    let rules = [Format::Didomi, Format::OneTrust, Format::Dastra].map(|format| mapping.rule(Source::Tool(format)).unwrap());
    let cookies = rules.map(|rule| rule.cookies.join(" "));
    assert_eq!(cookies, ["didomi_dcs", "ot", "euconsent consent-eu"]);
    assert_eq!((mapping.sources.len(), mapping.sources[0].source), (4, Source::Own));
    assert_eq!(mapping.categories.bits(), 0b1111);
    let [didomi, onetrust, dastra] = rules;
    assert_eq!(didomi.purposes.get(7).copied(), Some(number(2)));
    assert_eq!(didomi.vendors.get(12).copied(), ServiceNumber::new(2));
    let groups = ["C0002", "C0003", "STACK42"].map(|group| onetrust.groups.get(group).unwrap().categories.bits());
    assert_eq!(groups, [0b100, 0b1000, 0b1000]);
    assert_eq!(dastra.services.get("facebook"), Some(Target::Service(ServiceNumber::new(2).unwrap(), number(3))));
    assert_eq!(mapping.service_named("hotjar").unwrap().1, number(2));
    for name in ["google-analytics", "Google Analytics", "google_analytics"] {
        assert_eq!(mapping.service_named(name).unwrap().0.get(), 3, "{name}");
    }
    assert_eq!(mapping.lifetime, 30 * Deciseconds::DAY);
    assert_eq!(mapping.reask, Some(Deciseconds::from_secs(1_769_817_600)));
}

#[test]
fn flags_alone_choose_sources_without_a_clash_of_names() {
    let rules = RuleSet::embedded_with(&["own".to_owned(), "dastra".to_owned()]).unwrap();
    let site = rules.site("x.example").unwrap();
    assert_eq!((site.cookie.as_str(), site.mapping.sources.len()), ("consentry", 2));
    let wrong = RuleSet::embedded_with(&["cookiebt".to_owned()]).unwrap_err();
    assert!(wrong.to_string().contains("unknown source"), "{wrong}");
}

#[test]
fn p102_p103_the_store_keeps_the_last_good_set_and_requests_keep_theirs() {
    let store = RuleStore::new(load(&[("sites/a.toml", SITE)]));
    let held = store.snapshot();
    let broken = RuleSet::from_files(&[RuleFile::new("sites/a.toml", "format = 1\n")]);
    assert!(store.reload(broken).is_err());
    assert_eq!(store.snapshot().version(), held.version());
    assert!(store.last_error().unwrap().to_string().contains("hosts"));
    store.reload(Ok(load(&[("sites/a.toml", &format!("{SITE}prefix = \"/new/\"\n"))]))).unwrap();
    assert!(store.last_error().is_none());
    let status = store.status();
    assert_eq!((status.loads, status.refusals), (2, 1));
    let now = Deciseconds::now();
    let set = store.snapshot();
    let site = set.site("shop.example").unwrap();
    assert_eq!(site.own_path("/new/consent", now), Some("consent"));
    assert_eq!(site.own_path("/_c/consent", now), Some("consent"), "the old prefix for a day");
    assert_eq!(site.own_path("/_c/consent", Deciseconds(now.0 + 2 * Deciseconds::DAY)), None);
    assert_eq!(held.site("shop.example").unwrap().prefix, "/_c/", "a request keeps the set it began with");
}

#[test]
fn a_variant_is_what_the_page_s_bytes_depend_on() {
    let site = embedded();
    let nobody = Consent::default();
    let of = |consent: &Consent| Variant::of(&site, consent, "s1");
    let base = of(&nobody);
    assert_eq!(base.token, format!("0.0.{}", &site.version[..8]));
    assert_eq!(base.id.len(), 16);
    let mut yes = Consent { source: Source::Own, updated: Some(Deciseconds(5)), ..Consent::default() };
    yes.granted.insert(number(2));
    yes.refused.insert(number(3));
    let granted = of(&yes);
    assert!(granted.token.starts_with("4.8."), "{}", granted.token);
    assert_ne!(granted.id, base.id);
    let later = Consent { id: Some([7; 16]), updated: Some(Deciseconds(9)), source: Source::Tool(Format::Dastra), ..yes.clone() };
    assert_eq!(of(&later), granted, "no id, time or source is in it");
    assert_ne!(Variant::of(&site, &yes, "s2").id, granted.id);
    let mut service = yes.clone();
    service.services.push((site.service_named("meta-pixel").unwrap().number, true));
    assert_eq!(of(&service).token.split('.').count(), 4);
    assert_ne!(of(&service).id, granted.id);
    let mut unknown = yes.clone();
    unknown.services.push((ServiceNumber::new(65_000).unwrap(), true));
    assert_eq!(of(&unknown), granted, "a service that this site does not have changes nothing");
}

#[test]
fn a_uniform_page_is_the_same_for_everybody() {
    let site = site("delivery = \"uniform\"\n");
    let nobody = Variant::of(&site, &Consent::default(), "s");
    let all = Consent { granted: CategorySet::from_bits(14), source: Source::Own, ..Consent::default() };
    let all = Variant::of(&site, &all, "s");
    assert_eq!(nobody.id, all.id);
    assert_ne!(nobody.token, all.token);
}

#[test]
fn an_answer_older_than_a_service_makes_another_variant() {
    let site = site("[[override]]\nservice = \"hotjar\"\nsince = 2026-01-31\n");
    let hotjar = site.service_named("hotjar").unwrap();
    let mut old = Consent { source: Source::Own, updated: Some(Deciseconds(5)), ..Consent::default() };
    old.granted = CategorySet::from_bits(14);
    let new = Consent { updated: Some(Deciseconds::from_secs(1_800_000_000)), ..old.clone() };
    let decider = site.decider(hotjar, Label::Absent);
    assert!(!decider.granted_by(&old) && decider.granted_by(&new));
    assert_ne!(Variant::of(&site, &old, "s").id, Variant::of(&site, &new, "s").id);
}

#[test]
fn hostile_rule_text_is_refused_and_harms_nothing() {
    let deep = format!("format = 1\nx = {}", "[".repeat(100_000));
    let long = format!("{SITE}{} = 1\ndelivery = \"{}\"\n", "k".repeat(1_000_000), "v".repeat(1_000_000));
    for text in [
        deep.as_str(),
        &long,
        "",
        "\0",
        "format = 99999999999999999999999",
        "format = 0x1\nhosts = [\"a.example\"]\nlifetime_days = -1",
        "format = 1\nhosts = [[\"a.example\"]]",
        "format = 1\nhosts = [\"\", \"..\", \"a..b\", \"*.*\", \"a b\"]",
        "format = 1\nformat = 1",
        "format = 1\nhosts = []\nservice = 3\ncategory = [1]\noverride = [{}]\ntexts = { en = 1 }",
        "format = 1\nhosts = []\nreask = 9999-99-99",
        "format = 1\nhosts = []\nreask = 0001-01-01",
        "format = 1\nhosts = []\nformer_prefix = { path = \"/..//\" }",
    ] {
        let errors = try_load(&[("sites/shop.toml", text)]).unwrap_err();
        assert!(
            errors.lines().all(|line| line.starts_with("sites/shop.toml") && line.len() < 1_100_000),
            "{}",
            &errors[..200]
        );
    }
    for data in [b"\xff\xfe".as_slice(), b"format = 1\n[[service]]\n", b"format = 1\n[services]\nx = 70000\n"] {
        consentry::policy::ruleset::fuzz_rules(data);
    }
}
