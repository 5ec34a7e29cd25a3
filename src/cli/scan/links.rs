//! The links of a page that lead to further pages of the same origin.

use lol_html::{ElementContentHandlers, HtmlRewriter, Selector, Settings};
use std::borrow::Cow;
use std::cell::RefCell;
use std::str::FromStr;
use url::Url;

/// The most links that are taken of one page.
const MOST: usize = 2_000;
/// The longest address that is followed.
const LONGEST: usize = 2_048;

/// Endings of what is certainly no page.
const FILES: [&str; 26] = [
    ".pdf", ".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".avif", ".ico", ".css", ".js", ".json", ".xml", ".zip",
    ".gz", ".tar", ".mp3", ".mp4", ".webm", ".woff", ".woff2", ".doc", ".docx", ".xls", ".xlsx", ".txt",
];

/// The addresses, without fragments, each once, in the order of the page. Links that say `nofollow` are left out, and all are
/// where the page says so of itself. What cannot be parsed has none.
pub(super) fn of(page: &Url, html: &[u8]) -> Vec<Url> {
    let (base, links, is_closed) = (RefCell::new(None), RefCell::new(Vec::new()), RefCell::new(false));
    let decoded = |value: &str| htmlize::unescape_attribute(value).trim().to_owned();
    let handlers = [
        handler("base[href]", |element| {
            let href = element.get_attribute("href").and_then(|href| page.join(&decoded(&href)).ok());
            let mut base = base.borrow_mut();
            *base = base.take().or(href);
        }),
        handler("meta[name=robots i]", |element| {
            let content = element.get_attribute("content").unwrap_or_default().to_ascii_lowercase();
            *is_closed.borrow_mut() |= content.contains("nofollow") || content.contains("none");
        }),
        handler("a[href], area[href]", |element| {
            let is_no = element.get_attribute("rel").is_some_and(|rel| rel.to_ascii_lowercase().contains("nofollow"));
            let mut links = links.borrow_mut();
            if let Some(href) = element.get_attribute("href").filter(|_| !is_no && links.len() < MOST) {
                links.push(decoded(&href));
            }
        }),
    ];
    let mut settings = Settings::new().with_strict(false);
    for handler in handlers.into_iter().flatten() {
        settings = settings.append_element_content_handler(handler);
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if rewriter.write(html).is_ok() {
        // What was found before an error counts.
        let _ = rewriter.end();
    }
    if *is_closed.borrow() {
        return Vec::new();
    }
    let base = base.borrow().clone().unwrap_or_else(|| page.clone());
    let mut found: Vec<Url> = Vec::new();
    for link in links.borrow().iter().filter_map(|href| base.join(href).ok()) {
        let link = without_fragment(link);
        if is_page(page, &link) && !found.contains(&link) {
            found.push(link);
        }
    }
    found
}

/// A handler of the elements that a selector names; `None` where the selector is none, which a test excludes.
fn handler<'h>(
    selector: &str,
    mut seen: impl FnMut(&lol_html::html_content::Element<'_, '_>) + 'h,
) -> Option<(Cow<'static, Selector>, ElementContentHandlers<'h>)> {
    let selector = Selector::from_str(selector).ok()?;
    let handlers =
        ElementContentHandlers::default().element(move |element: &mut lol_html::html_content::Element<'_, '_>| {
            seen(element);
            Ok(())
        });
    Some((Cow::Owned(selector), handlers))
}

/// The same page has one address.
pub(super) fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

fn is_page(page: &Url, link: &Url) -> bool {
    let path = link.path().to_ascii_lowercase();
    link.origin() == page.origin()
        && link.username().is_empty()
        && link.as_str().len() <= LONGEST
        && !FILES.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(html: &str) -> Vec<String> {
        let page: Url = "http://shop.example:81/a/".parse().unwrap();
        of(&page, html.as_bytes()).into_iter().map(String::from).collect()
    }

    #[test]
    fn only_pages_of_the_same_origin_are_followed() {
        let html = "<a href=b>1</a><A HREF='/c?d=1&amp;e=2#f'>2</A><a href='/c?d=1&e=2'>again</a><a href=//other.example/>3</a>\
            <a href=https://shop.example:81/x>4</a><a href=http://shop.example/>5</a><a href=mailto:a@b.example>6</a>\
            <a href=/no rel='external NOFOLLOW'>7</a><a href=/x.PDF>8</a><area href=map><a>none</a><a href='javascript:alert(1)'>9</a>\
            <a href=http://user@shop.example:81/>10</a>";
        let at = "http://shop.example:81";
        assert_eq!(links(html), [format!("{at}/a/b"), format!("{at}/c?d=1&e=2"), format!("{at}/a/map")]);
        assert_eq!(links("<base href=/z/><base href=/y/><a href=b>"), [format!("{at}/z/b")]);
        assert_eq!(links("<base href=//other.example/><a href=b>"), [""; 0]);
        assert_eq!(links("<meta name=ROBOTS content='noindex, nofollow'><a href=b>"), [""; 0]);
    }

    proptest! {
        #[test]
        fn whatever_the_page_no_other_origin_comes_out(html in "(<a href=[ -~]{0,20}>|<base href=[ -~]{0,20}>|[ -~]{0,10}){0,8}") {
            let page: Url = "http://shop.example:81/a/".parse().unwrap();
            prop_assert!(of(&page, html.as_bytes()).iter().all(|link| link.origin() == page.origin()));
        }
    }
}
