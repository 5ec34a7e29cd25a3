//! Filter lists, and third parties that nobody knows.

use super::*;
use consentry::policy::{Fetch, Owner, Verdict};
use consentry::rewrite::{Page, Rewriter};

const LIST: &str = "! Title: test\n[Adblock Plus 2.0]\n||tracker.example^\n||cdn.example^*/beacon.$script\n@@||tracker.example/allowed.js\n||only.example^$domain=other.example\n##.banner\nshop.example#@#.banner\n||x.example^$nosuchoption\n";

fn listed(site: &str) -> RuleSet {
    load(&[("rules/sites/shop.toml", &format!("{SITE}{site}")), ("rules/lists/privacy.txt", LIST)])
}

const USES: &str = "[[list]]\nname = \"privacy-list\"\nfile = \"lists/privacy.txt\"\ncategory = \"marketing\"\n";

fn owner(site: &Site, raw: &str, fetch: Fetch) -> String {
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    match resolve(raw.as_bytes(), &base, &mut scratch).map(|target| site.owner_of(&target, &base, fetch)) {
        None | Some(Owner::Free) => String::new(),
        Some(Owner::Service(service)) => service.slug.clone(),
        Some(Owner::Unknown { blocked }) => format!("unknown {blocked}"),
    }
}

#[test]
fn p94_a_list_s_match_is_a_service_that_is_called_like_the_list() {
    let rules = listed(USES);
    let site = &rules.sites()[0];
    for (raw, fetch, expected) in [
        ("https://tracker.example/a.js", Fetch::Script, "privacy-list"),
        ("https://x.tracker.example/a.gif", Fetch::Image, "privacy-list"),
        ("https://tracker.example/allowed.js", Fetch::Script, ""),
        ("https://nottracker.example/a.js", Fetch::Script, ""),
        ("https://cdn.example/x/beacon.js", Fetch::Script, "privacy-list"),
        ("https://cdn.example/x/beacon.gif", Fetch::Image, ""),
        ("https://only.example/a.js", Fetch::Script, ""),
        ("https://www.google-analytics.com/analytics.js", Fetch::Script, "google-analytics"),
        ("/own.js", Fetch::Script, ""),
    ] {
        assert_eq!(owner(site, raw, fetch), expected, "{raw}");
    }
    let lists: Vec<_> = site.lists().map(|(s, c)| (s.slug.as_str(), c.rules, c.cosmetic, c.unusable)).collect();
    assert_eq!(lists, [("privacy-list", 4, 2, 1)]);
    let service = rules.sites()[0].services.iter().find(|s| s.slug == "privacy-list");
    assert!(service.is_none(), "nobody can answer for a list alone");
}

#[test]
fn a_list_decides_by_its_category_and_has_its_name_in_marks() {
    let rules = listed(USES);
    let site = &rules.sites()[0];
    let base = Base::document("https", "shop.example", "/");
    let mut scratch = Scratch::default();
    let target = resolve(b"https://tracker.example/a.js", &base, &mut scratch).unwrap();
    let Owner::Service(service) = site.owner_of(&target, &base, Fetch::Script) else { panic!("not found") };
    let deciders = site.deciders(&[service], Label::Absent);
    assert_eq!(site.mark(&deciders), "marketing:privacy-list");
    let mut consent = Consent { source: Source::Own, ..Consent::default() };
    assert_eq!(Verdict::of(&deciders, false, &consent), Verdict::Neutralise);
    consent.granted.insert(number(3));
    assert_eq!(Verdict::of(&deciders, false, &consent), Verdict::Keep);
}

#[test]
fn a_list_of_the_catalogue_is_every_site_s_and_can_be_switched_off() {
    let categories = std::fs::read_to_string("rules/catalogue/categories.toml").unwrap();
    let off = "format = 1\nhosts = [\"off.example\"]\n[[override]]\nservice = \"privacy-list\"\nenabled = false\n";
    let rules = load(&[
        ("catalogue/categories.toml", &categories),
        ("catalogue/lists.toml", &format!("format = 1\n{USES}")),
        ("lists/privacy.txt", LIST),
        ("sites/off.toml", off),
        ("sites/shop.toml", SITE),
    ]);
    let [off, shop] = rules.sites() else { panic!("two sites") };
    assert_eq!(owner(shop, "https://tracker.example/a.js", Fetch::Script), "privacy-list");
    assert_eq!(owner(off, "https://tracker.example/a.js", Fetch::Script), "");
}

