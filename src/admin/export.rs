//! `GET /api/proofs` and `GET /api/statistics`: what `consentry proofs export` and `stats` write, streamed to a socket.
//!
//! Proofs are of persons: unlike what else is shown here without a token, these are given to who has it, and to nobody because of where
//! they ask from. An export reads with a connection of its own, page by page, and no faster than its client.

use super::reply::plain;
use crate::collect::daily::Day;
use crate::collect::export::{Filter, Form, Records, Statistics, StatisticsForm};
use crate::collect::store::{ProofReader, StoreError, open_reader};
use crate::config::Store;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, Version, header};
use pingora::http::ResponseHeader;
use pingora::protocols::http::ServerSession;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Where proofs are.
pub(super) const PROOFS: &str = "/api/proofs";
/// Where daily statistics are.
pub(super) const STATISTICS: &str = "/api/statistics";

/// Exports at one moment: each takes a connection to the store.
const AT_ONCE: usize = 4;

/// How long a client may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Exports of one store.
#[derive(Debug)]
pub(super) struct Exports {
    store: Store,
    running: Semaphore,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Proofs(Form, Filter),
    Statistics(StatisticsForm, Filter),
}

/// One that can begin.
pub(super) struct Export {
    asked: Asked,
    reader: Box<dyn ProofReader>,
}

impl Exports {
    pub(super) fn new(store: &Store) -> Self {
        Self { store: store.clone(), running: Semaphore::new(AT_ONCE) }
    }

    /// A connection that reads; `None` where nothing is kept.
    pub(super) async fn reader(&self) -> Result<Option<Box<dyn ProofReader>>, StoreError> {
        match &self.store {
            Store::Sqlite(path) => open_reader(&path.to_string_lossy()).await.map(Some),
            Store::Postgres { url, .. } => open_reader(url.as_str()).await.map(Some),
            Store::Off => Ok(None),
        }
    }

    /// Answers on the socket. Whether the connection can be used again; not where the answer was cut.
    pub(super) async fn answer(&self, session: &mut ServerSession, path: &str, query: &str) -> bool {
        let Ok(_running) = self.running.try_acquire() else {
            let why = format!("{AT_ONCE} exports are running: try again when one has ended\n");
            return whole(session, plain(StatusCode::TOO_MANY_REQUESTS, why.into_bytes())).await;
        };
        let export = match self.begin(path, query).await {
            Ok(export) => export,
            Err((status, why)) => return whole(session, plain(status, format!("{why}\n").into_bytes())).await,
        };
        match export.stream(session).await {
            Ok(()) => true,
            Err(StreamError::Client) => false,
            Err(StreamError::Store(error)) => {
                log::error!("an export ends in the middle: {error}");
                false
            }
        }
    }

    async fn begin(&self, path: &str, query: &str) -> Result<Export, (StatusCode, String)> {
        let asked = Asked::parse(path, query).map_err(|problem| (StatusCode::BAD_REQUEST, problem))?;
        let none = "no proofs are kept (store = \"off\"), so there is nothing to export";
        match self.reader().await {
            Ok(Some(reader)) => Ok(Export { asked, reader }),
            Ok(None) => Err((StatusCode::SERVICE_UNAVAILABLE, none.to_owned())),
            Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
        }
    }
}

/// Why an answer was cut.
enum StreamError {
    /// Nobody reads any more.
    Client,
    Store(StoreError),
}

impl Export {
    async fn stream(&self, session: &mut ServerSession) -> Result<(), StreamError> {
        session.set_write_timeout(Some(PATIENCE));
        let is_head = session.req_header().method == Method::HEAD;
        let head = self.head(session).map_err(|_| StreamError::Client)?;
        session.write_response_header(Box::new(head)).await.map_err(|_| StreamError::Client)?;
        if is_head {
            return Ok(());
        }
        match &self.asked {
            Asked::Proofs(form, filter) => {
                let mut records = Records::new(&*self.reader, filter.clone(), *form);
                while let Some(page) = records.next().await.map_err(StreamError::Store)? {
                    send(session, page).await?;
                }
            }
            Asked::Statistics(form, filter) => {
                let mut statistics = Statistics::new(&*self.reader, filter.clone(), *form);
                while let Some(page) = statistics.next().await.map_err(StreamError::Store)? {
                    send(session, page).await?;
                }
            }
        }
        session.write_response_body(Bytes::new(), true).await.map_err(|_| StreamError::Client)
    }

