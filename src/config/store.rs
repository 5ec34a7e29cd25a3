//! `store` of `consentry.toml`, and of `--store`.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where proofs are kept: `"off"`, `"postgres://…"`, `{ sqlite = "file" }`, or
/// `{ postgres = "postgres://…", spool = "file" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres {
        /// Where it is.
        url: DatabaseUrl,
        /// The local file that takes answers while it is away, and that names this gateway's chain.
        spool: PathBuf,
    },
    /// Nowhere: answers are obeyed and not proven.
    Off,
}

/// `postgres://user@host:port/database`. It may hold a password, which its `Debug` leaves out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// As it was written, with a password if it has one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("consentry.sqlite"))
    }
}

impl Store {
    /// The local file that it has, if it has one.
    pub(super) fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Sqlite(path) | Self::Postgres { spool: path, .. } => Some(path),
            Self::Off => None,
        }
    }

    fn at(text: &str, spool: Option<PathBuf>) -> Option<Self> {
        let is_address = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let spool = spool.unwrap_or_else(|| PathBuf::from("consentry-spool.sqlite"));
        is_address.then(|| Self::Postgres { url: DatabaseUrl(text.to_owned()), spool })
    }
}

/// As a flag says it: `off`, an address of a database, or a path.
impl FromStr for Store {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "off" => Self::Off,
            _ => Self::at(text, None).unwrap_or_else(|| Self::Sqlite(text.into())),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sqlite: Option<PathBuf>,
    postgres: Option<String>,
    spool: Option<PathBuf>,
}

const EXPECTED: &str = "\"off\", \"postgres://user@host/database\", { sqlite = \"file\" }, or { postgres = \"postgres://…\", spool = \"file\" }";

impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Store;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    /// What was written is not repeated: it may be an address with a password and a letter wrong.
    fn visit_str<E: Error>(self, text: &str) -> Result<Store, E> {
        let other = || E::custom(format!("store: expected {EXPECTED}"));
        if text == "off" { Ok(Store::Off) } else { Store::at(text, None).ok_or_else(other) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Store, A::Error> {
        match Table::deserialize(MapAccessDeserializer::new(map))? {
            Table { sqlite: Some(path), postgres: None, spool: None } => Ok(Store::Sqlite(path)),
            Table { sqlite: None, postgres: Some(url), spool } => Store::at(&url, spool)
                .ok_or_else(|| A::Error::custom("store.postgres: expected postgres://user@host/database")),
            _ => Err(A::Error::custom(format!("store: expected {EXPECTED}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Whole {
        store: Store,
    }

    fn read(text: &str) -> Result<Store, String> {
        toml::from_str::<Whole>(&format!("store = {text}")).map(|whole| whole.store).map_err(|e| e.to_string())
    }

    #[test]
    fn a_store_is_a_word_an_address_or_a_table() {
        let url = "postgres://gate@db.example/proofs";
        let at = |spool: &str| Store::Postgres { url: DatabaseUrl(url.to_owned()), spool: spool.into() };
        assert_eq!(read("\"off\""), Ok(Store::Off));
        assert_eq!(read("{ sqlite = \"a.sqlite\" }"), Ok(Store::Sqlite("a.sqlite".into())));
        assert_eq!(read(&format!("{url:?}")), Ok(at("consentry-spool.sqlite")));
        assert_eq!(read(&format!("{{ postgres = {url:?}, spool = \"s\" }}")), Ok(at("s")));
        assert_eq!("off".parse(), Ok(Store::Off));
        assert_eq!(url.parse(), Ok(at("consentry-spool.sqlite")));
        assert_eq!("a/b.sqlite".parse(), Ok(Store::Sqlite("a/b.sqlite".into())));
    }

    #[test]
    fn what_is_none_is_refused_with_what_would_be_right_and_without_a_password() {
        for text in [
            "\"mysql://gate:s3cret@db/proofs\"",
            "{}",
            "{ sqlite = \"a\", postgres = \"postgres://gate:s3cret@db/proofs\" }",
            "{ sqlite = \"a\", spool = \"b\" }",
            "{ postgres = \"gate:s3cret@db\" }",
        ] {
            let error = toml::from_str::<Whole>(&format!("store = {text}")).unwrap_err();
            assert!(error.message().contains("postgres://user@host/database"), "{error}");
            assert!(!error.message().contains("s3cret"), "{error}");
        }
        assert!(read("{ sqlit = \"a\" }").unwrap_err().contains("sqlit"));
        let url = "postgres://gate:s3cret@db/proofs".parse::<Store>().unwrap();
        assert!(!format!("{url:?}").contains("s3cret"));
    }
}
