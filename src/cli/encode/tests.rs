//! What is written from JSON, and what is said of JSON that is not right.

use super::*;
use crate::consent::codec::{didomi, onetrust};
use serde_json::json;

fn of(format: &str, json: &Value) -> Result<String, String> {
    encode(Some(format), json, &Options { version: None, overrides: None, decoded: None })
        .map_err(|error| error.to_string())
}

#[test]
fn each_format_of_the_table_is_written() {
    let status = json!({"userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "2023-04-12T18:10:00Z",
        "updated": "2023-04-12T18:10:00Z", "regulationId": 10, "purposes": {"optin": {"enabled": [1]}}});
    assert!(of("dcs", &status).unwrap().starts_with("CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAK"));
    let groups = json!({"lastConsentDate": 5, "groupConsents": {"C0002": 1}});
    let value = of("onetrust", &groups).unwrap();
    assert_eq!(serde_json::to_value(onetrust::decode(value.as_bytes()).unwrap()).unwrap(), groups);
    assert_eq!(of("dastra", &json!({"crisp": true})).unwrap(), "%7B%22crisp%22%3Atrue%7D");
}

#[test]
fn versions_and_overrides_are_for_the_format_that_has_them() {
    let status = json!({"userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "2023-04-12T18:10:00Z",
        "updated": "2023-04-12T18:10:00Z", "vendors": {"optin": {"enabled": [5]}}});
    let overrides = json!({"fields": {"vendors_optin": {"variants": ["ranges_u16"]}}});
    let one = Options { version: Some(1), overrides: Some(&overrides), decoded: None };
    let (_, log) = didomi::decode_logged(encode(Some("dcs"), &status, &one).unwrap().as_bytes()).unwrap();
    assert_eq!(log.iter().find(|entry| entry.key == "vendors_optin").unwrap().encoder.name(), "rangesU16");
    let error = |format, options: &Options<'_>| encode(Some(format), &status, options).unwrap_err().to_string();
    assert!(error("dastra", &one).contains("are for the format dcs"));
    assert_eq!(error("dcs", &Options { version: Some(3), ..one }), "--version is 3; right would be 1 or 2");
    assert!(
        error("dcs", &Options { overrides: Some(&json!({"fields": []})), ..one })
            .starts_with("overrides: fields is []")
    );
}

#[test]
fn errors_name_the_place_the_value_and_what_would_be_right() {
    for (format, value, wanted) in [
        (
            "onetrust",
            json!({"lastConsentDate": 5, "groupConsents": {"C1": true}}),
            "groupConsents.C1 is true; right would be 0 or 1",
        ),
        (
            "onetrust",
            json!({"lastConsentDate": "5"}),
            "lastConsentDate is \"5\"; right would be milliseconds since 1970",
        ),
        ("onetrust", json!({"groupConsents": {}}), "groupConsents without a lastConsentDate"),
        ("dastra", json!({"crisp": 1}), "crisp is 1; right would be true or false"),
        (
            "dastra",
            json!([]),
            "the text is []; right would be an object of service slugs and booleans, as {\"crisp\": true}",
        ),
    ] {
        assert_eq!(of(format, &value).unwrap_err(), wanted);
    }
}

