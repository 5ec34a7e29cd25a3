//! Records, page by page.

use super::dastra::Published;
use super::{Filter, Form, csv};
use crate::collect::daily::Day;
use crate::collect::digests::hex;
use crate::collect::ledger::{ChainId, Extent, Row};
use crate::collect::proof::{BothWays, Proof};
use crate::collect::store::{ProofReader, StoreError};
use serde_json::value::Value;
use std::borrow::Cow;

/// Records that are read at once; what bounds the memory of a walk.
const PAGE: u32 = 1000;

const COLUMNS: [&str; 24] = [
    "record",
    "date",
    "dateExpiration",
    "site",
    "consentId",
    "source",
    "regime",
    "gpc",
    "language",
    "device",
    "layer",
    "button",
    "granted",
    "refused",
    "servicesGranted",
    "servicesRefused",
    "rules",
    "siteVersion",
    "widgetVersion",
    "widgetVariant",
    "questions",
    "erased",
    "digest",
    "chain",
];

/// Writes them chain by chain, in the order of each.
pub struct Records<'r> {
    reader: &'r dyn ProofReader,
    filter: Filter,
    form: Form,
    /// Those that are not begun, the next one last; `None` before the beginning.
    chains: Option<Vec<ChainId>>,
    /// The one that is read, and after which record.
    at: Option<(ChainId, i64)>,
    published: Published,
}

impl<'r> Records<'r> {
    /// Nothing is read before the first page is asked for.
    pub fn new(reader: &'r dyn ProofReader, filter: Filter, form: Form) -> Self {
        Self { reader, filter, form, chains: None, at: None, published: Published::default() }
    }

    /// What comes next, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.chains.is_none() {
            return self.begin().await.map(Some);
        }
        let next = self.at.or_else(|| Some((self.chains.as_mut()?.pop()?, i64::MIN)));
        let Some((chain, after)) = next else { return Ok(None) };
        let rows = self.reader.page(chain, after, PAGE).await?;
        self.at = rows.last().map(|last| (chain, last.seq));
        let mut out = Vec::new();
        for row in rows.iter().filter(|row| self.filter.takes(row)) {
            match self.form {
                Form::Json => out.extend_from_slice(line(chain, row).as_bytes()),
                Form::Csv => csv::row(&cells(chain, row), &mut out),
                Form::Dastra => self.published.write(self.reader, row, &mut out).await?,
            }
        }
        Ok(Some(out))
    }

    async fn begin(&mut self) -> Result<Vec<u8>, StoreError> {
        let chains = self.reader.chains().await?;
        self.chains = Some(chains.iter().rev().map(|Extent { head, .. }| head.chain).collect());
        let mut out = Vec::new();
        if self.form == Form::Csv {
            csv::row(&COLUMNS.map(Cow::Borrowed), &mut out);
        }
        Ok(out)
    }

    /// Records that Dastra's form has no room for: they were erased, or made by a version that kept less.
    pub fn left_out(&self) -> u64 {
        self.published.left_out
    }
}

/// The proof of a record; `None` where it was erased or damaged.
pub fn proof(row: &Row) -> Option<Proof> {
    serde_json::from_slice(row.payload.as_deref()?).ok()
}

/// One record as JSON. `payload` is the text that was hashed, to the byte, so that a third party can check the digest;
/// `proof` is the same as an object, to be read.
fn line(chain: ChainId, row: &Row) -> String {
    let payload = row.payload.as_deref().map(String::from_utf8_lossy);
    let proof = payload.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    serde_json::json!({
        "chain": chain.0,
        "seq": row.seq,
        "prev": hex(&row.prev),
        "digest": hex(&row.digest),
        "hash": hex(&row.hash),
        "salt": row.salt.as_deref().map(hex),
        "erased": row.erased.is_some(),
        "payload": payload,
        "proof": proof,
    })
    .to_string()
        + "\n"
}

/// What stands in the columns; a record without a readable proof has its number, site, day and digest.
fn cells(chain: ChainId, row: &Row) -> [Cow<'_, str>; 24] {
    let proof = proof(row);
    let of = |read: fn(&Proof) -> String| proof.as_ref().map(read).unwrap_or_default().into();
    [
        row.seq.to_string().into(),
        proof
            .as_ref()
            .map(|proof| proof.date.to_string())
            .or_else(|| Day::of(row.date).map(|day| day.to_string()))
            .unwrap_or_default()
            .into(),
        of(|proof| proof.date_expiration.to_string()),
        Cow::Borrowed(&row.site),
        of(|proof| proof.consent_id.to_string()),
        of(|proof| proof.source.clone()),
        of(|proof| proof.regime.clone().unwrap_or_default()),
        of(|proof| proof.signals.gpc.to_string()),
        of(|proof| proof.language.clone().unwrap_or_default()),
        of(|proof| proof.details.as_ref().map(|details| word(&details.type_device)).unwrap_or_default()),
        of(|proof| word(&proof.layer)),
        of(|proof| word(&proof.button)),
        of(|proof| listed(&proof.categories, true)),
        of(|proof| listed(&proof.categories, false)),
        of(|proof| listed(&proof.services, true)),
        of(|proof| listed(&proof.services, false)),
        of(|proof| proof.rules.clone()),
        of(|proof| proof.site_version.clone()),
        of(|proof| proof.widget_version.clone()),
        of(|proof| proof.widget_variant.clone().unwrap_or_default()),
        of(|proof| proof.details.as_ref().map(|details| details.questions.clone()).unwrap_or_default()),
        row.erased.is_some().to_string().into(),
        hex(&row.digest).into(),
        chain.to_string().into(),
    ]
}

/// The word that JSON has for it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn listed(both: &BothWays, granted: bool) -> String {
    if granted { &both.granted } else { &both.refused }.join(" ")
}
