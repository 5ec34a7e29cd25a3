//! Every tool's cookie as a site that lists the tool reads it: the usual meaning of its names, a site's own tables, default
//! states that are no answer, and what counts when there are several.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consentry::consent::codec::gpp::{self, Gpp, Section};
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::signature::Keyring;
use consentry::consent::codec::tcf::{self, Tcf};
use consentry::consent::codec::{Format, us_privacy};
use consentry::consent::reader::{Input, Reader, Reading};
use consentry::consent::{Answer, Deciseconds, Rejection, Source};
use consentry::policy::{Label, RuleFile, RuleSet, Site};
use std::sync::Arc;

/// 2023-11-14T22:13:20Z.
const NOW: Deciseconds = Deciseconds(17_000_000_000);
const EARLIER: &str = "2023-11-14T20:00:00.000Z";
const EARLIER_MS: u64 = 1_699_992_000_000;

fn site(rest: &str) -> Arc<Site> {
    let text = format!("format = 1\nhosts = [\"shop.example\"]\ncookie = \"consentry\"\n{rest}");
    let rules = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap_or_else(|e| panic!("{e}"));
    Arc::clone(&rules.sites()[0])
}

/// A site that reads this alone, or several with commas between.
fn reading(sources: &str, tables: &str) -> Arc<Site> {
    let sources: Vec<String> = sources.split(", ").map(|name| format!("{name:?}")).collect();
    site(&format!("sources = [{}]\n{tables}", sources.join(", ")))
}

fn read(site: &Site, cookies: &str) -> Reading {
    let reader = Reader::new(Keyring::new([[1; 32]]).unwrap());
    reader.read(&site.mapping, &Input { cookies: &[cookies.as_bytes()], ot_consent_string: None, now: NOW })
}

/// `preferences`, `statistics`, `marketing`: `+`, `-`, or `?` for no answer.
fn categories(reading: &Reading) -> String {
    let letter = |number| match reading.consent.category(consentry::consent::CategoryNumber::new(number).unwrap()) {
        Answer::Granted => '+',
        Answer::Refused => '-',
        Answer::Unanswered => '?',
    };
    (1..=3).map(letter).collect()
}

fn runs(site: &Site, reading: &Reading, slug: &str) -> bool {
    site.decider(site.service_named(slug).unwrap(), Label::Absent).granted_by(&reading.consent)
}

