use super::*;
use proptest::prelude::*;

fn encoded(json: &str) -> String {
    base64::encode_standard(json.as_bytes())
}

fn json_of(value: &OtConsentString) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn order_and_unknown_members_are_kept_and_both_spellings_read() {
    let sample = "{\"z\":{\"b\":[1,2.5],\"a\":null},\"dsId\":\"x\",\"lastConsentDate\":5,\"groupConsents\":{\"C2\":1,\"C1\":0},\"y\":\"é\"}";
    let prose = sample.replace("dsId", "dsid").replace("lastConsentDate", "lastConsentedDate");
    let decoded = decode(encoded(sample).as_bytes()).unwrap();
    assert_eq!(json_of(&decoded), sample);
    assert_eq!(decode(encoded(&prose).as_bytes()).unwrap(), decoded);
    assert_eq!(decoded.get("dsid"), decoded.get("dsId"));
    assert_eq!(decoded.groups().unwrap().collect::<Vec<_>>(), [("C2", true), ("C1", false)]);
}

#[test]
fn a_member_can_be_replaced_in_its_place() {
    let mut value =
        decode(encoded("{\"lastConsentedDate\":5,\"groupConsents\":{\"C2\":1},\"a\":1}").as_bytes()).unwrap();
    value.set("groupConsents", Member::Groups(vec![("C2".to_owned(), 0)]));
    value.set("lastConsentDate", Member::Other(6.into()));
    value.set("b", Member::Other(true.into()));
    assert_eq!(json_of(&value), "{\"lastConsentDate\":6,\"groupConsents\":{\"C2\":0},\"a\":1,\"b\":true}");
}

#[test]
fn of_two_answers_for_a_group_the_stricter_counts() {
    for (a, b, groups) in [
        (1, 0, vec![("C", false)]),
        (0, 1, vec![("C", false)]),
        (1, 1, vec![("C", true)]),
        (1, -1, vec![]),
        (2, 0, vec![("C", false)]),
    ] {
        for (first, second) in [(a, b), (b, a)] {
            let json = format!("{{\"lastConsentDate\":1,\"groupConsents\":{{\"C\":{first},\"C\":{second}}}}}");
            assert_eq!(decode(encoded(&json).as_bytes()).unwrap().groups().unwrap().collect::<Vec<_>>(), groups);
        }
    }
}

#[test]
fn one_byte_too_long_is_refused_by_code() {
    let of_length = |length: usize| {
        let fill = length / 4 * 3 - "{\"a\":\"\"}".len();
        encoded(&format!("{{\"a\":\"{}\"}}", "x".repeat(fill)))
    };
    let fits = of_length(MAX_LEN);
    assert_eq!(fits.len(), MAX_LEN);
    assert_eq!(encode(&decode(fits.as_bytes()).unwrap()).as_deref(), Ok(fits.as_str()));
    let error = decode(format!("{fits}=").as_bytes()).unwrap_err();
    assert_eq!((&error, error.code()), (&OneTrustError::TooLong(MAX_LEN + 1), "ERROR_CODE_INVALID_OT_CONSENT_STRING"));
    let longer = OtConsentString::new([("a".to_owned(), Member::Other("x".repeat(MAX_LEN).into()))]);
    assert!(matches!(encode(&longer), Err(OneTrustError::TooLong(_))));
}

#[test]
fn p100_what_is_no_value_is_refused() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for json in [
        "",
        "{",
        "[]",
        "1",
        "{\"a\":1}x",
        &deep,
        "{\"a\":1,\"a\":1}",
        "{\"dsId\":1,\"dsid\":1}",
        "{\"groupConsents\":[]}",
        "{\"groupConsents\":{\"C\":true}}",
    ] {
        let error = decode(encoded(json).as_bytes()).unwrap_err();
        assert!(matches!(error, OneTrustError::Json { .. }), "{json}: {error}");
    }
    assert_eq!(decode(encoded("{\"groupConsents\":{}}").as_bytes()), Err(OneTrustError::Undated));
    assert!(matches!(decode(b"eyJ9"), Err(OneTrustError::Json { .. })));
    assert!(matches!(decode(b"ey J9"), Err(OneTrustError::Base64(Base64Error::Byte { offset: 2, byte: b' ' }))));
    assert!(matches!(decode(b"e30"), Err(OneTrustError::Base64(_))), "padding is part of the one spelling");
}

