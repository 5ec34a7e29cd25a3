//! What a tag says in the markup of a consent tool: which attributes say it, and what is therefore needed.
//!
//! A dialect counts only where it is certain: names like `data-name` or `data-vendor` mean something beside the type or
//! the inert source that the tool writes with them, and nothing elsewhere.

use super::Label;
use super::names::{Meaning, Tool};
use crate::consent::{CategoryNumber, CategorySet};
use crate::policy::reference::decode_attribute;
use crate::policy::service::ServiceId;
use crate::policy::site::Site;
use smallvec::SmallVec;

/// An attribute by which a tool finds its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// `data-category` of vanilla-cookieconsent, Complianz and KookiTrust: categories.
    Category,
    /// `data-service` beside it.
    Service,
    /// The names of this tool.
    Of(Tool),
    /// `class`, in which OneTrust, iubenda and TrustArc write.
    Class,
}

/// Attribute, and what it is.
const MARKERS: [(&str, Marker); 21] = [
    ("class", Marker::Class),
    ("data-borlabs-cookie-script-blocker-handle", Marker::Of(Tool::Borlabs)),
    ("data-borlabs-cookie-script-blocker-id", Marker::Of(Tool::Borlabs)),
    ("data-category", Marker::Category),
    ("data-consent", Marker::Of(Tool::Dastra)),
    ("data-cookieconsent", Marker::Of(Tool::Cookiebot)),
    ("data-cookieyes", Marker::Of(Tool::CookieYes)),
    ("data-cookieyes-category", Marker::Of(Tool::CookieYes)),
    ("data-iub-purposes", Marker::Of(Tool::Iubenda)),
    ("data-name", Marker::Of(Tool::Klaro)),
    ("data-optanon-category", Marker::Of(Tool::OneTrust)),
    ("data-osano", Marker::Of(Tool::Osano)),
    ("data-ot-category-id", Marker::Of(Tool::OneTrust)),
    ("data-purposes", Marker::Of(Tool::Didomi)),
    ("data-requires-vendor-consent", Marker::Of(Tool::Axeptio)),
    ("data-service", Marker::Service),
    ("data-tracker-type", Marker::Of(Tool::TrustArc)),
    ("data-usercentrics", Marker::Of(Tool::Usercentrics)),
    ("data-vendor", Marker::Of(Tool::DidomiVendor)),
    ("data-vendor-raw", Marker::Of(Tool::DidomiVendor)),
    ("trackertype", Marker::Of(Tool::TrustArc)),
];

/// The attributes that hold a source until a tool makes it live, and what they are then.
const SOURCES: [(&str, &str); 13] = [
    ("data-src", "src"),
    ("data-srcset", "srcset"),
    ("data-href", "href"),
    ("data-cookieblock-src", "src"),
    ("data-cookieblock-href", "href"),
    ("data-src-cmplz", "src"),
    ("data-cmplz-src", "src"),
    ("data-href-cmplz", "href"),
    ("uc-src", "src"),
    ("data-suppressedsrc", "src"),
    ("suppressedsrc", "src"),
    ("data-borlabs-cookie-script-blocker-src", "src"),
    ("data-blocked-src", "src"),
];

/// What an attribute of this name is to a consent tool, in any case. Most names are told apart by their first letter.
pub fn marker(name: &[u8]) -> Option<Marker> {
    if !matches!(name.first(), Some(b'c' | b'C' | b'd' | b'D' | b't' | b'T')) {
        return None;
    }
    MARKERS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, marker)| *marker)
}

/// The attribute of this name that holds a source until it is made live, and its live name; in any case.
pub fn inert_source(name: &[u8]) -> Option<(&'static str, &'static str)> {
    if !matches!(name.first(), Some(b'd' | b'D' | b'u' | b'U' | b's' | b'S')) {
        return None;
    }
    SOURCES.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).copied()
}

/// What kind of tag a claim stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On<'t> {
    /// A script that does not run, with its type (lower case).
    InertScript(&'t [u8]),
    /// A script that runs.
    LiveScript,
    /// A frame or another element that has an inert source.
    InertElement,
    /// Any other element.
    Element,
}

impl Marker {
    /// Whether it means something on such a tag.
    pub fn counts(self, on: On<'_>) -> bool {
        use Tool::{Borlabs, Dastra, Didomi, DidomiVendor, Klaro, TrustArc};
        match (self, on) {
            (Self::Of(Dastra), _) => on == On::InertScript(b"dastra/script"),
            (Self::Of(Didomi | DidomiVendor), On::InertScript(kind)) => kind.starts_with(b"didomi/"),
            (Self::Of(Didomi | DidomiVendor), _) => false,
            (Self::Of(Borlabs), On::InertScript(kind)) => kind.starts_with(b"text/template"),
            (Self::Of(Klaro), On::InertScript(kind)) => kind == b"text/plain" || kind == b"opt-in",
            (Self::Of(Klaro | TrustArc | Borlabs), On::LiveScript | On::Element) => false,
            (Self::Class | Self::Service, On::Element) => false,
            _ => true,
        }
    }
}