fn component(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn optanon(groups: &str, landing: &str) -> String {
    format!(
        "OptanonConsent=isGpcEnabled=0&datestamp=x&version=202401.1.0&landingPath={landing}&groups={}",
        component(groups)
    )
}

fn closed() -> String {
    format!("OptanonAlertBoxClosed={EARLIER}")
}

fn cookiebot(statistics: bool, stamp: &str) -> String {
    format!(
        "CookieConsent={{stamp:%27{stamp}%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:{statistics}%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:{EARLIER_MS}%2Cregion:%27fr%27}}"
    )
}

fn cc_cookie(categories: &str, services: &str, revision: u8) -> String {
    let json = format!(
        "{{\"categories\":[{categories}],\"revision\":{revision},\"data\":null,\"consentTimestamp\":\"{EARLIER}\",\"consentId\":\"x\",\"services\":{{{services}}},\"lastConsentTimestamp\":\"{EARLIER}\"}}"
    );
    format!("cc_cookie={}", component(&json))
}

fn axeptio(completed: bool) -> String {
    let json = format!(
        "{{\"$$token\":\"t\",\"$$date\":\"{EARLIER}\",\"$$completed\":{completed},\"google_analytics\":true,\"facebook\":false}}"
    );
    format!("axeptio_cookies={}", component(&json))
}

fn iubenda(inner: &str) -> String {
    let json = format!("{{\"timestamp\":\"{EARLIER}\",\"version\":\"1.2.4\",{inner}\"id\":1}}");
    format!("_iub_cs-1234={}", component(&json))
}

fn borlabs(consents: &str) -> String {
    let json = format!(
        "{{\"consents\":{{{consents}}},\"domainPath\":\"shop.example/\",\"expires\":\"Sun, 11 Jan 2026 08:07:14 GMT\",\"uid\":\"x\",\"version\":\"1\"}}"
    );
    format!("borlabs-cookie={}", component(&json))
}

fn didomi_token(lists: &str) -> String {
    let json =
        format!("{{\"user_id\":\"x\",\"created\":\"{EARLIER}\",\"updated\":\"{EARLIER}\",\"version\":null{lists}}}");
    format!("didomi_token={}", STANDARD.encode(json))
}

/// A TC string of this moment with these purposes and vendors.
fn tc(updated: u64, purposes: &[u8], vendors: &[u16]) -> String {
    let mut tc = Tcf::default();
    tc.head.created = updated;
    tc.head.last_updated = updated;
    tc.head.policy_version = 5;
    tc.head.is_service_specific = true;
    tc.head.purposes = purposes.iter().fold(Numbers::EMPTY, |set, number| set.union(Numbers::of(*number)));
    vendors.iter().for_each(|vendor| tc.vendors.insert(*vendor));
    tcf::encode(&tc).unwrap()
}

fn tcf_cookie(purposes: &[u8], vendors: &[u16]) -> String {
    format!("euconsent-v2={}", tc(NOW.0 - 36_000, purposes, vendors))
}

/// For each tool: its name, a site's table if it needs one, a cookie with a yes for statistics and a no for marketing, and one
/// that was stored before anybody answered.
fn samples() -> Vec<(&'static str, &'static str, String, String)> {
    let commanders = "[commanders]\ngroups = { 2 = \"statistics\", 3 = \"marketing\" }\n";
    let axeptio_names = "[axeptio]\nvendors = { facebook = \"meta-pixel\" }\n";
    vec![
        ("optanon", "", format!("{}; {}", optanon("C0001:1,C0002:1,C0004:0", "NotLandingPage"), closed()), optanon("C0001:1,C0002:1,C0004:1", "https%3A%2F%2Fshop.example%2F")),
        ("cookiebot", "", cookiebot(true, "x/y=="), cookiebot(true, "-1")),
        ("cookieyes", "", "cookieyes-consent=consentid:YQ,consent:yes,action:yes,necessary:yes,functional:no,analytics:yes,performance:yes,advertisement:no,other:yes".to_owned(), "cookieyes-consent=consentid:YQ,consent:no,action:,necessary:yes,functional:yes,analytics:yes,advertisement:yes".to_owned()),
        ("complianz", "", "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=deny; cmplz_functional=allow".to_owned(), "cmplz_consent_mode=x; cmplz_policy_id=12".to_owned()),
        ("klaro", "", format!("klaro={}", component("{\"google-analytics\":true,\"Meta Pixel\":false}")), "klaro=%7B%7D".to_owned()),
        ("cc_cookie", "", cc_cookie("\"necessary\",\"analytics\"", "", 0), String::new()),
        ("tarteaucitron", "", "tarteaucitron=!gtag=true!facebookpixel=false!id=7".to_owned(), "tarteaucitron=!gtag=wait!facebookpixel=wait".to_owned()),
        ("axeptio", axeptio_names, axeptio(true), axeptio(false)),
        ("iubenda", "", iubenda("\"purposes\":{\"1\":true,\"4\":true,\"5\":false},"), iubenda("")),
        ("borlabs", "", borlabs("\"essential\":[\"borlabs-cookie\"],\"statistics\":[\"google-analytics\"],\"marketing\":[]"), String::new()),
        ("trustarc", "[trustarc]\ngroups = { 2 = \"statistics\" }\n", "cmapi_cookie_privacy=permit 1,2; notice_gdpr_prefs=0,1:".to_owned(), "notice_behavior=implied,eu; notice_preferences=2:".to_owned()),
        ("commanders", commanders, format!("TC_PRIVACY=0@1@2@@{EARLIER_MS},{EARLIER_MS},1799990000000@"), String::new()),
        ("didomi_token", "", didomi_token(",\"purposes\":{\"enabled\":[\"measure_content_performance\"],\"disabled\":[\"select_basic_ads\"]}"), didomi_token("")),
        ("tcf", "", tcf_cookie(&[1, 8], &[]), String::new()),
    ]
}

#[test]
fn every_tools_answer_is_read_and_its_default_state_is_none() {
    for (source, table, answer, default) in samples() {
        let site = reading(source, table);
        let found = read(&site, &format!("a=1; {answer}; z=2"));
        assert!(found.rejected.is_empty(), "{source}: {found:?}");
        assert_eq!(found.consent.source.name(), source);
        let told = categories(&found);
        assert!(told.ends_with("+-"), "{source}: {told}");
        assert!(runs(&site, &found, "google-analytics") && !runs(&site, &found, "meta-pixel"), "{source}");
        let found = read(&site, &default);
        assert_eq!((found.consent.source, found.rejected.len()), (Source::None, 0), "{source}: {default}");
        // D3: nothing of it counts where the tool is not listed.
        let found = read(&reading("own", ""), &format!("{answer}; {default}"));
        assert!(!found.consent.is_answered(), "{source}");
        assert_eq!(found.unlisted.iter().map(|s| s.name()).collect::<Vec<_>>(), [source]);
    }
}

/// Pitfall 101: of two cookies of one name the stricter counts, whatever their order, where they are equally old or timeless.
#[test]
fn p101_of_two_cookies_of_one_tool_the_stricter_counts() {
    for (source, table, yes, no) in [
        (
            "optanon",
            "",
            format!("{}; {}", optanon("C0002:1,C0004:1", "NotLandingPage"), closed()),
            optanon("C0002:1,C0004:0", "NotLandingPage"),
        ),
        ("cookiebot", "", cookiebot(true, "x"), cookiebot(false, "x")),
        ("klaro", "", "klaro={\"google-analytics\":true}".to_owned(), "klaro={\"google-analytics\":false}".to_owned()),
        (
            "complianz",
            "",
            "cmplz_banner-status=dismissed; cmplz_statistics=allow".to_owned(),
            "cmplz_statistics=deny".to_owned(),
        ),
        ("tarteaucitron", "", "tarteaucitron=!gtag=true".to_owned(), "tarteaucitron=!gtag=false".to_owned()),
        ("tcf", "", tcf_cookie(&[1, 2, 8], &[]), tcf_cookie(&[1], &[])),
        ("trustarc", "", "cmapi_cookie_privacy=permit 1,2,3".to_owned(), "notice_gdpr_prefs=0:".to_owned()),
    ] {
        let site = reading(source, table);
        for cookies in [format!("{yes}; {no}"), format!("{no}; {yes}")] {
            let told = categories(&read(&site, &cookies));
            assert!(
                told.contains('-') && !runs(&site, &read(&site, &cookies), "meta-pixel"),
                "{source} {cookies}: {told}"
            );
            let statistics = if source == "optanon" { "+" } else { "-" };
            assert_eq!(told.get(1..2), Some(statistics), "{source} {cookies}");
        }
    }
}

/// OneTrust (cookies.md 4b): a yes in the groups is a default until the banner was closed.
#[test]
fn optanon_is_trusted_by_the_closed_banner_or_the_landing_path() {
    let site = reading("optanon", "");
    let page = "https%3A%2F%2Fshop.example%2F%3Flanding%3DNotLandingPage";
    for (cookies, told) in [
        (optanon("C0002:1,C0004:1", page), "???"),
        (format!("{}; {}", optanon("C0002:1,C0004:1", page), closed()), "?++"),
        (optanon("C0002:1,C0003:0,C0004:1,C0005:0", "NotLandingPage"), "-+-"),
        (format!("{}; {}&AwaitingReconsent=true", closed(), optanon("C0002:1", "NotLandingPage")), "???"),
        (format!("{}; OptanonAlertBoxClosed=yesterday", optanon("C0002:1", "NotLandingPage")), "?+?"),
        (format!("{}; OptanonAlertBoxClosed=2020-01-01T00:00:00.000Z", optanon("C0002:1", "NotLandingPage")), "???"),
        (closed(), "???"),
    ] {
        assert_eq!(categories(&read(&site, &cookies)), told, "{cookies}");
    }
    let renamed = reading("optanon", "[optanon]\ngroups = { STACK42 = \"marketing\", C0002 = \"preferences\" }\n");
    let cookies = format!("{}; {}", optanon("C0002:1,STACK42:1,C0099:1", "NotLandingPage"), closed());
    assert_eq!(categories(&read(&renamed, &cookies)), "+?+");
}

#[test]
fn services_that_a_tool_answers_for_decide_about_their_tags() {
    let klaro = reading("klaro", "[klaro]\nservices = { stats = \"statistics\", fb = \"meta-pixel\" }\n");
    let found = read(&klaro, "klaro={\"stats\":true,\"fb\":false,\"google-ads\":true,\"unknown\":true}");
    assert_eq!(categories(&found), "?+-", "one no in a category is a no for what only the category decides");
    assert!(runs(&klaro, &found, "google-ads") && !runs(&klaro, &found, "meta-pixel"));
    assert!(!runs(&klaro, &found, "hotjar"), "a service that the cookie does not name was not confirmed");
    // Complianz asks by category, and lets a visitor allow one service besides.
    let complianz = reading("complianz", "");
    let found = read(
        &complianz,
        "cmplz_marketing=deny; cmplz_statistics=allow; cmplz_banner-status=dismissed; cmplz_consented_services={\"meta-pixel\":true,\"hotjar\":false}",
    );
    assert_eq!(categories(&found), "?+-");
    assert!(runs(&complianz, &found, "meta-pixel") && !runs(&complianz, &found, "google-ads"));
    assert!(runs(&complianz, &found, "google-analytics") && !runs(&complianz, &found, "hotjar"));
    // vanilla-cookieconsent lists the accepted services of the categories; a mapped one that is not there was refused.
    let cc = reading("cc_cookie", "[cc_cookie]\nservices = { ga = \"google-analytics\", hj = \"hotjar\" }\n");
    let found = read(&cc, &cc_cookie("\"analytics\"", "\"analytics\":[\"ga\"]", 0));
    assert!(runs(&cc, &found, "google-analytics") && !runs(&cc, &found, "hotjar") && runs(&cc, &found, "matomo"));
    // Borlabs grants a group with its first service: the others were not accepted.
    let borlabs_site = reading("borlabs", "");
    let found = read(&borlabs_site, &borlabs("\"statistics\":[\"hotjar\"]"));
    assert_eq!(categories(&found), "-+-");
    assert!(runs(&borlabs_site, &found, "hotjar") && !runs(&borlabs_site, &found, "google-analytics"));
    // tarteaucitron's names of what the catalogue calls otherwise, and kinds of what it does not have.
    let tarte = reading("tarteaucitron", "");
    let found =
        read(&tarte, "tarteaucitron=!multiplegtag=true!compteur=true!facebookpixel=true!vshop=false!youtube=true");
    assert_eq!(categories(&found), "++-");
    assert!(
        runs(&tarte, &found, "google-analytics")
            && runs(&tarte, &found, "meta-pixel")
            && runs(&tarte, &found, "youtube")
    );
    assert!(!runs(&tarte, &found, "vimeo"));
}

#[test]
fn axeptios_lists_only_refuse() {
    let site = reading("axeptio", "[axeptio]\nvendors = { facebook = \"meta-pixel\" }\n");
    let lists =
        "axeptio_authorized_vendors=%2Cgoogle_analytics%2C; axeptio_all_vendors=%2Cgoogle_analytics%2Cfacebook%2C";
    let alone = read(&site, lists);
    assert!(!runs(&site, &alone, "google-analytics") && !runs(&site, &alone, "meta-pixel"));
    assert_eq!(alone.consent.service(site.service_named("meta-pixel").unwrap().number.unwrap()), Some(false));
    let both = read(&site, &format!("{lists}; {}", axeptio(true)));
    assert!(runs(&site, &both, "google-analytics") && !runs(&site, &both, "meta-pixel"));
    let none = "axeptio_authorized_vendors=%2C%2C; axeptio_all_vendors=%2Cgoogle_analytics%2Cfacebook%2C";
    let both = read(&site, &format!("{}; {none}", axeptio(true)));
    assert!(!runs(&site, &both, "google-analytics"), "a list that refuses takes away");
}

/// A revision of the questions that the site does not ask any more.
#[test]
fn an_answer_to_other_questions_is_asked_again() {
    let site = reading("cc_cookie, complianz", "[cc_cookie]\nrevision = 2\n[complianz]\nrevision = 7\n");
    assert_eq!(categories(&read(&site, &cc_cookie("\"analytics\"", "", 2))), "-+-");
    let old = read(&site, &cc_cookie("\"analytics\"", "", 1));
    assert_eq!(old.rejected.as_slice(), [(Source::Tool(Format::CcCookie), Rejection::Reask)]);
    let answer = "cmplz_statistics=allow; cmplz_banner-status=dismissed";
    assert_eq!(categories(&read(&site, &format!("{answer}; cmplz_policy_id=7"))), "?+?");
    assert_eq!(categories(&read(&site, &format!("{answer}; cmplz_policy_id=6"))), "???");
    assert_eq!(categories(&read(&site, answer)), "???");
}

/// The site's age limit and re-ask date hold for every format that says when.
#[test]
fn ages_hold_for_every_source() {
    for (source, table, answer, _) in samples() {
        let (reask, table) = ("reask = 2023-11-14T21:00:00Z\n", table);
        let listed = format!("sources = [{source:?}]\n{reask}{table}");
        let found = read(&site(&listed), &answer);
        let timed = source == "tcf";
        assert_eq!(found.consent.is_answered(), timed, "{source} was answered before, or does not say when: {found:?}");
        if !timed {
            assert!(found.rejected.iter().any(|(_, reason)| *reason == Rejection::Reask), "{source}: {found:?}");
        }
    }
    // Three years on, what says when is too old.
    for (source, table, answer, _) in samples() {
        let site = reading(source, table);
        let reader = Reader::new(Keyring::new([[1; 32]]).unwrap());
        let now = Deciseconds(NOW.0 + 3 * 365 * Deciseconds::DAY);
        let input = Input { cookies: &[answer.as_bytes()], ot_consent_string: None, now };
        let found = reader.read(&site.mapping, &input);
        let timeless = ["cookieyes", "complianz", "klaro", "tarteaucitron", "trustarc"].contains(&source);
        assert_eq!(found.consent.is_answered(), timeless, "{source}");
    }
}

#[test]
fn a_tc_string_needs_purpose_one_and_one_of_a_categorys() {
    let usual = reading("tcf", "");
    for (purposes, told) in [
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11][..], "+++"),
        (&[1, 8], "-+-"),
        (&[1, 7], "--+"),
        (&[2, 3, 4, 8, 9], "---"),
        (&[1, 10], "---"),
        (&[], "---"),
    ] {
        assert_eq!(categories(&read(&usual, &tcf_cookie(purposes, &[]))), told, "{purposes:?}");
    }
    let own = reading("tcf", "[tcf]\npurposes = { 10 = \"statistics\" }\nvendors = { 900 = \"hotjar\" }\n");
    let found = read(&own, &tcf_cookie(&[1, 10], &[]));
    assert_eq!(categories(&found), "-+-");
    assert!(!runs(&own, &found, "hotjar") && runs(&own, &found, "google-analytics"));
    let found = read(&own, &tcf_cookie(&[1, 10], &[900]));
    assert!(runs(&own, &found, "hotjar"));
}

