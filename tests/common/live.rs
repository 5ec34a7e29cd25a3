//! The independent oracle: html5ever's tree, with scripting on, and what would be fetched from it.
#![allow(dead_code, reason = "each test target uses its part")]

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// One thing a browser would fetch or run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    /// The element.
    pub(crate) element: String,
    /// The attribute; empty for inline code.
    pub(crate) attribute: &'static str,
    /// Its decoded value, or the code.
    pub(crate) value: String,
}

/// Every live third-party reference of the catalogue's test host in a page; templates' contents too.
pub(crate) fn references(html: &[u8]) -> Vec<Live> {
    all(html)
        .into_iter()
        .filter(|live| !live.attribute.is_empty() || live.element.starts_with("on"))
        // What begins with a quote is no address.
        .filter(|live| live.value.contains("google-analytics.com") && !live.value.starts_with('"'))
        .collect()
}

/// Every live reference and inline script in a page, and in the documents of its `srcdoc` attributes.
pub(crate) fn all(html: &[u8]) -> Vec<Live> {
    let mut found = of_document(html);
    let inner: Vec<String> =
        found.iter().filter(|live| live.attribute == "srcdoc").map(|live| live.value.clone()).collect();
    found.retain(|live| live.attribute != "srcdoc");
    inner.iter().for_each(|html| found.extend(all(html.as_bytes())));
    found
}

fn of_document(html: &[u8]) -> Vec<Live> {
    let dom: RcDom = parse_document(RcDom::default(), ParseOpts::default()).from_utf8().one(html);
    let mut found = Vec::new();
    let mut waiting = vec![dom.document.clone()];
    while let Some(node) = waiting.pop() {
        look(&node, &mut found);
        waiting.extend(node.children.borrow().iter().cloned());
        if let NodeData::Element { template_contents, .. } = &node.data {
            waiting.extend(template_contents.borrow().iter().cloned());
        }
    }
    found
}

fn look(node: &Handle, found: &mut Vec<Live>) {
    let NodeData::Element { name, attrs, .. } = &node.data else { return };
    let element = name.local.to_string();
    let is_html = name.ns == html5ever::ns!(html);
    let attribute = |wanted: &str| {
        let attrs = attrs.borrow();
        let full = |a: &html5ever::Attribute| match &a.name.prefix {
            Some(prefix) => format!("{prefix}:{}", a.name.local),
            None => a.name.local.to_string(),
        };
        attrs.iter().find(|a| full(a) == wanted).map(|a| a.value.to_string())
    };
    let names: &[&'static str] = match (element.as_str(), is_html) {
        ("script", true) if is_executable(attribute("type")) => &["src"],
        ("script", false) if is_executable(attribute("type")) => &["href", "xlink:href"],
        ("iframe", true) => &["src"],
        ("img", true) => &["src", "srcset"],
        ("image", false) => &["href", "xlink:href"],
        ("link", true) if fetches(attribute("rel")) => &["href", "imagesrcset"],
        ("source", true) => &["src", "srcset"],
        ("video", true) => &["src", "poster"],
        ("audio" | "track" | "embed" | "frame", true) => &["src"],
        ("input", true) if attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("image")) => &["src"],
        ("object", true) => &["data"],
        ("body" | "table" | "td", true) => &["background"],
        ("a" | "area", true) => &["ping"],
        ("use" | "feImage", false) => &["href", "xlink:href"],
        _ => &[],
    };
    on_any_tag(&attrs.borrow(), &element, is_html, found);
    for name in names {
        if let Some(value) = attribute(name) {
            found.push(Live { element: element.clone(), attribute: name, value });
        }
    }
    if element == "script" && is_executable(attribute("type")) && !names.iter().any(|name| attribute(name).is_some()) {
        let text = node.children.borrow().iter().fold(String::new(), |text, child| match &child.data {
            NodeData::Text { contents } => text + &contents.borrow(),
            _ => text,
        });
        found.push(Live { element, attribute: "", value: text });
    }
}

/// What every tag can have: handlers, stylesheet text, what a lazy-load library makes live; and a frame's document.
fn on_any_tag(attributes: &[html5ever::Attribute], element: &str, is_html: bool, found: &mut Vec<Live>) {
    for attribute in attributes {
        let (name, value) = (attribute.name.local.to_string(), attribute.value.to_string());
        let mut push = |element: &str, attribute: &'static str| {
            found.push(Live { element: element.to_owned(), attribute, value: value.clone() });
        };
        match name.as_str() {
            "onclick" | "onload" | "onerror" => push(&name, ""),
            "data-bg" => push(element, "data-bg"),
            "srcdoc" if element == "iframe" && is_html => push(element, "srcdoc"),
            "style" if value.contains("url(") && !value.contains("about:invalid") => push(element, "style"),
            _ => {}
        }
    }
}

fn is_executable(kind: Option<String>) -> bool {
    let Some(kind) = kind else { return true };
    let kind = kind.trim().to_ascii_lowercase();
    kind.is_empty()
        || kind == "module"
        || kind.split('/').nth(1).is_some_and(|s| {
            ["javascript", "ecmascript", "x-javascript", "x-ecmascript", "jscript", "livescript"].contains(&s)
                || s.starts_with("javascript1.")
        })
}

fn fetches(rel: Option<String>) -> bool {
    const FETCHING: [&str; 10] = [
        "preload",
        "modulepreload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
        "stylesheet",
        "prerender",
        "icon",
        "apple-touch-icon",
        "manifest",
    ];
    let rel = rel.unwrap_or_default().to_ascii_lowercase();
    rel.split_ascii_whitespace().any(|token| FETCHING.contains(&token))
}
