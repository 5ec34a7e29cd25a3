//! The consent tools' cookies, which name what was answered: groups, services, or both. One shape for all of them; the tools
//! that spread an answer over several cookies are in `together`.

use super::{Answered, Read, Services, answer};
use crate::consent::codec::Format;
use crate::consent::codec::answers::{Head, Name};
use crate::consent::codec::scan::scan;
use crate::consent::mapping::{Mapping, SourceRule, Target};
use crate::consent::source::ServiceAnswers;
use crate::consent::{CategorySet, Consent, Deciseconds, Rejection};

/// A value of a tool that keeps everything in one cookie. Of the groups mapped to one category a no counts before a yes; a
/// name that the site does not map says nothing. `None` for a format that is not of this kind.
///
/// No allocation up to sixteen services and the lengths that the codecs name.
///
/// # Errors
/// [`Rejection`] for what cannot be read, and for an answer to an earlier version of the questions.
pub fn named(format: Format, value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Read {
    let mut found = Collector::new(mapping, rule);
    match scan(format, value, |name, yes| found.take(name, yes)) {
        Some(head) => found.finish(head?),
        None => Ok(None),
    }
}

/// What the names come to on this site.
pub(super) struct Collector<'m> {
    mapping: &'m Mapping,
    rule: &'m SourceRule,
    answers: ServiceAnswers,
    granted: CategorySet,
    refused: CategorySet,
    /// The groups that the site named itself and that were answered.
    given: u64,
    services: Services,
    names_services: bool,
}

impl<'m> Collector<'m> {
    pub(super) fn new(mapping: &'m Mapping, rule: &'m SourceRule) -> Self {
        Self {
            mapping,
            rule,
            answers: rule.source.service_answers(),
            granted: CategorySet::EMPTY,
            refused: CategorySet::EMPTY,
            given: 0,
            services: Services::new(),
            names_services: false,
        }
    }

    pub(super) fn take(&mut self, name: Name<'_>, yes: bool) {
        match name {
            Name::Group(name) => {
                if let Some(group) = self.rule.groups.get(name) {
                    self.given |= group.bit;
                    self.say(group.categories, yes);
                }
            }
            Name::Service(name) => {
                self.names_services = true;
                match self.target(name) {
                    Some(Target::Service(service, category)) => {
                        self.services.push((service, yes));
                        if self.answers == ServiceAnswers::Alone {
                            self.say([category].into_iter().collect(), yes);
                        }
                    }
                    Some(Target::Categories(categories)) => self.say(categories, yes),
                    None => {}
                }
            }
        }
    }

    /// The services that were named, with their answers.
    pub(super) fn named(self) -> Services {
        self.services
    }

    fn say(&mut self, categories: CategorySet, yes: bool) {
        let side = if yes { &mut self.granted } else { &mut self.refused };
        *side = side.union(categories);
    }

    /// What the site says of the name, else its service of this slug or name.
    fn target(&self, name: &str) -> Option<Target> {
        let own = || self.mapping.service_named(name).map(|(service, category)| Target::Service(service, category));
        self.rule.services.get(name).or_else(own)
    }

    pub(super) fn finish(mut self, head: Head) -> Read {
        if !head.answered {
            return Ok(None);
        }
        if self.rule.revision.is_some_and(|asked| head.revision != Some(asked)) {
            return Err(Rejection::Reask);
        }
        self.rest(head.rest);
        let services = self.services();
        let Self { mapping, rule, answers, granted, refused, names_services, .. } = self;
        let by_service = match answers {
            ServiceAnswers::Alone => true,
            ServiceAnswers::Listed => names_services,
            ServiceAnswers::Apart | ServiceAnswers::Both => false,
        };
        let end = head.expires.map(deciseconds);
        let consent = answer(rule.source, mapping, (granted, refused), services, head.updated.map(deciseconds));
        Ok(consent.map(|consent| Answered { consent: Consent { by_service, ..consent }, end }))
    }

    /// What holds for the groups that were not given.
    fn rest(&mut self, rest: Option<bool>) {
        let left = self.rule.groups.reached().difference(self.granted).difference(self.refused);
        match rest {
            Some(true) => self.granted = self.granted.union(left),
            // Each group that the site named needs its own yes; of a tool's several usual names for one category one will do.
            Some(false) => self.refused = self.refused.union(left).union(self.rule.groups.written_but(self.given)),
            None => {}
        }
    }

    /// The services' own answers; where the value names services at all, one that the site mapped and that is not named
    /// has no yes.
    fn services(&mut self) -> Services {
        let mut services = std::mem::take(&mut self.services);
        if self.names_services {
            for service in self.rule.services.written() {
                if !services.iter().any(|(named, _)| *named == service) {
                    services.push((service, false));
                }
            }
        }
        if self.answers == ServiceAnswers::Both {
            services.retain(|(_, yes)| !*yes);
        }
        services
    }
}

/// From milliseconds.
const fn deciseconds(milliseconds: u64) -> Deciseconds {
    Deciseconds(milliseconds / 100)
}
