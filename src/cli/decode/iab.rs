//! The IAB's strings and Google's beside them.

use super::meaning::{Meaning, date, yes_or_no};
use crate::consent::codec::gpp::{self, Section, TcfCa, UsSection};
use crate::consent::codec::ids::IdSet;
use crate::consent::codec::numbers::Numbers;
use crate::consent::codec::tcf::{self, PublisherTc, Restriction, RestrictionKind, Tcf};
use crate::consent::codec::us_privacy::{self, UsPrivacy};
use crate::consent::codec::{ac, iubenda};
use serde_json::{Value, json};

impl Meaning {
    /// A TC string, or the Additional Consent string that stands beside one.
    pub(super) fn tcf(&mut self, value: &[u8]) -> Result<(), String> {
        if value.starts_with(b"1~") || value.starts_with(b"2~") {
            let decoded = ac::decode(value).map_err(|error| error.to_string())?;
            self.add("google_vendors", list(&decoded.consented));
            if let Some(disclosed) = &decoded.disclosed {
                self.add("google_vendors_disclosed", list(disclosed));
            }
            return Ok(());
        }
        let decoded = tcf::decode(value).map_err(|error| error.to_string())?;
        for (key, member) in tc_members(&decoded) {
            self.add(key, member);
        }
        Ok(())
    }

    /// A GPP string with each of its sections.
    pub(super) fn gpp(&mut self, value: &[u8]) -> Result<(), String> {
        let decoded = gpp::decode(value).map_err(|error| error.to_string())?;
        let ids: Vec<u16> = decoded.sections.iter().map(Section::id).collect();
        self.add("section_ids", ids);
        let mut sections = serde_json::Map::new();
        for section in &decoded.sections {
            let members = section_members(section);
            self.lines.push(("section", format!("{}: {members}", section.id())));
            sections.insert(section.id().to_string(), members);
        }
        self.json.insert("sections".to_owned(), sections.into());
        if let Ok(Some(said)) = gpp::View::read(value).and_then(|view| view.opt_out()) {
            self.lines.push(("opted out", yes_or_no(said.any()).to_owned()));
            let gpp::OptOut { sale, sharing, targeted_advertising, gpc } = said;
            let members =
                json!({"sale": sale, "sharing": sharing, "targetedAdvertising": targeted_advertising, "gpc": gpc});
            self.json.insert("opted_out".to_owned(), members);
        }
        Ok(())
    }

    /// A US Privacy string, also in iubenda's form.
    pub(super) fn us_privacy(&mut self, value: &[u8]) -> Result<(), String> {
        let inner = iubenda::us_privacy(value);
        let string = inner.as_ref().map_or(value, |four| four.as_slice());
        let decoded = us_privacy::decode(string).map_err(|error| error.to_string())?;
        for (key, letter) in us_members(decoded) {
            self.add(key, letter);
        }
        self.add("applies", decoded.applies());
        Ok(())
    }
}

fn list(ids: &[u32]) -> Value {
    ids.iter().copied().collect()
}

fn numbers(set: Numbers) -> Value {
    set.iter().collect()
}

/// Ranges as they are written for people: `1-3, 755`.
fn vendors(set: &IdSet) -> Value {
    let range = |(first, last): &(u16, u16)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    set.ranges().iter().map(range).collect::<Vec<_>>().join(", ").into()
}

