//! `consentry run`: the gateway, from `consentry.toml` or from flags alone (D18).

use super::CliError;
use crate::config::{AdminListen, Config, Scheme, Store};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `run`. With `--config` the file says everything and flags override it.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to serve; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The server behind, as http://host:port
    #[arg(long, value_name = "URL", required_unless_present = "config")]
    origin: Option<url::Url>,
    /// Directory of rule files; the embedded catalogue and every Host without it
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// A consent format to believe besides our own cookie; repeat for several (own, didomi, onetrust, dastra)
    #[arg(long, value_name = "FORMAT")]
    source: Vec<String>,
    /// The scheme that visitors use, when TLS ends before the gateway
    #[arg(long, value_name = "http|https")]
    scheme: Option<String>,
    /// The operator's listener, or off
    #[arg(long, value_name = "ADDRESS|off")]
    admin: Option<AdminListen>,
    /// The file that keeps the proofs, or postgres://user@host/database, or off
    #[arg(long, value_name = "FILE|URL|off")]
    store: Option<Store>,
    /// Worker threads; the number of cores by default
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

/// Serves until a signal ends it.
pub fn run(args: RunArgs) -> Result<ExitCode, CliError> {
    let config = configuration(args)?;
    crate::gateway::run(config)?;
    Ok(ExitCode::SUCCESS)
}

fn configuration(args: RunArgs) -> Result<Config, CliError> {
    let mut config = match (&args.config, args.origin) {
        (Some(path), None) => Config::load(path)?,
        (Some(_), Some(_)) => {
            return Err("--origin and --config exclude each other: name the origin in the file".into());
        }
        (None, Some(origin)) => Config::from_flags(SocketAddr::from(([127, 0, 0, 1], 8080)), origin),
        (None, None) => return Err("--config FILE or --origin URL is needed".into()),
    };
    if let (Some(address), Some(listen)) = (args.listen, config.listen.first_mut()) {
        listen.address = address;
    }
    config.rules = args.rules.or(config.rules);
    config.workers = args.workers.unwrap_or(config.workers);
    config.admin.listen = args.admin.unwrap_or(config.admin.listen);
    config.sources.extend(args.source);
    config.store = args.store.unwrap_or(config.store);
    match args.scheme.as_deref() {
        None => {}
        Some("http") => config.scheme = Scheme::Http,
        Some("https") => config.scheme = Scheme::Https,
        Some(other) => return Err(format!("--scheme {other}: http or https").into()),
    }
    config.check().map_err(CliError::from)?;
    Ok(config)
}
