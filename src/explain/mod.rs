//! What was done to a page, told: every tag, who decides about it, by which rule, and why. For people and for programs.
//!
//! [`rewrite`](crate::rewrite) keeps the findings of a traced page; this room gives them the words. `words` has them,
//! [`matched`] names rules and where they are written ([`places`]), and [`text`], [`mod@json`] and [`html`] are three ways to
//! show the same. Nothing here runs for an ordinary request.

pub mod html;
pub mod json;
pub mod matched;
pub mod places;
pub mod text;
mod words;

pub use places::Places;

use crate::consent::{CategoryNumber, Consent};
use crate::policy::Site;
use crate::rewrite::{Finding, Page, Report, RewriteError, Rewriter};
use bytes::Bytes;

/// A page that was judged, and all that is needed to tell about it.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The page's address, as far as it is to be shown.
    pub url: &'a str,
    /// Whose rules judged it.
    pub site: &'a Site,
    /// The visitor's answer.
    pub consent: &'a Consent,
    /// What was found, traced.
    pub report: &'a Report,
    /// The origin's bytes.
    pub html: &'a [u8],
    /// Where rules are written, as far as that is known.
    pub places: &'a Places,
    /// Whether tags that nobody decides about are left out.
    pub decided: bool,
}

impl Explained<'_> {
    /// The findings that are told of, in the order of the page.
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(|finding| !self.decided || words::is_decided(finding))
    }

    /// The categories that are granted, by name; `necessary` first.
    fn granted(&self) -> Vec<&str> {
        let is_granted =
            |number: CategoryNumber| number == CategoryNumber::NECESSARY || self.consent.grants(number, None, None);
        let granted = self.site.categories.iter().filter(|category| is_granted(category.number));
        granted.map(|category| category.name.as_str()).collect()
    }
}

/// Judges a whole page with its findings kept: what a visitor gets, and the report.
///
/// # Errors
/// The site's rules say to abort.
pub fn judge(page: Page, html: &[u8]) -> Result<(Vec<u8>, Report), RewriteError> {
    let mut rewriter = Rewriter::new(Page { trace: true, ..page });
    let mut rewritten = rewriter.write(Bytes::copy_from_slice(html))?.to_vec();
    rewritten.extend_from_slice(&rewriter.finish()?);
    Ok((rewritten, rewriter.into_report()))
}
