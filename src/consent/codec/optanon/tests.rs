use super::super::answers::listed;
use super::*;
use proptest::prelude::*;

/// As a current version writes it, with a landing page; 700 bytes with the list of hosts.
const DEFAULTS: &str = "isGpcEnabled=0&datestamp=Wed+Jan+29+2025+10%3A05%3A33+GMT%2B0400+(Gulf+Standard+Time)&version=202409.1.0&browserGpcFlag=1&isIABGlobal=false&hosts=H1%3A1%2CH39%3A0&landingPath=https%3A%2F%2Fexample.com%2F%3Fa%3D1%26groups%3DC0009%3A1&groups=C0003%3A0%2CC0001%3A1&genVendors=V2%3A1%2CV1%3A0%2C";

fn answers(value: &str) -> Vec<(String, bool)> {
    listed(|sink| scan(value.as_bytes(), sink).map(|trust| trust.head(None))).unwrap().1
}

fn trust(value: &str) -> Trust {
    scan(value.as_bytes(), |_, _| {}).unwrap()
}

#[test]
fn groups_and_vendors_are_given_raw_or_escaped_in_any_order() {
    let want = [("g:C0003", false), ("g:C0001", true), ("s:V2", true), ("s:V1", false)];
    assert_eq!(answers(DEFAULTS), want.map(|(name, granted)| (name.to_owned(), granted)));
    for list in ["C0002%3a1%2cC4:0", "C0002:1,C4:0", "C0002:1,C4:", "C0002:1%2CC4:2,", "C0002%3A1,C4:true"] {
        let want = [("g:C0002".to_owned(), true), ("g:C4".to_owned(), false)];
        assert_eq!(answers(&format!("groups={list}&landingPath=")), want, "{list}");
    }
}

#[test]
fn names_may_be_escaped_and_plus_is_a_space() {
    for (list, name) in [("Caf%C3%A9+1%3A1", "g:Caf\u{e9} 1"), ("a+b:1", "g:a b"), ("50%2525:1", "g:50%25")] {
        let (name, value) = (name.to_owned(), format!("groups={list}"));
        assert!(answers(&value).contains(&(name.clone(), true)), "{list}");
        assert_eq!(decode(value.as_bytes()).unwrap().groups().get(name.trim_start_matches("g:")), Some(true));
    }
}

#[test]
fn defaults_are_no_answer() {
    let chosen = "groups=C0002:1&landingPath=NotLandingPage";
    let closed = Some(1_700_000_000_000);
    let answered = |value: &str, closed| trust(value).head(closed).answered;
    assert!(!answered(DEFAULTS, None), "an address as landing page");
    assert!(answered(DEFAULTS, closed) && answered(chosen, None));
    assert_eq!(trust(DEFAULTS).head(closed).updated, closed);
    assert_eq!(trust(chosen).head(None).updated, None);
    assert!(!answered("groups=C0002:1", None), "no landing page at all");
    assert!(!answered("landingPath=NotLandingPage", closed), "no groups");
    assert!(!answered("landingPath=NotLandingPage&groups=A:1&landingPath=x", None), "two landing pages");
    assert!(!answered("landingPath=x&groups=A:1&landingPath=NotLandingPage", None), "two landing pages");
    assert!(!answered(&format!("{chosen}&AwaitingReconsent=true"), closed), "asked again");
    assert!(answered(&format!("{chosen}&AwaitingReconsent=false"), None));
    assert!(trust(DEFAULTS).gpc && !trust(chosen).gpc);
}

#[test]
fn groups_of_a_decoded_address_are_not_taken_for_the_cookies() {
    let decoded = "landingPath=https://example.com/?a=1&groups=C0009:1&groups=C0001:1";
    assert!(scan(decoded.as_bytes(), |_, _| {}).is_err());
}

