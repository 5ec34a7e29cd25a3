//! An operator's error: file, line, key, the value, and what would be right.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Where something stands in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    /// From 1; 0 = the file as a whole.
    pub(crate) line: u32,
    pub(crate) key: Key,
}

/// `service[3].hosts[1]`, counted from 1. In parts: there are hundreds of thousands of values, and few are ever wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Key {
    /// `service[3]`.
    pub(super) table: Arc<str>,
    /// `hosts`.
    pub(super) name: Cow<'static, str>,
    /// Which item of a list; 0 = the whole.
    pub(super) item: usize,
}

impl Key {
    /// A key beside this one.
    pub(crate) fn beside(&self, name: &'static str) -> Self {
        Self { table: Arc::clone(&self.table), name: name.into(), item: 0 }
    }
}

impl From<&'static str> for Key {
    fn from(name: &'static str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.table.is_empty() || self.name.is_empty() { "" } else { "." };
        write!(f, "{}{dot}{}", self.table, self.name)?;
        if self.item > 0 { write!(f, "[{}]", self.item) } else { Ok(()) }
    }
}

/// One thing that is wrong in the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleError {
    /// The file's path as it was given.
    pub file: String,
    /// From 1; 0 = the file as a whole.
    pub line: u32,
    /// Which key: `service[3].category`, counted from 1; empty where there is none.
    pub key: String,
    /// The value as written; empty where there is none.
    pub value: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right; empty where nothing is to be said.
    pub hint: String,
}

impl RuleError {
    pub(crate) fn at(place: &Place, value: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self {
            file: place.file.to_string(),
            line: place.line,
            key: place.key.to_string(),
            value: value.to_string(),
            problem: problem.into(),
            hint: String::new(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for RuleError {
    /// `rules/sites/shop.toml:12: service[3].category = "marketng": unknown category; did you mean "marketing"?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        f.write_str(": ")?;
        match (self.key.as_str(), self.value.as_str()) {
            ("", _) => {}
            (key, "") => write!(f, "{key}: ")?,
            (key, value) => write!(f, "{key} = {value:?}: ")?,
        }
        f.write_str(&self.problem)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// Everything that is wrong in the rules, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleErrors(pub Vec<RuleError>);

impl fmt::Display for RuleErrors {
    /// One error per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleErrors {}

/// `did you mean "marketing"?` when a known name is near, else the list of known names, else nothing.
pub(crate) fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    // Nobody mistypes a name of this length, and comparing costs length by length.
    let wrong = if wrong.len() > 64 { "" } else { wrong };
    let near = known.iter().map(|name| (distance(&wrong.to_lowercase(), name), name)).min();
    match near {
        Some((distance, name)) if !wrong.is_empty() && distance <= wrong.len().div_ceil(3) => {
            format!("did you mean {name:?}?")
        }
        Some(_) if known.len() <= 64 => format!("known are {}", known.join(", ")),
        _ => String::new(),
    }
}

/// Levenshtein's distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.bytes().zip(row.iter_mut().skip(1)) {
            let cost = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, cost);
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_proposed_and_far_ones_are_listed() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("marketng", ["statistics", "marketing"]), "did you mean \"marketing\"?");
        assert_eq!(nearest("zzz", ["statistics", "marketing"]), "known are statistics, marketing");
    }

    #[test]
    fn an_error_reads_as_the_operator_needs_it() {
        let place = Place { file: "rules/sites/shop.toml".into(), line: 12, key: "service[3].category".into() };
        let error = RuleError::at(&place, "marketng", "unknown category").hint("did you mean \"marketing\"?");
        let expected = "rules/sites/shop.toml:12: service[3].category = \"marketng\": unknown category; did you mean \"marketing\"?";
        assert_eq!(error.to_string(), expected);
    }
}