/// What a tag's own markup asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The categories.
    pub label: Label,
    /// The services, by name.
    pub services: SmallVec<[ServiceId; 1]>,
    /// A service was named that this site does not know: where nothing else says which it is, nobody grants it.
    pub is_unknown_service: bool,
}

#[derive(Default)]
struct Needs {
    categories: CategorySet,
    refused: Option<CategoryNumber>,
    services: SmallVec<[ServiceId; 1]>,
    is_unknown: bool,
    is_unknown_service: bool,
}

impl Site {
    /// Reads the attributes that say something, with their raw values. All that is named is needed.
    pub fn claim<'v>(&self, markers: impl Iterator<Item = (Marker, &'v [u8])> + Clone) -> Claim {
        let mut needs = Needs::default();
        for (marker, raw) in markers.clone() {
            let decoded = decode_attribute(raw);
            let text = String::from_utf8_lossy(&decoded);
            match marker {
                Marker::Category => self.categories(&text, &mut needs),
                Marker::Service => needs.services.extend(self.service_called(&text)),
                Marker::Of(tool) => self.of_tool(tool, &text, &mut needs),
                Marker::Class => {
                    let has = |tool| markers.clone().any(|(marker, _)| marker == Marker::Of(tool));
                    self.class(&text, has, &mut needs);
                }
            }
        }
        needs.claim()
    }

    fn categories(&self, text: &str, needs: &mut Needs) {
        for name in names(text, &[',']) {
            match (name.strip_prefix('!'), self.label_number(name.trim_start_matches('!').trim())) {
                (_, None) => needs.is_unknown = true,
                (None, Some(number)) => needs.categories.insert(number),
                // Runs where that category is refused; two of them are no known form.
                (Some(_), Some(number)) => needs.is_unknown |= needs.refused.replace(number).is_some(),
            }
        }
    }

    fn of_tool(&self, tool: Tool, text: &str, needs: &mut Needs) {
        for name in names(text, tool.separators()) {
            match self.meaning(tool, name) {
                Some(Meaning::Nothing) => {}
                Some(Meaning::Categories(set)) => needs.categories = needs.categories.union(set),
                Some(Meaning::Service(number)) => needs.services.push(number),
                None if tool.names_services() => needs.is_unknown_service = true,
                None => needs.is_unknown = true,
            }
        }
    }

    fn class(&self, text: &str, has: impl Fn(Tool) -> bool, needs: &mut Needs) {
        for token in text.split_ascii_whitespace() {
            if let Some(groups) = token.strip_prefix("optanon-category-") {
                self.of_tool(Tool::OneTrust, groups, needs);
            } else if let Some(services) = token.strip_prefix("ot-vscat-") {
                self.of_tool(Tool::OneTrustService, services, needs);
            } else if token.starts_with("_iub_cs_activate") && !has(Tool::Iubenda) {
                self.of_tool(Tool::Iubenda, "2,3,4,5", needs);
            } else if token == "trustecm" && !has(Tool::TrustArc) {
                needs.is_unknown = true;
            }
        }
    }
}

/// Whether a class says something to a tool; where in its text a word can be broken so that it does not any more.
pub fn class_breaks(text: &[u8]) -> impl Iterator<Item = usize> {
    const WORDS: [(&[u8], usize); 3] = [(b"optanon-category-", 8), (b"ot-vscat-", 3), (b"_iub_cs_activate", 5)];
    WORDS.into_iter().flat_map(move |(word, at)| memchr::memmem::find_iter(text, word).map(move |start| start + at))
}

/// Whether a class may say something to a tool. A few comparisons for classes without those letters.
pub fn is_claiming_class(text: &[u8]) -> bool {
    class_breaks(text).next().is_some() || memchr::memmem::find(text, b"trustecm").is_some()
}

fn names<'t>(text: &'t str, separators: &'static [char]) -> impl Iterator<Item = &'t str> {
    text.split(separators).map(str::trim).filter(|name| !name.is_empty())
}

impl Needs {
    fn claim(mut self) -> Claim {
        let needed = self.categories.difference(CategorySet::from_bits(1));
        let mut each = needed.iter();
        let label = match (self.is_unknown, self.refused, each.next(), each.next()) {
            (true, ..) | (_, Some(_), Some(_), _) => Label::Unknown,
            (_, Some(refused), None, _) => Label::Refused(refused),
            (_, None, Some(one), None) => Label::Category(one),
            (_, None, Some(_), Some(_)) => Label::Categories(needed),
            _ if self.categories.is_empty() => Label::Absent,
            _ => Label::Necessary,
        };
        self.services.sort_unstable();
        self.services.dedup();
        let is_unknown_service = self.is_unknown_service && self.services.is_empty();
        Claim { label, services: self.services, is_unknown_service }
    }
}
