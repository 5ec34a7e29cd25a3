use super::super::answers::listed;
use super::*;
use proptest::prelude::*;

/// A list of cookies as pairs.
fn pairs(cookies: &str) -> Vec<(&[u8], &[u8])> {
    let pairs = cookies.split("; ").filter(|cookie| !cookie.is_empty()).map(|cookie| cookie.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

fn head(cookies: &str) -> Head {
    scan(pairs(cookies), PREFIX, |_, _| {}).unwrap_or_else(|error| panic!("{cookies}: {error}"))
}

#[test]
fn categories_services_and_the_policy_are_read_among_other_cookies() {
    let cookies = "a=1; cmplz_consented_services=%7B%22youtube%22%3Atrue%2C%22vimeo%22%3Afalse%7D; cmplz_policy_id=35; cmplz_marketing=deny; xcmplz_statistics=allow; cmplz_functional=allow; cmplz_id=7; cmplz_banner-status=dismissed";
    let (head, found) = listed(|sink| scan(pairs(cookies), PREFIX, sink)).unwrap();
    assert_eq!(head, Head { answered: true, revision: Some(35), ..Head::default() });
    let want = [("s:youtube", true), ("s:vimeo", false), ("g:marketing", false), ("g:functional", true)];
    assert_eq!(found, want.map(|(name, granted)| (name.to_owned(), granted)));

    let whole = decode(pairs(cookies), PREFIX).unwrap();
    assert_eq!((whole.categories().get("marketing"), whole.services().get("youtube")), (Some(false), Some(true)));
    assert_eq!(whole.get("id"), Some("7"));
    let other = scan(pairs(&cookies.replace("cmplz_", "shop_")), b"shop_", |_, _| {}).unwrap();
    assert_eq!(other, head, "a prefix of the site's own");
}

#[test]
fn only_what_a_visitor_said_is_an_answer() {
    assert!(!head("cmplz_banner-status=show; cmplz_functional=allow; cmplz_marketing=allow").answered);
    assert!(!head("cmplz_functional=allow; cmplz_marketing=allow").answered, "nobody says that the banner was closed");
    assert!(head("cmplz_marketing=allow; cmplz_banner-status=dismissed").answered);
    assert!(head("cmplz_marketing=deny").answered, "a no is no default");
    assert!(!head("cmplz_banner-status=dismissed; cmplz_policy_id=").answered, "no category");
    assert!(!head("cmplz_banner-status=show; cmplz_banner-status=dismissed; cmplz_marketing=allow").answered);
    assert!(!head("cmplz_banner-status=dismissed; cmplz_banner-status=show; cmplz_marketing=allow").answered);
    assert!(!head("").answered);
}

#[test]
fn of_two_cookies_the_stricter_counts() {
    let cookies =
        "cmplz_marketing=deny; cmplz_marketing=allow; cmplz_statistics=ALLOW; cmplz_policy_id=9; cmplz_policy_id=8";
    let whole = decode(pairs(cookies), PREFIX).unwrap();
    assert_eq!(whole.categories().iter().collect::<Vec<_>>(), [("marketing", false), ("statistics", false)]);
    assert_eq!(head(cookies).revision, Some(8));
}

#[test]
fn p100_damaged_members_are_refused() {
    for services in ["", "[]", "%5B%5D", "{}"] {
        assert!(head(&format!("cmplz_marketing=deny; cmplz_consented_services={services}")).answered);
    }
    let long = format!("cmplz_id={}", "x".repeat(MAX_LEN + 1));
    for cookies in
        ["cmplz_consented_services={", "cmplz_consented_services=[1]", "cmplz_policy_id=x", "cmplz_policy_id=+8", &long]
    {
        assert!(scan(pairs(cookies), PREFIX, |_, _| {}).is_err(), "{cookies}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(answers in prop::collection::btree_map(prop::sample::select(&CATEGORIES[..]), any::<bool>(), 0..5), services in prop::collection::btree_map(".{0,9}", any::<bool>(), 0..4), id in any::<u32>()) {
        let words = answers.iter().map(|(name, granted)| ((*name).to_owned(), if *granted { "allow" } else { "deny" }.to_owned()));
        let beside = [("policy_id".to_owned(), id.to_string()), ("consented_services".to_owned(), serde_json::to_string(&services).unwrap())];
        let whole = Complianz::new(words.chain(beside));
        let written = encode(&whole, "p_");
        let cookies = written.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        prop_assert_eq!(decode(cookies, b"p_"), Ok(whole.clone()));
        prop_assert!(answers.iter().all(|(name, granted)| whole.categories().get(name) == Some(*granted)));
        prop_assert!(services.iter().all(|(name, granted)| whole.services().get(name) == Some(*granted)));
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_complianz(&value);
        fuzz_complianz(&[b"cmplz_marketing=allow\ncmplz_consented_services=".as_slice(), &value].concat());
    }
}
