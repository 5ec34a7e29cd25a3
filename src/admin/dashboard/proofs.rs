//! One visitor's proofs by the consent id, each with what was shown and with what was done to pages of its decision.

use super::frame::{Frame, document, page as answer, refused};
use super::session::Session;
use super::{Admin, Request};
use crate::collect::details::Questions;
use crate::collect::digests::{hex, unhex};
use crate::collect::effects::{Joined, of_proof};
use crate::collect::export::proof;
use crate::collect::ledger::{ChainId, Hash, Row};
use crate::collect::proof::Proof;
use crate::collect::store::{ProofReader, StoreError};
use askama::Template;
use http::{Response, StatusCode};
use serde_json::value::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The most proofs of one visitor that are shown, the newest.
const MOST: usize = 50;

/// A snapshot is markup of ours with styles in it, and in a frame of ours without scripts.
const SNAPSHOT: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "proofs.html")]
struct Proofs<'p> {
    frame: Frame<'p>,
    asked: String,
    problem: &'static str,
    left_out: usize,
    shown: Vec<Shown>,
}

/// One proof.
struct Shown {
    chain: ChainId,
    seq: i64,
    digest: String,
    proof: Option<Proof>,
    /// The word for the button, as in the JSON.
    button: String,
    json: String,
    joined: Option<Joined>,
}

pub(super) async fn page(
    admin: &Admin,
    request: &Request<'_>,
    session: &Session,
) -> Result<Response<Vec<u8>>, StoreError> {
    let asked = request.parameter("id").unwrap_or_default();
    let mut page = Proofs {
        frame: Frame { title: "Proofs", path: "/proofs", session },
        asked: asked.trim().to_owned(),
        problem: "",
        left_out: 0,
        shown: Vec::new(),
    };
    match (page.asked.parse::<Uuid>(), admin.exports.reader().await?) {
        _ if page.asked.is_empty() => {}
        (_, None) => page.problem = "No proofs are kept (store = \"off\").",
        (Err(_), _) => page.problem = "This is no consent id: it is a UUID, which the widget's second layer shows.",
        (Ok(id), Some(reader)) => find(&*reader, id, &mut page).await?,
    }
    let status = if page.problem.is_empty() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(answer(&page, status))
}

async fn find(reader: &dyn ProofReader, id: Uuid, page: &mut Proofs<'_>) -> Result<(), StoreError> {
    let rows = reader.of_visitor(id).await?;
    page.left_out = rows.len().saturating_sub(MOST);
    let mut next: Option<Proof> = None;
    for (chain, row) in rows.iter().rev().take(MOST) {
        let shown = show(reader, *chain, row, next.as_ref()).await?;
        next = shown.proof.clone().or(next);
        page.shown.push(shown);
    }
    if page.shown.is_empty() {
        page.problem = "No proof has this consent id: it was never given, or was erased.";
    }
    Ok(())
}

async fn show(reader: &dyn ProofReader, chain: ChainId, row: &Row, next: Option<&Proof>) -> Result<Shown, StoreError> {
    let proof = proof(row);
    let value = serde_json::from_slice::<Value>(row.payload.as_deref().unwrap_or_default()).unwrap_or_default();
    let next = next.filter(|next| proof.as_ref().is_some_and(|proof| proof.site == next.site));
    let joined = match &proof {
        Some(proof) => Some(Joined::read(reader, &of_proof(proof, next)).await?),
        None => None,
    };
    Ok(Shown {
        chain,
        seq: row.seq,
        digest: hex(&row.digest),
        button: value.get("button").and_then(Value::as_str).unwrap_or_default().to_owned(),
        json: format!("{value:#}"),
        proof,
        joined,
    })
}

/// What was shown with an answer, where it is what its hash says.
pub(super) async fn snapshot(admin: &Admin, hash: &str) -> Result<Response<Vec<u8>>, StoreError> {
    let none = || refused(StatusCode::NOT_FOUND, "Nothing with this hash is kept.");
    let hash = unhex(hash).and_then(|bytes| Hash::try_from(bytes.as_slice()).ok());
    let (Some(hash), Some(reader)) = (hash, admin.exports.reader().await?) else { return Ok(none()) };
    let Some(text) = reader.questions(&hash).await? else { return Ok(none()) };
    let is_whole = Hash::from(Sha256::digest(text.as_bytes())) == hash;
    Ok(match serde_json::from_str::<Questions>(&text) {
        Ok(questions) if is_whole => document(questions.html.into_bytes(), StatusCode::OK, SNAPSHOT),
        _ => refused(StatusCode::CONFLICT, "What is kept under this hash was changed."),
    })
}