#[test]
fn an_error_of_each_format_names_the_place_the_value_and_what_would_be_right() {
    let at = "\"2025-10-01T00:00:00Z\"";
    for (format, json, wanted) in [
        ("optanon", "{\"groups\": 1}", "groups is 1; right would be a text in quotes"),
        ("optanon", "{\"closed\": 5}", "closed is 5; right would be a time in quotes, as \"2024-11-20T19:02:36.823Z\""),
        (
            "cookiebot",
            "{\"stamp\": null}",
            "stamp is null; right would be true, false, a whole number, or a text without ' and backslash",
        ),
        (
            "cookiebot",
            "{\"a-b\": 1}",
            "a-b is 1; right would be true, false, a whole number, or a text without ' and backslash, under a name of letters, digits and _",
        ),
        ("tarteaucitron", "{\"gtag\": true}", "gtag is true; right would be a text in quotes"),
        (
            "complianz",
            "[]",
            "the text is []; right would be an object of names without cmplz_ and texts, as {\"statistics\": \"allow\"}",
        ),
        ("cc_cookie", "{\"categories\": [\"a\", 1]}", "categories[1] is 1; right would be a text in quotes"),
        (
            "cc_cookie",
            "{\"services\": {\"a\": \"b\"}}",
            "services.a is \"b\"; right would be a list of names in quotes",
        ),
        ("axeptio", "{\"fb\": 1}", "fb is 1; right would be true or false"),
        ("iubenda", "{\"purposes\": {\"4\": 1}}", "purposes.4 is 1; right would be true or false"),
        (
            "borlabs",
            "{\"expires\": \"soon\"}",
            "expires is \"soon\"; right would be a date in quotes, as \"Sun, 11 Jan 2026 08:07:14 GMT\"",
        ),
        (
            "didomi_token",
            "{\"purposes\": {\"enabled\": [2]}}",
            "purposes.enabled[0] is 2; right would be a text in quotes",
        ),
        (
            "trustarc",
            "{\"cookie\": \"x\", \"levels\": []}",
            "cookie is \"x\"; right would be cmapi_cookie_privacy, notice_gdpr_prefs or notice_preferences, in quotes",
        ),
        (
            "trustarc",
            "{\"cookie\": \"notice_preferences\", \"levels\": [1, 3]}",
            "levels is [1,3]; right would be levels from 1 on that notice_preferences can say, without a gap where it names one",
        ),
        (
            "trustarc",
            "{\"cookie\": \"notice_preferences\", \"levels\": [10]}",
            "levels[0] is 10; right would be a level, 1 to 9",
        ),
        ("commanders", "{\"status\": 0}", "status is 0; right would be \"opt-in\" or \"opt-out\""),
        (
            "ac",
            "{\"google_vendors\": [1, \"2\"]}",
            "google_vendors[1] is \"2\"; right would be a whole number from 0 to 999999999",
        ),
        ("us_privacy", "{\"notice\": \"y\"}", "notice is \"y\"; right would be \"Y\", \"N\" or \"-\""),
        (
            "gpp",
            "{\"sections\": {\"8\": {\"SaleOptOut\": [3]}}}",
            "sections.8.SaleOptOut[0] is 3; right would be a whole number from 0 to 2",
        ),
        (
            "gpp",
            "{\"sections\": {\"8\": {\"SaleOptOut\": [1, 1]}}}",
            "sections.8.SaleOptOut is [1,1]; right would be a list of 1 numbers from 0 to 2",
        ),
        ("gpp", "{\"sections\": {\"x\": {}}}", "sections.x is {}; right would be a section under its number, as \"6\""),
        (
            "gpp",
            "{\"sections\": {\"8\": {\"Version\": 9}}}",
            "sections.8.Version is 9; right would be a published version of the section",
        ),
    ] {
        assert_eq!(of(format, &serde_json::from_str(json).unwrap()).unwrap_err(), wanted, "{format}");
    }
    for (member, wanted) in [
        ("\"purposes\": [25]", "purposes[0] is 25; right would be a number from 1 to 24"),
        (
            "\"vendors\": \"3-1\"",
            "vendors is \"3-1\"; right would be vendors and ranges of them in quotes, as \"1-3, 755\"",
        ),
        ("\"vendor\": \"3\"", "vendor is \"3\"; right would be one of the members"),
        ("\"cmp_id\": 4096", "cmp_id is 4096; right would be a whole number from 0 to 4095"),
        ("\"restrictions\": [{\"purpose\": 1, \"kind\": 1}]", "restrictions[0].kind is 1; right would be"),
        ("\"policy_version\": 2", "segment 0: policy 2 was not valid"),
    ] {
        let json = format!(
            "{{\"created\": {at}, \"updated\": {at}, \"consent_language\": \"FR\", \"publisher_country\": \"FR\", {member}}}"
        );
        let error = of("tcf", &serde_json::from_str(&json).unwrap()).unwrap_err();
        assert!(error.starts_with(wanted), "{error}");
    }
}

#[test]
fn values_that_no_reader_would_take_are_not_written() {
    for (format, json) in [
        ("cookieyes", json!({"a:b": "yes"})),
        ("tarteaucitron", json!({"a=b": "true"})),
        ("cc_cookie", json!({"categories": "all"})),
        ("iubenda", json!({"consent": false, "purposes": {"4": true}})),
        ("optanon", json!({"groups": "C0001"})),
        ("commanders", json!({"status": "opt-in", "updated": "1973-01-01T00:00:00Z"})),
        ("commanders", json!({"status": "opt-in", "updated": "2025-01-01T00:00:00Z", "categories": ["1,2"]})),
        ("ac", json!({"google_vendors": [0]})),
        ("cookieyes", json!({"consentid": "x".repeat(9000)})),
    ] {
        assert!(of(format, &json).is_err(), "{format}: {json}");
    }
}

#[test]
fn a_member_of_the_cookies_own_that_is_called_format_names_none() {
    assert_eq!(of("klaro", &json!({"format": true})).unwrap(), "%7B%22format%22%3Atrue%7D");
    assert!(
        of("optanon", &json!({"format": "optanon", "answered": true})).unwrap_err().starts_with("value is missing")
    );
}
