//! What relative references are resolved against: the document's URL, or its first `<base href>` (pitfall 92).

use super::{slow, text};
use url::Url;

/// A document's base. Made once per page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The base itself; `None` when the request's own head did not make a URL.
    pub(super) url: Option<Url>,
    /// The canonical host of `url`, when it is one that is fetched over the network.
    pub(super) host: Option<String>,
    /// The path of `url` up to its last slash.
    pub(super) folder: String,
    /// The document's own host: it, and not the base, says what a third party is.
    document: String,
    from_href: bool,
}

impl Base {
    /// The document's own URL. `host` as in the Host header, a port is allowed; `path` may have a query.
    pub fn document(scheme: &str, host: &str, path: &str) -> Self {
        let url = Url::parse(&format!("{scheme}://{host}{path}")).ok();
        let mut base = Self { url, host: None, folder: "/".to_owned(), document: String::new(), from_href: false };
        base.refresh();
        base.document = base.host.clone().unwrap_or_default();
        base
    }

    /// The base after a `<base href>`, whose raw bytes these are. It is resolved against the document's URL; only the
    /// first one in a document counts, and one that cannot be a base (`data:`, `javascript:`, unparsable) changes nothing.
    #[must_use]
    pub fn update_from_base_href(&self, raw: &[u8]) -> Self {
        let mut base = self.clone();
        if self.from_href {
            return base;
        }
        base.from_href = true;
        let mut buffer = Vec::new();
        let clean = text::clean(text::trim(raw), &mut buffer);
        let url = slow::parse(clean, self).filter(|url| !matches!(url.scheme(), "data" | "javascript"));
        if let Some(url) = url {
            base.url = Some(url);
            base.refresh();
        }
        base
    }

    /// The document's own host, canonical; empty when it has none.
    pub fn document_host(&self) -> &str {
        &self.document
    }

    fn refresh(&mut self) {
        let mut host = String::new();
        let fetched = self.url.as_ref().is_some_and(|url| slow::write_host(url, &mut host));
        self.host = fetched.then_some(host);
        if let Some(url) = &self.url {
            let path = url.path();
            path.rsplit_once('/').map_or("", |(folder, _)| folder).clone_into(&mut self.folder);
            self.folder.push('/');
        }
    }

    /// Whether a canonical host is neither the document's nor above or below it.
    pub(super) fn is_third_party(&self, host: &str) -> bool {
        let own = self.document.strip_prefix("www.").unwrap_or(&self.document);
        !(below(host, own) || below(own, host))
    }
}

/// Whether `host` is `parent` or a sub-domain of it.
fn below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) && !parent.is_empty()
}
