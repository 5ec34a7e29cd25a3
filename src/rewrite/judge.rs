//! From one tag to its verdict and its edits: which attributes fetch, which services they lead to, what the page's label
//! says, and whether this visitor allowed it.

use super::attributes::{self, Form, Reach};
use super::bystander;
use super::edit::{Edit, Edits, Text};
pub(super) use super::found::{Found, Judged};
use super::handlers::Kind;
use super::report::{Finding, Report, Why};
use super::said::{Rename, Said, Sort};
use super::script::Code;
use super::tag::{Tag, is_space};
use super::{Page, embed, fetch, inert, resource, script, srcdoc};
use crate::policy::reference::{decode_attribute, resolve, srcset_urls};
use crate::policy::{Deciders, Fetch, Label, Owner, Scratch, Service, Target, Verdict};
use encoding_rs::{Encoding, UTF_8};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::VecDeque;
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
    /// The guard stands before whatever is judged here.
    pub(super) is_guarded: bool,
    /// What the element that is being judged fetches.
    pub(super) fetch: Fetch,
    /// The tags that were judged and that may still be met by [`super::deep`].
    pub(super) seen: VecDeque<(Range<usize>, bool)>,
    /// In how many `srcdoc` attributes this page stands.
    pub(super) depth: u8,
    /// A tag was judged of which only the beginning is known.
    pub(super) overlong: bool,
}

impl Judge {
    pub(crate) fn new(page: Page) -> Self {
        let (report, edits, scratch) = (Report::default(), Edits::default(), Scratch::default());
        let (seen, fetch) = (VecDeque::new(), Fetch::Other);
        Self {
            page,
            encoding: UTF_8,
            report,
            edits,
            scratch,
            has_base: false,
            is_guarded: false,
            fetch,
            seen,
            depth: 0,
            overlong: false,
        }
    }

    /// Judges a start tag. Scripts without a source need their text first: see [`Judge::script_with_text`].
    pub(crate) fn tag(&mut self, kind: Kind, tag: &Tag<'_>, place: Place) -> Need {
        // What the scanner takes for tags may be none.
        self.seen.push_back((place.offset..place.offset + tag.end.unwrap_or(tag.name_end), place.foreign.is_some()));
        match kind {
            Kind::Script => return script::judge(self, tag, place),
            Kind::Iframe => embed::iframe(self, tag, place),
            Kind::Img | Kind::Image => embed::image(self, tag, place, kind),
            Kind::Link => resource::link(self, tag, place),
            Kind::Meta => resource::meta(self, tag, place),
            Kind::Base => {
                self.base(tag, place);
                bystander::judge(self, "base", tag, place);
            }
            _ => {}
        }
        Need::Nothing
    }

    /// Judges a script whose text is known, or as much of it as the cap allows.
    pub(crate) fn script_with_text(&mut self, tag: &Tag<'_>, place: Place, code: Code<'_>) {
        script::with_text(self, tag, place, code);
    }

    /// Whether this offset is in a tag that the parser has reported.
    pub(super) fn is_in_seen(&self, offset: usize) -> bool {
        let behind = self.seen.partition_point(|(seen, _)| seen.start <= offset);
        let mut last = (0..behind).rev().filter_map(|at| self.seen.get(at)).take(4);
        last.any(|(seen, is_real)| *is_real && seen.end > offset)
    }

    /// Whether a tag that was judged begins at this offset.
    pub(super) fn has_judged(&self, open: usize) -> bool {
        self.seen.binary_search_by_key(&open, |(seen, _)| seen.start).is_ok()
    }

