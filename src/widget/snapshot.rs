//! What a visitor was shown, as a document of its own: for a proof, years later. The style sheet, the words of one language,
//! the categories and services of the site, on both layers, without a script.

use super::assets::sheet;
use super::words::Words;
use crate::policy::{Category, Service, Site};
use htmlize::{escape_attribute as quoted, escape_text as text};
use std::fmt::Write;

/// The document in a language. The same for every visitor of the site under the same rules; O(services shown).
pub fn snapshot(site: &Site, language: &str) -> String {
    let words = Words::of(site, language);
    let mut html = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <meta name=\"generator\" content=\"consentry widget {}, site {} {}\">\n\
         <meta name=\"look\" content=\"layout {}, position {}, logo {}\">\n\
         <style>\n{}\n{}\n.box{{position:static;margin:1rem auto}}\n</style>\n",
        quoted(words.language()),
        text(words.get("title")),
        super::version(),
        quoted(&site.name),
        quoted(&site.version),
        site.look.layout.name(),
        site.look.position,
        quoted(site.look.logo.as_deref().unwrap_or("none")),
        sheet().replace(":host", ":root").replace("</", "<\\/"),
        site.look.css().replace(":host", ":root"),
    );
    first(&words, &mut html);
    second(site, &words, &mut html);
    html
}

fn first(words: &Words<'_>, html: &mut String) {
    let _ = write!(
        html,
        "<section class=\"box first\">\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n",
        text(words.get("title")),
        text(words.get("intro")),
        buttons(words, ["accept", "refuse", "choose"]),
    );
}

fn second(site: &Site, words: &Words<'_>, html: &mut String) {
    let days = site.lifetime_days.to_string();
    let _ = write!(
        html,
        "<section class=\"box second\">\n<h2>{}</h2>\n<p>{}</p>\n<div class=\"groups\">\n",
        text(words.get("choicesTitle")),
        text(words.get("choicesIntro").replace("{days}", &days)),
    );
    for category in &site.categories {
        group(site, category, words, html);
    }
    let _ = write!(html, "</div>\n{}</section>\n", buttons(words, ["accept", "refuse", "save"]));
}

fn group(site: &Site, category: &Category, words: &Words<'_>, html: &mut String) {
    let necessary = category.number.get() == 0;
    let always =
        if necessary { format!("<span class=\"always\">{}</span>", text(words.get("always"))) } else { String::new() };
    let _ = write!(
        html,
        "<div class=\"group\"><div class=\"line\"><input type=\"checkbox\"{}><label>{}</label>{always}</div>\n<p>{}</p>\n",
        if necessary { " checked disabled" } else { "" },
        text(words.label(category)),
        text(words.description(category)),
    );
    let own: Vec<&Service> = site
        .shown
        .iter()
        .map(AsRef::as_ref)
        .filter(|service| service.category == category.number && service.number.is_some())
        .collect();
    if !own.is_empty() {
        let count = own.len().to_string();
        let summary = words.get("services").replace("{count}", &count);
        let _ = write!(html, "<details open><summary>{}</summary><ul>", text(summary));
        own.iter().for_each(|service| entry(site, service, words, html));
        html.push_str("</ul></details>\n");
    }
    html.push_str("</div>\n");
}

fn entry(site: &Site, service: &Service, words: &Words<'_>, html: &mut String) {
    let hosts: Vec<&str> = service.hosts.iter().map(|host| host.trim_start_matches('=')).collect();
    let hosts = if hosts.is_empty() { String::new() } else { words.get("hosts").replace("{hosts}", &hosts.join(", ")) };
    let days = site.cookie_days(service).to_string();
    let cookies = match service.cookies.join(", ") {
        names if names.is_empty() => names,
        names => words.get("cookies").replace("{names}", &names).replace("{days}", &days),
    };
    let _ = write!(
        html,
        "<li><input type=\"checkbox\"><label>{}</label><p>{} {} {}</p></li>",
        text(&service.name),
        text(&*service.purpose),
        text(hosts),
        text(cookies),
    );
}

fn buttons(words: &Words<'_>, keys: [&str; 3]) -> String {
    let all = keys.map(|key| format!("<button type=\"button\" class=\"choice\">{}</button>", text(words.get(key))));
    format!("<div class=\"actions\">{}</div>\n", all.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{RuleFile, RuleSet};

    #[test]
    fn it_shows_both_layers_in_the_visitors_language_and_runs_nothing() {
        let site = "format = 1\nhosts = [\"*\"]\n[texts.fr]\ntitle = \"Un <b>choix</b>\"\n";
        let rules = RuleSet::from_files(&[RuleFile::new("sites/a.toml", site)]).unwrap();
        let html = snapshot(&rules.sites()[0], "fr");
        assert!(html.contains("Un &lt;b>choix&lt;/b>") || html.contains("Un &lt;b&gt;choix&lt;/b&gt;"), "{html}");
        assert!(
            html.contains("<html lang=\"fr\">") && html.contains("Statistiques") && html.contains("Google Analytics")
        );
        assert!(
            !html.contains("<script")
                && !html.contains("{days}")
                && !html.contains("{count}")
                && !html.contains("{names}")
        );
        assert!(html.contains("_ga"), "the cookies of a service are shown");
        assert_eq!(html, snapshot(&rules.sites()[0], "fr-BE"), "the same words are one snapshot");
        assert_ne!(html, snapshot(&rules.sites()[0], "en"));
    }
}
