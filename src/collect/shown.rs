//! `POST shown`: how often each form of the widget was shown, where a site compares several ([`crate::policy::experiment`]). A count
//! by day, site and variant, and nothing else: the request says no more than the variant's name, and nobody is told apart by it.
//!
//! Counted in memory and written each minute: what a crash loses is at most that.

use super::answer::BODY_MAX;
use super::api::ApiRequest;
use super::daily::Day;
use super::response::{ApiResponse, Refusal};
use super::store::{DailyStore, StoreError};
use super::{origin, save};
use crate::policy::Site;
use http::Method;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The path.
pub(super) const SHOWN: &str = "shown";

/// How often one variant was shown on one day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Showing {
    /// The day in UTC.
    pub day: Day,
    /// The site's name.
    pub site: String,
    /// The variant's name.
    pub variant: String,
}

/// What was counted since it was last written. As many entries as days, sites and variants: the rules bound it.
#[derive(Debug, Default)]
pub struct Shown(Mutex<BTreeMap<Showing, u64>>);

/// The body as it is written.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    widget_variant: String,
}

impl Shown {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Showing, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, showing: Showing, times: u64) {
        let mut all = self.all();
        let count = all.entry(showing).or_default();
        *count = count.saturating_add(times);
    }

    /// Writes what was counted. A write whose end nobody knows is made again: these are numbers to compare, and no proof.
    ///
    /// # Errors
    /// What was counted stays for the next time.
    pub async fn keep(&self, store: &dyn DailyStore) -> Result<(), StoreError> {
        let counted = std::mem::take(&mut *self.all());
        if counted.is_empty() {
            return Ok(());
        }
        let rows: Vec<(Showing, u64)> = counted.into_iter().collect();
        let done = store.add_shown(rows.clone()).await;
        if done.is_err() {
            rows.into_iter().for_each(|(showing, times)| self.add(showing, times));
        }
        done
    }
}

/// Takes one. Only from the site's own pages, as an answer.
///
/// # Errors
/// The refusal.
pub(super) fn take(request: &ApiRequest<'_>, site: &Site, shown: &Shown) -> Result<ApiResponse, Refusal> {
    if *request.method != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    if site.experiment.variants.is_empty() {
        return Err(Refusal::NotFound);
    }
    origin::check(request.headers, request.secure, request.host)?;
    save::check_type(request.headers)?;
    if request.body.len() > BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    let body: Body = serde_json::from_slice(&request.body).map_err(|error| Refusal::json(&error))?;
    if site.widget_variant(&body.widget_variant).is_none() {
        return Err(Refusal::invalid("widgetVariant: this is no variant of this site's widget"));
    }
    if let Some(day) = i64::try_from(request.now.0).ok().and_then(Day::of) {
        shown.add(Showing { day, site: site.name.clone(), variant: body.widget_variant }, 1);
    }
    Ok(ApiResponse::empty())
}
