//! What the page itself says about a tag, in its own words or in those of a consent tool.

use super::edit::Text;
use super::judge::{Judge, Place};
use super::report::Why;
use super::tag::Tag;
use crate::policy::markup::claim::{class_breaks, inert_source, is_claiming_class, marker};
use crate::policy::markup::{Marker, On, Tool};
use crate::policy::reference::decode_attribute;
use crate::policy::{Deciders, Label, ServiceId};
use smallvec::SmallVec;

/// What a tag is to its label (D9).
#[derive(Debug, Clone, Copy)]
pub(super) enum Sort<'t> {
    /// A script that does not run, with its type (lower case).
    InertScript(&'t [u8]),
    LiveScript,
    Frame,
    /// On these only known names count.
    Other,
}

/// An attribute that holds a source until it is made live.
#[derive(Debug, Clone, Copy)]
pub(super) struct InertSource {
    /// Its place in the tag's list.
    pub(super) at: usize,
    /// Its name.
    pub(super) name: &'static str,
    /// The name of the live attribute.
    pub(super) live: &'static str,
}

/// What the page says about a tag.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) label: Label,
    /// Services that are named.
    pub(super) services: SmallVec<[ServiceId; 1]>,
    /// A service is named that this site does not know.
    pub(super) is_unknown_service: bool,
    /// The places of the attributes that say it, by which a tool on the page would find the tag.
    pub(super) markers: SmallVec<[(Marker, usize); 2]>,
    /// The attributes that are to be made live; of scripts and other elements alike.
    pub(super) sources: SmallVec<[InertSource; 1]>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            label: Label::Absent,
            services: SmallVec::new(),
            is_unknown_service: false,
            markers: SmallVec::new(),
            sources: SmallVec::new(),
        }
    }
}

/// On which side of a verdict the markers are renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rename {
    /// The tag came live: granted, it leaves as it came.
    WhenRefused,
    /// The tag came inert: a tool on the page must neither start it nor start it twice.
    Always,
}

/// What a renamed marker begins with.
const TOOL: &str = "data-consentry-tool-";
/// What breaks a word in a class.
const BREAK: &str = "consentry-";

impl Said {
    /// Whether the page says anything at all.
    pub(super) fn is_something(&self) -> bool {
        self.label != Label::Absent || !self.services.is_empty() || self.is_unknown_service
    }

    /// The reason that a label alone gives.
    pub(super) fn reason(&self, tag: &Tag<'_>, label: Label) -> Why {
        let marker = self.markers.first().and_then(|(_, at)| tag.attributes.get(*at));
        let raw = decode_attribute(marker.map_or(b"", |attribute| tag.value(attribute)));
        let value = String::from_utf8_lossy(&raw).trim().to_owned();
        let name = marker.map_or(b"".as_slice(), |attribute| tag.name(attribute));
        let attribute = String::from_utf8_lossy(name).to_ascii_lowercase();
        if label == Label::Unknown { Why::UnknownLabel { attribute, value } } else { Why::Label { attribute, value } }
    }
}

/// A marker's name without what we put before it.
fn bare(name: &[u8], is_marked: bool) -> &[u8] {
    let renamed = name.split_at_checked(TOOL.len()).filter(|(head, _)| head.eq_ignore_ascii_case(TOOL.as_bytes()));
    match renamed {
        // On a marked tag it has had its say: see `data-consentry`.
        Some(_) if is_marked => b"",
        Some((_, bare)) => bare,
        None => name,
    }
}

impl Judge {
    /// What the page says about a tag, or about what is around it. A few comparisons per attribute where it says nothing.
    pub(super) fn said(&self, tag: &Tag<'_>, place: Place, sort: Sort<'_>) -> Said {
        let mut said = Said { label: place.outer, ..Said::default() };
        for (at, attribute) in tag.attributes.iter().enumerate() {
            let name = tag.name(attribute);
            if let Some((name, live)) = inert_source(name) {
                said.sources.push(InertSource { at, name, live });
            } else if let Some(found) = marker(bare(name, tag.first(b"data-consentry").is_some())) {
                said.markers.push((found, at));
            }
        }
        if said.markers.is_empty() {
            return said;
        }
        self.count(tag, sort, &mut said);
        let value = |at: usize| tag.attributes.get(at).map_or(b"".as_slice(), |attribute| tag.value(attribute));
        let claim = self.page.site.claim(said.markers.iter().map(|(marker, at)| (*marker, value(*at))));
        let is_strict = !matches!(sort, Sort::Other);
        if claim.label == Label::Unknown && !is_strict {
            said.markers.clear();
        } else if claim.label != Label::Absent {
            said.label = claim.label;
        }
        said.services = claim.services;
        // Klaro's attribute has a common name: beside scripts only services that are known count.
        let is_certain = matches!(sort, Sort::InertScript(_)) || !has(&said, Marker::Of(Tool::Klaro));
        said.is_unknown_service = claim.is_unknown_service && is_strict && is_certain;
        said
    }

    /// Leaves only the markers that mean something on this tag.
    fn count(&self, tag: &Tag<'_>, sort: Sort<'_>, said: &mut Said) {
        let on = match sort {
            Sort::InertScript(kind) => On::InertScript(kind),
            Sort::LiveScript => On::LiveScript,
            Sort::Frame | Sort::Other if said.sources.is_empty() => On::Element,
            Sort::Frame | Sort::Other => On::InertElement,
        };
        let has_category = has(said, Marker::Category);
        said.markers.retain(|(marker, at)| {
            let class = || tag.attributes.get(*at).is_some_and(|attribute| is_claiming_class(tag.value(attribute)));
            match marker {
                Marker::Service => has_category && marker.counts(on),
                Marker::Class => marker.counts(on) && class(),
                _ => marker.counts(on),
            }
        });
    }

    /// Renames what a tool on the page would find the tag by.
    pub(super) fn rename(
        &mut self,
        said: &Said,
        tag: &Tag<'_>,
        place: Place,
        deciders: &Deciders,
        is_granted: bool,
        when: Rename,
    ) {
        let is_script = tag.element().eq_ignore_ascii_case(b"script");
        let mut put = |at: usize, text: &'static str| {
            let at = place.offset + at;
            let granted = if when == Rename::Always { Text::Fixed(text) } else { Text::Origin };
            self.edit(at..at, granted, Text::Fixed(text), deciders, is_granted);
        };
        for (marker, at) in &said.markers {
            let Some(attribute) = tag.attributes.get(*at) else { continue };
            if *marker == Marker::Class && !is_script {
                class_breaks(tag.value(attribute)).for_each(|at| put(attribute.value.start + at, BREAK));
            } else if bare(tag.name(attribute), false).len() == attribute.name.len() {
                put(attribute.name.start, TOOL);
            }
        }
    }
}

fn has(said: &Said, marker: Marker) -> bool {
    said.markers.iter().any(|(known, _)| *known == marker)
}
