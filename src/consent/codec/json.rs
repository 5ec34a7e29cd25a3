//! JSON objects of cookies, read as they stream by: no tree, no allocation (except for a string with a backslash),
//! nesting bounded by the parser (128).

use super::text::{self, Buffer};
use super::value_error::ValueError;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// What is done with the members of an object, in their order, duplicates too.
pub(super) trait Members<'de> {
    /// Reads one member's value from `map`; it must read exactly one.
    ///
    /// # Errors
    /// The parser's, for a value that the format does not have.
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a text that is one object.
///
/// # Errors
/// [`ValueError::Json`].
pub(super) fn read<'de, M: Members<'de>>(text: &'de [u8], members: &mut M) -> Result<(), ValueError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    Object(members).deserialize(&mut deserializer)?;
    Ok(deserializer.end()?)
}

/// The whole object in a cookie's value, its members in their order; of two members of one name the last. For people and
/// tools: allocates.
///
/// # Errors
/// [`ValueError::Json`].
pub(super) fn whole(value: &[u8]) -> Result<Map<String, Value>, ValueError> {
    Ok(serde_json::from_slice(text::json(value, &mut Buffer::new()))?)
}

/// Writes an object as a cookie holds it, URI-encoded.
pub(super) fn write(members: &Map<String, Value>) -> String {
    text::component(&serde_json::to_string(members).unwrap_or_default())
}

/// Whether the text is JSON.
pub(super) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<Scalar<'_>>(text).is_ok()
}

/// Puts a value where none was; a second one is refused: which of two holds is not known.
///
/// # Errors
/// When there is one already.
pub(super) fn once<T, E: Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom("a member stands twice")),
    }
}

/// An object inside another, for [`MapAccess::next_value_seed`].
#[derive(Debug)]
pub(super) struct Object<'m, M>(pub(super) &'m mut M);

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Object<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Members<'de>> Visitor<'de> for Object<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Text<'de>>()? {
            self.0.member(&name.0, &mut map)?;
        }
        Ok(())
    }
}

/// A list of strings, each given to a function, for [`MapAccess::next_value_seed`].
#[derive(Debug)]
pub(super) struct Strings<F>(pub(super) F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Strings<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Strings<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(text) = seq.next_element::<Text<'de>>()? {
            self.0(&text.0);
        }
        Ok(())
    }
}

/// A string, borrowed unless it has a backslash: `Cow`'s own implementation always copies.
#[derive(Debug)]
pub(super) struct Text<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Any)? {
            Scalar::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("not a string")),
        }
    }
}

/// Any value; what is in lists and objects is skipped.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'de> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    Text(Cow<'de, str>),
    /// A list or an object.
    Nested,
}

impl Scalar<'_> {
    /// Whether it is the boolean `true`: nothing else is a yes.
    pub(super) const fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        // Above i64 it is no time, version or flag of any format.
        Ok(i64::try_from(value).map_or(Scalar::Number(f64::MAX), Scalar::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<Text<'de>, Scalar<'de>>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Log(Vec<(String, String)>);

    impl<'de> Members<'de> for Log {
        fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
            let value = format!("{:?}", map.next_value::<Scalar<'de>>()?);
            self.0.push((name.to_owned(), value));
            Ok(())
        }
    }

    fn log(text: &str) -> Result<Vec<(String, String)>, ValueError> {
        let mut log = Log(Vec::new());
        read(text.as_bytes(), &mut log).map(|()| log.0)
    }

    #[test]
    fn every_kind_of_value_is_read_and_duplicates_are_given() {
        let text = "{\"a\":true,\"a\":null,\"\\u0062\":-1,\"c\":1.5,\"d\":18446744073709551615,\"e\":[{\"f\":[1]}],\"g\":\"h\\n\"}";
        let names: String = log(text).unwrap().into_iter().map(|(name, value)| format!("{name}={value} ")).collect();
        assert_eq!(
            names,
            "a=Bool(true) a=Null b=Integer(-1) c=Number(1.5) d=Number(1.7976931348623157e308) e=Nested g=Text(\"h\\n\") "
        );
    }

    #[test]
    fn p100_hostile_json_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        let deeper = format!("{{\"a\":{}", "{\"b\":".repeat(1500));
        for text in [
            "",
            "{",
            "[]",
            "\"a\"",
            "{\"a\":1}x",
            "{a:1}",
            "{\"a\":\"\\ud800\"}",
            "{\"\\udc00\":1}",
            "{\"a\":1e999}",
            "{\"a\":\"\u{1}\"}",
            &deep,
            &deeper,
        ] {
            assert!(matches!(log(text), Err(ValueError::Json { .. })), "{text}");
        }
        assert!(read(b"{\"\xff\":1}", &mut Log(Vec::new())).is_err(), "no UTF-8");
    }
}
