//! Didomi's consent strings.

use super::{Services, answer};
use crate::consent::codec::didomi::{self, DcsError, Field, Head, Pairs, Sink};
use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::{CategorySet, Consent, Deciseconds};

/// A Didomi consent string. Of the purposes mapped to one category a no counts before a yes; legitimate interest is no
/// consent and is not read. A vendor needs its own yes *and* its category's, so only a no is noted for a service; where
/// the string answers for vendors at all, a mapped vendor that it does not name has no yes.
///
/// No allocation up to sixteen services with a no. Benchmark `codec/didomi`.
///
/// # Errors
/// [`DcsError`].
pub fn didomi(value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Result<Option<Consent>, DcsError> {
    let mut sink = DidomiSink::new(rule);
    didomi::scan(value, &mut sink)?;
    if sink.vendors_answered && !rule.vendors.is_empty() {
        return Ok(with_services(&sink, mapping));
    }
    Ok(answer(rule.source, mapping, sink.said(), Services::new(), Some(sink.updated)))
}

/// PERF: apart, so that the room for services is made where there are some.
#[inline(never)]
fn with_services(sink: &DidomiSink<'_>, mapping: &Mapping) -> Option<Consent> {
    answer(sink.rule.source, mapping, sink.said(), sink.refused_services(), Some(sink.updated))
}

struct DidomiSink<'m> {
    rule: &'m SourceRule,
    granted: u64,
    refused: u64,
    updated: Deciseconds,
    vendors: Services,
    vendors_answered: bool,
}

impl<'m> DidomiSink<'m> {
    fn new(rule: &'m SourceRule) -> Self {
        Self {
            rule,
            granted: 0,
            refused: 0,
            updated: Deciseconds(0),
            vendors: Services::new(),
            vendors_answered: false,
        }
    }

    fn said(&self) -> (CategorySet, CategorySet) {
        (CategorySet::from_bits(self.granted), CategorySet::from_bits(self.refused))
    }

    /// The mapped services without a yes for each of their vendors, where the string answers for vendors.
    fn refused_services(&self) -> Services {
        let enabled = |service| {
            let mut answers = self.vendors.iter().filter(|(known, _)| *known == service).peekable();
            answers.peek().is_some() && answers.all(|(_, enabled)| *enabled)
        };
        self.rule.vendors.iter().filter(|(_, s)| !enabled(**s)).map(|(_, service)| (*service, false)).collect()
    }
}

impl Sink for DidomiSink<'_> {
    fn restart(&mut self, _from: usize) {
        (self.granted, self.refused, self.vendors_answered) = (0, 0, false);
        self.vendors.clear();
    }

    #[inline]
    fn head(&mut self, head: Head) {
        self.updated = Deciseconds(head.updated);
    }

    #[inline(always)]
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool) {
        match field {
            Field::Purposes => {
                let found = self.rule.purposes.range(first, last);
                let bits = found.fold(0, |bits, (_, category)| bits | 1 << category.get());
                *if enabled { &mut self.granted } else { &mut self.refused } |= bits;
            }
            Field::Vendors => {
                self.vendors_answered = true;
                for (_, service) in self.rule.vendors.range(first, last) {
                    self.vendors.push((*service, enabled));
                }
            }
            Field::PurposesLi | Field::VendorsLi => {}
        }
    }

    #[inline]
    fn wants(&self, field: Field) -> bool {
        matches!(field, Field::Purposes | Field::Vendors)
    }

    #[inline(always)]
    fn pairs(&mut self, field: Field, first: u16, pairs: Pairs) {
        if field != Field::Purposes || first != 1 {
            return didomi::give_runs(self, field, first, pairs);
        }
        let (granted, refused) = pairs.unite(self.rule.purposes.near());
        self.granted |= granted;
        self.refused |= refused;
    }
}
