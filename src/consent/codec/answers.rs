//! What the cookies of the consent tools have in common: named answers, and what a value says beside them.
//!
//! Each tool's `scan` gives the answers one by one, without an allocation in the ordinary case, and then a [`Head`]. A
//! name may be given more than once: **of two answers the no counts**. Where [`Head::answered`] is false nothing that was
//! given is an answer.

use std::collections::HashMap;

/// What an answer is about, in the words of the tool that wrote it.
///
/// The two kinds are apart because a service may be called like a group: its yes must not open the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name<'a> {
    /// A category, group, purpose or level.
    Group(&'a str),
    /// A service or vendor. Where a value names services at all, one that it does not name has no yes of its own.
    Service(&'a str),
}

impl<'a> Name<'a> {
    /// The name alone.
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Group(name) | Self::Service(name) => name,
        }
    }
}

/// What a value says beside its answers. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Whether a visitor answered. False for a default state that was stored before any answer.
    pub answered: bool,
    /// When the answer was given, if the format says so.
    pub updated: Option<u64>,
    /// The end that the value gives itself.
    pub expires: Option<u64>,
    /// The version of the site's questions that was answered; a site that asks anew raises its own.
    pub revision: Option<i64>,
    /// What holds for a group that was not given: refused where the list names all that was granted, granted where one
    /// answer stands for everything, `None` where nothing was said about it. An answer that was given comes first.
    pub rest: Option<bool>,
}

/// Names with their answers, in the order of the value, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(Vec<(String, bool)>);

impl Answers {
    /// From answers; of two for one name the no counts.
    pub fn new(answers: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut kept: Vec<(String, bool)> = Vec::new();
        let mut places = HashMap::new();
        for (name, granted) in answers {
            let at = *places.entry(name.clone()).or_insert(kept.len());
            match kept.get_mut(at) {
                Some((_, known)) => *known &= granted,
                None => kept.push((name, granted)),
            }
        }
        Self(kept)
    }

    /// The answer for a name.
    pub fn get(&self, name: &str) -> Option<bool> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, granted)| *granted)
    }

    /// The answers in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|(name, granted)| (name.as_str(), *granted))
    }

    /// The answers in their order.
    pub fn as_slice(&self) -> &[(String, bool)] {
        &self.0
    }

    /// Whether nothing is answered.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, bool)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, bool)>>(answers: I) -> Self {
        Self::new(answers)
    }
}

/// A scan as a list, for tests: the head, and the answers with `g:` or `s:` before the name.
#[cfg(test)]
pub(super) fn listed<E>(
    scan: impl FnOnce(&mut dyn FnMut(Name<'_>, bool)) -> Result<Head, E>,
) -> Result<(Head, Vec<(String, bool)>), E> {
    let mut found = Vec::new();
    let head = scan(&mut |name, granted| {
        let kind = if matches!(name, Name::Group(_)) { 'g' } else { 's' };
        found.push((format!("{kind}:{}", name.as_str()), granted));
    })?;
    Ok((head, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_answers_for_one_name_the_no_counts() {
        let answers =
            Answers::new([("a", true), ("b", true), ("a", false), ("a", true)].map(|(n, a)| (n.to_owned(), a)));
        assert_eq!(answers.iter().collect::<Vec<_>>(), [("a", false), ("b", true)]);
        assert_eq!((answers.get("b"), answers.get("c")), (Some(true), None));
    }
}
