//! What strings of the IAB say: reads them from standard input, one a line, and prints one JSON object for each: its value
//! and the string written anew, or the error. `iab tcf|gpp < strings`.

use consentry::consent::codec::gpp::{self, Gpp, Section, UsSection};
use consentry::consent::codec::ids::IdSet;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::tcf::{self, PublisherTc, Tcf};
use serde_json::{Value, json};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let describe: fn(&str) -> Result<Value, Box<dyn Error>> = match std::env::args().nth(1).as_deref() {
        Some("tcf") => |text| {
            let read = tcf::decode(text.as_bytes())?;
            Ok(json!({ "value": tc_string(&read), "written": tcf::encode(&read)? }))
        },
        Some("gpp") => |text| {
            let read = gpp::decode(text.as_bytes())?;
            Ok(json!({ "value": gpp_string(&read), "written": gpp::encode(&read)? }))
        },
        _ => return Err("usage: iab tcf|gpp < strings".into()),
    };
    for line in std::io::stdin().lines() {
        println!("{}", describe(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() })));
    }
    Ok(())
}

fn ids(set: &IdSet) -> Vec<u16> {
    set.iter().collect()
}

fn numbers(set: Numbers) -> Vec<u8> {
    set.iter().collect()
}

fn tc_string(value: &Tcf) -> Value {
    let head = &value.head;
    let restrictions = value.restrictions.iter();
    json!({
        "created": head.created,
        "lastUpdated": head.last_updated,
        "cmpId": head.cmp_id,
        "cmpVersion": head.cmp_version,
        "consentScreen": head.consent_screen,
        "consentLanguage": head.consent_language.to_string(),
        "vendorListVersion": head.vendor_list_version,
        "policyVersion": head.policy_version,
        "isServiceSpecific": head.is_service_specific,
        "useNonStandardTexts": head.use_non_standard_texts,
        "specialFeatureOptins": numbers(head.special_features),
        "purposeConsents": numbers(head.purposes),
        "purposeLegitimateInterests": numbers(head.purposes_li),
        "purposeOneTreatment": head.purpose_one_treatment,
        "publisherCountryCode": head.publisher_country.to_string(),
        "vendorConsents": ids(&value.vendors),
        "vendorLegitimateInterests": ids(&value.vendors_li),
        "restrictions": restrictions.map(|r| json!([r.purpose, r.kind.bits(), ids(&r.vendors)])).collect::<Vec<_>>(),
        "vendorsDisclosed": value.disclosed.as_ref().map(ids),
        "vendorsAllowed": value.allowed.as_ref().map(ids),
        "publisher": value.publisher.map(publisher),
    })
}

fn publisher(value: PublisherTc) -> Value {
    json!({
        "consents": numbers(value.purposes),
        "legitimateInterests": numbers(value.purposes_li),
        "customCount": value.custom_count,
        "customConsents": numbers(value.custom),
        "customLegitimateInterests": numbers(value.custom_li),
    })
}

fn gpp_string(value: &Gpp) -> Value {
    value.sections.iter().map(section).collect()
}

fn section(section: &Section) -> Value {
    let id = section.id();
    match section {
        Section::TcfEu(tcf) => json!({ "id": id, "value": tc_string(tcf) }),
        Section::TcfCa(canada) => json!({ "id": id, "value": {
            "created": canada.created,
            "lastUpdated": canada.last_updated,
            "cmpId": canada.cmp_id,
            "purposesExpress": numbers(canada.purposes_express),
            "purposesImplied": numbers(canada.purposes_implied),
            "vendorsExpress": ids(&canada.vendors_express),
            "vendorsImplied": ids(&canada.vendors_implied),
            "vendorsDisclosed": canada.disclosed.as_ref().map(ids),
            "publisher": canada.publisher.map(publisher),
        } }),
        Section::UsPrivacy(privacy) => json!({ "id": id, "value": privacy.to_string() }),
        Section::Us(us) => json!({ "id": id, "value": states(us) }),
        Section::Other { text, .. } => json!({ "id": id, "text": text }),
    }
}

fn states(us: &UsSection) -> Value {
    let version = [("Version".to_owned(), json!(us.layout.version))].into_iter();
    let fields = us.fields().map(|(name, values)| match values {
        [one] => (name.to_owned(), json!(one)),
        list => (name.to_owned(), json!(list)),
    });
    let gpc = us.gpc.map(|gpc| ("Gpc".to_owned(), json!(gpc)));
    let sensitive = us.sensitive.as_ref().map(|values| ("SensitiveDataProcessing".to_owned(), json!(values)));
    Value::Object(version.chain(fields).chain(gpc).chain(sensitive).collect())
}
