//! What the rewriting did, beside a visitor's proofs and in `verify`.

use super::ProofsError;
use crate::collect::digests::hex;
use crate::collect::effects::{Held, Joined, of_proof};
use crate::collect::proof::Proof;
use crate::collect::store::ProofReader;
use std::io::Write;
use uuid::Uuid;

/// Sums that are read at once; what bounds the memory of a walk.
const PAGE: u32 = 500;

/// What the numbers below a proof are worth; `docs/proofs.md` says more.
const WORTH: &str = "\
What these numbers prove: the holder of the key signed that it took these tags out of, or let them into, so many pages of this
decision under these rules, whoever asked for them. What they do not prove: that this visitor was shown any of these pages, what
scripts did in a browser afterwards, or what a cache before the gateway delivered. Nobody is followed from page to page for them.
";

/// Below a proof; whether every sum was what was signed.
pub(super) async fn show(
    reader: &dyn ProofReader,
    proof: &Proof,
    next: Option<&Proof>,
    out: &mut impl Write,
) -> Result<bool, ProofsError> {
    let joined = Joined::read(reader, &of_proof(proof, next)).await?;
    if let (Some(first), Some(last)) = (joined.first, joined.last) {
        let Joined { pages, unfinished, hours, .. } = joined;
        writeln!(
            out,
            "pages of this decision, all visitors': {pages} in {hours} hours from {first} to {last}, {unfinished} off the normal path"
        )?;
        writeln!(
            out,
            "  {:<32} {:>12} {:>10} {:>10} {:>10}",
            "service", "neutralised", "activated", "guarded", "allowed"
        )?;
        for (service, done) in &joined.services {
            let (neutralised, activated) = (done.neutralised, done.activated);
            let (guarded, allowed) = (done.guarded, done.allowed);
            writeln!(out, "  {service:<32} {neutralised:>12} {activated:>10} {guarded:>10} {allowed:>10}")?;
        }
        for key in &joined.keys {
            writeln!(out, "  signed with the key {}", hex(key))?;
        }
    } else {
        writeln!(out, "no page of this decision was counted")?;
    }
    if let Some((run, number, unsound)) = joined.first_unsound {
        let count = joined.unsound;
        writeln!(out, "NOT VALID: {count} sums are left out; the first, number {number} of run {run}, {unsound}")?;
    }
    Ok(joined.unsound == 0)
}

/// Once below all.
pub(super) fn worth(out: &mut impl Write) -> std::io::Result<()> {
    write!(out, "\n{WORTH}")
}

/// Holds all sums against their signatures; whether all are sound. Says nothing where there are none.
pub(super) async fn verify(
    reader: &dyn ProofReader,
    key: Option<Vec<u8>>,
    out: &mut impl Write,
) -> Result<bool, ProofsError> {
    let mut held = Held::new(key);
    let (mut after, mut sums, mut runs, mut pages) = ((Uuid::nil(), i64::MIN), 0_u64, 0_u64, 0_u64);
    loop {
        let page = reader.effects(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        let end = (last.run, last.number);
        for effect in &page {
            match held.next(effect) {
                Ok(body) => pages = pages.saturating_add(body.pages),
                Err(unsound) => {
                    let (number, run) = (effect.number, effect.run);
                    writeln!(out, "NOT VALID: what the rewriting did, number {number} of run {run}, {unsound}")?;
                    return Ok(false);
                }
            }
            sums += 1;
            runs += u64::from(after.0 != effect.run);
            after = (effect.run, effect.number);
        }
        after = end;
    }
    if sums > 0 {
        writeln!(out, "valid: what the rewriting did, {sums} signed hourly sums of {runs} runs, {pages} pages")?;
    }
    Ok(true)
}
