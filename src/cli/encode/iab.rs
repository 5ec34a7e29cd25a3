//! The IAB's strings and Google's beside them, from the members that `decode --json` prints.

use super::fields::{flag, letters, number, numbers, optional, vendor_ids};
use super::{CliError, Options};
use crate::consent::codec::ac;
use crate::consent::codec::didomi::object::date;
use crate::consent::codec::gpp::{self, Gpp, Section, TcfCa, UsSection};
use crate::consent::codec::place::{Place, PlaceError};
use crate::consent::codec::tcf::{self, Head, PublisherTc, Restriction, RestrictionKind, Tcf};
use crate::consent::codec::us_privacy::{self, UsPrivacy};
use serde_json::Value;

/// A TC string; Google's where the JSON has its members.
pub(super) fn tcf(json: &Value, options: &Options<'_>) -> Result<String, CliError> {
    if json.get("google_vendors").is_some() {
        return ac(json, options);
    }
    let text = tcf::encode(&tc(&Place::new(json))?)?;
    // What a reader refuses is not written.
    tcf::decode(text.as_bytes())?;
    Ok(text)
}

/// Google's Additional Consent string.
pub(super) fn ac(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let [_, consented, disclosed] = Place::new(json).known(["format", "google_vendors", "google_vendors_disclosed"])?;
    let ids = |place: &Place<'_>| {
        let items = place.items("a list of ids")?;
        items.iter().map(|item| number(item, 999_999_999)).collect::<Result<Vec<u32>, _>>()
    };
    let disclosed = if disclosed.is_absent() { None } else { Some(ids(&disclosed)?) };
    Ok(ac::encode(&ac::Ac { consented: ids(&consented)?, disclosed })?)
}

pub(super) fn us_privacy(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    // Whether the law applies follows from the others.
    let [_, _, notice, sale, lspa] = Place::new(json).known(["format", "applies", "notice", "opt_out_sale", "lspa"])?;
    Ok(us([&notice, &sale, &lspa])?.to_string())
}

fn us(places: [&Place<'_>; 3]) -> Result<UsPrivacy, PlaceError> {
    let right = "\"Y\", \"N\" or \"-\"";
    let letter = |place: &Place<'_>| {
        place.read(right, |value| value.as_str().filter(|text| matches!(*text, "Y" | "N" | "-")).map(str::to_owned))
    };
    let [notice, sale, lspa] = places;
    let text = format!("1{}{}{}", letter(notice)?, letter(sale)?, letter(lspa)?);
    us_privacy::decode(text.as_bytes()).map_err(|_| notice.wrong(right))
}

pub(super) fn gpp(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    // The ids and what was opted out of follow from the sections.
    let [_, _, _, sections] = Place::new(json).known(["format", "section_ids", "opted_out", "sections"])?;
    let sections = sections.members("an object of sections by their number, as {\"6\": {\"notice\": \"Y\"}}")?;
    let sections = sections.iter().map(|(id, place)| section(id, place)).collect::<Result<Vec<_>, _>>()?;
    let text = gpp::encode(&Gpp { sections })?;
    gpp::decode(text.as_bytes())?;
    Ok(text)
}

fn section(id: &str, place: &Place<'_>) -> Result<Section, PlaceError> {
    let id: u16 = id.parse().map_err(|_| place.wrong("a section under its number, as \"6\""))?;
    match id {
        gpp::TCF_EU_V2 => Ok(Section::TcfEu(Box::new(tc(place)?))),
        gpp::TCF_CA_V1 => Ok(Section::TcfCa(Box::new(canada(place)?))),
        gpp::USP_V1 => {
            let [notice, sale, lspa] = place.known(["notice", "opt_out_sale", "lspa"])?;
            Ok(Section::UsPrivacy(us([&notice, &sale, &lspa])?))
        }
        _ if gpp::layouts(id).next().is_some() => Ok(Section::Us(state(id, place)?)),
        _ => {
            let [text] = place.known(["text"])?;
            let text = text.read("the section's text in quotes", |value| value.as_str().map(str::to_owned))?;
            Ok(Section::Other { id, text })
        }
    }
}