#[test]
fn vendors_of_a_tc_string_need_their_own_yes() {
    let site = reading("tcf", "[tcf]\ngoogle_vendors = { 89 = \"meta-pixel\" }\n");
    let all: Vec<u8> = (1..=11).collect();
    for (vendors, google, criteo) in [(&[755, 91][..], true, true), (&[755], true, false), (&[], false, false)] {
        let found = read(&site, &tcf_cookie(&all, vendors));
        assert_eq!((runs(&site, &found, "google-ads"), runs(&site, &found, "criteo")), (google, criteo), "{vendors:?}");
        assert!(runs(&site, &found, "linkedin"), "a service without a number is its category's");
    }
    // Google's string counts beside a TC string only.
    let yes = tcf_cookie(&all, &[755]);
    for (additional, meta) in [("2~89.101~dv.", true), ("2~101~dv.89", false), ("1~89", true), ("2~~dv", false)] {
        assert_eq!(
            runs(&site, &read(&site, &format!("addtl_consent={additional}; {yes}")), "meta-pixel"),
            meta,
            "{additional}"
        );
        assert!(!read(&site, &format!("addtl_consent={additional}")).consent.is_answered());
    }
    // A fault among the vendors is no consent for any of them, and leaves the purposes.
    let broken = format!("{yes}.AAAA");
    let found = read(&site, &broken);
    assert_eq!(categories(&found), "+++");
    assert!(!runs(&site, &found, "google-ads") && !runs(&site, &found, "criteo"));
}

