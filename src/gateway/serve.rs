//! From a [`Config`] to running listeners: what pingora leaves open is set here (pitfall 30).

use super::{Gateway, Origins, Shared};
use crate::config::{Config, Listen, Tls};
use async_trait::async_trait;
use pingora::apps::HttpServerOptions;
use pingora::listeners::tls::TlsSettings;
use pingora::proxy::{HttpProxy, http_proxy_service_with_name};
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server, ShutdownWatch};
use pingora::services::background::{BackgroundService, background_service};
use pingora::services::listening::Service;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket is taken, or the address is not ours.
    #[error("listen {address}: {source}; choose another address or stop what listens there")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("listen {address}: certificate {certificate}, key {key}: {problem}")]
    Tls {
        /// The address.
        address: SocketAddr,
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// An origin cannot be used.
    #[error("{0}")]
    Origin(String),
}

/// Runs until a signal ends it: SIGTERM gives running requests `grace_seconds`, SIGINT ends at once.
///
/// # Errors
/// Whatever keeps it from starting; nothing listens then.
pub fn run(mut config: Config) -> Result<(), ServeError> {
    config.listen.iter_mut().try_for_each(claim)?;
    let origins = Origins::new(&config.origins, &config.limits).map_err(ServeError::Origin)?;
    let shared = Arc::new(Shared { config, origins });
    let config = &shared.config;
    let mut server = Server::new_with_opt_and_conf(None, server_conf(config));
    server.bootstrap();
    let mut service = http_proxy_service_with_name(&server.configuration, Gateway::new(shared.clone()), "gateway");
    config.listen.iter().try_for_each(|listen| add_listener(&mut service, listen))?;
    service.threads = Some(config.workers);
    if let Some(app) = service.app_logic_mut() {
        app.server_options = Some(server_options(config));
    }
    let gateway = server.add_service(service);
    server.add_service(background_service("origin names", Resolver(shared.clone())));
    server.add_service(background_service("announce", Announce(shared.clone()))).add_dependency(&gateway);
    server.run(RunArgs::default());
    Ok(())
}

/// Checks that the address can be had, so that the error is a sentence and not a panic, and turns port 0 into a free one.
fn claim(listen: &mut Listen) -> Result<(), ServeError> {
    let address = listen.address;
    let socket = TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
    listen.address = socket.local_addr().map_err(|source| ServeError::Listen { address, source })?;
    Ok(())
}

fn server_conf(config: &Config) -> ServerConf {
    let runtime_dir = std::env::temp_dir().join(format!("consentry-{}", std::process::id()));
    ServerConf {
        threads: config.workers,
        work_stealing: true,
        max_retries: config.limits.origin_tries,
        grace_period_seconds: Some(config.limits.grace_seconds),
        graceful_shutdown_timeout_seconds: Some(5),
        // Private paths: pingora's own are shared by every program built on it.
        pid_file: runtime_dir.with_extension("pid").to_string_lossy().into_owned(),
        upgrade_sock: runtime_dir.with_extension("sock").to_string_lossy().into_owned(),
        ..ServerConf::default()
    }
}

fn server_options(config: &Config) -> HttpServerOptions {
    let mut options = HttpServerOptions::default();
    options.h2c = config.listen.iter().any(|l| l.h2c);
    options.h2_idle_timeout = crate::config::Limits::seconds(config.limits.client_idle_seconds);
    options
}

fn add_listener(service: &mut Service<HttpProxy<Gateway>>, listen: &Listen) -> Result<(), ServeError> {
    let address = listen.address.to_string();
    match &listen.tls {
        None => service.add_tcp(&address),
        Some(tls) => service.add_tls_with_settings(&address, None, tls_settings(listen.address, tls)?),
    }
    Ok(())
}

/// The pair is checked by rustls first: pingora panics on one that does not fit (pitfall 27).
fn tls_settings(address: SocketAddr, tls: &Tls) -> Result<TlsSettings, ServeError> {
    let wrong = |problem: String| ServeError::Tls {
        address,
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        problem,
    };
    check_pair(tls).map_err(wrong)?;
    let mut settings = TlsSettings::intermediate(&tls.certificate.to_string_lossy(), &tls.key.to_string_lossy())
        .map_err(|e| wrong(e.to_string()))?;
    settings.enable_h2();
    Ok(settings)
}

fn check_pair(tls: &Tls) -> Result<(), String> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| format!("the certificate cannot be read: {e}"))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|e| format!("the key cannot be read: {e}"))?;
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map(drop)
        .map_err(|e| format!("the pair cannot be used: {e}"))
}

/// Looks the origins' names up again, off the request threads.
struct Resolver(Arc<Shared>);

#[async_trait]
impl BackgroundService for Resolver {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        while tokio::time::timeout(Duration::from_secs(30), shutdown.changed()).await.is_err() {
            let shared = self.0.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || shared.origins.refresh()).await {
                log::error!("looking up the origins failed: {error}");
            }
        }
    }
}

/// Says where the gateway listens, once it does: whoever started it with port 0 reads it there.
struct Announce(Arc<Shared>);

#[async_trait]
impl BackgroundService for Announce {
    async fn start(&self, _shutdown: ShutdownWatch) {
        for listen in &self.0.config.listen {
            let scheme = if listen.tls.is_some() { "https" } else { "http" };
            println!("consentry listens on {scheme}://{}", listen.address);
        }
    }
}