    fn head(&self, session: &mut ServerSession) -> pingora::Result<ResponseHeader> {
        let (name, kind) = match self.asked {
            Asked::Proofs(Form::Csv, _) => ("proofs.csv", "text/csv; charset=utf-8; header=present"),
            Asked::Proofs(..) => ("proofs.jsonl", "application/jsonl"),
            Asked::Statistics(StatisticsForm::Csv, _) => ("statistics.csv", "text/csv; charset=utf-8; header=present"),
            Asked::Statistics(..) => ("statistics.jsonl", "application/jsonl"),
        };
        let mut head = ResponseHeader::build(StatusCode::OK, Some(5))?;
        head.insert_header(header::CONTENT_TYPE, kind)?;
        head.insert_header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))?;
        head.insert_header(header::CACHE_CONTROL, "no-store")?;
        head.insert_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")?;
        match session.req_header().version {
            Version::HTTP_11 => head.insert_header(header::TRANSFER_ENCODING, "chunked")?,
            // It ends with the connection.
            _ => session.set_keepalive(None),
        }
        Ok(head)
    }
}

/// The socket takes it before the next page is read.
async fn send(session: &mut ServerSession, page: Vec<u8>) -> Result<(), StreamError> {
    if page.is_empty() {
        return Ok(());
    }
    session.write_response_body(page.into(), false).await.map_err(|_| StreamError::Client)
}

/// Writes an answer that is whole. Whether the connection can be used again.
pub(super) async fn whole(session: &mut ServerSession, mut response: Response<Vec<u8>>) -> bool {
    let length = response.body().len();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let (parts, body) = response.into_parts();
    let has_body = length > 0 && session.req_header().method != Method::HEAD;
    if session.write_response_header(Box::new(parts.into())).await.is_err() {
        return false;
    }
    !has_body || session.write_response_body(body.into(), true).await.is_ok()
}

impl Asked {
    /// Reads path and query. What is sent is not repeated in the error.
    pub(super) fn parse(path: &str, query: &str) -> Result<Self, String> {
        let mut given: BTreeMap<_, String> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if given.insert(name, value.into_owned()).is_some() {
                return Err("a parameter comes twice".to_owned());
            }
        }
        // A form sends what was left empty too.
        given.retain(|_, value| !value.is_empty());
        let day = |value: Option<String>, name: &str| match value.map(|value| Day::parse(&value)) {
            Some(None) => Err(format!("{name}: a day like 2026-11-24 is needed")),
            other => Ok(other.flatten()),
        };
        let format = given.remove("format");
        let mut filter = Filter {
            site: given.remove("site"),
            since: day(given.remove("since"), "since")?,
            until: day(given.remove("until"), "until")?,
            ..Filter::default()
        };
        let asked = if path == PROOFS {
            let id = given.remove("consentId").map(|id| id.parse()).transpose();
            filter.consent_id = id.map_err(|_| "consentId: a UUID is needed, as the widget's second layer shows it")?;
            filter.source = given.remove("source");
            let form = format.map_or(Some(Form::default()), |name| Form::named(&name));
            Self::Proofs(form.ok_or("format: json, csv or dastra is needed")?, filter)
        } else {
            let form = match format.as_deref() {
                None | Some("json") => StatisticsForm::Json,
                Some("csv") => StatisticsForm::Csv,
                Some(_) => return Err("format: json or csv is needed".to_owned()),
            };
            Self::Statistics(form, filter)
        };
        if given.is_empty() {
            return Ok(asked);
        }
        let known = if path == PROOFS {
            "format, site, consentId, since, until and source"
        } else {
            "format, site, since and until"
        };
        Err(format!("an unknown parameter: here are {known}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_says_what_is_asked() {
        let all =
            "format=csv&site=shop&consentId=6f9619ff-8b86-d011-b42d-00c04fc964ff&since=2026-01-01&until=&source=own";
        let Ok(Asked::Proofs(Form::Csv, filter)) = Asked::parse(PROOFS, all) else { panic!() };
        assert_eq!((filter.site.as_deref(), filter.source.as_deref(), filter.until), (Some("shop"), Some("own"), None));
        assert!(filter.consent_id.is_some() && filter.since.is_some());
        assert_eq!(Asked::parse(STATISTICS, ""), Ok(Asked::Statistics(StatisticsForm::Json, Filter::default())));
        for (path, query, needle) in [
            (PROOFS, "format=xml", "json, csv or dastra"),
            (STATISTICS, "format=dastra", "json or csv"),
            (PROOFS, "consentId=7", "a UUID"),
            (PROOFS, "since=yesterday", "since: a day"),
            (STATISTICS, "until=2026-02-30", "until: a day"),
            (STATISTICS, "source=own", "unknown parameter"),
            (PROOFS, "site=a&site=b", "twice"),
        ] {
            let problem = Asked::parse(path, query).unwrap_err();
            assert!(problem.contains(needle), "{query}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".{0,80}") {
            let _ = Asked::parse(PROOFS, &query);
            let _ = Asked::parse(STATISTICS, &query);
        }
    }
}
