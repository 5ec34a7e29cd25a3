//! A page as a visitor got it, for the next one of the same variant: it is rewritten and compressed once.

use super::store::{AnswerId, Store};
use crate::head::coding::Coding;
use crate::head::plan::RewritePlan;
use crate::policy::Variant;
use crate::rewrite::Report;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// All that the bytes of a page depend on. The variant's id stands for the rules, the visitor's answer and the snippet, as
/// it does in the ETag; the answer's for the origin's bytes, address and head.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct PageKey {
    answer: AnswerId,
    variant: Box<str>,
    inject: bool,
    coded: Option<Coding>,
    charset: Option<&'static str>,
}

impl PageKey {
    pub(in crate::gateway) fn new(answer: AnswerId, variant: &Variant, plan: &RewritePlan) -> Self {
        Self {
            answer,
            variant: variant.id.as_str().into(),
            inject: plan.inject,
            coded: plan.coded,
            charset: plan.charset.map(encoding_rs::Encoding::name),
        }
    }

    /// Bytes that it takes.
    pub(super) fn len(&self) -> usize {
        size_of::<Self>() + self.variant.len()
    }
}

/// A page.
#[derive(Debug)]
pub(in crate::gateway) struct KeptPage {
    pub(in crate::gateway) body: Bytes,
    /// What was done to it: it is counted for each visitor who gets it.
    pub(in crate::gateway) report: Report,
}

/// Keeps a page while it leaves.
#[derive(Debug)]
pub(in crate::gateway) struct Keeper {
    store: &'static Store,
    key: PageKey,
    /// `None`: it is larger than what is kept.
    body: Option<BytesMut>,
}

impl Keeper {
    pub(super) fn new(store: &'static Store, key: PageKey) -> Self {
        Self { store, key, body: Some(BytesMut::new()) }
    }

    /// These bytes leave.
    pub(in crate::gateway) fn add(&mut self, bytes: &Bytes) {
        if let Some(body) = &mut self.body {
            if body.len().saturating_add(bytes.len()) > self.store.largest() {
                self.body = None;
            } else {
                body.extend_from_slice(bytes);
            }
        }
    }

    /// The page left as a whole.
    pub(in crate::gateway) fn finish(self, report: &Report) {
        if let Some(body) = self.body {
            self.store.keep_page(self.key, KeptPage { body: Bytes::copy_from_slice(&body), report: report.clone() });
        }
    }
}

/// A page that was kept, on its way again.
#[derive(Debug)]
pub(in crate::gateway) struct Again {
    page: Arc<KeptPage>,
    sent: bool,
    ended: bool,
}

impl Again {
    pub(in crate::gateway) const fn new(page: Arc<KeptPage>) -> Self {
        Self { page, sent: false, ended: false }
    }

    /// All of it with the first bytes of what it was made from; those are not looked at.
    pub(in crate::gateway) fn pass(&mut self, end: bool) -> Bytes {
        self.ended |= end;
        if std::mem::replace(&mut self.sent, true) { Bytes::new() } else { self.page.body.clone() }
    }

    pub(in crate::gateway) const fn is_ended(&self) -> bool {
        self.ended
    }

    pub(in crate::gateway) fn report(&self) -> &Report {
        &self.page.report
    }
}
