//! From one tag to its verdict and its edits: which attributes fetch, which services they lead to, what the page's label
//! says, and whether this visitor allowed it.

use super::edit::{Edit, Edits, Text};
use super::handlers::Kind;
use super::report::{Finding, Report, Why};
use super::tag::Tag;
use super::{Page, embed, resource, script};
use crate::policy::reference::{decode_attribute, resolve, srcset_urls};
use crate::policy::{Deciders, Label, Scratch, Service, Target, Verdict};
use encoding_rs::{Encoding, UTF_8};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::ops::Range;

/// Where a tag stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The offset of its `<`.
    pub(crate) offset: usize,
    /// Which tree it is in; `None` when nobody knows.
    pub(crate) foreign: Option<bool>,
    /// The label of the `noscript` around it.
    pub(crate) outer: Label,
}

/// What a tag still needs before it can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing, it is judged.
    Nothing,
    /// The element's text.
    Text,
}

/// Everything a page's tags are judged with, and what came out so far.
pub(crate) struct Judge {
    pub(crate) page: Page,
    pub(crate) encoding: &'static Encoding,
    pub(crate) report: Report,
    pub(crate) edits: Edits,
    scratch: Scratch,
    has_base: bool,
}

impl Judge {
    pub(crate) fn new(page: Page) -> Self {
        let (report, edits, scratch) = (Report::default(), Edits::default(), Scratch::default());
        Self { page, encoding: UTF_8, report, edits, scratch, has_base: false }
    }

    /// Judges a start tag. Scripts without a source need their text first: see [`Judge::script_with_text`].
    pub(crate) fn tag(&mut self, kind: Kind, tag: &Tag<'_>, place: Place) -> Need {
        match kind {
            Kind::Script => return script::judge(self, tag, place),
            Kind::Iframe => embed::iframe(self, tag, place),
            Kind::Img | Kind::Image => embed::image(self, tag, place, kind),
            Kind::Link => resource::link(self, tag, place),
            Kind::Base => self.base(tag, place),
            _ => {}
        }
        Need::Nothing
    }

    /// Judges a script whose text is known, or as much of it as the cap allows.
    pub(crate) fn script_with_text(&mut self, tag: &Tag<'_>, place: Place, text: &[u8]) {
        script::with_text(self, tag, place, text);
    }

    /// The first `<base href>` of the document counts (pitfall 92).
    fn base(&mut self, tag: &Tag<'_>, place: Place) {
        if let Some(href) = tag.get(b"href")
            && !self.has_base
            && place.foreign != Some(true)
        {
            self.has_base = true;
            let base = self.page.base.update_from_base_href(&self.to_utf8(href));
            self.page.base = base;
        }
    }

    /// The label on a tag, or around it. On elements that are neither scripts nor frames only known names count (D9).
    pub(super) fn label(&self, tag: &Tag<'_>, place: Place, is_strict: bool) -> Label {
        let own = tag.get(b"data-category").map_or(Label::Absent, |raw| self.page.site.label(raw));
        match own {
            Label::Absent => place.outer,
            Label::Unknown if !is_strict => Label::Absent,
            label => label,
        }
    }

