//! `consentry proofs export`: records as JSON lines, as Dastra's record or as CSV, page by page, so that the memory does not
//! grow with their number.

use super::dastra::Records;
use super::{PAGE, ProofsError, csv};
use crate::collect::daily::Day;
use crate::collect::digests::hex;
use crate::collect::ledger::{ChainId, Extent, Row};
use crate::collect::proof::{BothWays, Proof};
use crate::collect::store::ProofReader;
use clap::{Args, ValueEnum};
use serde_json::value::Value;
use std::borrow::Cow;
use std::io::Write;
use uuid::Uuid;

/// What is written, and how.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The form of the records
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Only those of this site
    #[arg(long)]
    site: Option<String>,
    /// Only those of one visitor, by the consent id
    #[arg(long)]
    consent_id: Option<Uuid>,
    /// Only those from this UTC day on, as 2026-11-24
    #[arg(long, value_parser = day)]
    since: Option<Day>,
    /// Only those up to this UTC day, itself included
    #[arg(long, value_parser = day)]
    until: Option<Day>,
    /// Only answers that this tool took: own, dastra, onetrust, …
    #[arg(long)]
    source: Option<String>,
}

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Form {
    /// A line of JSON for each record, with all that the chain is verified by
    #[default]
    Json,
    /// A line of JSON for each record, as Dastra publishes it
    Dastra,
    /// RFC 4180, safe to open in a spreadsheet
    Csv,
}

const COLUMNS: [&str; 23] = [
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
    "questions",
    "erased",
    "digest",
    "chain",
];

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("`{text}` is no day like 2026-11-24"))
}

impl Export {
    /// Writes them chain by chain, in the order of each.
    pub(super) async fn run(&self, reader: &dyn ProofReader, out: &mut impl Write) -> Result<(), ProofsError> {
        let mut dastra = Records::default();
        if self.format == Form::Csv {
            csv::write([COLUMNS.map(Cow::Borrowed)].iter(), out)?;
        }
        for Extent { head, .. } in reader.chains().await? {
            self.chain(reader, head.chain, &mut dastra, out).await?;
        }
        dastra.say_left_out();
        Ok(())
    }

    async fn chain(
        &self,
        reader: &dyn ProofReader,
        chain: ChainId,
        dastra: &mut Records,
        out: &mut impl Write,
    ) -> Result<(), ProofsError> {
        let mut after = i64::MIN;
        loop {
            let rows = reader.page(chain, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in rows.iter().filter(|row| self.takes(row)) {
                match self.format {
                    Form::Json => writeln!(out, "{}", line(chain, row))?,
                    Form::Csv => csv::write([cells(chain, row)].iter(), out)?,
                    Form::Dastra => dastra.write(reader, row, out).await?,
                }
            }
        }
    }

    /// An erased record says only when and where it was.
    fn takes(&self, row: &Row) -> bool {
        let fits = self.site.as_ref().is_none_or(|site| *site == row.site)
            && self.since.is_none_or(|day| row.date >= day.begins())
            && self.until.is_none_or(|day| row.date < day.ends())
            && self.consent_id.is_none_or(|id| row.consent_id.as_deref() == Some(id.as_bytes().as_slice()));
        fits && self.source.as_ref().is_none_or(|source| proof(row).is_some_and(|proof| proof.source == *source))
    }
}

/// The proof of a record; `None` where it was erased or damaged.
pub(super) fn proof(row: &Row) -> Option<Proof> {
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
}

/// What stands in the columns; a record without a readable proof has its number, site, day and digest.
fn cells(chain: ChainId, row: &Row) -> [Cow<'_, str>; 23] {
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
