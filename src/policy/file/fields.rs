//! One table of a rule file: keys are taken out by name and type, and what is left over is refused.

use super::error::{Key, Place, RuleError, nearest};
use super::value::{instant, kind, shown};
use crate::consent::Deciseconds;
use crate::policy::service::Localized;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// The text that is read, and what is wrong with it so far.
pub(super) struct Source {
    pub(super) file: Arc<str>,
    /// Offsets of the line feeds.
    ends: Vec<usize>,
    /// Where the piece of the text begins that is being read.
    start: Cell<usize>,
    /// How many tables of a list of the root the pieces before it had, by key.
    before: RefCell<BTreeMap<&'static str, usize>>,
    pub(super) errors: RefCell<Vec<RuleError>>,
}

impl Source {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        Self { file: file.into(), ends, start: Cell::default(), before: RefCell::default(), errors: RefCell::default() }
    }

    /// Offsets count from here on.
    pub(super) fn begin(&self, start: usize) {
        self.start.set(start);
    }

    /// Takes tables of a list of the root into account, and says how many were there before.
    fn counted(&self, key: &'static str, tables: usize) -> usize {
        let mut before = self.before.borrow_mut();
        let count = before.entry(key).or_default();
        std::mem::replace(count, *count + tables)
    }

    /// The line of a byte offset of the piece, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let offset = self.start.get() + offset;
        let before = self.ends.partition_point(|end| *end < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    pub(super) fn refuse(&self, error: RuleError) {
        self.errors.borrow_mut().push(error);
    }
}

/// As many keys as most tables know.
const KEYS: usize = 16;

/// A table that is being read.
pub(super) struct Fields<'s, 't> {
    source: &'s Source,
    prefix: Arc<str>,
    line: u32,
    table: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'s, 't> Fields<'s, 't> {
    pub(super) fn root(source: &'s Source, table: DeTable<'t>) -> Self {
        Self { source, prefix: Arc::default(), line: 1, table, known: Vec::with_capacity(KEYS) }
    }

    fn place(&self, key: impl Into<Cow<'static, str>>, line: u32) -> Place {
        let key = Key { table: Arc::clone(&self.prefix), name: key.into(), item: 0 };
        Place { file: Arc::clone(&self.source.file), line, key }
    }

    /// The place of the table itself.
    pub(super) fn here(&self) -> Place {
        self.place("", self.line)
    }

    fn take(&mut self, key: &'static str) -> Option<(DeValue<'t>, Place)> {
        self.known.push(key);
        let (_, value) = self.table.remove_entry(key)?;
        let place = self.place(key, self.source.line(value.span().start));
        Some((value.into_inner(), place))
    }

    fn wrong(&self, place: &Place, value: &DeValue<'_>, wanted: &str) {
        let problem = format!("is {}, must be {wanted}", kind(value));
        self.source.refuse(RuleError::at(place, shown(value), problem));
    }

    /// Says that a key is missing which has to be there.
    pub(super) fn required<T>(&self, key: &str, value: Option<T>, example: &str) -> Option<T> {
        if value.is_none() {
            let error = RuleError::at(&self.place(key.to_owned(), self.line), "", "is missing")
                .hint(format!("write {key} = {example}"));
            self.source.refuse(error);
        }
        value
    }

    /// Refuses a value that was read.
    pub(super) fn refuse(&self, error: RuleError) {
        self.source.refuse(error);
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let (value, place) = self.take(key)?;
        match value {
            DeValue::String(text) => Some(At { value: text.into_owned(), place }),
            other => {
                self.wrong(&place, &other, "a text in quotes");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<At<bool>> {
        let (value, place) = self.take(key)?;
        match value {
            DeValue::Boolean(value) => Some(At { value, place }),
            other => {
                self.wrong(&place, &other, "true or false");
                None
            }
        }
    }

    pub(super) fn number(&mut self, key: &'static str, bounds: RangeInclusive<u32>) -> Option<At<u32>> {
        let (value, place) = self.take(key)?;
        let number = match &value {
            DeValue::Integer(n) => u32::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        let wanted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let fitting = number.filter(|n| bounds.contains(n));
        if fitting.is_none() {
            match value {
                DeValue::Integer(_) => {
                    self.refuse(RuleError::at(&place, shown(&value), format!("is out of bounds, must be {wanted}")));
                }
                other => self.wrong(&place, &other, &wanted),
            }
        }
        fitting.map(|value| At { value, place })
    }

    pub(super) fn date(&mut self, key: &'static str) -> Option<At<Deciseconds>> {
        let (value, place) = self.take(key)?;
        let date = match &value {
            DeValue::Datetime(date) => instant(date),
            _ => None,
        };
        if date.is_none() {
            self.wrong(&place, &value, "a date without quotes, like 2026-03-31 or 2026-03-31T12:00:00Z, from 1970 on");
        }
        date.map(|value| At { value, place })
    }

    /// A list of texts; each has its own line.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let (value, place) = self.take(key)?;
        let DeValue::Array(items) = value else {
            self.wrong(&place, &value, "a list of texts in brackets");
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            let mut place = self.place(key, self.source.line(item.span().start));
            place.key.item = n + 1;
            match item.into_inner() {
                DeValue::String(text) => texts.push(At { value: text.into_owned(), place }),
                other => self.wrong(&place, &other, "a text in quotes"),
            }
        }
        Some(texts)
    }

    /// A text (English) or a table of texts by language.
    pub(super) fn localized(&mut self, key: &'static str) -> Localized {
        let Some((value, place)) = self.take(key) else { return Localized::default() };
        match value {
            DeValue::String(text) => Localized::english(text),
            DeValue::Table(table) => {
                let texts = self.sub(key, place.line, table).pairs();
                Localized(texts.into_iter().map(|(tag, text)| (tag.value.to_ascii_lowercase(), text.value)).collect())
            }
            other => {
                self.wrong(&place, &other, "a text in quotes, or a table of texts by language");
                Localized::default()
            }
        }
    }

    /// One of a list of words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.placed_choice(key, words).map(|found| found.value)
    }

    /// The same with its place.
    pub(super) fn placed_choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<At<T>> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let hint = nearest(&text.value, words.iter().map(|(word, _)| *word));
            self.refuse(RuleError::at(&text.place, &text.value, "unknown word").hint(hint));
        }
        found.map(|(_, value)| At { value: *value, place: text.place })
    }

    fn sub(&self, key: &str, line: u32, table: DeTable<'t>) -> Self {
        let prefix = self.place(key.to_owned(), line).key.to_string().into();
        Self { source: self.source, prefix, line, table, known: Vec::with_capacity(KEYS) }
    }

    /// A table in this table.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Self> {
        let (value, place) = self.take(key)?;
        match value {
            DeValue::Table(table) => Some(self.sub(key, place.line, table)),
            other => {
                self.wrong(&place, &other, &format!("a table, [{}]", place.key));
                None
            }
        }
    }

