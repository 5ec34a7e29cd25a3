//! What all requests share, made from the configuration before anything listens.

use super::serve::ServeError;
use super::{Audit, Metrics, Origins, Shared, Token};
use crate::collect::api::Collect;
use crate::collect::checkpoint::Signer;
use crate::collect::effects::Keeper;
use crate::collect::keys;
use crate::collect::store::{NoStore, PgOptions, PgStore, ProofStore, SqliteOptions, SqliteStore};
use crate::config::{Config, Store};
use crate::consent::codec::signature::Keyring;
use crate::consent::reader::Reader;
use crate::policy::{RuleSet, RuleStore};
use crate::rewrite::Memory;
use std::path::Path;
use std::sync::Arc;

/// Loads the rules, opens the store, reads the keys.
pub(super) fn shared(config: Config) -> Result<Shared, ServeError> {
    let origins = Origins::new(&config.origins, &config.limits).map_err(ServeError::Origin)?;
    let rules = match &config.rules {
        Some(directory) => RuleSet::load(directory)?,
        None => RuleSet::embedded_with(&config.sources)?,
    };
    origins.serve_all(&rules).map_err(ServeError::Origin)?;
    let keyring = keyring(&config)?;
    let collect = collect(&config, keyring.clone())?;
    let operator = config.admin.token_file.as_deref().map(token).transpose()?.and_then(Token::new);
    let viewer = config.admin.viewer_token_file.as_deref().map(token).transpose()?.and_then(Token::new);
    let cron = config.admin.cron_secret_file.as_deref().map(token).transpose()?.and_then(Token::new);
    Ok(Shared {
        operator,
        viewer,
        cron,
        origins,
        rules: Arc::new(RuleStore::new(rules)),
        reader: Reader::new(keyring),
        collect,
        memory: Arc::new(Memory::new(config.limits.known_pages)),
        packed: Arc::default(),
        signer: signer(&config)?.filter(|_| makes_checkpoints(&config)),
        effects: signer(&config)?.map(Keeper::new),
        rate: super::rate::Answers::new(config.limits.answers_per_minute),
        reports: super::Reports::default(),
        thumbnails: super::thumbnail::Thumbnails::default(),
        cache: super::cache::Cache::new(&config.cache),
        audit: Audit::of(&config),
        metrics: Arc::new(Metrics::new()?),
        config,
    })
}

/// The keys named in the configuration, else those beside the store, else (nothing is kept) fresh ones (D4).
fn keyring(config: &Config) -> Result<Keyring, ServeError> {
    let keys = match (&config.keys.file, &config.store) {
        (Some(file), _) => keys::load(file),
        (None, Store::Sqlite(path)) => keys::load_or_create(&keys::beside(path)),
        (None, Store::Postgres { spool, .. }) => {
            log::warn!("keys.file is not set: another gateway on this database would not believe this one's cookies");
            keys::load_or_create(&keys::beside(spool))
        }
        (None, Store::Off) => keys::fresh().map(|key| vec![key]),
    };
    Ok(Keyring::new(keys?)?)
}

fn makes_checkpoints(config: &Config) -> bool {
    config.checkpoints.every_records > 0 || config.checkpoints.every_minutes > 0
}

/// The key of checkpoints and sums: the one that is named, else the one beside the store; none where nothing is kept.
fn signer(config: &Config) -> Result<Option<Signer>, ServeError> {
    let (Store::Sqlite(store) | Store::Postgres { spool: store, .. }) = &config.store else { return Ok(None) };
    let path = config.checkpoints.key_file.clone().unwrap_or_else(|| keys::beside_for_checkpoints(store));
    Ok(Signer::new(&keys::for_checkpoints(&path)?))
}

fn collect(config: &Config, keyring: Keyring) -> Result<Collect, ServeError> {
    let store: Arc<dyn ProofStore> = match &config.store {
        Store::Sqlite(path) => Arc::new(SqliteStore::open(path, SqliteOptions::default())?),
        Store::Postgres { url, spool } => Arc::new(PgStore::open(url.as_str(), PgOptions::new(spool))?),
        Store::Off => Arc::new(NoStore::announce()),
    };
    Ok(Collect::new(store, keyring))
}

/// The operator's token, or the caller's secret: a file's first line.
fn token(path: &Path) -> Result<String, ServeError> {
    let wrong = |problem: String| ServeError::File { path: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("the token cannot be read: {error}")))?;
    let token = text.lines().next().map(str::trim).filter(|token| token.len() >= 16);
    token.map(str::to_owned).ok_or_else(|| wrong("the first line must be a token of at least 16 characters".to_owned()))
}
