//! One site on top of the catalogue: labels, hosts, overrides, sources.

use super::*;

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
        ("!statistics", Label::Refused(number(2))),
        ("!statistics, marketing", Label::Unknown),
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
    let rules =
        [Format::Didomi, Format::OneTrust, Format::Dastra].map(|format| mapping.rule(Source::Tool(format)).unwrap());
    let cookies = rules.map(|rule| rule.cookies.join(" "));
    assert_eq!(cookies, ["didomi_dcs", "ot", "euconsent consent-eu"]);
    assert_eq!((mapping.sources.len(), mapping.sources[0].source), (4, Source::Own));
    assert_eq!(mapping.categories.bits(), 0b1111);
    let [didomi, onetrust, dastra] = rules;
    assert_eq!(didomi.purposes.iter().collect::<Vec<_>>(), [(7, &number(2))]);
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
