//! A visitor's answer on its way: from the widget's POST into a cookie, from whatever the browser sends into the page.

use crate::common::gateway::Gateway;
use crate::common::h2c;
use crate::common::origin::Origin;
use crate::pages::{GTAG, PIXEL, assert_blocked, is_live, tagged};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use consentry::consent::codec::onetrust::{self, Member, OtConsentString};

const STATISTICS: [(&str, bool); 2] = [("statistics", true), ("marketing", false)];

fn allowed() -> (Origin, Gateway, String) {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let cookie = gateway.answer_consent("test.example", &STATISTICS);
    (origin, gateway, cookie.trim_start_matches("Cookie: ").to_owned())
}

#[track_caller]
fn assert_statistics_only(html: &str) {
    assert!(is_live(html, GTAG), "what was granted does not run: {html}");
    assert!(!is_live(html, PIXEL), "what was refused runs: {html}");
}

#[test]
fn an_answer_is_obeyed_on_the_next_page() {
    let (_origin, gateway, cookie) = allowed();
    assert_blocked(&gateway.visit("/").whole().text());
    assert_statistics_only(&gateway.visit_with("/", &[&format!("Cookie: {cookie}")]).whole().text());
}

#[test]
fn p23_consent_in_the_last_crumb_is_found() {
    let (origin, gateway, cookie) = allowed();
    let mut crumbs = vec![("cookie", "session=1"), ("cookie", "theme=dark")];
    crumbs.extend(cookie.split("; ").map(|crumb| ("cookie", crumb)));
    assert_statistics_only(&h2c::visit_once(gateway.address, "/", &crumbs).whole().text());
    let lines = origin.last().fields.all("cookie");
    assert_eq!(lines, [format!("session=1; theme=dark; {cookie}")]);
}

#[test]
fn p24_another_cookie_that_is_not_ascii_hides_nothing() {
    let (origin, gateway, cookie) = allowed();
    let mut client = gateway.client();
    let mut request =
        b"GET / HTTP/1.1\r\nHost: test.example\r\nSec-Fetch-Dest: document\r\nCookie: a=\xff\xe9; ".to_vec();
    request.extend(cookie.bytes());
    request.extend(b"; z=\xc3\x28\r\n\r\n");
    client.send(request);
    assert_statistics_only(&client.answer("GET").whole().text());
    let expected = [b"a=\xff\xe9; ", cookie.as_bytes(), b"; z=\xc3\x28"].concat();
    assert_eq!(origin.last().fields.raw("cookie"), [expected.as_slice()]);
}

#[test]
fn p100_a_cookie_that_cannot_be_believed_grants_nothing_and_is_no_error() {
    let (_origin, gateway, cookie) = allowed();
    let own = cookie.split("; ").find(|pair| pair.starts_with("euconsent=")).expect("our cookie");
    let (sections, signature) = own.split_once('~').expect("a signature");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let long = format!("euconsent={}", "A".repeat(9_000));
    for bad in [
        "euconsent=",
        "euconsent=nonsense",
        "euconsent=%ZZ%00",
        "euconsent=\"\"",
        sections,
        &format!("{sections}~{flipped}{}", &signature[1..]),
        &format!("{own}x"),
        &own[..own.len() - 2],
        &long,
        ";;;=;euconsent",
    ] {
        let answer = gateway.visit_with("/", &[&format!("Cookie: {bad}")]).whole();
        assert_eq!(answer.status(), 200, "{bad}");
        assert_blocked(&answer.text());
    }
}

#[test]
fn p101_of_two_answers_the_newer_counts_in_either_order() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let own = |cookies: String| {
        cookies.trim_start_matches("Cookie: ").split("; ").find(|p| p.starts_with("euconsent=")).unwrap().to_owned()
    };
    let yes = own(gateway.answer_consent("test.example", &STATISTICS));
    // Times in the cookie are in tenths of a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let no = own(gateway.answer_consent("test.example", &[("statistics", false), ("marketing", false)]));
    for cookies in [format!("{yes}; {no}"), format!("{no}; {yes}")] {
        assert_blocked(&gateway.visit_with("/", &[&format!("Cookie: {cookies}")]).whole().text());
    }
}