#[test]
fn what_is_wrong_with_a_list_is_named() {
    for (rest, error) in [
        (
            USES.replace("privacy.txt", "privcy.txt"),
            "list[1].file = \"lists/privcy.txt\": there is no such list; did you mean \"lists/privacy.txt\"?",
        ),
        (USES.replace("lists/privacy.txt", "/etc/passwd"), "must be a .txt file in the folder lists of the rules"),
        (USES.replace("lists/", "lists/../"), "must be a .txt file in the folder lists of the rules"),
        (USES.replace("\"marketing\"", "\"necessary\""), "a list frees nothing from consent"),
        (USES.replace("privacy-list", "hotjar"), "the catalogue has a service of this slug"),
        (format!("{USES}{USES}"), "another service has this slug"),
    ] {
        let files = [("rules/sites/shop.toml", format!("{SITE}{rest}")), ("rules/lists/privacy.txt", LIST.to_owned())];
        let errors = try_load(&files.each_ref().map(|(path, text)| (*path, text.as_str()))).err().unwrap_or_default();
        assert!(errors.contains(error), "{error}\nis not in\n{errors}");
    }
}

#[test]
fn another_list_text_is_another_version_of_the_site() {
    let version = |list: &str| {
        let files = [("sites/shop.toml", format!("{SITE}{USES}")), ("lists/privacy.txt", list.to_owned())];
        let rules = load(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
        (rules.version().to_owned(), rules.sites()[0].version.clone())
    };
    let (first, again, other) = (version(LIST), version(LIST), version("||other.example^\n"));
    assert_eq!(first, again);
    assert_ne!(first.0, other.0);
    assert_ne!(first.1, other.1);
}

#[test]
fn an_unknown_third_party_is_let_through_reported_or_blocked() {
    let unknown = "https://unknown.example/a.js";
    assert_eq!(owner(&site(""), unknown, Fetch::Script), "");
    assert_eq!(owner(&site("unknown = \"report\"\n"), unknown, Fetch::Script), "unknown false");
    let shop =
        site("unknown = \"block\"\nallow_hosts = [\"cdn.example\", \"=exact.example\", \"files.example/ours\"]\n");
    for (raw, expected) in [
        (unknown, "unknown true"),
        ("https://cdn.example/a.js", ""),
        ("https://x.cdn.example/a.js", ""),
        ("https://exact.example/a.js", ""),
        ("https://x.exact.example/a.js", "unknown true"),
        ("https://files.example/ours/a.js", ""),
        ("https://files.example/theirs/a.js", "unknown true"),
        ("https://notcdn.example/a.js", "unknown true"),
        ("/a.js", ""),
        ("https://static.shop.example/a.js", ""),
        ("https://www.google-analytics.com/analytics.js", "google-analytics"),
    ] {
        assert_eq!(owner(&shop, raw, Fetch::Script), expected, "{raw}");
    }
    let two = "format = 1\nhosts = [\"shop.example\", \"*.shop-files.example\"]\nunknown = \"block\"\n";
    let rules = load(&[("sites/shop.toml", two)]);
    assert_eq!(owner(&rules.sites()[0], "https://a.shop-files.example/a.js", Fetch::Script), "", "a host of the site");
}

#[test]
fn nothing_grants_an_unknown_third_party_but_a_label_says_what_it_is() {
    let shop = site("unknown = \"block\"\n");
    let everything = Consent { granted: CategorySet::from_bits(u64::MAX), source: Source::Own, ..Consent::default() };
    for (label, mark, verdict) in [
        (&b""[..], "unclassified:", Verdict::Neutralise),
        (b"necessary", "unclassified:", Verdict::Neutralise),
        (b"what", "unclassified:", Verdict::Neutralise),
        (b"statistics", "statistics:", Verdict::Keep),
    ] {
        let deciders = shop.deciders_of(&[], true, shop.label(label));
        assert_eq!(shop.mark(&deciders), mark, "{label:?}");
        assert_eq!(Verdict::of(&deciders, false, &everything), verdict, "{label:?}");
    }
}

#[test]
fn a_page_s_unknown_hosts_are_told_where_the_site_wants_to_know() {
    let html = "<img src=https://a.example/1.png><img srcset='//a.example/2.png 1x, //b.example/3.png 2x'><p style='background:url(//c.example/4.png)'><img src=/own.png>";
    for (rules, expected) in [
        ("", &[][..]),
        (
            "unknown = \"report\"\n",
            &[("a.example", "/*.png", 2), ("b.example", "/*.png", 1), ("c.example", "/*.png", 1)],
        ),
        (
            "unknown = \"block\"\nallow_hosts = [\"b.example\"]\n",
            &[("a.example", "/*.png", 2), ("c.example", "/*.png", 1)],
        ),
    ] {
        let page = Page {
            site: site(rules),
            consent: Arc::default(),
            base: Base::document("https", "shop.example", "/"),
            snippet: None,
            ours: None,
            charset: None,
            trace: false,
        };
        let mut rewriter = Rewriter::new(page);
        let out = [rewriter.write(html.into()).unwrap(), rewriter.finish().unwrap()].concat();
        let told = rewriter.report().unknown.iter().map(|known| (&*known.host, &*known.path, known.count));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{rules}");
        let blocked = String::from_utf8(out).unwrap().matches("unclassified:").count();
        assert_eq!(blocked, if rules.contains("block") { 3 } else { 0 }, "{rules}");
    }
}

#[test]
fn check_13_what_needs_no_consent_has_a_written_reason() {
    let crm = "[[service]]\nslug = \"crm\"\nhosts = [\"crm.example\"]\ncategory = \"necessary\"\n";
    let over = "[[override]]\nservice = \"matomo\"\ncategory = \"necessary\"\n";
    for rule in [crm, over] {
        for reason in ["", "justification = \"\"\n", "justification = \"  \"\n"] {
            let errors = try_load(&[("sites/shop.toml", &format!("{SITE}{rule}{reason}"))]).err().unwrap_or_default();
            assert!(errors.contains("needs no consent, and gives no reason"), "{rule}{reason}: {errors}");
        }
        let shop = site(&format!("{rule}justification = \"The basket is kept there.\"\n"));
        let slug = if rule == crm { "crm" } else { "matomo" };
        let free = shop.service_named(slug).unwrap();
        assert!(shop.decider(free, Label::Absent).granted_by(&Consent::default()));
        assert_eq!(free.justification.as_deref(), Some("The basket is kept there."));
    }
}

#[test]
fn a_service_without_a_number_is_judged_by_its_category() {
    let shop = site("[[service]]\nslug = \"crm\"\nhosts = [\"crm.example\"]\ncategory = \"statistics\"\n");
    let crm = service(&shop, "https://crm.example/a.js").unwrap();
    assert_eq!((crm.slug.as_str(), crm.number), ("crm", None));
    assert_eq!(shop.mark(&shop.deciders(&[crm], Label::Absent)), "statistics:crm");
    assert!(shop.services.iter().all(|s| s.slug != "crm"));
    let granted = Consent { granted: CategorySet::from_bits(0b100), source: Source::Own, ..Consent::default() };
    assert!(shop.decider(crm, Label::Absent).granted_by(&granted));
    assert!(!shop.decider(crm, Label::Absent).granted_by(&Consent::default()));
}

#[test]
fn the_widget_and_the_stubs_know_what_a_site_shows() {
    let slugs = |site: &Site| site.shown.iter().map(|s| s.slug.clone()).collect::<Vec<_>>();
    let usual = slugs(&embedded());
    assert!(usual.contains(&"google-analytics".to_owned()) && (60..150).contains(&usual.len()), "{}", usual.len());
    let crm = "[[service]]\nslug = \"crm\"\nnumber = 60000\nhosts = [\"crm.example\"]\ncategory = \"statistics\"\n";
    let some =
        site(&format!("shown = [\"matomo\"]\n{crm}[[override]]\nservice = \"hubspot\"\ncategory = \"statistics\"\n"));
    assert_eq!(slugs(&some), ["matomo", "hubspot", "crm"]);
    assert!(some.globals().iter().any(|g| g.name == "_paq") && !some.globals().iter().any(|g| g.name == "fbq"));
    let errors = try_load(&[("sites/shop.toml", &format!("{SITE}shown = [\"matmo\"]\n"))]).err().unwrap_or_default();
    assert!(errors.contains("no service of this site that has a number; did you mean \"matomo\"?"), "{errors}");
}
