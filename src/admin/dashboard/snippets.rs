//! What a site pastes, and what its rules say, for Google's Tag Manager or GA4.

use crate::policy::Site;
use crate::policy::signals::Signals;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    TagManager,
    Analytics,
}

/// Text to copy, each with what is to be done with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Snippets {
    /// For the pages; `None` where the gateway puts everything in.
    pub(super) markup: Option<String>,
    /// For the site's rules; `None` where they have it.
    pub(super) rules: Option<String>,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::TagManager, Self::Analytics];

    /// As a value of the form.
    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::TagManager => "tag-manager",
            Self::Analytics => "ga4",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TagManager => "Tag Manager",
            Self::Analytics => "GA4",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::TagManager => "GTM-ABC123",
            Self::Analytics => "G-ABC1234567",
        }
    }

    /// The catalogue's service, whose ids these are.
    pub(super) const fn service(self) -> &'static str {
        match self {
            Self::TagManager => "google-tag-manager",
            Self::Analytics => "google-analytics",
        }
    }

    pub(super) fn of(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }
}

impl Snippets {
    /// For an id, held against the same form as in the rules.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub(super) fn of(site: &Site, kind: Kind, id: &str) -> Result<Self, String> {
        let source = match Signals::google_tag(id) {
            Some((service, source)) if service == kind.service() => source,
            _ => return Err(format!("This is no id of {}: one looks like {}.", kind.name(), kind.example())),
        };
        let widget = format!("<script async src=\"{}widget.js\"></script>\n", site.prefix);
        let mark = site.service_named(kind.service()).and_then(|service| {
            let category = site.category(service.category)?;
            Some(format!("{}:{}", category.name, service.slug))
        });
        let Some(mark) = mark else {
            return Err(format!("The site's rules have {} switched off: leave it enabled.", kind.service()));
        };
        let markup = match (site.inject, kind) {
            (true, _) => None,
            (false, Kind::TagManager) => Some(widget),
            (false, Kind::Analytics) => Some(analytics(&mark, &source) + &widget),
        };
        let is_named = site.signals.tags.iter().any(|(known, _)| known == id);
        // Tag Manager's own snippet stays in the pages: the rules have nothing to add to it.
        let is_enough = is_named || (kind == Kind::TagManager && !site.inject);
        Ok(Self { markup, rules: (!is_enough).then(|| rules(site, id)) })
    }
}

/// Google's own snippet in the neutral form, without the call that begins to measure, which the widget makes.
fn analytics(mark: &str, source: &str) -> String {
    format!(
        "<script type=\"text/plain\" data-consentry=\"{mark}\" data-consentry-src=\"{source}\" async></script>\n\
         <script>\n\
         window.dataLayer = window.dataLayer || [];\n\
         function gtag() {{ dataLayer.push(arguments); }}\n\
         gtag('js', new Date());\n\
         </script>\n"
    )
}

/// All ids that the rules name, and the new one.
fn rules(site: &Site, id: &str) -> String {
    let ids = site.signals.tags.iter().map(|(known, _)| known.as_str()).chain([id]);
    let ids: Vec<String> = ids.map(|id| format!("\"{id}\"")).collect();
    format!("[signals]\ntags = [{}]\n", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};
    use std::sync::Arc;

    fn site(more: &str) -> Arc<Site> {
        let file = RuleFile::new("sites/shop.toml", format!("format = 1\nhosts = [\"*\"]\n{more}"));
        Arc::clone(&RuleSet::from_files(&[file]).unwrap().sites()[0])
    }

    #[test]
    fn an_id_is_held_against_the_form_of_its_kind() {
        let site = site("inject = false\n");
        for (kind, wrong) in [
            (Kind::TagManager, "G-ABC1234567"),
            (Kind::Analytics, "GTM-ABC123"),
            (Kind::Analytics, "AW-123456789"),
            (Kind::Analytics, "UA-1234-5"),
            (Kind::Analytics, "G-\"><script>"),
            (Kind::TagManager, ""),
        ] {
            let problem = Snippets::of(&site, kind, wrong).unwrap_err();
            assert!(problem.contains(kind.example()), "{wrong}: {problem}");
        }
    }

    #[test]
    fn who_pastes_gets_the_widget_and_for_ga4_a_tag_that_waits_and_is_not_configured() {
        let of = |rules: &str, kind, id| Snippets::of(&site(rules), kind, id).unwrap();
        let widget = "<script async src=\"/_p/widget.js\"></script>\n";
        let by_hand = "inject = false\nprefix = \"/_p/\"\n";
        let made = of(by_hand, Kind::TagManager, "GTM-ABC123");
        assert_eq!(made, Snippets { markup: Some(widget.to_owned()), rules: None });
        let made = of(by_hand, Kind::Analytics, "G-ABC1234567");
        let markup = made.markup.unwrap();
        assert!(markup.ends_with(widget) && !markup.contains("config"), "{markup}");
        assert!(markup.contains(
            "data-consentry=\"statistics:google-analytics\" data-consentry-src=\"https://www.googletagmanager.com/gtag/js?id=G-ABC1234567\""
        ));
        assert_eq!(made.rules.as_deref(), Some("[signals]\ntags = [\"G-ABC1234567\"]\n"));
        let named = format!("{by_hand}[signals]\ntags = [\"AW-123456789\", \"G-ABC1234567\"]\n");
        assert_eq!(of(&named, Kind::Analytics, "G-ABC1234567").rules, None);
        let more = of(&named, Kind::Analytics, "G-NEW1234567").rules.unwrap();
        assert_eq!(more, "[signals]\ntags = [\"AW-123456789\", \"G-ABC1234567\", \"G-NEW1234567\"]\n");
    }

    #[test]
    fn where_the_gateway_puts_it_in_there_is_nothing_to_paste() {
        for (kind, id) in [(Kind::TagManager, "GTM-ABC123"), (Kind::Analytics, "G-ABC1234567")] {
            let made = Snippets::of(&site(""), kind, id).unwrap();
            assert_eq!((made.markup, made.rules), (None, Some(format!("[signals]\ntags = [\"{id}\"]\n"))));
        }
    }
}