#[test]
fn the_scan_takes_what_decode_takes_and_says_the_same() {
    let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let many = |members: usize| {
        let members: Vec<String> = (0..members).map(|n| format!("\"m{n}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    for json in [
        "{\"lastConsentDate\":5,\"groupConsents\":{\"C1\":1,\"C2\":0,\"C3\":-1,\"C1\":0},\"expiryDate\":7}",
        "{\"lastConsentedDate\":5.0,\"groupConsents\":{}}",
        "{\"\\u006castConsentDate\":5,\"groupConsents\":{\"C\\u0031\":1}}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
        "{\"dsid\":1,\"dsId\":1}",
        "{\"groupConsents\":{\"C\":1.5}}",
        "{\"groupConsents\":null}",
        "{\"expiryDate\":-7,\"lastConsentDate\":\"5\"}",
        &deep(126),
        &deep(127),
        &deep(200),
        &many(MAX_MEMBERS),
        &many(MAX_MEMBERS + 1),
    ] {
        check_scan(encoded(json).as_bytes());
        check_scan(encoded(json).replace('=', "%3D").replace('+', "%2B").as_bytes());
        check_scan(format!("{}=", encoded(json)).as_bytes());
        check_scan(base64::encode_standard(&[json.as_bytes(), b"\xff"].concat()).as_bytes());
        check_scan(base64::encode_standard(&json.as_bytes()[..json.len() - 1]).as_bytes());
    }
    let large =
        encoded(&format!("{{\"a\":\"{}\",\"lastConsentDate\":5,\"groupConsents\":{{\"C\":1}}}}", "x".repeat(3000)));
    check_scan(large.as_bytes());
    let mut groups = 0;
    assert!(scan(large.as_bytes(), |_, yes| groups += i32::from(yes == Some(true))).unwrap().answered);
    assert_eq!(groups, 1);
    assert!(decode(encoded(&many(MAX_MEMBERS)).as_bytes()).is_ok() && decode(encoded(&many(65)).as_bytes()).is_err());
}

/// JSON as a stranger would write it: the format's names with values of every kind.
fn json() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("groupConsents"),
        Just("lastConsentDate"),
        Just("lastConsentedDate"),
        Just("expiryDate"),
        Just("x"),
        Just("\\u0078")
    ];
    let groups = prop::collection::vec(("C[1-3]", -1_i64..3), 0..5)
        .prop_map(|groups| {
            groups.iter().map(|(name, status)| format!("\"{name}\":{status}")).collect::<Vec<_>>().join(",")
        })
        .prop_map(|groups| format!("{{{groups}}}"));
    let value = prop_oneof![
        3 => groups,
        3 => any::<u32>().prop_map(|number| number.to_string()),
        1 => prop::sample::select(vec!["null", "true", "-1", "1.5", "\"é\\n\"", "[1,{\"a\":[]}]", "1e400", "\"\\uD800\"", "[", "01"]).prop_map(str::to_owned),
    ];
    prop::collection::vec((name, value), 0..5).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn the_scan_agrees_on_any_text(json in json(), cut in 0_usize..80) {
        check_scan(encoded(&json).as_bytes());
        check_scan(base64::encode_standard(json.as_bytes().get(..cut).unwrap_or_default()).as_bytes());
    }

    #[test]
    fn what_was_written_is_read(groups in prop::collection::btree_map("[A-Z][0-9]{0,4}", -1_i64..3, 0..9), others in prop::collection::btree_map(".{0,9}", any::<f64>(), 0..5), date in any::<u64>()) {
        let mut value = OtConsentString::default();
        others.into_iter().for_each(|(name, number)| value.set(&name, Member::Other(number.into())));
        value.set("groupConsents", Member::Groups(groups.into_iter().collect()));
        value.set("lastConsentDate", Member::Other(date.into()));
        prop_assert_eq!(decode(encode(&value).unwrap().as_bytes()), Ok(value));
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_onetrust(&value);
        fuzz_onetrust(&[b"{\"groupConsents\":{\"C\":1},\"a\":".as_slice(), &value].concat());
    }
}
