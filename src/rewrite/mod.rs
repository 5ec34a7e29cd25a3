//! The HTML stream: a page is judged and spliced while it flows. Knows policy and lol_html, not the proxy.