#[test]
fn what_is_no_list_is_refused() {
    for list in ["C0001", "C0001:1,C0002", "C0001%2C1", "\u{e9}", "a%"] {
        let value = format!("x=1&groups={list}");
        let error = scan(value.as_bytes(), |_, _| {}).unwrap_err();
        assert_eq!(error, ValueError::at(4, "a name without a status"), "{list}");
    }
    assert!(scan(b"groups=\xff:1", |_, _| {}).is_err(), "not UTF-8");
    let long = format!("groups={}", "A:1,".repeat(MAX_LEN));
    assert_eq!(scan(long.as_bytes(), |_, _| {}), Err(ValueError::TooLong(long.len())));
}

#[test]
fn the_whole_cookie_is_read_and_written_byte_for_byte() {
    let whole = decode(DEFAULTS.as_bytes()).unwrap();
    assert_eq!(encode(&whole), DEFAULTS);
    assert_eq!(whole.get("landingPath"), Some("https://example.com/?a=1&groups=C0009:1"));
    assert_eq!(whole.get("datestamp"), Some("Wed Jan 29 2025 10:05:33 GMT+0400 (Gulf Standard Time)"));
    assert_eq!(whole.written(), Some(1_738_130_733_000));
    assert_eq!(whole.hosts().iter().collect::<Vec<_>>(), [("H1", true), ("H39", false)]);
    assert_eq!(whole.vendors().iter().collect::<Vec<_>>(), [("V2", true), ("V1", false)]);
    for value in
        ["groups=A:1&groups", "%67roups=A:1", "groups=A:1&isGpcEnabled%3D1=&landing+Path=x&AwaitingReconsen%74=true"]
    {
        assert!(scan(value.as_bytes(), |_, _| {}).is_ok() && decode(value.as_bytes()).is_err(), "{value}");
    }
    assert_eq!(decode("groups=A:1&groups=A:0".as_bytes()), Err(ValueError::at(11, "a second list of groups")));
}

#[test]
fn the_other_cookie_is_a_time() {
    for value in ["2021-10-19T03:31:41.236Z", "2021-10-19T03%3A31%3A41.236Z"] {
        assert_eq!(closed(value.as_bytes()), Ok(1_634_614_301_236), "{value}");
    }
    for value in ["", "true", "1634614301236", "2021-10-19"] {
        assert!(closed(value.as_bytes()).is_err(), "{value}");
    }
}

#[test]
fn the_shape_is_told_by_its_pairs() {
    assert!(is_shape(DEFAULTS.as_bytes()));
    for value in ["", "groups=1", "a=1&landingPath=x", "{\"groups=\":1}"] {
        assert!(!is_shape(value.as_bytes()), "{value}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(groups in prop::collection::btree_map("[A-Z]{1,2}[0-9 %+\u{e9}]{0,4}", any::<bool>(), 0..9), others in prop::collection::vec((".{1,9}", ".{0,9}"), 0..5)) {
        let list: Vec<String> = groups.iter().map(|(name, granted)| format!("{name}:{}", u8::from(*granted))).collect();
        let others = others.into_iter().filter(|(name, _)| !["groups", "genVendors"].contains(&name.as_str()));
        let whole = OptanonConsent::new(others.chain([("groups".to_owned(), list.join(","))]));
        let text = encode(&whole);
        prop_assert_eq!(decode(text.as_bytes()).unwrap(), whole.clone());
        let mut found = std::collections::BTreeMap::new();
        scan(text.as_bytes(), |name, granted| { found.insert(name.as_str().to_owned(), granted); }).unwrap();
        for (name, granted) in &groups {
            prop_assert_eq!(found.get(name), Some(granted));
            prop_assert_eq!(whole.groups().get(name), Some(*granted));
        }
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_optanon(&value);
        fuzz_optanon(&[b"groups=C1:1&groups".as_slice(), &value].concat());
        fuzz_optanon(&[b"groups=C1%3A".as_slice(), &value].concat());
    }
}

#[test]
fn a_comma_is_no_status() {
    // The mark behind it is then an empty name's, which has no status.
    assert!(decode(b"groups=C0001%3A,%2c&landingPath=NotLandingPage").is_err());
    fuzz_optanon(b"groups=C0001%3A,%2c");
}
