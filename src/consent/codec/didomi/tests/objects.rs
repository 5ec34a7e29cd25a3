//! Status objects and overrides: what the writer is told.

use super::*;
use serde_json::{Value, json};

fn restricted(field: &str, variants: &[&str]) -> Algorithms {
    Algorithms::from_json(&json!({"fields": {field: {"variants": variants}}})).unwrap()
}

#[test]
fn overrides_restrict_the_algorithms_of_their_field_only() {
    let dcs = sample(Form::V2 { regulation: 10, sync: None });
    let encoders = |algorithms: &Algorithms| {
        let (read, log) = decode_logged(encode_with(&dcs, algorithms).unwrap().as_bytes()).unwrap();
        assert_eq!(read, dcs);
        log.iter().skip(6).map(|entry| entry.encoder).collect::<Vec<_>>()
    };
    use Encoder::{BitField2Bits as Bits, RangesFibonacci as Fibonacci, RangesU16 as U16};
    assert_eq!(encoders(&Algorithms::ALL), [Bits, Bits, Fibonacci, Fibonacci]);
    assert_eq!(encoders(&restricted("purposes_optin", &["ranges_u16"])), [U16, Bits, Fibonacci, Fibonacci]);
    assert_eq!(
        encoders(&restricted("vendors_optin", &["bit_field_2_bits", "ranges_u16"])),
        [Bits, Bits, Bits, Fibonacci]
    );
    assert_eq!(encoders(&restricted("vendors_optout", &["bit_field_2_bits"])), [Bits, Bits, Fibonacci, Bits]);
    let none = encode_with(&dcs, &restricted("purposes_optout", &["ranges_fibonacci"]));
    assert_eq!(none, Err(EncodeError::Algorithms(Field::PurposesLi)));
    // Version 1 writes purposes as bit fields, whatever is allowed beside them.
    let none = encode_with(&sample(Form::V1Plain), &restricted("purposes_optin", &["ranges_u16"]));
    assert_eq!(none, Err(EncodeError::Algorithms(Field::Purposes)));
}

#[test]
fn the_documentation_s_two_lists_are_written_bit_for_bit() {
    // Undefined 5, enabled 1-2 and 6-8, the rest (3 and 4) disabled; 119 bits behind the two of the algorithm.
    let mut dcs = sample(Form::V2 { regulation: 10, sync: None });
    dcs.purposes = Statuses::of([1, 2, 6, 7, 8], [3, 4]);
    let text = encode_with(&dcs, &restricted("purposes_optin", &["ranges_u16"])).unwrap();
    let (_, log) = decode_logged(text.as_bytes()).unwrap();
    assert_eq!(log[7].offset - log[6].offset, 2 + 119);
}

#[test]
fn overrides_that_are_none_are_named_with_their_place() {
    let error = |overrides: Value| Algorithms::from_json(&overrides).unwrap_err().to_string();
    assert_eq!(
        error(json!({"schemaOverrides": {"fields": {"purposes": {}}}})),
        "schemaOverrides.fields.purposes is {}; right would be one of the members purposes_optin, purposes_optout, vendors_optin, vendors_optout"
    );
    assert!(
        error(json!({"fields": {"vendors_optin": {"variants": []}}}))
            .starts_with("fields.vendors_optin.variants is []")
    );
    assert!(
        error(json!({"fields": {"vendors_optin": {"variants": ["u16"]}}}))
            .starts_with("fields.vendors_optin.variants[0] is \"u16\"; right would be bit_field_2_bits")
    );
    assert!(error(json!([])).starts_with("the text is []"));
}

/// The status object of the published samples.
fn status_object() -> Value {
    let answers = json!({"enabled": [1, 2, 6, 7, 8], "disabled": [3, 4]});
    let vendors = json!({"enabled": [128, 129, 130, 131, 132], "disabled": []});
    json!({
        "userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "2023-04-12T18:10:00.000Z",
        "updated": "2023-04-12T20:10:00+02:00", "sync": "2023-05-24T18:10:00Z",
        "purposes": {"optin": answers, "optout": answers}, "vendors": {"optin": vendors, "optout": vendors},
    })
}

#[test]
fn the_published_strings_come_from_the_status_object() {
    let mut object = status_object();
    assert_eq!(encode(&object::from_json(&object, object::Version::One).unwrap()).as_deref(), Ok(FLAG));
    object["regulationId"] = 10.into();
    assert_eq!(encode(&object::from_json(&object, object::Version::Two).unwrap()).as_deref(), Ok(V2));
    let none = json!({"userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "1970-01-01T00:00:00Z", "updated": "1970-01-01T00:00:00.19Z", "purposes": {"optin": {}}});
    let none = object::from_json(&none, object::Version::One).unwrap();
    assert_eq!((none.updated, none.form.sync(), none.purposes), (1, None, Statuses::default()));
}

#[test]
fn what_is_wrong_in_a_status_object_is_named_with_its_place() {
    let error = |change: &dyn Fn(&mut Value), version| {
        let mut object = status_object();
        change(&mut object);
        object::from_json(&object, version).unwrap_err().to_string()
    };
    use object::Version::{One, Two};
    type Spoil<'s> = &'s dyn Fn(&mut Value);
    let cases: [(Spoil<'_>, _, _); 11] = [
        (
            &|o| o["purposes"]["optin"]["enabled"][2] = 70_000.into(),
            One,
            "purposes.optin.enabled[2] is 70000; right would be an id, a whole number from 1 to 65535",
        ),
        (
            &|o| o["vendors"]["optout"]["disabled"] = json!([130]),
            One,
            "vendors.optout.disabled is [130]; right would be a list without the ids that are enabled",
        ),
        (&|_| (), Two, "regulationId is missing; right would be the regulation's number"),
        (&|o| o["regulationId"] = 1.into(), One, "regulationId is 1; right would be nothing: version 1"),
        (
            &|o| o["updated"] = "2187-12-31T00:00:00Z".into(),
            One,
            "updated is \"2187-12-31T00:00:00Z\"; right would be a time",
        ),
        (&|o| o["created"] = "1969-12-31T23:59:59.95Z".into(), One, "created is"),
        (&|o| o["created"] = 16_813_230_000_u64.into(), One, "created is 16813230000"),
        (&|o| o["userId"] = "1875afe1461b6b9f9d66700174abbffc".into(), One, "userId is"),
        (&|o| o["userId"] = "+875afe1-461b-6b9f-9d66-700174abbffc".into(), One, "userId is"),
        (&|o| o["user_id"] = "x".into(), One, "user_id is \"x\"; right would be one of the members userId, created"),
        (&|o| *o = json!(null), One, "the text is null; right would be an object of userId"),
    ];
    for (change, version, wanted) in cases {
        let found = error(change, version);
        assert!(found.starts_with(wanted), "{found}\n{wanted}");
    }
}

proptest! {
    #[test]
    fn what_is_written_in_any_allowed_algorithm_is_read(dcs in dcs(), variants in prop::sample::subsequence(vec!["bit_field_2_bits", "ranges_u16", "ranges_fibonacci"], 1..=3)) {
        let fields = Field::ALL.map(|field| (field.key().to_owned(), json!({"variants": variants})));
        let algorithms = Algorithms::from_json(&json!({"fields": Value::Object(fields.into_iter().collect())})).unwrap();
        if let Ok(text) = encode_with(&dcs, &algorithms) {
            prop_assert_eq!(decode(text.as_bytes()), Ok(dcs));
        }
    }
}
