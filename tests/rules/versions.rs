//! What versions and variants depend on, and what a reload keeps.

use super::*;

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
    let later = Consent {
        id: Some([7; 16]),
        updated: Some(Deciseconds(9)),
        source: Source::Tool(Format::Dastra),
        ..yes.clone()
    };
    assert_eq!(of(&later), granted, "no id, time or source is in it");
    assert_ne!(Variant::of(&site, &yes, "s2").id, granted.id);
    let mut service = yes.clone();
    service.services.push((site.service_named("meta-pixel").unwrap().number.unwrap(), true));
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
