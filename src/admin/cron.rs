//! `GET|POST /api/cron/daily-stats`: daily statistics on somebody else's schedule.
//!
//! A caller shows a secret of its own, so that neither the listener's names nor a page's origin matter here: a page that
//! was led here by a rebound name, or by a form, does not know it, and there is no cookie that would speak for it.

use super::reply::{json, not_allowed, plain};
use crate::collect::daily::{Day, run};
use crate::collect::store::{DailyStore, ProofStore, StoreError};
use crate::consent::Deciseconds;
use crate::gateway::Token;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where it is.
pub(super) const PATH: &str = "/api/cron/daily-stats";

/// The most days that one call computes again.
const MOST_DAYS: u32 = 400;

/// The secret, and the store whose days are computed.
#[derive(Debug)]
pub(super) struct Cron {
    secret: Option<Token>,
    store: Arc<dyn ProofStore>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// What is missing, and yesterday.
    Yesterday,
    /// So many days that end with yesterday.
    Backfill(u32),
    /// Nothing is computed.
    Health,
}

impl Cron {
    /// Without a secret there is no such path.
    pub(super) fn new(secret: Option<Token>, store: Arc<dyn ProofStore>) -> Self {
        Self { secret, store }
    }

    /// The store whose days are computed.
    pub(super) fn store(&self) -> &dyn ProofStore {
        &*self.store
    }

    pub(super) async fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Vec<u8>> {
        let Some(secret) = &self.secret else { return plain(StatusCode::NOT_FOUND, "there is nothing here\n".into()) };
        let query = uri.query().unwrap_or_default();
        if !is_shown(secret, query, headers) {
            return unauthorized();
        }
        if !matches!(*method, Method::GET | Method::POST) {
            return not_allowed("GET, POST");
        }
        let asked = match Asked::parse(query) {
            Ok(asked) => asked,
            Err(problem) => return plain(StatusCode::BAD_REQUEST, format!("{problem}\n").into_bytes()),
        };
        let Some(store) = self.store.daily() else {
            let why = "no proofs are kept (store = \"off\"), so there is nothing to count\n";
            return plain(StatusCode::SERVICE_UNAVAILABLE, why.into());
        };
        match done(store, asked).await {
            Ok(response) => response,
            Err(error) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n").into_bytes()),
        }
    }
}

async fn done(store: &dyn DailyStore, asked: Asked) -> Result<Response<Vec<u8>>, StoreError> {
    let now = Deciseconds::now();
    let health = run::Health::of(store, now).await?;
    let Some(last) = Day::before(now).filter(|_| asked != Asked::Health) else { return Ok(state(&health)) };
    let days = match asked {
        Asked::Backfill(count) => run::backfill(store, last, count).await?,
        _ => run::again(store, last).await?,
    };
    let latest = run::Health::of(store, now).await?.latest;
    Ok(json(&serde_json::json!({ "days": days, "latestDate": latest })))
}

/// Whoever only looks at the status sees it too.
fn state(health: &run::Health) -> Response<Vec<u8>> {
    let ok = health.is_ok();
    let said = serde_json::json!({ "ok": ok, "latestDate": health.latest, "expectedDate": health.expected });
    let mut response = json(&said);
    if !ok {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// In any of the three places. Each one that is sent is compared, in a time that does not depend on where it differs.
fn is_shown(secret: &Token, query: &str, headers: &HeaderMap) -> bool {
    let field = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let bearer = field(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix(b"Bearer "));
    let own = field("x-cron-secret");
    let in_query = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "secret");
    let in_query = in_query.as_ref().map(|(_, value)| value.as_bytes());
    [bearer, own, in_query].into_iter().flatten().fold(false, |shown, sent| secret.is(sent) | shown)
}

fn unauthorized() -> Response<Vec<u8>> {
    let why = "the secret is missing or wrong: send it as `Authorization: Bearer`, `x-cron-secret` or `?secret=`\n";
    let mut response = plain(StatusCode::UNAUTHORIZED, why.into());
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

impl Asked {
    /// Reads a query. What is sent is not repeated in the error.
    fn parse(query: &str) -> Result<Self, String> {
        let mut given: BTreeMap<_, String> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if given.insert(name, value.into_owned()).is_some() {
                return Err("a parameter comes twice".to_owned());
            }
        }
        given.remove("secret");
        let health = given.remove("health");
        let backfill = given.remove("backfill");
        if !given.is_empty() {
            return Err("an unknown parameter: here are `health`, `backfill` and `secret`".to_owned());
        }
        match (health.as_deref(), backfill) {
            (None | Some("0"), None) => Ok(Self::Yesterday),
            (None | Some("0"), Some(days)) => days
                .parse()
                .ok()
                .filter(|days| (1..=MOST_DAYS).contains(days))
                .map(Self::Backfill)
                .ok_or_else(|| format!("backfill: a number of days from 1 to {MOST_DAYS} is needed")),
            (Some("1"), None) => Ok(Self::Health),
            (Some("1"), Some(_)) => Err("health=1 computes nothing: ask for it without backfill".to_owned()),
            (Some(_), _) => Err("health: 1 or 0 is needed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_says_what_is_asked() {
        assert_eq!(Asked::parse(""), Ok(Asked::Yesterday));
        assert_eq!(Asked::parse("secret=x"), Ok(Asked::Yesterday));
        assert_eq!(Asked::parse("secret=x&health=1"), Ok(Asked::Health));
        assert_eq!(Asked::parse("backfill=400&health=0"), Ok(Asked::Backfill(400)));
        for (query, needle) in [
            ("backfill=0", "from 1 to 400"),
            ("backfill=401", "from 1 to 400"),
            ("backfill=-1", "from 1 to 400"),
            ("backfill=", "from 1 to 400"),
            ("backfill=99999999999999999999", "from 1 to 400"),
            ("backfil=3", "unknown parameter"),
            ("health=yes", "1 or 0"),
            ("health=1&backfill=2", "without backfill"),
            ("backfill=1&backfill=2", "twice"),
        ] {
            let problem = Asked::parse(query).unwrap_err();
            assert!(problem.contains(needle), "{query}: {problem}");
        }
    }

    #[test]
    fn the_secret_counts_in_each_of_its_places_and_nowhere_else() {
        let secret = Token::new("a secret & more+".to_owned()).unwrap();
        let shown = |query: &str, fields: &[(&'static str, &'static str)]| {
            let fields = fields
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_shown(&secret, query, &fields.collect())
        };
        assert!(shown("", &[("authorization", "Bearer a secret & more+")]));
        assert!(shown("", &[("x-cron-secret", "a secret & more+")]));
        assert!(shown("secret=a+secret+%26%20more%2B", &[]));
        assert!(shown("", &[("authorization", "Basic eDp5"), ("x-cron-secret", "a secret & more+")]));
        assert!(!shown("", &[]));
        assert!(!shown("secret=", &[("authorization", "Bearer "), ("x-cron-secret", "")]));
        assert!(!shown("Secret=a+secret+%26%20more%2B", &[("authorization", "a secret & more+")]));
        assert!(!shown("secret=a+secret+%26%20more%2B+", &[("x-cron-secret", "a secret & more")]));
    }

    proptest! {
        #[test]
        fn no_query_panics_or_shows_the_secret(query in ".{0,60}") {
            let secret = Token::new("a-secret-of-16-characters".to_owned()).unwrap();
            prop_assert!(!is_shown(&secret, &query, &HeaderMap::new()));
            if let Ok(Asked::Backfill(days)) = Asked::parse(&query) {
                prop_assert!((1..=MOST_DAYS).contains(&days));
            }
        }
    }
}