fn tc_members(tc: &Tcf) -> Vec<(&'static str, Value)> {
    let head = &tc.head;
    let mut members = vec![
        ("created", date(head.created).into()),
        ("updated", date(head.last_updated).into()),
        ("cmp_id", head.cmp_id.into()),
        ("cmp_version", head.cmp_version.into()),
        ("consent_screen", head.consent_screen.into()),
        ("consent_language", head.consent_language.to_string().into()),
        ("vendor_list_version", head.vendor_list_version.into()),
        ("policy_version", head.policy_version.into()),
        ("is_service_specific", head.is_service_specific.into()),
        ("use_non_standard_texts", head.use_non_standard_texts.into()),
        ("special_features", numbers(head.special_features)),
        ("purposes", numbers(head.purposes)),
        ("purposes_li", numbers(head.purposes_li)),
        ("purpose_one_treatment", head.purpose_one_treatment.into()),
        ("publisher_country", head.publisher_country.to_string().into()),
        ("vendors", vendors(&tc.vendors)),
        ("vendors_li", vendors(&tc.vendors_li)),
        ("restrictions", tc.restrictions.iter().map(restriction).collect()),
    ];
    members.extend(tc.disclosed.as_ref().map(|set| ("vendors_disclosed", vendors(set))));
    members.extend(tc.allowed.as_ref().map(|set| ("vendors_allowed", vendors(set))));
    members.extend(tc.publisher.as_ref().map(|publisher| ("publisher", publisher_members(publisher))));
    members
}

fn restriction(restriction: &Restriction) -> Value {
    let kind = match restriction.kind {
        RestrictionKind::NotAllowed => "not_allowed",
        RestrictionKind::RequireConsent => "require_consent",
        RestrictionKind::RequireLegitimateInterest => "require_legitimate_interest",
        RestrictionKind::Undefined => "undefined",
    };
    json!({"purpose": restriction.purpose, "kind": kind, "vendors": vendors(&restriction.vendors)})
}

fn publisher_members(publisher: &PublisherTc) -> Value {
    json!({
        "purposes": numbers(publisher.purposes),
        "purposes_li": numbers(publisher.purposes_li),
        "custom_count": publisher.custom_count,
        "custom": numbers(publisher.custom),
        "custom_li": numbers(publisher.custom_li),
    })
}

fn us_members(said: UsPrivacy) -> [(&'static str, Value); 3] {
    [("notice", said.notice), ("opt_out_sale", said.opt_out_sale), ("lspa", said.lspa)]
        .map(|(key, answer)| (key, answer.letter().to_string().into()))
}

fn section_members(section: &Section) -> Value {
    match section {
        Section::TcfEu(tc) => tc_members(tc).into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        Section::UsPrivacy(said) => us_members(*said).into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        Section::Us(section) => us_section(section),
        Section::TcfCa(tc) => canada_members(tc),
        Section::Other { text, .. } => json!({"text": text}),
    }
}

fn us_section(section: &UsSection) -> Value {
    let version = ("Version".to_owned(), section.layout.version.into());
    let fields = section.fields().map(|(name, values)| (name.to_owned(), json!(values)));
    let sensitive = section.sensitive.as_ref().map(|values| ("SensitiveDataProcessing".to_owned(), json!(values)));
    let gpc = section.gpc.map(|gpc| ("Gpc".to_owned(), gpc.into()));
    std::iter::once(version).chain(fields).chain(sensitive).chain(gpc).collect()
}

fn canada_members(tc: &TcfCa) -> Value {
    let mut members = json!({
        "created": date(tc.created),
        "updated": date(tc.last_updated),
        "cmp_id": tc.cmp_id,
        "cmp_version": tc.cmp_version,
        "consent_screen": tc.consent_screen,
        "consent_language": tc.consent_language.to_string(),
        "vendor_list_version": tc.vendor_list_version,
        "policy_version": tc.policy_version,
        "use_non_standard_texts": tc.use_non_standard_texts,
        "special_features": numbers(tc.special_features),
        "purposes_express": numbers(tc.purposes_express),
        "purposes_implied": numbers(tc.purposes_implied),
        "vendors_express": vendors(&tc.vendors_express),
        "vendors_implied": vendors(&tc.vendors_implied),
        "restrictions_unread": tc.restrictions_unread,
    });
    if let Some(object) = members.as_object_mut() {
        object.extend(tc.disclosed.as_ref().map(|set| ("vendors_disclosed".to_owned(), vendors(set))));
        object.extend(tc.publisher.as_ref().map(|own| ("publisher".to_owned(), publisher_members(own))));
    }
    members
}
