//! Our own cookie (D2, D4): a Didomi consent string of version 2, signed. Its purposes are category numbers, its vendors
//! the services whose answer differs from their category's, its user id is the consent id.

use super::codec::didomi::{self, Dcs, Form, Statuses};
use super::codec::signature::Keyring;
use super::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber};

/// The regulation in our string: the one seen beside European strings. Nothing reads it back.
const REGULATION: u16 = 1;

/// The last date that 36 bits hold, in the year 2187.
const LAST_DATE: u64 = (1 << 36) - 1;

/// An answer as our widget took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAnswer {
    /// The consent id.
    pub id: [u8; 16],
    /// When the id was made.
    pub created: Deciseconds,
    /// When this answer was given.
    pub updated: Deciseconds,
    /// Categories with a yes; `necessary` is left out of the cookie.
    pub granted: CategorySet,
    /// Categories with a no; it beats a yes.
    pub refused: CategorySet,
    /// Services whose answer differs from their category's; of two answers for one the no counts.
    pub services: Vec<(ServiceNumber, bool)>,
}

/// The value of our cookie, `Sections~Signature`: bytes that a cookie takes as they are.
///
/// A string that would be longer than a reader takes (service numbers more than 11,000 apart) says no to every category
/// and nothing about services: a yes is lost, never a no.
pub fn encode(answer: &OwnAnswer, site: &str, keyring: &Keyring) -> String {
    let sections =
        didomi::encode(&to_dcs(answer)).or_else(|_| didomi::encode(&to_dcs(&refusal(answer)))).unwrap_or_default();
    let signature = keyring.sign(site, &sections);
    format!("{sections}~{signature}")
}

fn to_dcs(answer: &OwnAnswer) -> Dcs {
    let ids = |set: CategorySet| set.iter().map(|category| u16::from(category.get()));
    let services = |wanted: bool| {
        answer.services.iter().filter(move |(_, granted)| *granted == wanted).map(|(service, _)| service.get())
    };
    Dcs {
        form: Form::V2 { regulation: REGULATION, sync: None },
        user_id: answer.id,
        created: answer.created.0.min(LAST_DATE),
        updated: answer.updated.0.min(LAST_DATE),
        purposes: Statuses::of(ids(answer.granted), ids(answer.refused)),
        purposes_li: Statuses::default(),
        vendors: Statuses::of(services(true), services(false)),
        vendors_li: Statuses::default(),
    }
}

/// The same answer with every yes turned into a no.
fn refusal(answer: &OwnAnswer) -> OwnAnswer {
    let mut necessary = CategorySet::EMPTY;
    necessary.insert(CategoryNumber::NECESSARY);
    let refused = answer.granted.union(answer.refused).difference(necessary);
    OwnAnswer { granted: CategorySet::EMPTY, refused, services: Vec::new(), ..answer.clone() }
}
