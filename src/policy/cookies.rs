//! Whose cookie a name is, and whether this visitor allowed it: what `head` asks about `Cookie` and `Set-Cookie`.

use crate::consent::{Answer, CategoryNumber, Consent};
use crate::policy::mode::Mode;
use crate::policy::service::Service;
use crate::policy::site::Site;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// What happens to cookies of which no rule knows who sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownCookie {
    /// They are the site's own as far as anybody knows: its sessions and CSRF tokens among them.
    #[default]
    Allow,
    /// They are dropped whatever the visitor answers: nobody could ask about them.
    Block,
}

impl UnknownCookie {
    /// Both, the milder first.
    pub const ALL: [Self; 2] = [Self::Allow, Self::Block];

    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }
}

/// What a site says about cookies: `[cookies]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieRules {
    /// What happens to those that nobody knows.
    pub unknown: UnknownCookie,
    /// Names that are never touched, as written.
    pub necessary: Vec<String>,
    /// Why they need no consent (D9).
    pub justification: Option<String>,
    /// The longest life of any cookie that the origin sets, in days.
    pub max_age_days: Option<u32>,
    /// Whether a refused cookie that a request shows is expired with the page.
    pub expire: bool,
    /// Whether a withdrawal clears the browser's storage of the site (`Clear-Site-Data`).
    pub clear_site_data: bool,
}

impl Default for CookieRules {
    fn default() -> Self {
        Self {
            unknown: UnknownCookie::Allow,
            necessary: Vec::new(),
            justification: None,
            max_age_days: None,
            expire: true,
            clear_site_data: false,
        }
    }
}

/// What may happen to one cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieVerdict<'s> {
    /// Ours, or one that the site calls necessary.
    Necessary,
    /// No rule knows it.
    Unknown {
        /// Whether the site drops such cookies.
        blocked: bool,
        /// It is let through all the same: all that the site does is only reported.
        reported: bool,
    },
    /// A service that sets it may run.
    Granted(&'s Service),
    /// No service that sets it may.
    Denied {
        /// The first of them.
        service: &'s Service,
        /// Whether the visitor said no, where silence would deny it as well.
        refused: bool,
        /// It is let through all the same: one of them, or all that the site does, is only reported.
        reported: bool,
    },
}

impl CookieVerdict<'_> {
    /// Whether the cookie is kept from the other side.
    pub const fn blocks(&self) -> bool {
        matches!(self, Self::Denied { reported: false, .. } | Self::Unknown { blocked: true, reported: false })
    }

    /// Whether the rules are against the cookie, be that enforced or only reported.
    pub const fn is_against(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::Unknown { blocked: true, .. })
    }

    /// Whether the rules are against the cookie, and it is let through all the same.
    pub const fn is_reported(&self) -> bool {
        matches!(self, Self::Denied { reported: true, .. } | Self::Unknown { blocked: true, reported: true })
    }
}

/// The longest that a cookie of what needs no consent may live, in days: the shortest run of 13 months there is, so
/// that no calendar makes it longer (SPEC: CNIL, guideline of 17 September 2020, art. 5).
const EXEMPT_DAYS: u32 = 393;

impl Site {
    /// Judges a cookie by its name, byte by byte. What several services set is kept when one of them may run. No
    /// allocation; one look-up for most names, O(length of the name × log names of the rules) at most.
    pub fn judge_cookie(&self, name: &[u8], consent: &Consent) -> CookieVerdict<'_> {
        if self.is_necessary_cookie(name) {
            return CookieVerdict::Necessary;
        }
        let (mut granted, mut denied, mut refused) = (None, None, false);
        self.each_service_of_cookie(name, |service| {
            if consent.grants(service.category, service.number, service.since) {
                granted = granted.or(Some(service));
            } else {
                denied = denied.or(Some(service));
                refused |= is_refused(service, consent);
            }
        });
        match (granted, denied) {
            (Some(service), _) => CookieVerdict::Granted(service),
            // PERF: looked at only where something is reported at all.
            (None, Some(service)) => {
                let reported = self.is_reporting() && self.only_reports_cookie(name);
                CookieVerdict::Denied { service, refused, reported }
            }
            (None, None) => {
                let blocked = self.cookies.unknown == UnknownCookie::Block;
                CookieVerdict::Unknown { blocked, reported: blocked && self.mode == Mode::Report }
            }
        }
    }

    /// Whether one of the services that set this cookie, or all of the site, is only reported.
    fn only_reports_cookie(&self, name: &[u8]) -> bool {
        let mut reported = self.mode == Mode::Report;
        self.each_service_of_cookie(name, |service| reported |= service.mode == Mode::Report);
        reported
    }

    /// The longest life that a cookie may have here, in seconds: by its services' rules, 13 months where it needs no
    /// consent by exemption, and by the site's rule for all. `None`: as long as the origin wants. What is only reported
    /// counts where `with_reported` says so.
    pub fn cookie_life(&self, name: &[u8], with_reported: bool) -> Option<u64> {
        if self.mode == Mode::Report && !with_reported {
            return None;
        }
        if name == self.cookie.as_bytes() || self.is_companion(name) {
            return None;
        }
        let mut days = self.cookies.max_age_days;
        self.each_service_of_cookie(name, |service| {
            if service.mode == Mode::Report && !with_reported {
                return;
            }
            let exempt = (service.category == CategoryNumber::NECESSARY).then_some(EXEMPT_DAYS);
            days = [days, exempt, service.max_age_days].into_iter().flatten().min();
        });
        days.map(|days| u64::from(days) * 86_400)
    }

    /// Whether an origin could know by this cookie who asks, and answer for that person. Ours say what is allowed, and those of
    /// services that need consent are for their owners; all others may.
    pub fn may_tell_who_asks(&self, name: &[u8]) -> bool {
        if name == self.cookie.as_bytes() || self.is_companion(name) {
            return false;
        }
        let (mut is_a_service, mut is_necessary) = (false, self.is_necessary_cookie(name));
        self.each_service_of_cookie(name, |service| {
            is_a_service = true;
            is_necessary |= service.category == CategoryNumber::NECESSARY;
        });
        is_necessary || !is_a_service
    }

    /// The name of the cookie that says which variant a page is (D5).
    pub fn companion(&self) -> String {
        format!("{}_v", self.cookie)
    }

    fn is_companion(&self, name: &[u8]) -> bool {
        name.strip_suffix(b"_v").is_some_and(|name| name == self.cookie.as_bytes())
    }

    // PERF: asked for every cookie of a request.
    #[inline]
    pub(super) fn is_necessary_cookie(&self, name: &[u8]) -> bool {
        let mut listed = name == self.cookie.as_bytes() || self.is_companion(name);
        self.index.necessary_cookies.each(name, |_| listed = true);
        listed
    }

    /// Every service that sets a cookie of this name, by rules that count: not what is ambiguous.
    #[inline]
    pub(super) fn each_service_of_cookie<'s>(&'s self, name: &[u8], mut found: impl FnMut(&'s Service)) {
        let mut at = |slots: &'s [Option<Arc<Service>>], slot: u32| {
            let slot = usize::try_from(slot).ok().and_then(|slot| slots.get(slot));
            if let Some(Some(service)) = slot {
                found(service);
            }
        };
        self.index.own_cookies.each(name, |slot| at(&self.index.own_slots, slot));
        self.index.catalogue_cookies.each(name, |slot| at(&self.index.slots, slot));
    }
}

