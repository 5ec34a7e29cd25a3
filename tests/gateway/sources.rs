//! Pages with each tool's tag and cookie, before a gateway that reads the tool: what was granted lives, what was refused and
//! what nobody has answered does not.

use crate::common::gateway::Gateway;
use crate::common::origin::Origin;
use crate::pages::{GTAG, PIXEL, assert_blocked, is_live, page, script, tagged};
use consentry::consent::codec::tcf::{self, Tcf};
use std::time::{Duration, SystemTime};

/// A moment ago, as the tools write it: ISO 8601 and milliseconds.
pub fn just_now() -> (String, u128) {
    let time = SystemTime::now() - Duration::from_secs(60);
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let date = time::OffsetDateTime::from_unix_timestamp(since.as_secs() as i64).unwrap();
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].000Z");
    (date.format(&format).unwrap(), since.as_millis())
}

pub fn encoded(json: &str) -> String {
    json.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Tool, a site's table, the cookies of a yes to statistics with a no to marketing, and those of a state before any answer.
fn tools() -> Vec<(&'static str, &'static str, String, String)> {
    let (iso, ms) = just_now();
    let optanon = |groups: &str, landing: &str| {
        format!("OptanonConsent=isGpcEnabled=0&landingPath={landing}&groups={}", encoded(groups))
    };
    let cookiebot = |stamp: &str| {
        format!(
            "CookieConsent={{stamp:%27{stamp}%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:{ms}%2Cregion:%27fr%27}}"
        )
    };
    let axeptio = |done: bool| {
        encoded(&format!(
            "{{\"$$token\":\"t\",\"$$date\":\"{iso}\",\"$$completed\":{done},\"google-analytics\":true,\"fb\":false}}"
        ))
    };
    vec![
        ("optanon", "", format!("{}; OptanonAlertBoxClosed={iso}", optanon("C0001:1,C0002:1,C0004:0", "x")), optanon("C0002:1,C0004:1", "x")),
        ("cookiebot", "", cookiebot("a"), cookiebot("-1")),
        ("cookieyes", "", "cookieyes-consent=consentid:YQ,consent:yes,action:yes,necessary:yes,functional:no,analytics:yes,performance:yes,advertisement:no".to_owned(), "cookieyes-consent=consentid:YQ,consent:yes,action:,analytics:yes,advertisement:yes".to_owned()),
        ("complianz", "", "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=deny".to_owned(), "cmplz_policy_id=3".to_owned()),
        ("klaro", "", format!("klaro={}", encoded("{\"google-analytics\":true,\"meta-pixel\":false}")), "klaro=%7B%7D".to_owned()),
        ("cc_cookie", "", format!("cc_cookie={}", encoded(&format!("{{\"categories\":[\"analytics\"],\"revision\":0,\"data\":null,\"consentTimestamp\":\"{iso}\",\"consentId\":\"x\",\"services\":{{}},\"lastConsentTimestamp\":\"{iso}\"}}"))), String::new()),
        ("tarteaucitron", "", "tarteaucitron=!gtag=true!facebookpixel=false".to_owned(), "tarteaucitron=!gtag=wait!facebookpixel=wait".to_owned()),
        ("axeptio", "[axeptio]\nvendors = { fb = \"meta-pixel\" }\n", format!("axeptio_cookies={}", axeptio(true)), format!("axeptio_cookies={}", axeptio(false))),
        ("iubenda", "", format!("_iub_cs-77={}", encoded(&format!("{{\"timestamp\":\"{iso}\",\"version\":\"1\",\"purposes\":{{\"1\":true,\"4\":true,\"5\":false}},\"id\":77}}"))), format!("_iub_cs-77={}", encoded("{\"id\":77}"))),
        ("borlabs", "", format!("borlabs-cookie={}", encoded("{\"consents\":{\"statistics\":[\"google-analytics\"]},\"domainPath\":\"a/\",\"expires\":\"Sun, 11 Jan 2099 08:07:14 GMT\",\"uid\":\"x\",\"version\":\"1\"}")), String::new()),
        ("trustarc", "", "cmapi_cookie_privacy=permit 1,2".to_owned(), "cmapi_cookie_privacy=permit 1,2,3; notice_behavior=implied,us".to_owned()),
        ("commanders", "[commanders]\ngroups = { 2 = \"statistics\", 3 = \"marketing\" }\n", format!("TC_PRIVACY=0@1@2@@{ms}@"), String::new()),
        ("dastra", "", format!("consent-eu={}", encoded("{\"google-analytics\":true,\"meta-pixel\":false}")), "consent-eu=%7B%7D".to_owned()),
    ]
}

/// One gateway with a site for each tool.
fn before_all(origin: &Origin) -> Gateway {
    let sites: Vec<(String, String)> = tools()
        .iter()
        .map(|(tool, table, ..)| {
            let text = format!("format = 1\nhosts = [\"{}.example\"]\norigin = \"main\"\ncookie = \"consentry\"\nsources = [\"own\", \"{tool}\"]\n{table}", tool.replace('_', "-"));
            (format!("rules/sites/{tool}.toml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = sites.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Gateway::configured("rules = \"rules\"", &[origin], &files)
}

#[test]
fn each_tools_answer_is_obeyed_and_its_default_state_is_no_answer() {
    let origin = Origin::page(tagged());
    let gateway = before_all(&origin);
    for (tool, _, answer, default) in tools() {
        let host = format!("Host: {}.example", tool.replace('_', "-"));
        let visit =
            |cookies: &str| gateway.visit_with("/", &[&host, &format!("Cookie: a=1; {cookies}")]).whole().text();
        let html = visit(&answer);
        assert!(is_live(&html, GTAG) && !is_live(&html, PIXEL), "{tool}: {html}");
        assert_blocked(&visit(&default));
        // Two of them: what either says no to is refused, in both orders, also across header fields.
        for cookies in [format!("{answer}; {default}"), format!("{default}; {answer}")] {
            assert!(!is_live(&visit(&cookies), PIXEL), "{tool}");
        }
        let fields = [host.as_str(), &format!("Cookie: {answer}"), "Cookie: z=1"];
        assert!(is_live(&gateway.visit_with("/", &fields).whole().text(), GTAG), "{tool}: crumbs");
        // Another tool's site does not believe it.
        let other = if tool == "klaro" { "cookiebot" } else { "klaro" };
        let html = gateway.visit_with("/", &[&format!("Host: {other}.example"), &format!("Cookie: {answer}")]);
        assert!(!is_live(&html.whole().text(), PIXEL), "{tool}");
    }
}

/// Markup that the site's own tool would bring alive is brought alive, or kept inert, on the server.
#[test]
fn a_labelled_tag_obeys_the_tools_own_cookie() {
    let own = "<script type=\"text/plain\" data-category=\"analytics\" data-src=\"/own.js\"></script>";
    let origin = Origin::page(page(&format!("{own}{}", script(PIXEL))));
    let gateway = before_all(&origin);
    let answers = tools();
    let (_, _, answer, _) = answers.iter().find(|(tool, ..)| *tool == "cc_cookie").unwrap();
    let host = "Host: cc-cookie.example";
    let html = gateway.visit_with("/", &[host, &format!("Cookie: {answer}")]).whole().text();
    assert!(
        !is_live(&html, PIXEL) && !html.contains("<script type=\"text/plain\" data-category=\"analytics\""),
        "{html}"
    );
    let html = gateway.visit_with("/", &[host]).whole().text();
    assert!(html.contains("type=\"text/plain\"") || html.contains("type=text/plain"), "{html}");
}

/// Tool, and its own markup around what a tag of statistics and one of marketing is; the tag's address goes to the `@`.
const MARKUP: [(&str, &str, &str); 11] = [
    (
        "optanon",
        "script type=\"text/plain\" class=\"optanon-category-C0002\" src=@",
        "script type=\"text/plain\" class=\"optanon-category-C0004\" src=@",
    ),
    (
        "cookiebot",
        "script type=\"text/plain\" data-cookieconsent=\"statistics\" src=@",
        "script type=\"text/plain\" data-cookieconsent=\"marketing\" src=@",
    ),
    (
        "cookieyes",
        "script type=\"text/plain\" data-cookieyes=\"cookieyes-analytics\" src=@",
        "script type=\"text/plain\" data-cookieyes=\"cookieyes-advertisement\" src=@",
    ),
    (
        "complianz",
        "script type=\"text/plain\" data-category=\"statistics\" src=@",
        "script type=\"text/plain\" data-category=\"marketing\" src=@",
    ),
    (
        "klaro",
        "script type=\"text/plain\" data-type=\"application/javascript\" data-name=\"google-analytics\" data-src=@",
        "script type=\"text/plain\" data-type=\"application/javascript\" data-name=\"meta-pixel\" data-src=@",
    ),
    (
        "cc_cookie",
        "script type=\"text/plain\" data-category=\"analytics\" data-src=@",
        "script type=\"text/plain\" data-category=\"marketing\" data-src=@",
    ),
    (
        "axeptio",
        "iframe data-requires-vendor-consent=\"google-analytics\" data-src=@",
        "iframe data-requires-vendor-consent=\"fb\" data-src=@",
    ),
    (
        "iubenda",
        "script type=\"text/plain\" class=\"_iub_cs_activate\" data-iub-purposes=\"4\" data-suppressedsrc=@",
        "script type=\"text/plain\" class=\"_iub_cs_activate\" data-iub-purposes=\"5\" data-suppressedsrc=@",
    ),
    (
        "borlabs",
        "script type=\"text/template\" data-borlabs-cookie-script-blocker-handle=\"google-analytics\" data-borlabs-cookie-script-blocker-src=@",
        "script type=\"text/template\" data-borlabs-cookie-script-blocker-handle=\"meta-pixel\" data-borlabs-cookie-script-blocker-src=@",
    ),
    (
        "trustarc",
        "script type=\"text/plain\" class=\"trustecm\" trackertype=\"functional\" src=@",
        "script type=\"text/plain\" class=\"trustecm\" trackertype=\"advertising\" src=@",
    ),
    (
        "dastra",
        "script type=\"dastra/script\" data-consent=\"google-analytics\" src=@",
        "script type=\"dastra/script\" data-consent=\"meta-pixel\" src=@",
    ),
];

/// The tag that leads to an address.
fn tag_of<'h>(html: &'h str, address: &str) -> &'h str {
    let at = html.find(address).unwrap_or_else(|| panic!("{address} is gone: {html}"));
    let (start, end) = (html[..at].rfind('<').unwrap(), at + html[at..].find('>').unwrap());
    &html[start..=end]
}

/// Whether a tag runs: with its address where a browser looks for it, of a type that runs, and without our mark.
fn runs(tag: &str, address: &str) -> bool {
    let inert = [
        " type=\"text/plain\"",
        " type=text/plain",
        " type=\"text/template\"",
        " type=\"dastra/script\"",
        " data-consentry=",
    ];
    tag.contains(&format!(" src=\"{address}\"")) && !inert.iter().any(|word| tag.contains(word))
}

#[test]
fn each_tools_own_markup_obeys_its_own_cookie() {
    let tags = MARKUP.iter().flat_map(|(tool, yes, no)| {
        [(yes, "yes"), (no, "no")].map(|(tag, name)| {
            let element = tag.split(' ').next().unwrap();
            format!("<{}></{element}>", tag.replace('@', &format!("\"/{tool}-{name}.js\"")))
        })
    });
    let origin = Origin::page(page(&tags.collect::<String>()));
    let gateway = before_all(&origin);
    for (tool, _, answer, default) in tools() {
        let (yes, no) = (format!("/{tool}-yes.js"), format!("/{tool}-no.js"));
        if !MARKUP.iter().any(|(known, ..)| *known == tool) {
            continue;
        }
        let host = format!("Host: {}.example", tool.replace('_', "-"));
        let visit =
            |cookies: &str| gateway.visit_with("/", &[&host, &format!("Cookie: a=1; {cookies}")]).whole().text();
        let html = visit(&answer);
        assert!(runs(tag_of(&html, &yes), &yes), "{tool}: {}", tag_of(&html, &yes));
        assert!(!runs(tag_of(&html, &no), &no), "{tool}: {}", tag_of(&html, &no));
        let html = visit(&default);
        for address in [&yes, &no] {
            assert!(!runs(tag_of(&html, address), address), "{tool}: {}", tag_of(&html, address));
        }
    }
}

/// A choice in our widget and one in the other tool: the newer counts.
#[test]
fn d3_of_two_sources_the_newer_counts() {
    let origin = Origin::page(tagged());
    let gateway = before_all(&origin);
    let answers = tools();
    let (_, _, cookiebot, _) = answers.iter().find(|(tool, ..)| *tool == "cookiebot").unwrap();
    // Ours is given now, the other's was a minute ago.
    let ours = gateway.answer_consent("cookiebot.example", &[("statistics", false), ("marketing", true)]);
    let ours = ours.trim_start_matches("Cookie: ");
    for cookies in [format!("{ours}; {cookiebot}"), format!("{cookiebot}; {ours}")] {
        let html = gateway.visit_with("/", &["Host: cookiebot.example", &format!("Cookie: {cookies}")]).whole().text();
        assert!(!is_live(&html, GTAG) && is_live(&html, PIXEL), "{html}");
    }
}

/// What another tool keeps in the browser comes over the bridge, with its source in the proof, and is our cookie then.
#[test]
fn an_answer_that_no_server_can_read_comes_over_the_bridge() {
    let origin = Origin::page(tagged());
    let rules = "format = 1\nhosts = [\"*\"]\norigin = \"main\"\nbridge = \"usercentrics\"\n[usercentrics]\nservices = { HkocEodjb7 = \"google-analytics\" }\n";
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &[("rules/sites/main.toml", rules)]);
    let html = gateway.visit("/").whole().text();
    assert!(
        html.contains("/_c/a/bridge.") && html.contains("/_c/a/activate.") && !html.contains("/_c/a/widget."),
        "{html}"
    );
    let alias = gateway.ask("GET", "/_c/bridge.js", &[]).whole();
    assert_eq!((alias.status(), alias.get("cache-control").as_deref()), (200, Some("public, max-age=86400")));
    let post = |body: &str, origin: &str| {
        let fields = [
            "Host: shop.example",
            &format!("Origin: {origin}"),
            "Content-Type: application/json",
            &format!("Content-Length: {}", body.len()),
        ];
        let mut client = gateway.client();
        client.send([crate::common::h1::request("POST", "/_c/bridge", &fields), body.as_bytes().to_vec()].concat());
        client.answer("POST").whole()
    };
    let body = "{\"source\":\"usercentrics\",\"groups\":{\"marketing\":false,\"essential\":true},\"services\":{\"HkocEodjb7\":true,\"Meta Pixel\":false,\"unknown\":true}}";
    assert_eq!(post(body, "http://evil.example").status(), 403);
    assert_eq!(post(&body.replace("usercentrics", "osano"), "http://shop.example").status(), 404);
    for bad in ["[]", "{\"source\":\"usercentrics\",\"groups\":{\"unknown\":true}}", "{\"source\":1}"] {
        assert_eq!(post(bad, "http://shop.example").status(), 400, "{bad}");
    }
    let answer = post(body, "http://shop.example");
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let cookies = answer.head.fields.all("set-cookie");
    let pairs: Vec<&str> = cookies.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
    let html =
        gateway.visit_with("/", &["Host: shop.example", &format!("Cookie: {}", pairs.join("; "))]).whole().text();
    assert!(is_live(&html, GTAG) && !is_live(&html, PIXEL), "{html}");
    // Without the rule there is no bridge.
    let plain = Gateway::before(&origin);
    let mut client = plain.client();
    let fields = [
        "Host: shop.example",
        "Origin: http://shop.example",
        "Content-Type: application/json",
        &format!("Content-Length: {}", body.len()),
    ];
    client.send([crate::common::h1::request("POST", "/_c/bridge", &fields), body.as_bytes().to_vec()].concat());
    assert_eq!(client.answer("POST").whole().status(), 404);
}

/// A TC string from the page's `__tcfapi`, cut to the day as tools write it.
fn tc_string(days_ago: u64, purposes: &[u8]) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let day = (now / 86_400 - days_ago) * 86_400 * 10;
    let mut tc = Tcf::default();
    (tc.head.created, tc.head.last_updated) = (day, day);
    (tc.head.policy_version, tc.head.is_service_specific) = (5, true);
    tc.head.purposes = purposes.iter().copied().collect();
    tcf::encode(&tc).unwrap()
}