#[test]
fn d3_only_listed_formats_are_believed() {
    let origin = Origin::page(tagged());
    let cookie = "Cookie: consent-eu=%7B%22meta-pixel%22%3Atrue%2C%22google-analytics%22%3Afalse%7D";
    let unlisted = Gateway::before(&origin);
    assert_blocked(&unlisted.visit_with("/", &[cookie]).whole().text());
    let listed = Gateway::with_flags(&origin.url(), &["--source", "dastra"]);
    let html = listed.visit_with("/", &[cookie]).whole().text();
    assert!(is_live(&html, PIXEL) && !is_live(&html, GTAG), "{html}");
    assert_blocked(&listed.visit("/").whole().text());
}

/// A string that grants statistics, of exactly this many bytes: base64 grows in steps of four.
fn onetrust(length: usize) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let string = |padding: usize| {
        let groups = [("C0001", 1), ("C0002", 1), ("C0004", 0)].map(|(name, status)| (name.to_owned(), status));
        let members = [
            ("groupConsents", Member::Groups(groups.to_vec())),
            ("lastConsentDate", Member::Other(now.into())),
            ("expiryDate", Member::Other((now + 86_400_000).into())),
            ("unknown", Member::Other("x".repeat(padding).into())),
        ];
        onetrust::encode(&OtConsentString::new(members.map(|(name, member)| (name.to_owned(), member)))).unwrap()
    };
    let missing = length - string(0).len();
    let fitting = (0..8).map(|more| string((missing * 3 / 4 + more).saturating_sub(4))).find(|s| s.len() == length);
    fitting.expect("a padding that fits")
}

#[test]
fn d17_a_onetrust_string_of_16_kb_in_the_request_is_read_and_a_longer_one_is_not() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::configured("sources = [\"onetrust\"]", &[&origin], &[]);
    let longest = onetrust(16_384);
    // Three bytes more of the same text, which the encoder would refuse.
    let text = String::from_utf8(STANDARD.decode(&longest).unwrap()).unwrap();
    let longer = STANDARD.encode(text.replace("\"unknown\":\"", "\"unknown\":\"xxx"));
    assert_eq!(longer.len(), 16_388);
    for (value, granted) in [(onetrust(400), true), (longest, true), (longer, false)] {
        let one = gateway.visit_with("/", &[&format!("OT-Consent-String: {value}")]).whole();
        let two = h2c::visit_once(gateway.address, "/", &[("ot-consent-string", &value)]).whole();
        for answer in [one, two] {
            assert_eq!(answer.status(), 200);
            let html = answer.text();
            if granted {
                assert_statistics_only(&html)
            } else {
                assert_blocked(&html)
            }
            assert!(answer.get("vary").unwrap().to_ascii_lowercase().contains("ot-consent-string"));
        }
        assert_eq!(origin.last().fields.get("ot-consent-string"), Some(value));
    }
}

#[test]
fn d4_a_cookie_of_another_gateway_grants_nothing() {
    let (_origin, _gateway, cookie) = allowed();
    let (_other_origin, other, _) = allowed();
    assert_blocked(&other.visit_with("/", &[&format!("Cookie: {cookie}")]).whole().text());
}

#[test]
fn the_answer_sets_cookies_as_the_site_needs_them() {
    let origin = Origin::page(tagged());
    for (scheme, secure) in [("http", false), ("https", true)] {
        let gateway = Gateway::with_flags(&origin.url(), &["--scheme", scheme]);
        let body = "{\"categories\":{\"statistics\":true},\"services\":{},\"layer\":\"first\",\"button\":\"save\"}";
        let fields = [
            "Host: test.example",
            &format!("Origin: {scheme}://test.example"),
            "Sec-Fetch-Site: same-origin",
            "Content-Type: application/json",
            &format!("Content-Length: {}", body.len()),
        ];
        let mut client = gateway.client();
        client.send([crate::common::h1::request("POST", "/_c/consent", &fields), body.as_bytes().to_vec()].concat());
        let answer = client.answer("POST").whole();
        assert_eq!((answer.status(), answer.get("cache-control").as_deref()), (200, Some("no-store")));
        let cookies = answer.head.fields.all("set-cookie");
        assert_eq!(cookies.len(), 2, "{cookies:?}");
        for cookie in cookies {
            let lower = cookie.to_ascii_lowercase();
            assert!(
                lower.contains("path=/") && lower.contains("samesite=lax") && !lower.contains("httponly"),
                "{cookie}"
            );
            assert!(lower.contains("max-age=15552000") || lower.contains("expires="), "{cookie}");
            assert_eq!(lower.contains("secure"), secure, "{cookie}");
        }
        let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(value["granted"], serde_json::json!(["statistics"]));
        assert!(value["consentId"].as_str().is_some_and(|id| id.len() == 36), "{value}");
    }
    assert!(origin.seen().is_empty());
}
