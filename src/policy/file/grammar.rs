//! Which keys there are. One function per kind of table; each takes every key it knows and refuses the rest.

use super::error::{Key, Place, RuleError, RuleErrors};
use super::fields::{At, Fields, Source};
use super::list::{ListRule, list};
use super::regime::{RegimeRule, regime};
use super::service::{ServiceRule, checked, cookie_name, service};
use super::site::{SiteRule, site};
use super::thumbnail::thumbnail;
use super::{Kind, RuleFile, pattern};
use crate::consent::Deciseconds;
use crate::policy::service::Localized;
use crate::policy::thumbnail::Thumbnail;
use toml::de::DeTable;

/// The format that this version reads.
const FORMAT: u32 = 1;

/// A file, read.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) categories: Vec<CategoryRule>,
    pub(crate) services: Vec<ServiceRule>,
    pub(crate) lists: Vec<ListRule>,
    pub(crate) thumbnails: Vec<Thumbnail>,
    /// Names of cookies that are nobody's until a site says so.
    pub(crate) ambiguous_cookies: Vec<String>,
    pub(crate) site: Option<SiteRule>,
    /// `regimes.toml`.
    pub(crate) regimes: Vec<RegimeRule>,
    /// `numbers.lock`: categories and services by name.
    pub(crate) lock: Option<[Recorded; 2]>,
}

/// Names and numbers as `numbers.lock` has them.
pub(crate) type Recorded = Vec<(At<String>, u32)>;

/// `[[category]]`.
#[derive(Debug)]
pub(crate) struct CategoryRule {
    pub(crate) name: At<String>,
    pub(crate) number: At<u32>,
    pub(crate) aliases: Vec<At<String>>,
    pub(crate) label: Localized,
    pub(crate) description: Localized,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) justification: Option<At<String>>,
    pub(crate) sale: Option<At<bool>>,
}

impl Document {
    /// Reads a file; all that is wrong in it goes to `errors`.
    pub(crate) fn read(file: &RuleFile, kind: Kind, errors: &mut RuleErrors) -> Self {
        let pieces = if kind == Kind::Catalogue { pieces(&file.text) } else { vec![file.text.as_str()] };
        let mut refused = RuleErrors::default();
        let mut document = Self::read_pieces(file, kind, &pieces, &mut refused);
        if pieces.len() > 1 && !refused.0.is_empty() {
            // What is wrong reads best in the whole.
            refused = RuleErrors::default();
            document = Self::read_pieces(file, kind, &[&file.text], &mut refused);
        }
        errors.0.append(&mut refused.0);
        document
    }

    fn read_pieces(file: &RuleFile, kind: Kind, pieces: &[&str], errors: &mut RuleErrors) -> Self {
        let source = Source::new(&file.path, &file.text);
        let mut document = Self::default();
        let mut start = 0;
        for piece in pieces {
            source.begin(start);
            let (table, syntax) = DeTable::parse_recoverable(piece);
            for error in &syntax {
                let line = error.span().map_or(0, |span| source.line(span.start));
                let place = Place { file: source.file.clone(), line, key: Key::default() };
                source.refuse(RuleError::at(&place, "", format!("is no TOML: {}", error.message().trim())));
            }
            let mut fields = Fields::root(&source, table.into_inner());
            if syntax.is_empty() && (start > 0 || format(&mut fields)) {
                document.read_as(kind, file.stem(), fields);
            }
            start += piece.len();
        }
        errors.0.append(&mut source.errors.borrow_mut());
        document
    }

    fn read_as(&mut self, kind: Kind, name: &str, mut fields: Fields<'_, '_>) {
        if kind == Kind::Lock {
            let mut read = |key| fields.table(key).map(Fields::numbers).unwrap_or_default();
            self.lock = Some([read("categories"), read("services")]);
        } else if kind == Kind::Regimes {
            self.regimes = fields.tables("regime").into_iter().filter_map(regime).collect();
        } else {
            self.categories.extend(fields.tables("category").into_iter().filter_map(category));
            self.services.extend(fields.tables("service").into_iter().filter_map(service));
            self.lists.extend(fields.tables("list").into_iter().filter_map(list));
            self.thumbnails.extend(fields.tables("thumbnail").into_iter().filter_map(thumbnail));
        }
        if kind == Kind::Catalogue {
            let names = checked(&mut fields, "ambiguous_cookies", cookie_name);
            self.ambiguous_cookies.extend(names.into_iter().map(|(text, ())| text.value));
        }
        if kind == Kind::Site {
            self.site = Some(site(name, &mut fields));
        }
        fields.finish();
    }
}

/// How long a piece of a catalogue is at least, in bytes.
const PIECE: usize = 1 << 18;

