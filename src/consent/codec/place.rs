//! Walks JSON that a person wrote: what an encoder gets. Each error names the place, the value there and what would be
//! right. Nothing of a request comes this way.

use serde_json::{Map, Value};
use std::fmt;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Place<'v> {
    path: String,
    /// The value; none where the object has no such member.
    value: Option<&'v Value>,
}

/// What is wrong in a JSON text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PlaceError {
    /// `purposes.optin.enabled[2]`; empty for the whole text.
    pub path: String,
    /// The value, cut to 60 characters.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the text" } else { &self.path };
        write!(f, "{path} is {}; right would be {}", self.found, self.right)
    }
}

impl<'v> Place<'v> {
    /// The whole text.
    pub const fn new(value: &'v Value) -> Self {
        Self { path: String::new(), value: Some(value) }
    }

    /// Whether nothing stands here, or `null`.
    pub fn is_absent(&self) -> bool {
        self.value.is_none_or(Value::is_null)
    }

    /// The error at this place.
    pub fn wrong(&self, right: impl Into<String>) -> PlaceError {
        let found = self.value.map_or_else(|| "missing".to_owned(), ToString::to_string);
        let cut = found.char_indices().nth(60).and_then(|(at, _)| found.get(..at)).map(|start| format!("{start}…"));
        PlaceError { path: self.path.clone(), found: cut.unwrap_or(found), right: right.into() }
    }

    /// The members of an object, in their order.
    ///
    /// # Errors
    /// [`PlaceError`] for anything else.
    pub fn members(&self, right: &str) -> Result<Vec<(&'v str, Self)>, PlaceError> {
        let object = self.object(right)?;
        Ok(object.iter().map(|(name, value)| (name.as_str(), self.at(name, Some(value)))).collect())
    }

    /// The members of these names of an object that has no others.
    ///
    /// # Errors
    /// [`PlaceError`] for anything else.
    pub fn known<const N: usize>(&self, names: [&str; N]) -> Result<[Self; N], PlaceError> {
        let list = names.join(", ");
        let object = self.object(&format!("an object of {list}"))?;
        if let Some((name, value)) = object.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            return Err(self.at(name, Some(value)).wrong(format!("one of the members {list}")));
        }
        Ok(names.map(|name| self.at(name, object.get(name))))
    }

    /// The items of a list.
    ///
    /// # Errors
    /// [`PlaceError`] for anything else.
    pub fn items(&self, right: &str) -> Result<Vec<Self>, PlaceError> {
        let Some(Value::Array(items)) = self.value else { return Err(self.wrong(right)) };
        let item = |(at, value)| Self { path: format!("{}[{at}]", self.path), value: Some(value) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// What `read` makes of the value.
    ///
    /// # Errors
    /// [`PlaceError`] where there is no value or `read` makes nothing of it.
    pub fn read<T>(&self, right: &str, read: impl FnOnce(&'v Value) -> Option<T>) -> Result<T, PlaceError> {
        self.value.and_then(read).ok_or_else(|| self.wrong(right))
    }

    fn object(&self, right: &str) -> Result<&'v Map<String, Value>, PlaceError> {
        self.value.and_then(Value::as_object).ok_or_else(|| self.wrong(right))
    }

    fn at(&self, name: &str, value: Option<&'v Value>) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{name}", self.path), value }
    }
}
