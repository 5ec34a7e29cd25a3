use super::super::answers::listed;
use super::*;
use proptest::prelude::*;

const WHOLE: &str = "{stamp:%27AA+/=%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1705162226478%2Cregion:%27ae%27}";

fn with(stamp: &str, method: &str) -> Head {
    let value = WHOLE.replace("AA+/=", stamp).replace("%2Cmethod:%27explicit%27", method);
    scan(value.as_bytes(), |_, _| {}).unwrap()
}

#[test]
fn categories_and_time_are_read_escaped_or_not() {
    let decoded = WHOLE.replace("%27", "'").replace("%2C", ",");
    let all = WHOLE.replace('{', "%7B").replace(':', "%3A").replace('}', "%7D");
    for value in [WHOLE, &decoded, &all, &decoded.replace(':', " : ").replace(',', " ,\t")] {
        let (head, found) = listed(|sink| scan(value.as_bytes(), sink)).unwrap();
        assert_eq!(head, Head { answered: true, updated: Some(1_705_162_226_478), ..Head::default() }, "{value}");
        let want = [("g:necessary", true), ("g:preferences", false), ("g:statistics", true), ("g:marketing", false)];
        assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));
        assert_eq!(encode(&decode(value.as_bytes()).unwrap()), WHOLE);
    }
    assert!(is_shape(WHOLE.as_bytes()) && is_shape(all.as_bytes()) && !is_shape(b"{\"stamp\":1}"));
}

#[test]
fn defaults_are_no_answer() {
    let explicit = "%2Cmethod:%27explicit%27";
    assert!(with("AA", explicit).answered && with("AA", "").answered, "older cookies have no method");
    for stamp in ["-1", "0", ""] {
        assert!(!with(stamp, explicit).answered && !with(stamp, "").answered, "{stamp}");
    }
    for method in ["implied", "", "other"] {
        assert!(!with("AA", &format!("%2Cmethod:%27{method}%27")).answered, "{method}");
    }
    assert!(!with("AA", "%2Cmethod:true").answered);
    assert!(!scan(b"{necessary:true,marketing:true}", |_, _| {}).unwrap().answered, "no stamp");
}

#[test]
fn of_two_answers_for_one_category_the_no_counts() {
    for value in ["{stamp:'A',marketing:true,marketing:false}", "{stamp:'A',marketing:0,marketing:true}"] {
        assert_eq!(decode(value.as_bytes()).unwrap().category("marketing"), Some(false), "{value}");
    }
    for member in ["stamp:'A'", "method:'explicit'", "utc:1"] {
        let value = format!("{{{member},{member}}}");
        assert!(matches!(scan(value.as_bytes(), |_, _| {}), Err(ValueError::Text { .. })), "{value}");
    }
}

#[test]
fn strings_may_hold_what_separates_members() {
    let value = "{stamp:%27A%27%2Ciab2:%27CP,marketing:true}%27%2Cgacm:%272~b%27}";
    let whole = decode(value.as_bytes()).unwrap();
    assert_eq!(whole.get("iab2"), Some(&Literal::Text("CP,marketing:true}".to_owned())));
    assert_eq!((whole.category("marketing"), whole.members().len()), (None, 3));
}

#[test]
fn p100_what_is_no_literal_is_refused() {
    for value in [
        "",
        "{",
        "{}",
        "}",
        "{stamp}",
        "{stamp:}",
        "{stamp:'A}",
        "{stamp:'A'",
        "{stamp:'A',}",
        "{stamp:'A'}x",
        "{stamp:\"A\"}",
        "{'stamp':'A'}",
        "{stamp:-1}",
        "{stamp:'A' necessary:true}",
        "{stamp:'\\'A'}",
        "{utc:01}",
        "{utc:'1'}",
        "{utc:99999999999999999999}",
        "{a:TRUE}",
        "{a:[1]}",
        "{a:{b:1}}",
        "{\u{e9}:1}",
        "{stamp:%27A%27%2C",
    ] {
        assert!(matches!(scan(value.as_bytes(), |_, _| {}), Err(ValueError::Text { .. })), "{value}");
    }
    assert!(scan(b"{stamp:'\xff'}", |_, _| {}).is_err());
    let long = format!("{{stamp:'{}'}}", "A".repeat(MAX_LEN));
    assert_eq!(scan(long.as_bytes(), |_, _| {}), Err(ValueError::TooLong(long.len())));
}

#[test]
fn what_cannot_be_written_is_not_built() {
    let text = |text: &str| Literal::Text(text.to_owned());
    for (name, value) in [("a", text("it's")), ("a", text("\\")), ("a b", text("")), ("", text(""))] {
        assert_eq!(Cookiebot::new([(name.to_owned(), value)]), None, "{name}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(members in prop::collection::vec(("[a-z_]{1,5}|marketing", prop_oneof![
        any::<bool>().prop_map(Literal::Bool), any::<u64>().prop_map(Literal::Number), "[^'\\\\]{0,9}".prop_map(Literal::Text)
    ]), 1..9)) {
        let whole = Cookiebot::new(members.into_iter().filter(|(name, _)| name != "utc")).unwrap();
        prop_assume!(!whole.members().is_empty());
        prop_assert_eq!(decode(encode(&whole).as_bytes()), Ok(whole));
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..200), near in "\\{stamp:'A'(,(utc|method|marketing):(true|'?[a-z0-9,:%27]{0,4}'?)){0,4}\\}?") {
        fuzz_cookiebot(&value);
        fuzz_cookiebot(&[b"{stamp:'A',b:".as_slice(), &value].concat());
        fuzz_cookiebot(near.as_bytes());
    }
}
