//! The whole of Complianz's cookies, for people and tools; not on the path of a request.

use super::{CATEGORIES, PREFIX, ValueError, is_empty_list, scan};
use crate::consent::codec::answers::Answers;
use crate::consent::codec::services;
use crate::consent::codec::text::{self, Buffer};

/// All cookies of one site, their names without the prefix and their values decoded, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Complianz {
    cookies: Vec<(String, String)>,
}

impl Complianz {
    /// From names without the prefix, and values.
    pub fn new(cookies: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { cookies: cookies.into_iter().collect() }
    }

    /// The cookies in their order: the categories, `banner-status`, `policy_id`, `consented_services`,
    /// `saved_categories`, `saved_services`, `consent_mode`, `id`.
    pub fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// The first cookie of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The categories' answers.
    pub fn categories(&self) -> Answers {
        let known = self.cookies.iter().filter(|(name, _)| CATEGORIES.contains(&name.as_str()));
        known.map(|(name, value)| (name.clone(), value == "allow")).collect()
    }

    /// The services' answers.
    pub fn services(&self) -> Answers {
        let value = self.get("consented_services").filter(|value| !is_empty_list(value.as_bytes()));
        value.and_then(|value| services::decode(text::component(value).as_bytes()).ok()).unwrap_or_default()
    }
}

/// The whole family. Bytes that are no UTF-8 are replaced. Allocates.
///
/// # Errors
/// As [`scan`].
pub fn decode<'v>(
    cookies: impl IntoIterator<Item = (&'v [u8], &'v [u8])>,
    prefix: &[u8],
) -> Result<Complianz, ValueError> {
    let ours: Vec<(&[u8], &[u8])> = cookies.into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    scan(ours.iter().copied(), prefix, |_, _| {})?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let cookies = ours.into_iter().map(|(name, value)| {
        let name = name.strip_prefix(prefix).unwrap_or(name);
        (text(name), text(text::json(value, &mut Buffer::new())))
    });
    Ok(Complianz::new(cookies))
}

/// Writes the family: names with values, as a `Cookie` header has them.
pub fn encode(complianz: &Complianz, prefix: &str) -> Vec<(String, String)> {
    let cookies = complianz.cookies.iter();
    cookies.map(|(name, value)| (format!("{prefix}{name}"), text::component(value))).collect()
}

/// For fuzzing: any lines as cookies, names before their `=`; what is read must come back from what is written of it.
pub fn fuzz_complianz(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n');
    let cookies = lines.filter_map(|line| line.split_at_checked(memchr::memchr(b'=', line)?));
    let cookies: Vec<_> = cookies.map(|(name, value)| (name, value.get(1..).unwrap_or_default())).collect();
    if let Ok(read) = decode(cookies, PREFIX) {
        let written = encode(&read, "cmplz_");
        if written.iter().all(|(_, value)| value.len() <= super::MAX_LEN) {
            let again = decode(written.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())), PREFIX);
            assert_eq!(again, Ok(read), "not written as it was read");
        }
    }
}
