//! Cookies by category, both ways, before an origin that writes down what it got: the officer's checks 2, 3 and 11.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use crate::common::h2c;
use crate::common::message::Answer;
use crate::common::origin::{Origin, ok, response};
use crate::pages::{HTML, tagged};

const SITE: &str = "format = 1\nhosts = [\"*\"]\n";

/// A page that sets these cookies.
fn setting(fields: &[&str]) -> Origin {
    let fields: Vec<String> = fields.iter().map(|field| format!("Set-Cookie: {field}")).collect();
    Origin::answering(move |request| {
        let fields: Vec<&str> = std::iter::once(HTML).chain(fields.iter().map(String::as_str)).collect();
        ok(request, &fields, tagged().as_bytes())
    })
}

fn with_rules(origin: &Origin, more: &str) -> Gateway {
    Gateway::configured("rules = \"rules\"", &[origin], &[("rules/sites/shop.toml", &format!("{SITE}{more}"))])
}

fn set(answer: &Answer) -> Vec<String> {
    answer.head.fields.all("set-cookie")
}

/// Name by name, what an answer leaves of a browser's cookies. Places are not looked at: tests say them where they count.
fn keep(answer: &Answer, jar: &mut Vec<String>) {
    for field in set(answer) {
        let pair = field.split(';').next().unwrap();
        let name = format!("{}=", pair.split('=').next().unwrap());
        jar.retain(|pair| !pair.starts_with(&name));
        if !field.contains("Max-Age=0") {
            jar.push(pair.to_owned());
        }
    }
}

/// Answers everything with yes or no, with the cookies that the browser has; the whole response.
fn answer(gateway: &Gateway, yes: bool, scheme: &str, cookies: &str) -> Answer {
    let button = if yes { "accept-all" } else { "refuse-all" };
    let categories = ["preferences", "statistics", "marketing"].map(|name| format!("\"{name}\":{yes}")).join(",");
    let body = format!("{{\"categories\":{{{categories}}},\"layer\":\"first\",\"button\":\"{button}\"}}");
    let fields = [
        "Host: www.test.example",
        &format!("Origin: {scheme}://www.test.example"),
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/json",
        &format!("Content-Length: {}", body.len()),
        &format!("Cookie: {cookies}"),
    ];
    let mut client = gateway.client();
    client.send([request("POST", "/_c/consent", &fields), body.into_bytes()].concat());
    let answer = client.answer("POST").whole();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer
}

fn own(answer: &Answer) -> String {
    let cookies = set(answer);
    cookies.iter().find(|c| c.starts_with("euconsent=")).unwrap().split(';').next().unwrap().to_owned()
}

fn cookie(pairs: &str) -> String {
    format!("Cookie: {pairs}")
}

#[test]
fn check_2_after_a_refusal_the_origin_reads_no_cookie_that_needs_consent() {
    let origin = setting(&["_ga=GA1.1.1.1; Path=/", "session=s1; HttpOnly", "_fbp=fb.1.1.1"]);
    let gateway = Gateway::before(&origin);
    let mut browser = vec!["_ga=GA1.1.2.2".to_owned(), "csrftoken=t".to_owned(), "_fbp=fb.1.2.2".to_owned()];
    keep(&answer(&gateway, false, "http", &browser.join("; ")), &mut browser);
    for page in ["/", "/a", "/b?c=d"] {
        keep(&gateway.visit_with(page, &[&cookie(&browser.join("; "))]).whole(), &mut browser);
        let read = origin.last().fields.get("cookie").unwrap();
        assert!(read.contains("csrftoken=t") && read.contains("euconsent="), "{read}");
        assert!(!read.contains("_ga") && !read.contains("_fbp"), "{read}");
    }
    assert!(browser.contains(&"session=s1".to_owned()), "{browser:?}");
    assert!(!browser.iter().any(|pair| pair.starts_with("_ga") || pair.starts_with("_fbp")), "{browser:?}");
}

