//! For fuzzing: any header at all.

use super::{Input, Reader};
use crate::consent::codec::signature::Keyring;
use crate::consent::mapping::{Mapping, SourceRule, Target};
use crate::consent::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber, Source};

/// Any lines as `Cookie` fields, the first one also as `OT-Consent-String`, on a site that reads everything; nothing must
/// be taken for ours, and no service answered twice.
pub fn fuzz_reader(data: &[u8]) {
    let Ok(keyring) = Keyring::new([[1; Keyring::MIN_KEY]]) else { return };
    let mapping = everything();
    let fields: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let input =
        Input { cookies: &fields, ot_consent_string: fields.first().copied(), now: Deciseconds(17_000_000_000) };
    let consent = Reader::new(keyring).read(&mapping, &input).consent;
    assert!(consent.source != Source::Own, "a value was taken for ours");
    assert!(consent.services.is_sorted_by(|a, b| a.0 < b.0), "a service is answered twice");
    assert!(consent.granted.intersection(consent.refused).is_empty(), "a category has both answers");
}

/// A site that lists every source, and maps numbers and a few names.
fn everything() -> Mapping {
    let category = |number: u8| CategoryNumber::new(number).unwrap_or(CategoryNumber::NECESSARY);
    let names = [("C0002", 2), ("C0004", 3), ("statistics", 2), ("analytics", 2), ("marketing", 3), ("2", 1)];
    let mut slugs = std::collections::HashMap::new();
    let mut sources = Vec::new();
    for source in Source::all() {
        let mut rule = SourceRule::new(source);
        if rule.cookies.is_empty() && source != Source::Own {
            rule.cookies.push("ot__".to_owned());
        }
        for (name, number) in names {
            rule.groups.usual(name, [category(number)].into_iter().collect());
        }
        rule.purposes = (1..=63).map(|id| (u16::from(id), category(id))).collect();
        rule.vendors = (1..=99_u16).filter_map(|id| Some((id, ServiceNumber::new(id)?))).collect();
        if let Some(service) = ServiceNumber::new(7) {
            rule.services.write("ga", Target::Service(service, category(2)));
            slugs.insert("matomo".to_owned(), (service, category(2)));
        }
        sources.push(rule);
    }
    Mapping {
        own_cookie: "consentry".to_owned(),
        sources,
        categories: CategorySet::from_bits(u64::MAX),
        sale: CategorySet::from_bits(8),
        service_slugs: slugs,
        ..Mapping::default()
    }
}