/// A section of the United States: each field is a list of values; of several versions the newest, if none is named.
fn state(id: u16, place: &Place<'_>) -> Result<UsSection, PlaceError> {
    let members = place.members("an object of fields")?;
    let member = |name: &str| members.iter().find(|(known, _)| *known == name).map(|(_, place)| place);
    let layout = match member("Version") {
        Some(version) => {
            let number: u8 = number(version, 63)?;
            let layout = gpp::layouts(id).find(|layout| layout.version == number);
            layout.ok_or_else(|| version.wrong("a published version of the section"))?
        }
        None => gpp::layouts(id).last().ok_or_else(|| place.wrong("a section that is read"))?,
    };
    let sensitive_part = layout.part == gpp::Part::Sensitive;
    let known = |name: &str| {
        layout.fields.iter().any(|field| field.name == name)
            || matches!(name, "Version" | "Gpc")
            || (name == SENSITIVE && sensitive_part)
    };
    if let Some((_, wrong)) = members.iter().find(|(name, _)| !known(name)) {
        let names: Vec<&str> = layout.fields.iter().map(|field| field.name).collect();
        return Err(wrong.wrong(format!("one of the fields {}", names.join(", "))));
    }
    let mut values = Vec::new();
    for field in layout.fields {
        match member(field.name) {
            Some(place) => values.extend(two_bits(place, field.count)?),
            // Not applicable.
            None => values.extend((0..field.count).map(|_| 0)),
        }
    }
    let sensitive = member(SENSITIVE).filter(|_| sensitive_part).map(|place| two_bits(place, 8)).transpose()?;
    let gpc = member("Gpc").map(|place| place.read("true or false", Value::as_bool)).transpose()?;
    Ok(UsSection { layout, values, gpc, sensitive })
}

/// The field that some sections have in a part of its own.
const SENSITIVE: &str = "SensitiveDataProcessing";

fn two_bits(place: &Place<'_>, count: usize) -> Result<Vec<u8>, PlaceError> {
    let right = format!("a list of {count} numbers from 0 to 2");
    let items = place.items(&right)?;
    if items.len() != count {
        return Err(place.wrong(right));
    }
    items.iter().map(|item| number(item, 2)).collect()
}

fn tc(place: &Place<'_>) -> Result<Tcf, PlaceError> {
    let [
        _,
        created,
        updated,
        cmp_id,
        cmp_version,
        screen,
        language,
        list,
        policy,
        specific,
        texts,
        features,
        purposes,
        purposes_li,
        treatment,
        country,
        vendors,
        vendors_li,
        restrictions,
        disclosed,
        allowed,
        publisher,
    ] = place.known(TC_MEMBERS)?;
    let head = Head {
        created: date(&created)?,
        last_updated: date(&updated)?,
        cmp_id: number(&cmp_id, 4095)?,
        cmp_version: number(&cmp_version, 4095)?,
        consent_screen: number(&screen, 63)?,
        consent_language: letters(&language)?,
        vendor_list_version: number(&list, 4095)?,
        policy_version: number(&policy, 63)?,
        is_service_specific: flag(&specific)?,
        use_non_standard_texts: flag(&texts)?,
        special_features: numbers(&features, 12)?,
        purposes: numbers(&purposes, 24)?,
        purposes_li: numbers(&purposes_li, 24)?,
        purpose_one_treatment: flag(&treatment)?,
        publisher_country: letters(&country)?,
    };
    Ok(Tcf {
        head,
        vendors: vendor_ids(&vendors)?,
        vendors_li: vendor_ids(&vendors_li)?,
        restrictions: all_restrictions(&restrictions)?,
        disclosed: optional(&disclosed, vendor_ids)?,
        allowed: optional(&allowed, vendor_ids)?,
        publisher: optional(&publisher, publisher_tc)?,
    })
}

