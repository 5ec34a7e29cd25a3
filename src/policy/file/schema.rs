//! The grammar as a JSON Schema (2020-12), for editors' completion and checks while typing.
//!
//! It says which keys there are and of which type; what only the compiler can see (numbers taken twice, names of nothing)
//! it does not say. A test holds it against the keys that the parser knows, another against the project's own rules.

mod keys;
mod sources;

use serde_json::{Map, Value, json};

/// One key of a table.
pub(super) struct Key {
    name: &'static str,
    is_required: bool,
    kind: Kind,
    about: &'static str,
}

/// What a key's value is.
pub(super) enum Kind {
    Text,
    /// A name that goes into marks, cookies and URLs.
    Slug,
    Flag,
    Number(u32, u32),
    Date,
    Texts,
    Word(&'static [&'static str]),
    Words(&'static [&'static str]),
    /// A text, or a table of texts by language.
    Localized,
    /// A table of texts whose keys are the site's or another tool's.
    Pairs,
    /// A table of such tables.
    PairsByName,
    /// A table of whole numbers.
    Numbers,
    Table(&'static [Key]),
    Tables(&'static [Key]),
}

/// The kinds of file that there are schemas for.
pub const SCHEMAS: [&str; 4] = ["site", "catalogue", "regimes", "lock"];

/// The schema of one kind of file ([`SCHEMAS`]); `None` for any other name.
pub fn schema(kind: &str) -> Option<Value> {
    let (title, keys) = match kind {
        "site" => ("A site of Consentry: sites/<name>.toml", keys::SITE),
        "catalogue" => ("Consentry's catalogue: catalogue/*.toml", keys::CATALOGUE),
        "regimes" => ("Which law applies where: regimes.toml", keys::ALL_REGIMES),
        "lock" => ("The numbers that were ever given: numbers.lock", keys::LOCK),
        _ => return None,
    };
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title });
    if let (Some(whole), Value::Object(root)) = (schema.as_object_mut(), table(keys)) {
        whole.extend(root);
    }
    Some(schema)
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), key.value())).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

impl Key {
    fn value(&self) -> Value {
        let mut value = self.kind.value();
        if let Some(value) = value.as_object_mut() {
            value.insert("description".to_owned(), self.about.into());
        }
        value
    }
}

impl Kind {
    fn value(&self) -> Value {
        let texts = || json!({ "type": "object", "additionalProperties": { "type": "string" } });
        match *self {
            Self::Text => json!({ "type": "string" }),
            Self::Slug => json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" }),
            Self::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Word(words) => json!({ "enum": words }),
            Self::Words(words) => json!({ "type": "array", "items": { "enum": words }, "uniqueItems": true }),
            Self::Localized => json!({ "anyOf": [{ "type": "string" }, texts()] }),
            Self::Pairs => texts(),
            Self::PairsByName => json!({ "type": "object", "additionalProperties": texts() }),
            Self::Numbers => json!({
                "type": "object",
                "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 65_535 },
            }),
            Self::Table(keys) => table(keys),
            Self::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        }
    }
}

#[cfg(test)]
mod tests;