/// D16: a TC string that is cut to the day is as old as the whole day; equal is the stricter.
#[test]
fn d16_a_string_cut_to_the_day_is_compared_by_the_day() {
    let site = reading("tcf, cookiebot", "");
    let midnight = NOW.0 / Deciseconds::DAY * Deciseconds::DAY;
    // Cookiebot's answer is of the same day, hours later: neither is newer.
    let day = format!("euconsent-v2={}", tc(midnight, &[1, 2], &[]));
    assert_eq!(categories(&read(&site, &format!("{day}; {}", cookiebot(true, "x")))), "---");
    let fine = format!("euconsent-v2={}", tc(midnight + 1, &[1, 2], &[]));
    assert_eq!(categories(&read(&site, &format!("{fine}; {}", cookiebot(true, "x")))), "-+-");
    let before = format!("euconsent-v2={}", tc(midnight - Deciseconds::DAY, &[1, 2], &[]));
    assert_eq!(categories(&read(&site, &format!("{}; {before}", cookiebot(true, "x")))), "-+-");
}

#[test]
fn american_strings_refuse_what_is_sold_and_grant_nothing() {
    let site = reading("us_privacy, gpp, cookiebot", "");
    for (cookies, told) in [
        ("usprivacy=1YYN", "??-"),
        ("us_privacy=1NYN", "??-"),
        ("usprivacy=1YNN", "???"),
        ("usprivacy=1---", "???"),
        ("usprivacy=%7B%22uspString%22%3A%221YYN%22%7D", "??-"),
    ] {
        assert_eq!(categories(&read(&site, cookies)), told, "{cookies}");
    }
    let gpp = |text: &str| {
        let section = Section::UsPrivacy(us_privacy::decode(text.as_bytes()).unwrap());
        format!("__gpp={}", gpp::encode(&Gpp { sections: vec![section] }).unwrap())
    };
    assert_eq!(categories(&read(&site, &format!("{}; __gpp_sid=6", gpp("1YYN")))), "??-");
    assert_eq!(categories(&read(&site, &gpp("1YNN"))), "???");
    // A dated yes elsewhere does not beat an opt-out, whatever the order.
    let all = cookiebot(true, "x").replace("marketing:false", "marketing:true");
    assert_eq!(categories(&read(&site, &all)), "-++");
    for cookies in [format!("usprivacy=1YYN; {all}"), format!("{all}; {}", gpp("1YYN"))] {
        assert_eq!(categories(&read(&site, &cookies)), "-+-", "{cookies}");
    }
}

