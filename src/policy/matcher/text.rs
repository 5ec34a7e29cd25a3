//! Inline text to service: markers of known bootstraps, found by one automaton (pitfall 87).

use super::{Matcher, service_in};
use crate::policy::service::Service;
use crate::policy::site::Site;
use smallvec::SmallVec;

impl Matcher {
    /// The positions whose markers are in the text, in the order of their appearance.
    fn in_text(&self, text: &[u8]) -> SmallVec<[(usize, u32); 4]> {
        let found = match (&self.grams, &self.markers) {
            (Some(grams), _) => grams.find(text),
            (None, Some(automaton)) => automaton.find_iter(text).map(|m| (m.start(), m.pattern().as_usize())).collect(),
            (None, None) => SmallVec::new(),
        };
        found.into_iter().filter_map(|(at, number)| Some((at, *self.marker_slots.get(number)?))).collect()
    }
}

impl Site {
    /// The service that an inline script (or event handler, or `javascript:` URL) belongs to: the one whose marker comes
    /// first, the longer marker where two begin at one place, this site's own before the catalogue's at one place.
    /// Markers are compared in any ASCII case. Linear in the text; no allocation.
    pub fn service_in_text(&self, inline: &[u8]) -> Option<&Service> {
        self.services_in_text(inline).first().copied()
    }

    /// Every service whose marker is in the text, in the order of their first markers: all of them decide about it.
    pub fn services_in_text(&self, inline: &[u8]) -> SmallVec<[&Service; 2]> {
        let index = &self.index;
        let mut found: SmallVec<[(usize, &Service); 4]> = SmallVec::new();
        let own = index.own.in_text(inline).into_iter().map(|(at, slot)| (at, service_in(&index.own_slots, slot)));
        let shared = index.catalogue.in_text(inline).into_iter().map(|(at, slot)| (at, service_in(&index.slots, slot)));
        for (at, service) in own.chain(shared) {
            let Some(service) = service else { continue };
            if !found.iter().any(|(_, known)| known.id == service.id) {
                found.push((at, service));
            }
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, service)| service).collect()
    }
}