    /// The end of the last tag before this offset that the parser has reported.
    pub(super) fn last_seen_before(&self, offset: usize) -> usize {
        let behind = self.seen.partition_point(|(seen, _)| seen.start < offset);
        let ends = (0..behind).rev().filter_map(|at| self.seen.get(at)).take(4);
        ends.filter(|(seen, is_real)| *is_real && seen.end <= offset).map(|(seen, _)| seen.end).max().unwrap_or(0)
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

    /// Judges a tag by the attributes `names`, which it fetches, and by those that every tag can have.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        tag: &Tag<'_>,
        place: Place,
        names: &[&'static str],
        is_strict: bool,
    ) {
        self.element_with(name, tag, place, names, &[], is_strict);
    }

    /// The same with attributes that the site's rules name for this element.
    pub(super) fn element_with(
        &mut self,
        name: &'static str,
        tag: &Tag<'_>,
        place: Place,
        names: &[&'static str],
        more: &[String],
        is_strict: bool,
    ) {
        let said = self.said(tag, place, if is_strict { Sort::Frame } else { Sort::Other });
        if name != "link" {
            self.fetch = fetch::of_element(name);
        }
        if !said.sources.is_empty() && said.is_something() {
            return inert::element(self, name, tag, place, names, &said);
        }
        let (mut found, mut arms) = (Found::default(), Arms::new());
        names.iter().for_each(|name| self.look_at(&mut found, tag, name));
        if matches!(name, "iframe" | "frame" | "embed" | "object") {
            names.iter().for_each(|name| srcdoc::in_url(self, tag, name, &mut found));
        }
        for raw in more.iter().filter_map(|name| tag.get(name.as_bytes())) {
            self.look(&mut found, raw, "by rule", Form::Url);
        }
        if !found.is_empty() || said.is_something() {
            let all = names.iter().copied().chain(more.iter().map(String::as_str));
            arms.extend(all.flat_map(|name| tag.places(name.as_bytes()).collect::<Arms>()));
        }
        self.any(tag, names, &mut found, &mut arms);
        let judged = self.judged(tag, found, &said);
        self.disarm(name, tag, place, judged, &arms, &said);
    }

    /// Looks for services in the attributes that every tag can have, but for stylesheet text and for those in `except`.
    pub(super) fn any(&mut self, tag: &Tag<'_>, except: &[&'static str], found: &mut Found, arms: &mut Arms) {
        for (at, attribute) in tag.attributes.iter().enumerate() {
            let Some(known) = attributes::known(tag.name(attribute)) else { continue };
            let is_any = known.reach == Reach::Any && known.form != Form::Style && !except.contains(&known.name);
            if !is_any || tag.places(known.name.as_bytes()).next() != Some(at) {
                continue;
            }
            let mut more = Found::default();
            self.look(&mut more, tag.value(attribute), known.name, known.form);
            if !more.is_empty() {
                arms.extend(tag.places(known.name.as_bytes()));
            }
            found.add(more);
        }
    }

    /// Looks for services in the first attribute of this name.
    pub(super) fn look_at(&mut self, found: &mut Found, tag: &Tag<'_>, name: &'static str) {
        if let Some(raw) = tag.get(name.as_bytes()) {
            let form = if name.ends_with("srcset") { Form::Set } else { Form::Url };
            self.look(found, raw, name, form);
        }
    }

    /// Looks for services in the raw value of an attribute.
    pub(super) fn look(&mut self, found: &mut Found, raw: &[u8], name: &'static str, form: Form) {
        if form == Form::Code {
            return self.look_in_code(found, &decode_attribute(raw));
        }
        let Self { page, scratch, encoding, fetch, .. } = self;
        let fetch = fetch::of_attribute(name, *fetch);
        let raw = utf8(raw, encoding);
        let mut add = |raw: &[u8]| {
            let Some(target) = resolve(raw, &page.base, scratch) else { return };
            let owner = page.site.owner_of(&target, &page.base, fetch);
            let is_known = matches!(owner, Owner::Service(_));
            if page.trace && (found.why.is_none() || is_known && found.services.is_empty()) {
                found.why = Some(reason(name, &target, is_known));
            }
            found.take(owner, &target, fetch);
        };
        match form {
            Form::Set => srcset_urls(&raw).for_each(|url| add(&url)),
            Form::List => decode_attribute(&raw).split(|b| is_space(*b)).for_each(add),
            _ => add(&raw),
        }
    }

    /// Looks for services' markers in code.
    pub(super) fn look_in_code(&mut self, found: &mut Found, code: &[u8]) {
        for service in self.page.site.services_in_text(code) {
            found.why = found.why.take().or(self.page.trace.then_some(Why::Marker));
            if !found.services.contains(&service.id) {
                found.services.push(service.id);
            }
        }
    }

    /// Who decides, by the services that were found and by what the page says.
    pub(super) fn judged(&mut self, tag: &Tag<'_>, found: Found, said: &Said) -> Judged {
        found.unknown.iter().for_each(|stranger| self.report.meet(stranger));
        let site = &*self.page.site;
        let mut ids = found.services;
        ids.extend(said.services.iter().copied().filter(|s| !ids.contains(s)).collect::<Vec<_>>());
        let services = ids.iter().filter_map(|id| site.service_by_id(*id));
        let services: SmallVec<[&Service; 2]> = services.collect();
        let label = if said.is_unknown_service && services.is_empty() { Label::Unknown } else { said.label };
        let mut why = found.why;
        if self.page.trace && services.is_empty() && !matches!(label, Label::Absent | Label::Necessary) {
            why = Some(said.reason(tag, label));
        }
        // A service that the page names is no unknown party.
        let is_blocked = found.is_blocked && said.services.is_empty();
        Judged::of(site, services, is_blocked, label, why)
    }

    /// Who decides about one URL that stands outside of an attribute of its own; `None`: nobody.
    pub(super) fn address(&mut self, raw: &[u8], name: &'static str) -> Option<Judged> {
        let Self { page, scratch, encoding, report, .. } = self;
        let raw = utf8(raw, encoding);
        let target = resolve(&raw, &page.base, scratch)?;
        let mut found = Found::default();
        let fetch = fetch::of_attribute(name, Fetch::Image);
        found.take(page.site.owner_of(&target, &page.base, fetch), &target, fetch);
        found.unknown.iter().for_each(|stranger| report.meet(stranger));
        if found.is_empty() {
            return None;
        }
        let why = page.trace.then(|| reason(name, &target, !found.services.is_empty()));
        let services: SmallVec<[&Service; 2]> =
            found.services.iter().filter_map(|id| page.site.service_by_id(*id)).collect();
        Some(Judged::of(&page.site, services, found.is_blocked, Label::Absent, why))
    }

    /// Whether this page gets the granted side.
    pub(super) fn is_granted(&self, deciders: &Deciders) -> bool {
        self.page.allows(deciders)
    }

    /// Gives a tag one of two verdicts: the first when all that decide about it are granted. Counts it, with what is only
    /// reported, and keeps a finding when the page is traced. Whether it was the first.
    pub(super) fn settle(
        &mut self,
        name: &'static str,
        place: Place,
        judged: &mut Judged,
        verdicts: [Verdict; 2],
    ) -> bool {
        let [granted, refused] = verdicts;
        let is_granted = self.is_granted(&judged.deciders);
        let verdict = match (judged.deciders.is_empty(), is_granted) {
            (true, _) if !judged.reported.is_empty() => Verdict::Keep,
            (_, true) => granted,
            (_, false) => refused,
        };
        if !judged.deciders.is_empty() {
            self.report.done.count(&judged.deciders, verdict);
        }
        let mut would_be = None;
        if !judged.reported.is_empty() {
            let is_reported_granted = self.is_granted(&judged.reported);
            self.report.reported.count(&judged.reported, if is_reported_granted { granted } else { refused });
            would_be = Some(if is_granted && is_reported_granted { granted } else { refused });
        }
        if self.page.trace {
            let Judged { deciders, reported, why } = judged;
            let all: Deciders = deciders.iter().chain(reported.iter()).copied().collect();
            self.report.findings.push(Finding {
                offset: place.offset,
                line: 0,
                tag: name,
                verdict,
                deciders: deciders.clone(),
                reported: reported.clone(),
                would_be,
                mark: self.page.site.mark(&all),
                why: why.take().unwrap_or(Why::NoRule { host: String::new(), third_party: false }),
                scanned: place.foreign.is_none(),
            });
        }
        is_granted
    }

    /// A live tag that somebody decides about: what makes it inert (D8), unless all is granted. `arms` are the places of the
    /// attributes that fetch or run.
    pub(super) fn disarm(
        &mut self,
        name: &'static str,
        tag: &Tag<'_>,
        place: Place,
        mut judged: Judged,
        arms: &Arms,
        said: &Said,
    ) {
        if judged.deciders.is_empty() || arms.is_empty() && name != "script" {
            let is_live = !arms.is_empty() || name == "script";
            let refused = if is_live { Verdict::Neutralise } else { Verdict::Keep };
            self.settle(name, place, &mut judged, [Verdict::Keep, refused]);
            return;
        }
        let is_granted = self.settle(name, place, &mut judged, [Verdict::Keep, Verdict::Neutralise]);
        if is_granted && !self.page.trace {
            return;
        }
        let mark = self.page.site.mark(&judged.deciders);
        let inert = if name == "script" { " type=text/plain" } else { "" };
        let text = format!(" data-consentry={mark}{inert}{}", tag.space_behind_name());
        let at = place.offset + tag.name_end;
        self.edit(at..at, Text::Origin, Text::Made(text.into()), &judged.deciders, is_granted);
        for attribute in arms.iter().filter_map(|at| tag.attributes.get(*at)) {
            let at = place.offset + attribute.name.start;
            self.edit(at..at, Text::Origin, Text::Fixed("data-consentry-"), &judged.deciders, is_granted);
        }
        self.rename(said, tag, place, &judged.deciders, is_granted, Rename::WhenRefused);
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

/// The places of a tag's attributes that are to be disarmed.
pub(super) type Arms = SmallVec<[usize; 8]>;

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