/// An IAB string is read as its cookie would be, and by the same table of the site.
#[test]
fn an_iab_string_comes_over_the_bridge_and_is_bound_by_its_age() {
    let origin = Origin::page(tagged());
    let rules =
        "format = 1\nhosts = [\"*\"]\norigin = \"main\"\nbridge = \"tcf\"\n[tcf]\npurposes = { 10 = \"statistics\" }\n";
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &[("rules/sites/main.toml", rules)]);
    assert!(gateway.visit("/").whole().text().contains(" data-tool=\"tcf\""));
    let post = |value: &str, beside: &str| {
        let body = format!("{{\"source\":\"tcf\",\"value\":\"{value}\",\"beside\":\"{beside}\"}}");
        let length = format!("Content-Length: {}", body.len());
        let fields = ["Host: shop.example", "Origin: http://shop.example", "Content-Type: application/json", &length];
        let mut client = gateway.client();
        client.send([crate::common::h1::request("POST", "/_c/bridge", &fields), body.into_bytes()].concat());
        client.answer("POST").whole()
    };
    let good = tc_string(1, &[1, 10]);
    for (value, beside, why) in [
        (tc_string(200, &[1, 10]).as_str(), "", "expired"),
        ("CP", "", "malformed"),
        ("", "", "nothing"),
        (&format!("{good}; euconsent-v2={good}"), "", "as the interface gives them"),
        (&good, "1~;x=y", "as the interface gives them"),
    ] {
        let answer = post(value, beside);
        assert!(answer.status() == 400 && answer.text().contains(why), "{value}: {}", answer.text());
    }
    let answer = post(&good, "2~89~dv.");
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let cookies = answer.head.fields.all("set-cookie");
    let pairs: Vec<&str> = cookies.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
    let cookie = format!("Cookie: {}", pairs.join("; "));
    let html = gateway.visit_with("/", &["Host: shop.example", &cookie]).whole().text();
    assert!(is_live(&html, GTAG) && !is_live(&html, PIXEL), "{html}");
    // What the string alone would do as a cookie stays as it is: the source is not listed.
    let cookie = format!("Cookie: euconsent-v2={good}");
    let html = gateway.visit_with("/", &["Host: shop.example", &cookie]).whole().text();
    assert!(!is_live(&html, GTAG), "{html}");
}
