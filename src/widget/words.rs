//! The widget's words in one language, for whoever shows them elsewhere: other tools' APIs, and what a proof says was shown.
//! The site's own come first, as in the widget.

use super::assets::{ENGLISH, LANGUAGES};
use crate::policy::site::Texts;
use crate::policy::{Category, Localized, Site};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every language that the widget speaks.
static BUILT_IN: LazyLock<BTreeMap<&'static str, Value>> = LazyLock::new(|| {
    let all = LANGUAGES.into_iter().chain([("en", ENGLISH)]);
    all.map(|(language, text)| (language, serde_json::from_str(text).unwrap_or_default())).collect()
});

/// The words of one language.
#[derive(Debug)]
pub struct Words<'s> {
    language: String,
    site: &'s Texts,
    built_in: Option<&'static Value>,
}

impl<'s> Words<'s> {
    /// In the language that was asked for (a tag: `fr`, `fr-BE`), if the site or the widget has it, else in its primary
    /// language, else in English. What was asked for is never kept: a language is one of those that there are.
    pub fn of(site: &'s Site, asked: &str) -> Self {
        let asked = asked.to_ascii_lowercase().replace('_', "-");
        let primary = asked.split('-').next().unwrap_or_default();
        let known = |tag: &&str| site.texts.contains_key(*tag) || BUILT_IN.contains_key(*tag);
        let language = [asked.as_str(), primary].into_iter().find(known).unwrap_or("en").to_owned();
        let built_in = BUILT_IN.get(language.split('-').next().unwrap_or_default());
        Self { built_in, language, site: &site.texts }
    }

    /// The language.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// A text by its key (`title`, `accept`); empty for a key that there is not.
    pub fn get(&self, key: &str) -> &str {
        self.own(key).or_else(|| self.built_in(key)).or_else(|| english().get(key)?.as_str()).unwrap_or_default()
    }

    /// Every text with its key, sorted by key: what the widget says, and what the site says instead or besides.
    pub fn all(&self) -> BTreeMap<&str, &str> {
        let texts = |value: &'static Value| value.as_object().into_iter().flatten();
        let built_in = self.built_in.into_iter().flat_map(texts);
        let built_in = texts(english()).chain(built_in).filter_map(|(key, text)| Some((key.as_str(), text.as_str()?)));
        let own = self.site.get(&self.language).into_iter().flatten().map(|(key, text)| (key.as_str(), text.as_str()));
        built_in.chain(own).collect()
    }

    /// What the widget calls a category.
    pub fn label<'w>(&'w self, category: &'w Category) -> &'w str {
        let label = self.of_category(category, &category.label, "label");
        if label.is_empty() { &category.name } else { label }
    }

    /// What the widget says about it.
    pub fn description<'w>(&'w self, category: &'w Category) -> &'w str {
        self.of_category(category, &category.description, "description")
    }

    /// The rules' text in this language, else the widget's, else the rules' in another.
    fn of_category<'w>(&'w self, category: &Category, ruled: &'w Localized, part: &str) -> &'w str {
        let primary = self.language.split('-').next().unwrap_or_default();
        let exact = ruled.0.get(&self.language).or_else(|| ruled.0.get(primary)).map(String::as_str);
        let of_widget = || self.built_in?.get("categories")?.get(&category.name)?.get(part)?.as_str();
        exact.or_else(of_widget).unwrap_or_else(|| ruled.get(&self.language))
    }

    fn own(&self, key: &str) -> Option<&str> {
        self.site.get(&self.language)?.get(key).map(String::as_str)
    }

    fn built_in(&self, key: &str) -> Option<&'static str> {
        self.built_in?.get(key)?.as_str()
    }
}

fn english() -> &'static Value {
    BUILT_IN.get("en").unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};

    fn rules() -> RuleSet {
        let site = "format = 1\nhosts = [\"*\"]\n[texts.fr]\ntitle = \"Bonjour\"\n[texts.br]\ntitle = \"Demat\"\n";
        RuleSet::from_files(&[RuleFile::new("sites/a.toml", site)]).unwrap()
    }

    #[test]
    fn the_sites_words_come_before_the_widgets_and_those_before_english() {
        let rules = rules();
        let site = &rules.sites()[0];
        let french = Words::of(site, "fr-BE");
        assert_eq!((french.language(), french.get("title")), ("fr", "Bonjour"));
        assert_ne!(french.get("accept"), Words::of(site, "en").get("accept"));
        let breton = Words::of(site, "br");
        assert_eq!((breton.language(), breton.get("title")), ("br", "Demat"));
        assert_eq!(breton.get("accept"), Words::of(site, "en").get("accept"));
        for odd in ["", "xx", "<script>", "zh-Hant-TW"] {
            assert_eq!(Words::of(site, odd).language(), "en", "{odd}");
        }
        assert_eq!(french.all().get("title"), Some(&"Bonjour"));
    }

    #[test]
    fn categories_are_called_as_in_the_widget() {
        let rules = rules();
        let site = &rules.sites()[0];
        let statistics = site.category_named("statistics").unwrap();
        assert_eq!(Words::of(site, "fr").label(statistics), "Statistiques");
        assert_eq!(Words::of(site, "en").label(statistics), "Statistics");
        // The rules have no Italian, the widget has.
        let italian = Words::of(site, "it");
        assert!(!italian.description(statistics).is_empty());
        assert_ne!(italian.description(statistics), Words::of(site, "en").description(statistics));
    }
}