/// Whether silence is not all there is.
fn is_refused(service: &Service, consent: &Consent) -> bool {
    match service.number.and_then(|number| consent.service(number)) {
        Some(yes) => !yes,
        None => consent.category(service.category) == Answer::Refused,
    }
}

/// Names of cookies with what they stand for. Most names that a browser sends are none of them and begin like none: three
/// bytes say so, in one look-up. The others walk down the sorted rest byte by byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct CookieNames {
    /// Sorted; what begins alike stands together.
    names: Box<[Name]>,
    /// Where in `names` those stand that begin so.
    starts: HashMap<[u8; START], Range<usize>, FixedState>,
    /// Those of which fewer bytes are fixed. A handful: a star behind a letter or two makes much of a site's own a service's.
    short: Box<[Name]>,
}

/// How many bytes are looked up at once.
const START: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// What stands before the first star; all of it where there is none.
    head: Box<[u8]>,
    /// The whole pattern, where there is a star.
    pattern: Option<Box<[u8]>>,
    slot: u32,
}

impl CookieNames {
    /// Compiles names, in which `*` is any run of characters.
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = (&'n str, u32)>) -> Self {
        let compiled = names.into_iter().map(|(name, slot)| {
            let (head, pattern) = name.split_once('*').map_or((name, None), |(head, _)| (head, Some(name)));
            Name { head: head.as_bytes().into(), pattern: pattern.map(|p| p.as_bytes().into()), slot }
        });
        let (mut names, short): (Vec<Name>, Vec<Name>) = compiled.partition(|name| name.head.len() >= START);
        names.sort_unstable();
        names.dedup();
        let mut starts: HashMap<_, Range<usize>, _> = HashMap::default();
        for (at, start) in names.iter().enumerate().filter_map(|(at, name)| Some((at, *name.head.first_chunk()?))) {
            starts.entry(start).or_insert(at..at).end = at + 1;
        }
        Self { names: names.into(), starts, short: short.into() }
    }

    /// Calls `found` for each that fits.
    pub(crate) fn each(&self, name: &[u8], mut found: impl FnMut(u32)) {
        for short in self.short.iter().filter(|short| name.starts_with(&short.head) && short.fits(name)) {
            found(short.slot);
        }
        let range = name.first_chunk().and_then(|start| self.starts.get(start));
        if let Some(range) = range.and_then(|range| self.names.get(range.clone())) {
            walk(range, name, found);
        }
    }
}

/// O(bytes × log names), and it ends at the byte that none of them has.
fn walk(mut range: &[Name], name: &[u8], mut found: impl FnMut(u32)) {
    for depth in START..=name.len() {
        while let Some((first, rest)) = range.split_first().filter(|(first, _)| first.head.len() == depth) {
            if first.fits(name) {
                found(first.slot);
            }
            range = rest;
        }
        let Some(byte) = name.get(depth).filter(|_| !range.is_empty()) else { return };
        let from = range.partition_point(|entry| entry.head.get(depth).is_none_or(|b| b < byte));
        range = range.get(from..).unwrap_or_default();
        let to = range.partition_point(|entry| entry.head.get(depth).is_none_or(|b| b <= byte));
        range = range.get(..to).unwrap_or_default();
    }
}

impl Name {
    fn fits(&self, name: &[u8]) -> bool {
        match &self.pattern {
            Some(pattern) => wildcard(pattern, name),
            None => *self.head == *name,
        }
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for any run of bytes. Linear for one star, never exponential.
pub fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let mut parts = pattern.split(|b| *b == b'*');
    let Some(mut name) = parts.next().and_then(|head| name.strip_prefix(head)) else { return false };
    let Some(tail) = parts.next_back() else { return name.is_empty() };
    for part in parts {
        let Some(at) = memchr::memmem::find(name, part) else { return false };
        name = name.get(at + part.len()..).unwrap_or_default();
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests;