#[test]
fn a_gpp_strings_european_section_is_a_tc_string_where_it_applies() {
    let site = reading("gpp", "");
    let tc = tcf::decode(tc(NOW.0 - 36_000, &[1, 8], &[]).as_bytes()).unwrap();
    let value = gpp::encode(&Gpp { sections: vec![Section::TcfEu(Box::new(tc))] }).unwrap();
    for (sid, told) in [("", "-+-"), ("; __gpp_sid=2", "-+-"), ("; __gpp_sid=6,2", "-+-"), ("; __gpp_sid=6", "???")] {
        assert_eq!(categories(&read(&site, &format!("__gpp={value}{sid}"))), told, "{sid}");
    }
    assert_eq!(categories(&read(&site, &format!("__gpp={value}; __gpp_sid=2; __gpp_sid=6"))), "???");
    assert_eq!(read(&site, "__gpp=nonsense").rejected.as_slice(), [(Source::Tool(Format::Gpp), Rejection::Malformed)]);
}

/// Two tools on one site: the newer answer counts, and a timeless one only takes away.
#[test]
fn of_two_sources_the_newer_counts() {
    let site = reading("cookiebot, cc_cookie, klaro", "");
    let newer = cc_cookie("\"marketing\"", "", 0).replace("20%3A00", "21%3A00");
    let older = cookiebot(true, "x");
    for cookies in [format!("{older}; {newer}"), format!("{newer}; {older}")] {
        let found = read(&site, &cookies);
        assert_eq!((categories(&found).as_str(), found.consent.source.name()), ("--+", "cc_cookie"), "{cookies}");
        let found = read(&site, &format!("{cookies}; klaro={{\"meta-pixel\":false,\"google-analytics\":true}}"));
        assert_eq!(categories(&found), "---", "{cookies}");
    }
}

