//! Cookies of one tool that belong together: an answer with the time beside it, a TC string with Google's, a cookie for each
//! category.

use super::Rejection;
use super::found::Found;
use crate::consent::Source;
use crate::consent::codec::trustarc::{self, Cookie};
use crate::consent::codec::{Format, ac, axeptio, gpp, optanon};
use crate::consent::formats::{self, endless};
use crate::consent::mapping::SourceRule;
use smallvec::SmallVec;

/// One of such cookies.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) rule: &'a SourceRule,
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl Found<'_> {
    /// Judges what each source's cookies say together.
    pub(super) fn together(&mut self, parts: &[Part<'_>]) {
        for rule in &self.mapping.sources {
            let of_rule: SmallVec<[Part<'_>; 12]> =
                parts.iter().copied().filter(|part| std::ptr::eq(part.rule, rule)).collect();
            match rule.source {
                _ if of_rule.is_empty() => {}
                Source::Tool(Format::Tcf) => self.tcf(rule, &of_rule),
                Source::Tool(Format::Gpp) => self.gpp(rule, &of_rule),
                Source::Tool(Format::Optanon) => self.optanon(rule, &of_rule),
                Source::Tool(Format::Complianz) => self.complianz(rule, &of_rule),
                Source::Tool(Format::Axeptio) => self.axeptio(rule, &of_rule),
                Source::Tool(Format::TrustArc) => self.trustarc(rule, &of_rule),
                _ => {}
            }
        }
    }

    /// An Additional Consent string is nothing without a TC string.
    fn tcf(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        let is_additional = |part: &&Part<'_>| ac::View::read(part.value).is_ok();
        let additional: SmallVec<[&[u8]; 2]> = parts.iter().filter(is_additional).map(|part| part.value).collect();
        for part in parts.iter().filter(|part| !is_additional(part)) {
            self.take(rule.source, endless(formats::tcf(part.value, &additional, self.mapping, rule)));
        }
    }

    /// The cookie beside it says which sections apply; two that differ say nothing.
    fn gpp(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        let is_list = |part: &&Part<'_>| part.name.ends_with(b"_sid");
        let mut lists = parts.iter().filter(is_list).map(|part| part.value);
        let first = lists.next();
        let applicable = if lists.all(|list| Some(list) == first) { first } else { Some(b"".as_slice()) };
        for part in parts.iter().filter(|part| !is_list(part)) {
            match gpp::View::read(part.value) {
                Ok(view) => {
                    self.take(rule.source, endless(formats::gpp_tcf(&view, applicable, self.mapping, rule)));
                    let opted_out = formats::gpp_opt_out(&view, self.mapping, rule);
                    self.take(rule.source, endless(Ok::<_, Rejection>(opted_out)));
                }
                Err(_) => self.reject(rule.source, Rejection::Malformed),
            }
        }
    }

    /// Of several times at which the banner was closed the earliest counts.
    fn optanon(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        let (mut closed, mut any_bad) = (None, false);
        let is_time = |part: &&Part<'_>| memchr::memchr(b'=', part.value).is_none();
        for part in parts.iter().filter(is_time) {
            match optanon::closed(part.value) {
                Ok(time) => closed = Some(closed.map_or(time, |other: u64| other.min(time))),
                Err(_) => any_bad = true,
            }
        }
        if any_bad {
            self.reject(rule.source, Rejection::Malformed);
        }
        for part in parts.iter().filter(|part| !is_time(part)) {
            self.take(rule.source, formats::optanon(part.value, closed, self.mapping, rule));
        }
    }

    fn complianz(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        for prefix in rule.cookies.iter().filter_map(|pattern| pattern.strip_suffix('*')) {
            let cookies = parts.iter().map(|part| (part.name, part.value));
            self.take(rule.source, formats::complianz(cookies, prefix.as_bytes(), self.mapping, rule));
        }
    }

    /// The lists beside the answer can only refuse, and only both together.
    fn axeptio(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        let is_list = |part: &&Part<'_>, name: &[u8]| part.name.ends_with(name) && !axeptio::is_shape(part.value);
        let lists = |name: &'static [u8]| parts.iter().filter(move |part| is_list(part, name));
        for all in lists(b"_all_vendors") {
            for authorized in lists(b"_authorized_vendors") {
                let read = formats::axeptio_lists(all.value, authorized.value, self.mapping, rule);
                self.take(rule.source, endless(read));
            }
        }
        for part in parts.iter().filter(|part| !is_list(part, b"_vendors")) {
            self.take(rule.source, formats::named(Format::Axeptio, part.value, self.mapping, rule));
        }
    }

    /// Where nobody was asked, the levels are what the site presumes.
    fn trustarc(&mut self, rule: &SourceRule, parts: &[Part<'_>]) {
        if parts.iter().any(|part| part.name == b"notice_behavior" && trustarc::is_implied(part.value)) {
            return;
        }
        for part in parts {
            if let Some(cookie) = Cookie::from_name(part.name) {
                self.take(rule.source, formats::trustarc(cookie, part.value, self.mapping, rule));
            }
        }
    }
}
