//! Documents that no one would write: markup thrown together, and what the rewriter must leave of it.
#![allow(dead_code, reason = "each test target uses its part")]

use super::{live, rewriting};
use consentry::consent::Consent;
use consentry::rewrite::Page;
use std::sync::LazyLock;

/// Bits of markup that change how what follows is read.
pub(crate) const SOUP: [&str; 72] = [
    "<video src=//www.google-analytics.com/v>",
    "</video>",
    "<source srcset='//www.google-analytics.com/s 2x'>",
    "<object data=\"//www.google-analytics.com/o\">",
    "</object>",
    "<input type=image src=//www.google-analytics.com/i>",
    "<embed src=//www.google-analytics.com/e>",
    "<use href=//www.google-analytics.com/u />",
    "<feImage xlink:href='//www.google-analytics.com/f'/>",
    "<table background=//www.google-analytics.com/t>",
    "<a ping='/x //www.google-analytics.com/p'>",
    "<div onclick=\"'www.google-analytics.com/analytics.js'\">",
    "<img src=/own onerror='go(\"www.google-analytics.com/analytics.js\")'>",
    "<b data-bg=//www.google-analytics.com/l>",
    "<i style='background:url(//www.google-analytics.com/w)'>",
    "<iframe srcdoc='<video src=&quot;//www.google-analytics.com/d&quot;>'></iframe>",
    "<p title='<!--'>",
    "<p title=\"<b>\" class='<i x=' data-bg=//www.google-analytics.com/n>",
    "<p title=\"",
    "<p title='",
    "\"",
    "'",
    ">",
    "<video title='<b ",
    "--!>",
    "<frameset>",
    "<script>",
    "</script>",
    "<script src=//www.google-analytics.com/a></script>",
    "<svg>",
    "<svg/>",
    "</svg>",
    "<math>",
    "</math>",
    "<math/>",
    "<mtext>",
    "</mtext>",
    "<mglyph>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<select>",
    "</select>",
    "<template>",
    "</template>",
    "<noscript>",
    "</noscript>",
    "<xmp>",
    "</xmp>",
    "<img src=//www.google-analytics.com/b>",
    "<link rel=preload href=//www.google-analytics.com/c>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<div>",
    "</div>",
    "<p>",
    "</p>",
    "<table>",
    "<li>",
    "</li>",
    "<dd>",
    "<dt>",
    "</dd>",
    "<foreignObject>",
    "</foreignObject>",
    "<desc>",
    "<a>",
];

/// A document of these bytes: those below 128 name a bit of markup, the others are characters.
fn document(bytes: &[u8]) -> Vec<u8> {
    let mut html = Vec::new();
    for byte in bytes {
        match SOUP.get(usize::from(*byte)) {
            Some(markup) => html.extend_from_slice(markup.as_bytes()),
            None => html.push(byte & 0x7F),
        }
    }
    html
}

/// Whether the browser would ask a tracker for it; what only holds the tracker's name somewhere is no address of it.
fn asks_a_tracker(live: &live::Live) -> bool {
    if !["src", "href", "xlink:href", "data", "poster", "background", "data-bg"].contains(&live.attribute) {
        return true;
    }
    let base = url::Url::parse("https://shop.example/a/b.html").unwrap();
    base.join(&live.value).is_ok_and(|url| url.host_str() == Some("www.google-analytics.com"))
}

/// The first byte says in which pieces the document comes, the others make it. Nothing of it may stay alive.
pub(crate) fn fuzz_html(data: &[u8]) {
    static PAGE: LazyLock<Page> = LazyLock::new(|| rewriting::page(&rewriting::site(""), Consent::default()));
    let Some((piece, bytes)) = data.split_first() else { return };
    let html = document(bytes.get(..bytes.len().min(200)).unwrap());
    for piece in [usize::from(*piece), usize::MAX] {
        // A page that cannot be known is not delivered: that is no leak.
        let Ok(out) = rewriting::in_pieces(&PAGE, &html, || piece) else { continue };
        let alive: Vec<_> = live::references(&out).into_iter().filter(asks_a_tracker).collect();
        let (html, out) = (String::from_utf8_lossy(&html), String::from_utf8_lossy(&out));
        assert!(alive.is_empty(), "alive in pieces of {piece}: {alive:?}\n--- came\n{html}\n--- went\n{out}");
    }
}