#[test]
fn check_3_after_a_withdrawal_the_cookies_are_those_of_a_first_visit_and_our_own() {
    let origin = setting(&["_ga=GA1.1.1.1; Path=/; HttpOnly", "session=s1", "_fbp=fb.1.1.1; Domain=test.example"]);
    let gateway = Gateway::before(&origin);
    let visit = |browser: &mut Vec<String>| {
        let answer = gateway.visit_with("/", &[&cookie(&browser.join("; "))]).whole();
        keep(&answer, browser);
    };
    let names = |browser: &[String]| {
        let mut names: Vec<String> = browser.iter().map(|pair| pair.split('=').next().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut browser = Vec::new();
    visit(&mut browser);
    assert_eq!(names(&browser), ["session"]);
    keep(&answer(&gateway, true, "http", &browser.join("; ")), &mut browser);
    visit(&mut browser);
    assert_eq!(names(&browser), ["_fbp", "_ga", "euconsent", "euconsent_v", "session"]);
    visit(&mut browser);
    assert!(origin.last().fields.get("cookie").unwrap().contains("_ga=GA1.1.1.1"), "what is allowed is read");
    keep(&answer(&gateway, false, "http", &browser.join("; ")), &mut browser);
    assert_eq!(names(&browser), ["euconsent", "euconsent_v", "session"]);
    visit(&mut browser);
    assert_eq!(names(&browser), ["euconsent", "euconsent_v", "session"]);
    let read = origin.last().fields.get("cookie").unwrap();
    assert!(!read.contains("_ga") && !read.contains("_fbp"), "{read}");
}

#[test]
fn check_11_exempt_analytics_live_thirteen_months_at_most() {
    let far = "Wed, 21 Oct 2099 07:28:00 GMT";
    let origin = setting(&[
        "_pk_id.1.1fff=a; Max-Age=63072000; Path=/; SameSite=Lax",
        &format!("_pk_ses.1.1fff=b; expires={far}; Secure"),
        "_pk_ref.1.1fff=c; Expires=no date; Path=/",
        "_pk_hsr.1.1fff=d; Max-Age=1800",
        "_pk_cvar.1.1fff=e",
        "basket=f; Max-Age=63072000",
    ]);
    let exempt = "[[override]]\nservice = \"matomo\"\ncategory = \"necessary\"\njustification = \"Exempt.\"\n";
    let most = 393 * 86_400;
    let kept = |answer: Answer| set(&answer);
    assert_eq!(
        kept(with_rules(&origin, exempt).visit("/").whole()),
        [
            format!("_pk_id.1.1fff=a; Path=/; SameSite=Lax; Max-Age={most}"),
            format!("_pk_ses.1.1fff=b; Secure; Max-Age={most}"),
            "_pk_ref.1.1fff=c; Path=/".to_owned(),
            "_pk_hsr.1.1fff=d; Max-Age=1800".to_owned(),
            "_pk_cvar.1.1fff=e".to_owned(),
            "basket=f; Max-Age=63072000".to_owned(),
        ]
    );
    let all = kept(with_rules(&origin, "[cookies]\nmax_age_days = 30\n").visit("/").whole());
    assert_eq!(all, ["basket=f; Max-Age=2592000"]);
}

#[test]
fn p42_a_cookie_that_the_visitor_did_not_allow_is_not_set_whatever_the_response_is() {
    let set_cookies =
        ["Set-Cookie: _ga=1", "Set-Cookie: ok=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "Set-Cookie: =_ga=2"];
    let origin = Origin::answering(move |request| {
        let (status, kind) = match request.target.as_str() {
            "/304" => ("304 Not Modified", "ETag: \"a\""),
            "/302" => ("302 Found", "Location: /"),
            "/css" => ("200 OK", "Content-Type: text/css"),
            "/sse" => ("200 OK", "Content-Type: text/event-stream"),
            _ => ("404 Not Found", HTML),
        };
        response(request, status, &[&set_cookies[..], &[kind]].concat(), b"")
    });
    let gateway = Gateway::before(&origin);
    for target in ["/302", "/css", "/sse", "/404"] {
        let answer = gateway.visit(target).whole();
        assert_eq!(set(&answer), ["ok=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT"], "{target}");
    }
    let answer = gateway.ask("GET", "/304", &["Accept: image/*", "If-None-Match: \"a\""]);
    assert_eq!((answer.status(), set(&answer).len()), (304, 1));
    let answer = h2c::visit_once(gateway.address, "/404", &[]);
    assert_eq!(set(&answer).len(), 1);
}

#[test]
fn p25_bytes_of_cookies_that_stay_are_not_touched() {
    let mut raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n".to_vec();
    raw.extend(b"Set-Cookie: _ga=x\r\nSet-Cookie: a=\xff\xe9, \"b\";;  Path = /\r\nSet-Cookie: \xff=1\r\nSet-Cookie: c\r\n\r\n");
    let origin = Origin::answering(move |_| raw.clone());
    let answer = Gateway::before(&origin).visit("/");
    assert_eq!(answer.head.fields.raw("set-cookie"), [b"a=\xff\xe9, \"b\";;  Path = /".as_slice(), b"\xff=1", b"c"]);
}

#[test]
fn p23_cookies_are_stripped_from_every_crumb_and_all_duplicates() {
    let origin = setting(&[]);
    let gateway = Gateway::before(&origin);
    for (crumbs, left) in [
        (vec!["_ga=1", "a=1", "_ga=2; b=\"x, y\"", "_fbp=3"], vec!["a=1; b=\"x, y\""]),
        (vec!["_ga=1", "_gid=2"], vec![]),
        (vec!["a=1;b=2 ; _ga;c=3"], vec!["a=1;b=2 ;c=3"]),
        (vec!["_ga=1;  b=2"], vec!["b=2"]),
        (vec!["=_ga=1; b=2"], vec!["b=2"]),
        (vec!["a=1; b=2"], vec!["a=1; b=2"]),
    ] {
        let fields: Vec<(&str, &str)> = crumbs.iter().map(|crumb| ("cookie", *crumb)).collect();
        h2c::visit_once(gateway.address, "/", &fields);
        assert_eq!(origin.last().fields.all("cookie"), left, "{crumbs:?}");
        let fields: Vec<String> = crumbs.iter().map(|crumb| cookie(crumb)).collect();
        gateway.visit_with("/", &fields.iter().map(String::as_str).collect::<Vec<_>>()).whole();
        assert_eq!(origin.last().fields.all("cookie"), left, "{crumbs:?}");
    }
    let mut client = gateway.client();
    client.send(b"GET / HTTP/1.1\r\nHost: test.example\r\nCookie: a=\xff; _ga=\xfe;\xe9=1\r\n\r\n");
    client.answer("GET").whole();
    assert_eq!(origin.last().fields.raw("cookie"), [b"a=\xff;\xe9=1".as_slice()]);
}

#[test]
fn a_withdrawal_ends_cookies_on_each_domain_at_the_paths_seen_and_in_their_partition() {
    let origin = setting(&["_pk_id.1.1fff=a; Path=/shop; HttpOnly"]);
    let gateway = Gateway::with_flags(&origin.url(), &["--scheme", "https"]);
    let yes = own(&answer(&gateway, true, "https", ""));
    assert_eq!(set(&gateway.visit_with("/shop/", &[&cookie(&yes)]).whole()).len(), 1);
    let no = answer(&gateway, false, "https", &format!("{yes}; _ga=1; _ga=2; session=s; JSESSIONID=j"));
    let ended: Vec<String> = set(&no).into_iter().filter(|field| field.contains("Max-Age=0")).collect();
    for expected in [
        "_ga=; Path=/; Max-Age=0; Secure",
        "_ga=; Path=/; Max-Age=0; Domain=test.example; Secure",
        "_ga=; Path=/; Max-Age=0; Domain=www.test.example; Secure",
        "_ga=; Path=/; Max-Age=0; Domain=test.example; Secure; SameSite=None; Partitioned",
        "_pk_id.1.1fff=; Path=/shop; Max-Age=0; Secure",
    ] {
        assert!(ended.iter().any(|field| field == expected), "{expected} is not in {ended:#?}");
    }
    assert!(ended.iter().all(|field| field.starts_with("_ga=;") || field.starts_with("_pk_id.1.1fff=;")), "{ended:?}");
    assert_eq!(no.get("clear-site-data"), None);
}

#[test]
fn storage_is_cleared_on_withdrawal_where_the_site_wants_it() {
    let origin = setting(&[]);
    let config = "rules = \"rules\"\nscheme = \"https\"\n";
    let rules = format!("{SITE}[cookies]\nclear_site_data = true\n");
    let gateway = Gateway::configured(config, &[&origin], &[("rules/sites/shop.toml", &rules)]);
    let yes = answer(&gateway, true, "https", "");
    assert_eq!(yes.get("clear-site-data"), None);
    let no = answer(&gateway, false, "https", &own(&yes));
    assert_eq!(no.get("clear-site-data").as_deref(), Some("\"storage\""));
    assert_eq!(answer(&gateway, false, "https", &own(&no)).get("clear-site-data"), None, "nothing is withdrawn");
}

#[test]
fn a_page_ends_the_refused_cookies_that_it_was_asked_with_unless_the_site_or_a_cache_forbids() {
    let origin = setting(&[]);
    for (rules, ends) in [("", true), ("[cookies]\nexpire = false\n", false), ("delivery = \"uniform\"\n", false)] {
        let gateway = with_rules(&origin, rules);
        let no = own(&answer(&gateway, false, "http", ""));
        let page = gateway.visit_with("/", &[&cookie(&format!("{no}; _ga=1; a=2"))]).whole();
        assert_eq!(set(&page).iter().any(|field| field.starts_with("_ga=; Path=/; Max-Age=0")), ends, "{rules}");
        assert!(!set(&page).iter().any(|field| field.starts_with("a=")));
        assert_eq!(set(&gateway.visit_with("/", &[&cookie("_ga=1")]).whole()), [""; 0], "silence is no refusal");
    }
}

#[test]
fn p39_what_a_visitor_allowed_is_in_no_shared_cache() {
    let origin = Origin::answering(|request| {
        let cookie = if request.target == "/ga" { "Set-Cookie: _ga=1" } else { "Set-Cookie: theme=dark" };
        let fields = ["Content-Type: text/css", "Cache-Control: public, max-age=60, s-maxage=600", cookie];
        ok(request, &fields, b"a{}")
    });
    let gateway = Gateway::before(&origin);
    let yes = cookie(&own(&answer(&gateway, true, "http", "")));
    let control = |target: &str, fields: &[&str]| {
        let answer = gateway.ask("GET", target, &[&["Accept: text/css"], fields].concat()).whole();
        (answer.get("cache-control").unwrap(), set(&answer).len())
    };
    let as_it_was = "public, max-age=60, s-maxage=600".to_owned();
    assert_eq!(control("/ga", &[&yes]), ("private, max-age=60".to_owned(), 1));
    assert_eq!(control("/ga", &[]), (as_it_was.clone(), 0));
    assert_eq!(control("/theme", &[&yes]), (as_it_was, 1));
}

#[test]
fn unknown_cookies_are_the_site_s_to_judge() {
    let origin = setting(&["basket=1", "sid=2", "euconsent=x"]);
    let rules = "[cookies]\nunknown = \"block\"\nnecessary = [\"sid\"]\njustification = \"The basket.\"\n";
    let gateway = with_rules(&origin, rules);
    let page = gateway.visit_with("/", &[&cookie("basket=1; sid=2; other=3")]).whole();
    assert_eq!(set(&page), ["sid=2", "euconsent=x"]);
    assert_eq!(origin.last().fields.all("cookie"), ["sid=2"]);
}

#[test]
fn p104_cookies_are_counted_by_service_and_never_by_value() {
    let origin = setting(&["_ga=secret1", "mine=secret2"]);
    let gateway = Gateway::with_flags(&origin.url(), &["--admin", "127.0.0.1:0"]);
    gateway.visit_with("/", &[&cookie("_ga=secret3; _fbp=secret4")]).whole();
    answer(&gateway, false, "http", "_ga=secret5");
    let metrics = gateway.ask_admin("GET", "/metrics", &[]).text();
    for expected in [
        "consentry_cookies_total{done=\"expired\",service=\"\",site=\"default\"} 3",
        "consentry_cookies_total{done=\"dropped\",service=\"google-analytics\",site=\"default\"} 1",
        "consentry_cookies_total{done=\"stripped\",service=\"google-analytics\",site=\"default\"} 1",
        "consentry_cookies_total{done=\"stripped\",service=\"meta-pixel\",site=\"default\"} 1",
    ] {
        assert!(metrics.contains(expected), "{expected}: {metrics}");
    }
    assert!(!metrics.contains("secret") && !gateway.log().contains("secret"));
}
