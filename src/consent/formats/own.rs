//! Our own cookie.

use super::{Services, answer};
use crate::consent::codec::didomi::{self, DcsError, Field, Form, Head, Pairs, Sink};
use crate::consent::mapping::Mapping;
use crate::consent::{CategoryNumber, CategorySet, Consent, Deciseconds, ServiceNumber, Source};

/// How many service answers our own cookie may hold; we write far fewer.
const MAX_OWN_SERVICES: usize = 4096;

/// What our own cookie says, whatever the site's rules make of it.
#[derive(Debug, Clone)]
pub struct Said {
    granted: CategorySet,
    refused: CategorySet,
    services: Services,
    updated: Deciseconds,
    id: [u8; 16],
}

impl Said {
    /// Reads a cookie, once its signature is verified. Purposes are category numbers, vendors service numbers (D2).
    ///
    /// No allocation up to sixteen deviating services.
    ///
    /// # Errors
    /// [`DcsError`] for anything but a string of version 2.
    pub fn read(value: &[u8]) -> Result<Self, DcsError> {
        let mut sink = OwnSink::default();
        let form = didomi::scan(value, &mut sink)?;
        if !matches!(form, Form::V2 { .. }) {
            return Err(DcsError { bit: 0, problem: didomi::Problem::Version(form.version()) });
        }
        Ok(Self {
            granted: CategorySet::from_bits(sink.granted),
            refused: CategorySet::from_bits(sink.refused),
            services: sink.services,
            updated: Deciseconds(sink.head.updated),
            id: sink.head.user_id,
        })
    }

    /// The answer on a site; `None` when it says nothing about what the site has.
    pub fn on(self, mapping: &Mapping) -> Option<Consent> {
        let said = (self.granted, self.refused);
        let consent = answer(Source::Own, mapping, said, self.services, Some(self.updated))?;
        Some(Consent { id: Some(self.id), ..consent })
    }
}

/// [`Said::read`] and [`Said::on`]. Benchmark `codec/own`.
///
/// # Errors
/// As [`Said::read`].
pub fn own(value: &[u8], mapping: &Mapping) -> Result<Option<Consent>, DcsError> {
    Said::read(value).map(|said| said.on(mapping))
}

#[derive(Default)]
struct OwnSink {
    head: Head,
    granted: u64,
    refused: u64,
    services: Services,
}

impl Sink for OwnSink {
    fn restart(&mut self, _from: usize) {
        (self.granted, self.refused) = (0, 0);
        self.services.clear();
    }

    #[inline]
    fn head(&mut self, head: Head) {
        self.head = head;
    }

    #[inline]
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool) {
        match field {
            Field::Purposes => {
                let bits = category_bits(first, last);
                *if enabled { &mut self.granted } else { &mut self.refused } |= bits;
            }
            Field::Vendors => {
                let room = MAX_OWN_SERVICES.saturating_sub(self.services.len());
                let ids = (first..=last).filter_map(ServiceNumber::new);
                self.services.extend(ids.take(room).map(|service| (service, enabled)));
            }
            Field::PurposesLi | Field::VendorsLi => {}
        }
    }

    #[inline]
    fn wants(&self, field: Field) -> bool {
        matches!(field, Field::Purposes | Field::Vendors)
    }

    #[inline]
    fn pairs(&mut self, field: Field, first: u16, pairs: Pairs) {
        if field == Field::Purposes {
            self.granted |= category_word(first, pairs.enabled());
            self.refused |= category_word(first, pairs.disabled());
        } else {
            didomi::give_runs(self, field, first, pairs);
        }
    }
}

/// Bit `31 - n` as the category number `first + n`; what is above 63 is no category.
#[inline]
fn category_word(first: u16, bits: u32) -> u64 {
    u64::from(bits.reverse_bits()).checked_shl(u32::from(first)).unwrap_or(0)
}

/// The bits of the category numbers `first..=last`; what is above 63 is no category.
fn category_bits(first: u16, last: u16) -> u64 {
    let max = u16::from(CategoryNumber::MAX);
    if first > max {
        return 0;
    }
    let width = u32::from(last.min(max) - first);
    (u64::MAX >> (63 - width)) << first
}
