//! One sum: an hour of one decision under one rule set on one site, as one gateway counted it; and its signature.

use crate::collect::checkpoint::{Signer, is_signed_by};
use crate::collect::proof::Stamp;
use crate::consent::Deciseconds;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use uuid::Uuid;

/// What every signed text begins with: a signature of ours over anything else is none of a sum.
const PURPOSE: &[u8] = b"consentry effects 1\0";

/// Tenths of seconds in an hour.
const TENTHS: u64 = 36_000;

/// An hour in UTC: hours since 1970. As text it is its beginning, `2026-11-24T14:00:00.0Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub u64);

impl Hour {
    /// The hour of a moment.
    pub const fn of(moment: Deciseconds) -> Self {
        Self(moment.0 / TENTHS)
    }

    /// When it begins.
    pub const fn begins(self) -> Deciseconds {
        Deciseconds(self.0.saturating_mul(TENTHS))
    }

    /// As a database keeps it.
    pub fn number(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Stamp(self.begins()).fmt(f)
    }
}

impl Serialize for Hour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stamp(self.begins()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Hour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stamp(moment) = Stamp::deserialize(deserializer)?;
        let hour = Self::of(moment);
        if hour.begins() == moment { Ok(hour) } else { Err(de::Error::custom("a full hour is needed")) }
    }
}

/// What was done to the tags of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Done {
    /// Made inert.
    pub neutralised: u64,
    /// Came inert and were made live.
    pub activated: u64,
    /// Ran, and the guard judged what they inserted.
    pub guarded: u64,
    /// Were live and allowed.
    pub allowed: u64,
}

impl Done {
    /// Takes in more of it.
    pub fn add(&mut self, more: &Self) {
        self.neutralised = self.neutralised.saturating_add(more.neutralised);
        self.activated = self.activated.saturating_add(more.activated);
        self.guarded = self.guarded.saturating_add(more.guarded);
        self.allowed = self.allowed.saturating_add(more.allowed);
    }

    /// Whether nothing was.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The same with the service's name in the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDone {
    /// The slug, or one of [`super::FURTHER`], [`super::LABELLED`] and [`super::UNCLASSIFIED`].
    pub service: String,
    /// What was done.
    #[serde(flatten)]
    pub done: Done,
}

/// What is signed. The order of the members is the order in the JSON that is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// The form of this record: 1.
    pub format: u32,
    /// The gateway from one start to its end.
    pub run: Uuid,
    /// Its place among the sums of this run, from 1 without a gap.
    pub number: u64,
    /// How often it was signed anew, from 1, while the hour went on: a higher one takes the place of a lower one.
    pub revision: u64,
    /// The hour in which the pages left.
    pub hour: Hour,
    /// The site's name.
    pub site: String,
    /// The rule set's version, as in a proof.
    pub rules: String,
    /// The variant token (D5): that of a proof, and behind `~` what law and browser made of silence.
    pub variant: String,
    /// Pages.
    pub pages: u64,
    /// Those among them whose rewriting left its normal path; why is in `consentry_failures_total`.
    pub unfinished: u64,
    /// What was done to tags, by service, in the order of their names.
    pub services: Vec<ServiceDone>,
}

/// A sum as it is kept. Only `payload` is signed; what stands beside it is what it is searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// See [`Body::run`].
    pub run: Uuid,
    /// See [`Body::number`].
    pub number: i64,
    /// See [`Body::revision`].
    pub revision: i64,
    /// Hours since 1970.
    pub hour: i64,
    /// See [`Body::site`].
    pub site: String,
    /// See [`Body::rules`].
    pub rules: String,
    /// See [`Body::variant`].
    pub variant: String,
    /// The [`Body`] as JSON.
    pub payload: String,
    /// The public key, 32 bytes.
    pub key: Vec<u8>,
    /// The signature over the payload, 64 bytes.
    pub signature: Vec<u8>,
}

impl Effect {
    /// Signs a sum.
    pub fn sign(body: Body, signer: &Signer) -> Self {
        let payload = serde_json::to_string(&body).unwrap_or_default();
        let (key, signature) = signer.over(&message(&payload));
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            run: body.run,
            number: number(body.number),
            revision: number(body.revision),
            hour: body.hour.number(),
            site: body.site,
            rules: body.rules,
            variant: body.variant,
            payload,
            key,
            signature,
        }
    }

    /// Whether the signature is that of the key, over the payload.
    pub fn is_signed(&self) -> bool {
        is_signed_by(&self.key, &message(&self.payload), &self.signature)
    }

    /// What was signed, where it is also what it was found by.
    pub fn body(&self) -> Option<Body> {
        let body: Body = serde_json::from_str(&self.payload).ok()?;
        let number = |value: u64| i64::try_from(value).ok();
        let is_found_right = body.run == self.run
            && number(body.number) == Some(self.number)
            && number(body.revision) == Some(self.revision)
            && body.hour.number() == self.hour
            && (&body.site, &body.rules, &body.variant) == (&self.site, &self.rules, &self.variant);
        is_found_right.then_some(body)
    }
}

fn message(payload: &str) -> Vec<u8> {
    [PURPOSE, payload.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect() -> Effect {
        let done = Done { neutralised: 3, ..Done::default() };
        let body = Body {
            format: 1,
            run: Uuid::from_u128(7),
            number: 1,
            revision: 2,
            hour: Hour::of(Deciseconds(17_637_855_631)),
            site: "shop".to_owned(),
            rules: "9f".to_owned(),
            variant: "0.e.1234abcd".to_owned(),
            pages: 2,
            unfinished: 0,
            services: vec![ServiceDone { service: "meta-pixel".to_owned(), done }],
        };
        Effect::sign(body, &Signer::new(&[9; 32]).unwrap())
    }

    #[test]
    fn a_sum_is_one_json_object_that_comes_back_and_is_signed() {
        let effect = effect();
        assert!(effect.is_signed());
        assert!(effect.payload.contains("\"hour\":\"2025-11-22T04:00:00.0Z\""), "{}", effect.payload);
        let body = effect.body().unwrap();
        assert_eq!((body.pages, body.services[0].done.neutralised), (2, 3));
    }

    #[test]
    fn every_part_is_signed_or_compared_with_what_is() {
        let changes: [fn(&mut Effect); 10] = [
            |e| e.payload = e.payload.replace("\"pages\":2", "\"pages\":1"),
            |e| e.signature[0] ^= 1,
            |e| e.key = vec![0; 32],
            |e| e.run = Uuid::from_u128(8),
            |e| e.number += 1,
            |e| e.revision += 1,
            |e| e.hour += 1,
            |e| e.site = "blog".to_owned(),
            |e| e.rules = "9e".to_owned(),
            |e| e.variant.push('~'),
        ];
        for change in changes {
            let mut changed = effect();
            change(&mut changed);
            assert!(!changed.is_signed() || changed.body().is_none(), "{changed:?}");
        }
    }

    #[test]
    fn an_hour_is_full_or_none() {
        assert!(serde_json::from_str::<Hour>("\"2025-11-22T04:00:00.0Z\"").is_ok());
        assert!(serde_json::from_str::<Hour>("\"2025-11-22T04:00:00.1Z\"").is_err());
    }
}