/// As `decode --json` prints them.
const TC_MEMBERS: [&str; 22] = [
    "format",
    "created",
    "updated",
    "cmp_id",
    "cmp_version",
    "consent_screen",
    "consent_language",
    "vendor_list_version",
    "policy_version",
    "is_service_specific",
    "use_non_standard_texts",
    "special_features",
    "purposes",
    "purposes_li",
    "purpose_one_treatment",
    "publisher_country",
    "vendors",
    "vendors_li",
    "restrictions",
    "vendors_disclosed",
    "vendors_allowed",
    "publisher",
];

fn canada(place: &Place<'_>) -> Result<TcfCa, PlaceError> {
    let [
        created,
        updated,
        cmp_id,
        cmp_version,
        screen,
        language,
        list,
        policy,
        texts,
        features,
        express,
        implied,
        vendors_express,
        vendors_implied,
        unread,
        disclosed,
        publisher,
    ] = place.known(CANADA_MEMBERS)?;
    if flag(&unread)? {
        return Err(unread.wrong("false: the publisher's restrictions of this section are not read, and not written"));
    }
    Ok(TcfCa {
        created: date(&created)?,
        last_updated: date(&updated)?,
        cmp_id: number(&cmp_id, 4095)?,
        cmp_version: number(&cmp_version, 4095)?,
        consent_screen: number(&screen, 63)?,
        consent_language: letters(&language)?,
        vendor_list_version: number(&list, 4095)?,
        policy_version: number(&policy, 63)?,
        use_non_standard_texts: flag(&texts)?,
        special_features: numbers(&features, 12)?,
        purposes_express: numbers(&express, 24)?,
        purposes_implied: numbers(&implied, 24)?,
        vendors_express: vendor_ids(&vendors_express)?,
        vendors_implied: vendor_ids(&vendors_implied)?,
        restrictions_unread: false,
        disclosed: optional(&disclosed, vendor_ids)?,
        publisher: optional(&publisher, publisher_tc)?,
    })
}

/// Likewise.
const CANADA_MEMBERS: [&str; 17] = [
    "created",
    "updated",
    "cmp_id",
    "cmp_version",
    "consent_screen",
    "consent_language",
    "vendor_list_version",
    "policy_version",
    "use_non_standard_texts",
    "special_features",
    "purposes_express",
    "purposes_implied",
    "vendors_express",
    "vendors_implied",
    "restrictions_unread",
    "vendors_disclosed",
    "publisher",
];

fn publisher_tc(place: &Place<'_>) -> Result<PublisherTc, PlaceError> {
    let [purposes, purposes_li, count, custom, custom_li] =
        place.known(["purposes", "purposes_li", "custom_count", "custom", "custom_li"])?;
    let custom_count: u8 = number(&count, 63)?;
    Ok(PublisherTc {
        purposes: numbers(&purposes, 24)?,
        purposes_li: numbers(&purposes_li, 24)?,
        custom_count,
        custom: numbers(&custom, custom_count)?,
        custom_li: numbers(&custom_li, custom_count)?,
    })
}

fn all_restrictions(place: &Place<'_>) -> Result<Vec<Restriction>, PlaceError> {
    if place.is_absent() {
        return Ok(Vec::new());
    }
    let kinds = "\"not_allowed\", \"require_consent\", \"require_legitimate_interest\" or \"undefined\"";
    let restriction = |item: &Place<'_>| {
        let [purpose, kind, vendors] = item.known(["purpose", "kind", "vendors"])?;
        Ok(Restriction {
            purpose: number(&purpose, 63)?,
            kind: kind.read(kinds, |value| match value.as_str()? {
                "not_allowed" => Some(RestrictionKind::NotAllowed),
                "require_consent" => Some(RestrictionKind::RequireConsent),
                "require_legitimate_interest" => Some(RestrictionKind::RequireLegitimateInterest),
                "undefined" => Some(RestrictionKind::Undefined),
                _ => None,
            })?,
            vendors: vendor_ids(&vendors)?,
        })
    };
    place.items("a list of restrictions")?.iter().map(restriction).collect()
}
