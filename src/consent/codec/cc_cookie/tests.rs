use super::super::answers::listed;
use super::*;
use proptest::prelude::*;

const WHOLE: &str = r#"{"categories":["necessary","analytics"],"revision":3,"data":{"x":[1]},"consentTimestamp":"2024-05-28T06:43:23.433Z","consentId":"00000000-0000-4000-8000-000000000000","services":{"necessary":[],"analytics":["ga","marketing"],"marketing":[]},"languageCode":"de","lastConsentTimestamp":"2024-05-29T06:43:23.433Z","expirationTime":1747854156824}"#;

fn head(json: &str) -> Head {
    scan(json.as_bytes(), |_, _| {}).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn categories_services_and_times_are_read() {
    for value in [WHOLE.to_owned(), text::component(WHOLE)] {
        let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
        let want = Head {
            answered: true,
            updated: Some(1_716_965_003_433),
            expires: Some(1_747_854_156_824),
            revision: Some(3),
            rest: Some(false),
        };
        assert_eq!(head, want);
        // The service `marketing` does not open the category `marketing`.
        assert_eq!(
            found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["g:necessary", "g:analytics", "s:ga", "s:marketing"]
        );
        assert!(found.iter().all(|(_, granted)| *granted));
        assert_eq!(encode(&decode(value.as_bytes()).unwrap()), text::component(WHOLE));
        assert!(is_shape(value.as_bytes()));
    }
    assert_eq!(decode(WHOLE.as_bytes()).unwrap().services()[1], ("analytics", vec!["ga", "marketing"]));
}

#[test]
fn without_an_id_both_times_and_categories_it_is_no_answer() {
    for member in [
        r#""categories":["necessary","analytics"],"#,
        r#""consentTimestamp":"2024-05-28T06:43:23.433Z","#,
        r#""lastConsentTimestamp":"2024-05-29T06:43:23.433Z","#,
        r#""consentId":"00000000-0000-4000-8000-000000000000","#,
    ] {
        let without = WHOLE.replace(member, "");
        assert_ne!(without, WHOLE);
        assert!(!head(&without).answered, "{without}");
    }
    assert!(!head("{}").answered);
    assert!(head(&WHOLE.replace(r#""revision":3,"#, "")).answered, "the site decides what no revision means");
}

#[test]
fn p100_what_is_not_the_format_is_refused() {
    let twice = WHOLE.replace(r#""revision""#, r#""categories":["marketing"],"revision""#);
    for value in [
        "",
        "[]",
        "{",
        &twice,
        &WHOLE.replace(r#"["necessary","analytics"]"#, r#"["necessary",true]"#),
        &WHOLE.replace(r#"["necessary","analytics"]"#, r#"{"marketing":true}"#),
        &WHOLE.replace("2024-05-28T06:43:23.433Z", "yesterday"),
        &WHOLE.replace("1747854156824", "-1"),
        &WHOLE.replace(r#"["ga","marketing"]"#, r#"{"ga":true}"#),
        &WHOLE.replace("[1]", &"[".repeat(300)),
        &WHOLE.replace(":3,", ":3.5,"),
        &WHOLE.replace("de", "\\ud800"),
    ] {
        assert!(matches!(decode(value.as_bytes()), Err(ValueError::Json { .. })), "{value}");
    }
    let long = WHOLE.replace("de", &"d".repeat(MAX_LEN));
    assert_eq!(scan(long.as_bytes(), |_, _| {}), Err(ValueError::TooLong(long.len())));
}

proptest! {
    #[test]
    fn what_was_written_is_read(accepted in prop::collection::vec(".{0,9}", 0..5), services in prop::collection::btree_map(".{0,5}", prop::collection::vec(".{0,9}", 0..3), 0..4), revision in any::<i64>(), at in 0..=instant::MAX) {
        let names: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let lists: Vec<(&str, Vec<&str>)> = services.iter().map(|(c, n)| (c.as_str(), n.iter().map(String::as_str).collect())).collect();
        let parts: Vec<(&str, &[&str])> = lists.iter().map(|(c, n)| (*c, n.as_slice())).collect();
        let whole = CcCookie::new(&names, &parts, revision, "id", at);
        let text = encode(&whole);
        prop_assume!(text.len() <= MAX_LEN);
        prop_assert_eq!(decode(text.as_bytes()), Ok(whole.clone()));
        prop_assert_eq!((whole.categories(), whole.services()), (names, lists));
        let want = Head { answered: true, updated: Some(at), expires: None, revision: Some(revision), rest: Some(false) };
        prop_assert_eq!(scan(text.as_bytes(), |_, _| {}), Ok(want));
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_cc_cookie(&value);
        fuzz_cc_cookie(&[b"{\"categories\":[\"".as_slice(), &value].concat());
    }
}