    /// Who decides about a tag whose attributes `names` are fetched; `more` are services known from elsewhere.
    pub(super) fn deciders(&mut self, tag: &Tag<'_>, names: &[&'static str], label: Label, inline: &[u8]) -> Judged {
        let Self { page, scratch, encoding, .. } = self;
        let site = &*page.site;
        let mut services: SmallVec<[&Service; 2]> = SmallVec::new();
        let mut why = None;
        let mut add = |raw: &[u8], name: &'static str| {
            let Some(target) = resolve(raw, &page.base, scratch) else { return };
            let service = site.service_at(&target);
            if page.trace && (why.is_none() || service.is_some() && services.is_empty()) {
                why = Some(reason(name, &target, service.is_some()));
            }
            if let Some(service) = service
                && !services.iter().any(|known| known.id == service.id)
            {
                services.push(service);
            }
        };
        for &name in names {
            let Some(raw) = tag.get(name.as_bytes()) else { continue };
            let raw = utf8(raw, encoding);
            if name.ends_with("srcset") {
                srcset_urls(&raw).for_each(|url| add(&url, name));
            } else {
                add(&raw, name);
            }
        }
        for service in site.services_in_text(inline) {
            why = why.or(page.trace.then_some(Why::Marker));
            if !services.iter().any(|known| known.id == service.id) {
                services.push(service);
            }
        }
        if page.trace && services.is_empty() && !matches!(label, Label::Absent | Label::Necessary) {
            why = Some(label_reason(tag, label));
        }
        Judged { deciders: site.deciders(&services, label), why }
    }

    /// Who decides about one URL that stands outside of an attribute of its own; `None`: nobody.
    pub(super) fn address(&mut self, raw: &[u8], name: &'static str) -> Option<Judged> {
        let Self { page, scratch, encoding, .. } = self;
        let raw = utf8(raw, encoding);
        let target = resolve(&raw, &page.base, scratch)?;
        let service = page.site.service_at(&target)?;
        let why = page.trace.then(|| reason(name, &target, true));
        Some(Judged { deciders: page.site.deciders(&[service], Label::Absent), why })
    }

    /// Whether this page gets the granted side.
    pub(super) fn is_granted(&self, deciders: &Deciders) -> bool {
        self.page.allows(deciders)
    }

    /// Counts a verdict, and keeps a finding when the page is traced.
    pub(super) fn settle(&mut self, name: &'static str, place: Place, judged: &mut Judged, verdict: Verdict) {
        if !judged.deciders.is_empty() {
            self.report.count(&judged.deciders, verdict);
        }
        if self.page.trace {
            let mark = self.page.site.mark(&judged.deciders);
            let why = judged.why.take().unwrap_or(Why::NoRule { host: String::new(), third_party: false });
            self.report.findings.push(Finding {
                offset: place.offset,
                line: 0,
                tag: name,
                verdict,
                deciders: judged.deciders.clone(),
                mark,
                why,
                scanned: place.foreign.is_none(),
            });
        }
    }

    /// A live tag that somebody decides about: what makes it inert (D8), unless all is granted.
    pub(super) fn disarm(
        &mut self,
        name: &'static str,
        tag: &Tag<'_>,
        place: Place,
        mut judged: Judged,
        arms: &[&str],
    ) {
        let is_armed = arms.iter().any(|arm| tag.first(arm.as_bytes()).is_some());
        if judged.deciders.is_empty() || !(is_armed || name == "script") {
            return self.settle(name, place, &mut judged, Verdict::Keep);
        }
        let is_granted = self.is_granted(&judged.deciders);
        self.settle(name, place, &mut judged, if is_granted { Verdict::Keep } else { Verdict::Neutralise });
        if is_granted && !self.page.trace {
            return;
        }
        let mark = self.page.site.mark(&judged.deciders);
        let inert = if name == "script" { " type=text/plain" } else { "" };
        let behind = if tag.byte(tag.name_end).is_none_or(|b| super::tag::is_space(b) || b == b'>') { "" } else { " " };
        let text = format!(" data-consentry={mark}{inert}{behind}");
        let at = place.offset + tag.name_end;
        self.edit(at..at, Text::Origin, Text::Made(text.into()), &judged.deciders, is_granted);
        for attribute in arms.iter().flat_map(|arm| tag.all(arm.as_bytes())) {
            let at = place.offset + attribute.name.start;
            self.edit(at..at, Text::Origin, Text::Fixed("data-consentry-"), &judged.deciders, is_granted);
        }
    }

    /// Adds an edit; one that changes nothing on this page only when traced.
    pub(super) fn edit(
        &mut self,
        range: Range<usize>,
        granted: Text,
        refused: Text,
        deciders: &Deciders,
        is_granted: bool,
    ) {
        let edit = Edit { range, granted, refused, deciders: deciders.clone(), is_granted };
        if self.page.trace || edit.text() != &Text::Origin {
            self.edits.push(edit);
        }
    }

    /// The page's bytes as UTF-8, which references are read in.
    pub(super) fn to_utf8<'r>(&self, raw: &'r [u8]) -> Cow<'r, [u8]> {
        utf8(raw, self.encoding)
    }
}

/// Who decides about a tag, and why.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) deciders: Deciders,
    pub(super) why: Option<Why>,
}

fn utf8<'r>(raw: &'r [u8], encoding: &'static Encoding) -> Cow<'r, [u8]> {
    if encoding == UTF_8 || raw.is_ascii() {
        return Cow::Borrowed(raw);
    }
    match encoding.decode_without_bom_handling(raw).0 {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn reason(attribute: &'static str, target: &Target<'_>, is_known: bool) -> Why {
    let (host, path) = (target.host.to_owned(), target.path.to_owned());
    if is_known {
        Why::Reference { attribute, host, path }
    } else {
        Why::NoRule { host, third_party: target.third_party }
    }
}

fn label_reason(tag: &Tag<'_>, label: Label) -> Why {
    let raw = decode_attribute(tag.get(b"data-category").unwrap_or_default());
    let name = String::from_utf8_lossy(&raw).trim().to_owned();
    if label == Label::Unknown { Why::UnknownLabel(name) } else { Why::Label(name) }
}
