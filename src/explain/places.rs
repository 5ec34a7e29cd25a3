//! Where rules are written: file and line of each, found again in the files' own text.

use crate::policy::RuleFile;
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// File and line (from 1) of rules, by service and text.
#[derive(Debug, Default)]
pub struct Places(HashMap<(String, String), (String, usize)>);

impl Places {
    /// Reads these files once more. What cannot be read has no place; of two rules that say the same the first counts.
    pub fn new(files: &[RuleFile]) -> Self {
        let mut places = Self::default();
        for file in files {
            let Ok(root) = DeTable::parse(&file.text) else { continue };
            for (key, name) in [("service", "slug"), ("list", "name")] {
                let Some(DeValue::Array(tables)) = root.get_ref().get(key).map(toml::Spanned::get_ref) else {
                    continue;
                };
                for table in tables {
                    if let DeValue::Table(service) = table.get_ref() {
                        places.add(file, service, name);
                    }
                }
            }
        }
        places
    }

    fn add(&mut self, file: &RuleFile, service: &DeTable<'_>, name: &str) {
        let Some((slug, DeValue::String(text))) = service.get(name).map(|value| (value.span(), value.get_ref())) else {
            return;
        };
        let text = text.to_string();
        self.put(file, &text, "", slug.start);
        for key in ["hosts", "paths", "markers"] {
            let Some(DeValue::Array(items)) = service.get(key).map(toml::Spanned::get_ref) else { continue };
            for item in items {
                if let DeValue::String(rule) = item.get_ref() {
                    self.put(file, &text, rule, item.span().start);
                }
            }
        }
    }

    fn put(&mut self, file: &RuleFile, slug: &str, rule: &str, offset: usize) {
        let before = file.text.as_bytes().get(..offset).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        self.0.entry((slug.to_owned(), rule.to_owned())).or_insert_with(|| (file.path.clone(), line));
    }

    /// Where this rule of this service is written, or, with an empty text, where the service is.
    pub(super) fn of(&self, slug: &str, rule: &str) -> Option<(&str, usize)> {
        self.0.get(&(slug.to_owned(), rule.to_owned())).map(|(file, line)| (file.as_str(), *line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_lines_that_they_are_written_on() {
        let text = "format = 1\n\n[[service]]\nslug = \"x\" # one\nhosts = [\n  \"x.example\",\n  'y.example/\\d',\n]\n\
            markers = [\"x.example/boot\"]\n\n[[list]]\nfile = \"lists/a.txt\"\nname = \"a\"\n";
        let places = Places::new(&[RuleFile::new("sites/a.toml", text), RuleFile::new("sites/b.toml", "no = [toml")]);
        for (slug, rule, line) in [
            ("x", "", Some(4)),
            ("x", "x.example", Some(6)),
            ("x", "y.example/\\d", Some(7)),
            ("x", "x.example/boot", Some(9)),
            ("a", "", Some(13)),
            ("x", "z.example", None),
            ("y", "x.example", None),
        ] {
            assert_eq!(places.of(slug, rule), line.map(|line| ("sites/a.toml", line)), "{slug} {rule}");
        }
    }
}
