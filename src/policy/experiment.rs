//! Two or more forms of the widget that are compared: `[[widget.variant]]` of a site. Each visitor is shown one of them, and a
//! proof says which. Pages and their caches know nothing of it: the browser chooses, by what `GET config` says.
//!
//! Not to be taken for [`super::variant`], which names what a page is like after an answer.

use super::look::Look;
use super::site::{Site, Texts};
use std::borrow::Cow;

/// How many there may be: each has its share of the visitors, and what it has few of tells nothing.
pub const MOST: usize = 4;

/// The longest name, in bytes.
pub const NAME_MOST: usize = 32;

/// The texts that a variant may have its own of: those of the two layers. Keys of `widget/i18n/en.json`: a test compares.
pub const TEXTS: [&str; 21] = [
    "title",
    "intro",
    "accept",
    "refuse",
    "choose",
    "save",
    "back",
    "close",
    "choicesTitle",
    "choicesIntro",
    "always",
    "services",
    "hosts",
    "cookies",
    "signal",
    "id",
    "copy",
    "copied",
    "saving",
    "retrying",
    "failed",
];

/// The forms of a site's widget that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// In the order of the rules: none, or 2 to [`MOST`].
    pub variants: Vec<WidgetVariant>,
    /// Whether the browser keeps the name of the one it shows for as long as the visit lasts, until the visitor has answered.
    pub is_kept: bool,
}

impl Default for Experiment {
    fn default() -> Self {
        Self { variants: Vec::new(), is_kept: true }
    }
}

/// One form of the widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidgetVariant {
    /// Its name in proofs and statistics: `[a-z0-9_-]{1,32}`.
    pub name: String,
    /// Its share of the visitors in percent, 1 to 99. Those of a site add up to 100.
    pub share: u32,
    /// The site's looks as they are in it.
    pub look: Look,
    /// Its own words, which come before the site's.
    pub texts: Texts,
}

impl Site {
    /// The variant of this name. O([`MOST`]).
    pub fn widget_variant(&self, name: &str) -> Option<&WidgetVariant> {
        self.experiment.variants.iter().find(|variant| variant.name == name)
    }

    /// The site as a visitor of this variant saw it; the site itself for `None` and for a name that there is not. A copy of the
    /// site's rules otherwise: not for the request path.
    pub fn as_shown(&self, variant: Option<&str>) -> Cow<'_, Self> {
        let Some(variant) = variant.and_then(|name| self.widget_variant(name)) else { return Cow::Borrowed(self) };
        let mut site = self.clone();
        site.look = variant.look.clone();
        for (language, own) in &variant.texts {
            let texts = site.texts.entry(language.clone()).or_default();
            texts.extend(own.iter().map(|(key, text)| (key.clone(), text.clone())));
        }
        Cow::Owned(site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_variant_can_have_each_text_of_the_two_layers() {
        // On the page, not in the panel: the button at its edge, and frames that wait.
        let elsewhere = ["reopen", "held", "once", "allow", "categories"];
        let english: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(include_str!("../widget/i18n/en.json")).unwrap();
        let texts: BTreeSet<&str> = english.keys().map(String::as_str).filter(|key| !elsewhere.contains(key)).collect();
        assert_eq!(TEXTS.into_iter().collect::<BTreeSet<_>>(), texts);
    }
}