/// A big catalogue in pieces that each begin with `[[service]]`: the parser takes thirty times the room of what it reads.
/// Only a text of several lines could hold such a line and mean something else; a file with one stays whole.
fn pieces(text: &str) -> Vec<&str> {
    const HEAD: &str = "\n[[service]]";
    let mut pieces = Vec::new();
    let mut rest = text;
    let has_long_texts = ["\"\"\"", "'''"].iter().any(|quotes| text.contains(quotes));
    while !has_long_texts && rest.len() > 2 * PIECE {
        let found = memchr::memmem::find(rest.as_bytes().get(PIECE..).unwrap_or_default(), HEAD.as_bytes());
        let Some((piece, after)) = found.and_then(|at| rest.split_at_checked(PIECE + at + 1)) else { break };
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// `format = 1` comes first: whoever reads an older or newer grammar must know before anything else.
fn format(fields: &mut Fields<'_, '_>) -> bool {
    let here = Place { key: "format".into(), ..fields.here() };
    match fields.number("format", 0..=u32::MAX) {
        Some(At { value: FORMAT, .. }) => true,
        Some(At { value, place }) => {
            let problem = format!("unknown format: consentry {} reads format {FORMAT}", env!("CARGO_PKG_VERSION"));
            fields.refuse(RuleError::at(&place, value, problem).hint(newer(value)));
            false
        }
        None => {
            let error = RuleError::at(&here, "", "every rule file begins with its format");
            fields.refuse(error.hint(format!("write format = {FORMAT} as the first line")));
            false
        }
    }
}

/// Which version reads a format that this one does not.
fn newer(format: u32) -> String {
    if format > FORMAT {
        format!("a later version reads format {format}")
    } else {
        format!("no version reads format {format}; the first is {FORMAT}")
    }
}

fn category(mut fields: Fields<'_, '_>) -> Option<CategoryRule> {
    let name = slug(&mut fields, "name", "\"statistics\"");
    let number = fields.number("number", 0..=63);
    let number = fields.required("number", number, "40");
    let aliases = fields.texts("aliases").unwrap_or_default();
    let label = fields.localized("label");
    let description = fields.localized("description");
    let since = fields.date("since").map(|d| d.value);
    let justification = fields.text("justification");
    let sale = fields.flag("sale");
    fields.finish();
    Some(CategoryRule { name: name?, number: number?, aliases, label, description, since, justification, sale })
}

/// A required name.
pub(super) fn slug(fields: &mut Fields<'_, '_>, key: &'static str, example: &str) -> Option<At<String>> {
    let text = fields.text(key);
    let text = fields.required(key, text, example)?;
    if !pattern::is_slug(&text.value) {
        let problem = "must be 1 to 64 of a-z, 0-9, - and _";
        fields.refuse(RuleError::at(&text.place, &text.value, problem).hint(format!("like {example}")));
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    /// A catalogue that is read in pieces: services of lines that differ in length.
    fn big(services: usize, extra: &str) -> RuleFile {
        let mut text = "format = 1\nambiguous_cookies = [\"sid\"]\n".to_owned();
        for n in 1..=services {
            let purpose = "x".repeat(n % 97);
            let lines = "\n".repeat(n % 3);
            writeln!(
                text,
                "[[service]]\nslug = \"s{n}\"\ncategory = \"c\"\nhosts = [\n \"t{n}.example\"]\npurpose = \"{purpose}\"{lines}"
            )
            .unwrap();
        }
        RuleFile::new("catalogue/big.toml", text + extra)
    }

    fn whole(file: &RuleFile) -> (Document, RuleErrors) {
        let mut errors = RuleErrors::default();
        let document = Document::read_pieces(file, Kind::Catalogue, &[&file.text], &mut errors);
        (document, errors)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn a_file_in_pieces_reads_as_the_whole(services in 6_000_usize..12_000, end in prop::sample::select(&[
            "", "[[category]]\nname = \"late\"\nnumber = 41\n", "[[service]]\nslug = 3\n", "[category]\n", "[[service]\n", "format = 1\n",
            "[[service]]\nslug = \"last\"\ncategory = \"c\"\nsource = \"\"\"\n[[service]]\n\"\"\"\n",
        ])) {
            let file = big(services, end);
            prop_assert_eq!(pieces(&file.text).concat(), file.text.as_str());
            prop_assert_eq!(pieces(&file.text).len() > 2, !end.contains("\"\"\""));
            let (expected, wrong) = whole(&file);
            let mut errors = RuleErrors::default();
            let document = Document::read(&file, Kind::Catalogue, &mut errors);
            prop_assert_eq!(errors, wrong);
            prop_assert_eq!(format!("{document:?}"), format!("{expected:?}"));
        }
    }
}
