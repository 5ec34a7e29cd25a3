//! From a [`Config`] to running listeners: what pingora leaves open is set here (pitfall 30).

use super::bound::{Bound, OnBound};
use super::checkpoints::Checkpoints;
use super::daily::Daily;
use super::effects::{self, Effects};
use super::proxied::{Named, Proxied};
use super::reload::{Watch, fingerprint, survive_hangup};
use super::retention::Retention;
use super::shown::{self, Showings};
use super::{Gateway, Reloader, Shared};
use crate::admin::Admin;
use crate::collect::keys::KeyError;
use crate::collect::store::StoreError;
use crate::config::{AdminListen, Config, Listen, Tls};
use crate::policy::RuleErrors;
use async_trait::async_trait;
use pingora::apps::HttpServerOptions;
use pingora::listeners::tls::TlsSettings;
use pingora::listeners::{L4BufferSettings, ListenerConfig};
use pingora::proxy::{HttpProxy, http_proxy, http_proxy_service_with_name};
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server, ShutdownWatch};
use pingora::services::ServiceWithDependents;
use pingora::services::background::{BackgroundService, background_service};
use pingora::services::listening::Service;
use std::net::SocketAddr;
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
    /// The rules cannot be used.
    #[error("the rules cannot be used:\n{0}")]
    Rules(#[from] RuleErrors),
    /// A file of the operator's cannot be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The cookie's keys cannot be read or made.
    #[error("{0}")]
    Keys(#[from] KeyError),
    /// What was read is no key.
    #[error("the cookie's keys: {0}")]
    Keyring(#[from] crate::consent::codec::signature::KeyError),
    /// The proof store cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The counters cannot be made.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Where it serves, as URLs.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    /// For visitors.
    pub gateways: Vec<String>,
    /// For the operator.
    pub admin: Option<String>,
}

/// Told once everything listens.
pub type Told = Box<dyn Fn(&Listening) + Send + Sync>;

/// Runs until a signal ends it: SIGTERM gives running requests `grace_seconds`, SIGINT ends at once.
///
/// # Errors
/// Whatever keeps it from starting; nothing listens then.
pub fn run(config: Config) -> Result<(), ServeError> {
    run_with(config, Vec::new(), Box::new(|_| {}))
}

/// [`run`], with other services in the same process, and somebody to tell where it listens.
///
/// # Errors
/// As [`run`].
pub fn run_with(mut config: Config, others: Vec<Box<dyn ServiceWithDependents>>, told: Told) -> Result<(), ServeError> {
    survive_hangup();
    let (listening, sockets) = claim_all(&mut config)?;
    let before = config.rules.as_deref().map(fingerprint).unwrap_or_default();
    let shared = Arc::new(super::start::shared(config)?);
    let reloader = Arc::new(Reloader::new(shared.clone()));
    let mut server = Server::new_with_opt_and_conf(None, server_conf(&shared.config));
    server.bootstrap();
    let mut ready = Vec::new();
    if !sockets.visitors.is_empty() {
        let service = gateway(&server.configuration, &shared)?;
        ready.push(server.add_service(OnBound { service, sockets: sockets.visitors }));
    }
    if !sockets.proxied.is_empty() {
        let service = proxied(&server.configuration, &shared)?;
        ready.push(server.add_service(OnBound { service, sockets: sockets.proxied }));
    }
    if let Some(socket) = sockets.operator {
        let service = admin(socket.address, &shared, &reloader);
        ready.push(server.add_service(OnBound { service, sockets: vec![socket] }));
    }
    ready.extend(others.into_iter().map(|other| server.add_boxed_service(other)));
    server.add_service(background_service("origin names", Resolver(shared.clone())));
    server.add_service(background_service("daily statistics", Daily(shared.clone())));
    server.add_service(background_service("checkpoints", Checkpoints(shared.clone())));
    server.add_service(background_service("effects", Effects(shared.clone())));
    server.add_service(background_service("showings", Showings(shared.clone())));
    server.add_service(background_service("retention", Retention(shared.clone())));
    if shared.config.limits.grace_seconds > 0 {
        server.add_service(background_service("drain", Drain(shared.clone())));
    }
    server.add_service(background_service("rules", Watch { reloader, before }));
    server.add_service(background_service("announce", Announce { listening, told })).add_dependencies(&ready);
    server.run(RunArgs::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    match runtime {
        Ok(runtime) => runtime.block_on(async {
            effects::finish(&shared).await;
            shown::finish(&shared).await;
        }),
        Err(error) => log::error!("the last of what the rewriting did is lost: {error}"),
    }
    Ok(())
}

/// What listens from now on.
struct Sockets {
    visitors: Vec<Bound>,
    /// Those whose connections begin with a PROXY protocol header.
    proxied: Vec<Bound>,
    operator: Option<Bound>,
}

/// Takes every address, so that one that cannot be had is a sentence and not a panic; port 0 becomes a free one.
fn claim_all(config: &mut Config) -> Result<(Listening, Sockets), ServeError> {
    let mut listening = Listening::default();
    let mut sockets = Sockets { visitors: Vec::new(), proxied: Vec::new(), operator: None };
    for listen in &mut config.listen {
        let socket = Bound::new(listen.address)?;
        listen.address = socket.address;
        let scheme = if listen.tls.is_some() { "https" } else { "http" };
        listening.gateways.push(format!("{scheme}://{}", listen.address));
        if listen.proxy_protocol { sockets.proxied.push(socket) } else { sockets.visitors.push(socket) }
    }
    if let AdminListen::At(address) = &mut config.admin.listen {
        let socket = Bound::new(*address)?;
        *address = socket.address;
        listening.admin = Some(format!("http://{address}"));
        sockets.operator = Some(socket);
    }
    Ok((listening, sockets))
}

fn gateway(conf: &Arc<ServerConf>, shared: &Arc<Shared>) -> Result<Service<HttpProxy<Gateway>>, ServeError> {
    let mut service = http_proxy_service_with_name(conf, Gateway::new(shared.clone()), "gateway");
    let mut listeners = shared.config.listen.iter().filter(|listen| !listen.proxy_protocol);
    listeners.try_for_each(|listen| add_listener(&mut service, listen))?;
    service.threads = Some(shared.config.workers);
    if let Some(app) = service.app_logic_mut() {
        app.server_options = Some(server_options(&shared.config));
    }
    Ok(service)
}

/// The same on the listeners whose connections begin with a PROXY protocol header.
fn proxied(conf: &Arc<ServerConf>, shared: &Arc<Shared>) -> Result<Service<Proxied>, ServeError> {
    let mut proxy = http_proxy(conf, Gateway::new(shared.clone()));
    proxy.server_options = Some(server_options(&shared.config));
    let named = Named(shared.clone());
    let app = Proxied { proxy: Arc::new(proxy), named: named.clone() };
    let mut service = Service::new("gateway behind balancers".to_owned(), app);
    let mut listeners = shared.config.listen.iter().filter(|listen| listen.proxy_protocol);
    listeners.try_for_each(|listen| add_listener(&mut service, listen))?;
    service.endpoints().set_pre_tls_callback(Arc::new(named));
    service.threads = Some(shared.config.workers);
    Ok(service)
}

fn admin(address: SocketAddr, shared: &Arc<Shared>, reloader: &Arc<Reloader>) -> Service<Admin> {
    let app = Admin::new(address, shared.clone(), reloader.clone(), super::Forget(shared.cache));
    let mut service = Service::new("admin".to_owned(), app);
    service.add_tcp(&address.to_string());
    service.threads = Some(1);
    service
}

/// An address with a port that is free now, where the given one says 0.
///
/// # Errors
/// The address is taken or not ours.
pub fn free_port(address: SocketAddr) -> Result<SocketAddr, ServeError> {
    Bound::new(address).map(|bound| bound.address)
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

/// PERF: pingora writes a head and its body one after the other; what is smaller than this leaves in one packet, with one
/// call to the kernel. The default is 1,460 bytes. It is memory of each connection, also of an idle one.
const WRITE_BUFFER: usize = 8 << 10;

fn add_listener<A>(service: &mut Service<A>, listen: &Listen) -> Result<(), ServeError> {
    let config = ListenerConfig::tcp(listen.address.to_string());
    let config = config.l4_buffer(L4BufferSettings::default().write(WRITE_BUFFER));
    service.add_listener(match &listen.tls {
        None => config,
        Some(tls) => config.tls(tls_settings(listen.address, tls)?),
    });
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

/// Ends the process as soon as nothing is being answered any more: pingora sleeps through the whole grace, even when idle.
struct Drain(Arc<Shared>);

#[async_trait]
impl BackgroundService for Drain {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        if shutdown.wait_for(|is_ending| *is_ending).await.is_err() {
            return;
        }
        // Long enough for a request that was just accepted to be counted.
        while {
            tokio::time::sleep(Duration::from_millis(250)).await;
            self.0.metrics.in_flight.get() > 0
        } {}
        effects::finish(&self.0).await;
        shown::finish(&self.0).await;
        log::info!("nothing is being answered any more: ending before the grace is over");
        std::process::exit(0);
    }
}

/// Says where the gateway listens, once it does: whoever started it with port 0 reads it there.
struct Announce {
    listening: Listening,
    told: Told,
}

#[async_trait]
impl BackgroundService for Announce {
    async fn start(&self, _shutdown: ShutdownWatch) {
        for gateway in &self.listening.gateways {
            println!("consentry listens on {gateway}");
        }
        if let Some(admin) = &self.listening.admin {
            println!("consentry's operator listener is at {admin}");
        }
        (self.told)(&self.listening);
    }
}
