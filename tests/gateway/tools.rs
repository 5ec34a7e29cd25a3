//! Consent strings that the other tools' cookies hold: what a vendor's or the IAB's string grants lives on the next page,
//! what it refuses does not. The tools' cookies of named answers are in `sources`.

use crate::common::gateway::Gateway;
use crate::common::origin::Origin;
use crate::pages::{GTAG, PIXEL, assert_blocked, is_live, page, script, tagged};
use crate::sources::just_now;
use consentry::consent::codec::didomi::{self, Dcs, Form, Statuses};
use consentry::consent::codec::didomi_token::{self, DidomiToken};
use consentry::consent::codec::gpp::{self, Gpp, Section};
use consentry::consent::codec::onetrust::{self, OtConsentString};
use consentry::consent::codec::tcf::{self, Head, Tcf};

/// A site's source with its table, the field of a yes to statistics with a no to marketing, and one before any answer.
struct Case {
    source: &'static str,
    table: &'static str,
    answer: String,
    default: String,
}

fn deciseconds() -> u64 {
    u64::try_from(just_now().1 / 100).unwrap()
}

fn didomi(purposes: Statuses) -> String {
    let (at, none) = (deciseconds(), Statuses::default());
    let dcs = Dcs {
        form: Form::V2 { regulation: 10, sync: None },
        user_id: [7; 16],
        created: at,
        updated: at,
        purposes,
        purposes_li: none.clone(),
        vendors: none.clone(),
        vendors_li: none,
    };
    format!("Cookie: didomi_dcs={}", didomi::encode(&dcs).unwrap())
}

fn token(purposes: &[(&str, bool)]) -> String {
    let at = u64::try_from(just_now().1).unwrap();
    format!("Cookie: didomi_token={}", didomi_token::encode(&DidomiToken::new("x", at, purposes, &[])))
}

/// Measurement, purposes 1, 8 and 9, by every vendor.
fn tc(purposes: &[u8]) -> Tcf {
    let head = Head {
        created: deciseconds(),
        last_updated: deciseconds(),
        policy_version: 5,
        is_service_specific: true,
        purposes: purposes.iter().copied().collect(),
        ..Head::default()
    };
    Tcf { head, vendors: (1..=1000).collect(), disclosed: Some((1..=1000).collect()), ..Tcf::default() }
}

fn onetrust(groups: &str) -> String {
    let json = format!("{{\"lastConsentDate\":{}{groups}}}", just_now().1);
    let value: OtConsentString = serde_json::from_str(&json).unwrap();
    format!("OT-Consent-String: {}", onetrust::encode(&value).unwrap())
}

fn cases() -> Vec<Case> {
    let in_gpp = |tc: Tcf| {
        let sections = vec![Section::TcfEu(Box::new(tc))];
        format!("Cookie: __gpp={}; __gpp_sid=2", gpp::encode(&Gpp { sections }).unwrap())
    };
    let euconsent = |tc: Tcf| format!("Cookie: euconsent-v2={}", tcf::encode(&tc).unwrap());
    vec![
        Case {
            source: "didomi",
            table: "[didomi]\npurposes = { 1 = \"statistics\", 2 = \"marketing\" }\n",
            answer: didomi(Statuses::of([1], [2])),
            default: didomi(Statuses::default()),
        },
        Case {
            source: "didomi_token",
            table: "",
            answer: token(&[("market_research", true), ("create_ads_profile", false)]),
            default: token(&[]),
        },
        Case {
            source: "onetrust",
            table: "",
            answer: onetrust(",\"groupConsents\":{\"C0001\":1,\"C0002\":1,\"C0004\":0}"),
            default: onetrust(""),
        },
        Case { source: "tcf", table: "", answer: euconsent(tc(&[1, 8, 9])), default: euconsent(tc(&[])) },
        Case { source: "gpp", table: "", answer: in_gpp(tc(&[1, 8, 9])), default: in_gpp(tc(&[])) },
    ]
}

fn before(origin: &Origin, source: &str, table: &str) -> Gateway {
    let site = format!(
        "format = 1\nhosts = [\"*\"]\norigin = \"main\"\ncookie = \"consentry\"\nsources = [\"own\", \"{source}\"]\n{table}"
    );
    Gateway::configured("rules = \"rules\"", &[origin], &[("rules/sites/main.toml", &site)])
}

#[test]
fn each_strings_answer_is_obeyed_and_no_answer_is_none() {
    let origin = Origin::page(tagged());
    for Case { source, table, answer, default } in cases() {
        let gateway = before(&origin, source, table);
        let html = gateway.visit_with("/", &[&answer]).whole().text();
        assert!(is_live(&html, GTAG) && !is_live(&html, PIXEL), "{source}: {html}");
        assert_blocked(&gateway.visit_with("/", &[&default]).whole().text());
        assert_blocked(&gateway.visit("/").whole().text());
        // A string that is cut or grew is no consent, and no error. Of a TC string only the vendors would be lost.
        if !matches!(source, "tcf" | "gpp") {
            for damaged in [&answer[..answer.len() - 9], &format!("{answer}A")] {
                assert_blocked(&gateway.visit_with("/", &[damaged]).whole().text());
            }
        }
    }
}

/// A vendor needs its own yes beside its category's.
#[test]
fn a_vendor_without_its_own_yes_is_refused() {
    let origin = Origin::page(tagged());
    let gateway = before(&origin, "tcf", "[tcf]\nvendors = { 900 = \"meta-pixel\" }\n");
    let all = tc(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let without = Tcf { vendors: (1..=899).collect(), ..all.clone() };
    for (tc, live) in [(all, true), (without, false)] {
        let field = format!("Cookie: euconsent-v2={}", tcf::encode(&tc).unwrap());
        let html = gateway.visit_with("/", &[&field]).whole().text();
        assert!(is_live(&html, GTAG), "{html}");
        assert_eq!(is_live(&html, PIXEL), live, "{html}");
    }
}

/// The American strings refuse; where silence is a no they never grant.
#[test]
fn an_american_string_never_grants() {
    let origin = Origin::page(tagged());
    let gateway = before(&origin, "us_privacy", "");
    for value in ["1YNN", "1YYN", "1---", "1yn", ""] {
        assert_blocked(&gateway.visit_with("/", &[&format!("Cookie: usprivacy={value}")]).whole().text());
    }
}

/// A tag that the page labels with a category of its own obeys the string too, also when the rules do not know its host.
#[test]
fn a_labelled_tag_obeys_the_string() {
    let labelled = |category: &str| {
        format!("<script type=\"text/plain\" data-category=\"{category}\" data-src=\"/{category}.js\"></script>")
    };
    let origin = Origin::page(page(&format!("{}{}{}", labelled("statistics"), labelled("marketing"), script(PIXEL))));
    for Case { source, table, answer, .. } in cases() {
        let gateway = before(&origin, source, table);
        let html = gateway.visit_with("/", &[&answer]).whole().text();
        assert!(is_live(&html, "/statistics.js") && !is_live(&html, "/marketing.js"), "{source}: {html}");
        let html = gateway.visit("/").whole().text();
        assert!(!is_live(&html, "/statistics.js") && !is_live(&html, PIXEL), "{source}: {html}");
    }
}
