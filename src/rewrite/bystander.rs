//! Tags that fetch nothing by themselves: only by what every tag can have, such as a handler of events.

use super::fetch;
use super::judge::{Arms, Found, Judge, Place};
use super::said::Said;
use super::tag::Tag;

/// Judges a tag by the attributes that every tag can have alone.
pub(crate) fn judge(judge: &mut Judge, name: &'static str, tag: &Tag<'_>, place: Place) {
    if !judge.page.site.deep_attributes {
        return;
    }
    judge.fetch = fetch::of_element(name);
    let (mut found, mut arms, said) = (Found::default(), Arms::new(), Said::default());
    judge.any(tag, &[], &mut found, &mut arms);
    if !found.is_empty() || !found.unknown.is_empty() {
        let judged = judge.judged(tag, found, &said);
        judge.disarm(name, tag, place, judged, &arms, &said);
    }
}
