//! What a site and a visitor's answer mean for heads: `policy`'s types on one side, plain facts on the other.

use super::coding::{Accepted, Coding};
use super::csp::Beside;
use super::{Judge, RefuseReason};
use crate::consent::codec::Format;
use crate::consent::{Consent, Source};
use crate::policy::csp::Ours;
use crate::policy::{
    Base, Delivery, FailureAction, Fetch, Label, Mode, OnFailure, Owner, Scratch, Service, Site, reference,
};
use http::HeaderName;
use smallvec::SmallVec;
use std::cell::{Cell, OnceCell, RefCell};

/// What the plan needs of the site and of the visitor's answer. Borrowed for one call, never kept.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The page's variant as it stands in entity tags (D5): 16 hexadecimal digits.
    pub variant: &'a str,
    /// Uniform delivery (D6): the page is the same for everybody, so caches may keep it as the origin says.
    pub uniform: bool,
    /// Whether `Cache-Control: no-transform` is obeyed; the default is no, as we are the origin's agent (pitfall 41).
    pub honour_no_transform: bool,
    /// Where this site passes a page as it came instead of refusing it (D13, pitfall 108).
    pub on_failure: OnFailure,
    /// Request fields other than `Cookie` from which this site's pages are made: see [`vary`].
    pub vary: &'a [&'a str],
    /// Judges the URLs in the head.
    pub judge: &'a dyn Judge,
    /// Which pages leave in a coding.
    pub encode: Encode,
    /// What a page with our snippet loads, for its policies; `None` leaves them as they are.
    pub ours: Option<Ours<'a>>,
    /// The policy that a page gets beside its own.
    pub beside: Option<Beside<'a>>,
}

/// Which pages leave in a coding that the client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encode {
    /// Those that came in one: who compresses behind us wants it, who compresses before us does not.
    #[default]
    Coded,
    /// All.
    Always,
    /// None.
    Never,
}

impl Encode {
    /// The coding for a page that came in `codings`.
    pub(super) fn choice(self, codings: &[Coding], accepted: Accepted) -> Option<Coding> {
        match self {
            Self::Coded if codings.is_empty() => None,
            Self::Coded | Self::Always => accepted.choice(),
            Self::Never => None,
        }
    }

    /// Whether some page leaves in a coding for this client.
    pub(super) fn may_choose(self, accepted: Accepted) -> bool {
        self != Self::Never && accepted.choice().is_some()
    }
}

/// The request fields other than `Cookie` that make a difference to this site's pages: OneTrust's string where it is
/// read, `Sec-GPC` where a regime hears it, and those that name the region (`regions`, as the operator configured them)
/// where it decides about the regime. No allocation.
pub fn vary<'a>(site: &Site, regions: &'a [HeaderName]) -> SmallVec<[&'a str; 4]> {
    let onetrust = site.mapping.sources.iter().any(|source| source.source == Source::Tool(Format::OneTrust));
    let regions = if site.regimes.depend_on_region() { regions } else { &[] };
    let hears_gpc = site.regimes.hear_gpc(site.mapping.sale);
    let fixed = [(onetrust, "OT-Consent-String"), (hears_gpc, "Sec-GPC")];
    let fixed = fixed.into_iter().filter_map(|(reads, name)| reads.then_some(name));
    fixed.chain(regions.iter().map(HeaderName::as_str)).collect()
}

impl<'a> Terms<'a> {
    /// The terms of this site. `variant` is [`crate::policy::Variant::id`], `vary` what [`vary`] says. No allocation.
    pub fn of(site: &Site, variant: &'a str, vary: &'a [&'a str], judge: &'a dyn Judge) -> Self {
        Self {
            variant,
            uniform: site.delivery == Delivery::Uniform,
            honour_no_transform: site.no_transform,
            on_failure: site.on_failure,
            vary,
            judge,
            encode: Encode::default(),
            ours: None,
            beside: None,
        }
    }

    /// Whether the site would rather have such a page as it came than not at all.
    pub(super) fn passes(&self, reason: RefuseReason) -> bool {
        reason.failure().is_some_and(|failure| self.on_failure.action(failure) == FailureAction::Pass)
    }
}

/// Judges the URLs of a head like those of a page: the same references, rules and answer.
pub struct SiteJudge<'a> {
    site: &'a Site,
    consent: &'a Consent,
    address: (&'a str, &'a str, &'a str),
    base: OnceCell<Base>,
    granted: Cell<bool>,
    /// The services that would have been refused, were it not only reported.
    reported: RefCell<SmallVec<[&'a str; 2]>>,
}

impl<'a> SiteJudge<'a> {
    /// A judge for a document at `scheme://host` and `path`. In uniform delivery nothing is granted to anybody, so
    /// `consent` is to be the default one there, as for the page. Nothing is computed until a URL has to be judged.
    pub fn new(site: &'a Site, consent: &'a Consent, scheme: &'a str, host: &'a str, path: &'a str) -> Self {
        Self {
            site,
            consent,
            address: (scheme, host, path),
            base: OnceCell::new(),
            granted: Cell::new(false),
            reported: RefCell::default(),
        }
    }

    /// The services to which a URL that was judged leads, and which was let through only because what is against it is
    /// reported and not enforced: each once, by slug; `unclassified` are those that no rule knows.
    pub fn reported(self) -> impl Iterator<Item = &'a str> {
        self.reported.into_inner().into_iter()
    }
}

impl Judge for SiteJudge<'_> {
    fn blocks(&self, url: &[u8]) -> bool {
        let (scheme, host, path) = self.address;
        let base = self.base.get_or_init(|| Base::document(scheme, host, path));
        // A head has no character references; escaped, `&` comes out of the attribute rules as it went in.
        let raw = url.split(|b| *b == b'&').collect::<Vec<_>>().join(b"&amp;".as_slice());
        let mut scratch = Scratch::default();
        let Some(target) = reference::resolve(&raw, base, &mut scratch) else { return false };
        match self.site.owner_of(&target, base, Fetch::Other) {
            Owner::Free => false,
            Owner::Unknown { blocked } => blocked && !self.is_reported(self.site.mode == Mode::Report, "unclassified"),
            // It stays for everybody: nobody's answer makes a difference.
            Owner::Service(service) if self.site.only_reports(service) => {
                self.is_reported(self.is_refused(service, self.consent), &service.slug);
                false
            }
            Owner::Service(service) => {
                let is_refused = self.is_refused(service, self.consent);
                if !is_refused && self.is_refused(service, &Consent::default()) {
                    self.granted.set(true);
                }
                is_refused
            }
        }
    }

    fn has_granted(&self) -> bool {
        self.granted.get()
    }
}

impl<'a> SiteJudge<'a> {
    /// Remembers what is only reported.
    fn is_reported(&self, is_reported: bool, slug: &'a str) -> bool {
        if is_reported {
            let mut reported = self.reported.borrow_mut();
            if !reported.contains(&slug) {
                reported.push(slug);
            }
        }
        is_reported
    }

    fn is_refused(&self, service: &Service, consent: &Consent) -> bool {
        !self.site.deciders(&[service], Label::Absent).iter().all(|decider| decider.granted_by(consent))
    }
}
