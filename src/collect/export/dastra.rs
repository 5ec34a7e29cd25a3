//! Proofs as the record that Dastra publishes: its members, in its order, of its types.
//!
//! SPEC: Dastra's page on proofs of consent. What a service was called, was for and which version of it was asked about is in
//! the questions that the proof names by their hash.

use super::proof;
use crate::collect::details::{Asked, Details, Questions, six_months_after};
use crate::collect::digests::unhex;
use crate::collect::ledger::{Hash, Row};
use crate::collect::proof::{Proof, Stamp};
use crate::collect::store::{ProofReader, StoreError};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'p> {
    id: Uuid,
    session_id: Uuid,
    date: Stamp,
    date_expiration: Stamp,
    #[serde(rename = "type")]
    kind: u8,
    widget_id: u32,
    type_device: u8,
    work_space_id: u32,
    consent_id: Uuid,
    consents: Consents<'p>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Consents<'p> {
    lang: &'p str,
    version_key: Uuid,
    cookie_consents: Vec<One<'p>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'p> {
    id: u16,
    tenant_id: u32,
    name: &'p str,
    slug: &'p str,
    consent: bool,
    version: Uuid,
    date: Stamp,
    purpose: u8,
}

/// Writes records; keeps the questions that it has met, of which there are as many as versions and languages.
#[derive(Debug, Default)]
pub(super) struct Published {
    questions: HashMap<Hash, Option<Arc<Questions>>>,
    /// Records that have no such form.
    pub(super) left_out: u64,
}

impl Published {
    /// Adds one as a line of JSON.
    pub(super) async fn write(
        &mut self,
        reader: &dyn ProofReader,
        row: &Row,
        out: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let read = proof(row).and_then(|mut proof| Some((proof.details.take()?, proof)));
        let Some((details, proof)) = read else {
            self.left_out += 1;
            return Ok(());
        };
        let Some(questions) = self.questions_of(reader, &details).await? else {
            self.left_out += 1;
            return Ok(());
        };
        let record = record(&proof, &details, &questions);
        out.extend_from_slice(serde_json::to_string(&record).unwrap_or_default().as_bytes());
        out.push(b'\n');
        Ok(())
    }

    /// Those whose hash is what the proof says; others were changed.
    async fn questions_of(
        &mut self,
        reader: &dyn ProofReader,
        details: &Details,
    ) -> Result<Option<Arc<Questions>>, StoreError> {
        let hash = unhex(&details.questions).and_then(|bytes| Hash::try_from(bytes.as_slice()).ok());
        let Some(hash) = hash else { return Ok(None) };
        if let Some(known) = self.questions.get(&hash) {
            return Ok(known.clone());
        }
        let document = reader.questions(&hash).await?;
        let whole = document.filter(|document| Hash::from(Sha256::digest(document.as_bytes())) == hash);
        let read = whole.and_then(|document| serde_json::from_str(&document).ok()).map(Arc::new);
        self.questions.insert(hash, read.clone());
        Ok(read)
    }
}

fn record<'p>(proof: &'p Proof, details: &Details, questions: &'p Questions) -> Record<'p> {
    Record {
        id: proof.id,
        session_id: details.session_id,
        date: proof.date,
        date_expiration: six_months_after(proof.date),
        kind: details.kind,
        widget_id: details.widget_id,
        type_device: details.type_device.number(),
        work_space_id: details.work_space_id,
        consent_id: proof.consent_id,
        consents: Consents {
            lang: &questions.language,
            version_key: details.version_key,
            cookie_consents: questions.services.iter().filter_map(|asked| one(proof, details, asked)).collect(),
        },
    }
}

/// The answer about a service; what needs none is always on, and what was not answered is left out.
fn one<'p>(proof: &Proof, details: &Details, asked: &'p Asked) -> Option<One<'p>> {
    let named = |names: &[String]| names.contains(&asked.slug);
    let consent = match (named(&proof.services.granted), named(&proof.services.refused)) {
        (true, false) => true,
        (_, true) => false,
        (false, false) if asked.purpose == 0 => true,
        (false, false) => return None,
    };
    Some(One {
        id: asked.id,
        tenant_id: details.tenant_id,
        name: &asked.name,
        slug: &asked.slug,
        consent,
        version: asked.version,
        date: proof.date,
        purpose: asked.purpose,
    })
}