#[test]
fn what_a_tables_key_must_be_is_said() {
    for (text, needle) in [
        (
            "sources = [\"klaro\"]\n[klaro]\nservices = { x = \"google-analytic\" }\n",
            "did you mean \"google-analytics\"?",
        ),
        ("sources = [\"tcf\"]\n[tcf]\nvendors = { google = \"google-ads\" }\n", "a number from 1 to 65535"),
        ("sources = [\"optanon\"]\n[optanon]\npurposes = { 1 = \"marketing\" }\n", "unknown key"),
        ("sources = [\"cookibot\"]\n", "did you mean \"cookiebot\"?"),
        ("sources = [\"klaro\"]\n[klaro]\ncookies = [\"a*b\"]\n", "a * may stand at its end"),
        ("sources = [\"klaro\"]\n[klaro]\ncookies = [\"consentry\"]\n", "one that the listed source klaro uses"),
        (
            "sources = [\"complianz\"]\n[complianz]\ncookies = [\"cons*\"]\n",
            "one that the listed source complianz uses",
        ),
        ("sources = [\"trustarc\"]\n[trustarc]\ngroups = { 2 = \"statistics, ad, nonsense\" }\n", "unknown category"),
    ] {
        let text = format!("format = 1\nhosts = [\"shop.example\"]\ncookie = \"consentry\"\n{text}");
        let error = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap_err().to_string();
        assert!(error.contains(needle), "{needle}: {error}");
    }
    let text = "format = 1\nhosts = [\"shop.example\"]\n[klaro]\nservices = {}\n";
    let rules = RuleSet::from_files(&[RuleFile::new("sites/shop.toml", text)]).unwrap();
    assert!(rules.warnings().iter().any(|warning| warning.to_string().contains("not listed in sources")));
}