    /// A list of tables, `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some((value, place)) = self.take(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.wrong(&place, &value, &format!("a list of tables, [[{}]]", place.key));
            return Vec::new();
        };
        let before = if self.prefix.is_empty() { self.source.counted(key, items.len()) } else { 0 };
        let mut tables = Vec::with_capacity(items.len());
        for (n, item) in (before + 1..).zip(items) {
            let line = self.source.line(item.span().start);
            match item.into_inner() {
                DeValue::Table(table) => tables.push(self.sub(&format!("{key}[{n}]"), line, table)),
                other => self.wrong(&place, &other, &format!("a list of tables, [[{}]]", place.key)),
            }
        }
        tables
    }

    /// Every key of the table, whatever its name, with a text for a value.
    pub(super) fn pairs(mut self) -> Vec<(At<String>, At<String>)> {
        let table = std::mem::take(&mut self.table);
        let mut pairs = Vec::new();
        for (key, value) in table {
            let (name, line) = (key.get_ref().to_string(), self.source.line(value.span().start));
            let place = self.place(name.clone(), line);
            match value.into_inner() {
                DeValue::String(text) => {
                    let key = At { value: name, place: place.clone() };
                    pairs.push((key, At { value: text.into_owned(), place }));
                }
                other => self.wrong(&place, &other, "a text in quotes"),
            }
        }
        pairs
    }

    /// Every key of the table with a whole number for a value.
    pub(super) fn numbers(mut self) -> Vec<(At<String>, u32)> {
        let table = std::mem::take(&mut self.table);
        let mut numbers = Vec::new();
        for (key, value) in table {
            let (name, line) = (key.get_ref().to_string(), self.source.line(value.span().start));
            let place = self.place(name.clone(), line);
            match value.get_ref() {
                DeValue::Integer(n) if n.radix() == 10 && n.as_str().parse::<u16>().is_ok() => {
                    let number = n.as_str().parse::<u16>().map_or(0, u32::from);
                    numbers.push((At { value: name, place }, number));
                }
                other => self.wrong(&place, other, "a whole number from 0 to 65535"),
            }
        }
        numbers
    }

    /// Every key of the table, whatever its name, with a table for a value.
    pub(super) fn sub_tables(mut self) -> Vec<(String, Self)> {
        let table = std::mem::take(&mut self.table);
        let mut tables = Vec::new();
        for (key, value) in table {
            let (name, line) = (key.get_ref().to_string(), self.source.line(value.span().start));
            match value.into_inner() {
                DeValue::Table(inner) => tables.push((name.clone(), self.sub(&name, line, inner))),
                other => self.wrong(&self.place(name, line), &other, "a table"),
            }
        }
        tables
    }

    /// Refuses what was not taken out.
    pub(super) fn finish(self) {
        for (key, value) in &self.table {
            let name = key.get_ref();
            let place = self.place(name.to_string(), self.source.line(key.span().start));
            let hint = nearest(name, self.known.iter().copied());
            self.source.refuse(RuleError::at(&place, shown(value.get_ref()), "unknown key").hint(hint));
        }
    }
}

/// By value, for tables whose keys are known only to the site.
pub(crate) type Pairs = BTreeMap<String, At<String>>;

/// The pairs as a map from key to value with the value's place.
pub(super) fn mapped(pairs: Vec<(At<String>, At<String>)>) -> Pairs {
    pairs.into_iter().map(|(key, value)| (key.value, value)).collect()
}
