//! `consentry.toml`: what needs a restart to change (listeners, TLS, origins, the store, keys, limits).
//!
//! What may change while the gateway runs (sites, services, categories) is in the rules directory instead.

mod admin;
mod cache;
mod checkpoints;
mod compression;
mod limits;
mod peers;
mod retention;
mod store;

pub use admin::{Admin, AdminListen};
pub use cache::Cache;
pub use checkpoints::Checkpoints;
pub use compression::{CompressedPages, Compression, Levels};
pub use limits::Limits;
pub use peers::{Forwarded, Peers, RegionHeaders};
pub use retention::Retention;
pub use store::{DatabaseUrl, Store};

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Everything that is fixed for the life of a process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The grammar of this file: 1.
    pub format: u32,
    /// Where visitors are served.
    pub listen: Vec<Listen>,
    /// The servers behind, by the name that sites refer to.
    pub origins: BTreeMap<String, Origin>,
    /// Directory of rule files; the embedded catalogue and one site for every Host when absent.
    #[serde(default)]
    pub rules: Option<PathBuf>,
    /// Formats that the flags-only site believes (D3); only without `rules`.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Per site (by its name in the rules): what the operator's network decides, not the rules.
    #[serde(default)]
    pub sites: BTreeMap<String, SiteSettings>,
    /// The scheme visitors use, unless a site says otherwise (D18): TLS often ends before us.
    #[serde(default)]
    pub scheme: Scheme,
    /// Networks and addresses of proxies of the operator's own that connect to the gateway: what they say in
    /// `X-Forwarded-*` and in `region_headers` is believed, what anybody else says is not.
    #[serde(default)]
    pub trusted_peers: Peers,
    /// In which fields the origin is told who asked for what, and those proxies tell us.
    #[serde(default)]
    pub forwarded: Forwarded,
    /// The request fields in which they say where a visitor is, unless a site says otherwise; none: nobody knows.
    #[serde(default)]
    pub region_headers: RegionHeaders,
    /// Where proofs are kept.
    #[serde(default)]
    pub store: Store,
    /// When the chain of proofs is signed.
    #[serde(default)]
    pub checkpoints: Checkpoints,
    /// How long proofs are kept.
    #[serde(default)]
    pub retention: Retention,
    /// What signs the consent cookie.
    #[serde(default)]
    pub keys: Keys,
    /// The operator's listener.
    #[serde(default)]
    pub admin: Admin,
    /// Worker threads; the number of cores by default.
    #[serde(default = "default_workers")]
    pub workers: usize,
    /// Bounds in time and size.
    #[serde(default)]
    pub limits: Limits,
    /// Which pages leave compressed.
    #[serde(default)]
    pub compression: Compression,
    /// Memory for what origins let a cache keep.
    #[serde(default)]
    pub cache: Cache,
}

/// One listening socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// `host:port`; port 0 takes a free one.
    pub address: SocketAddr,
    /// PEM files; plain HTTP when absent.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Whether HTTP/2 without TLS (prior knowledge) is understood; then it is on every listener without TLS. For proxies
    /// of one's own: browsers do not speak it. PINGORA: it waits, without bound, for 24 bytes to tell the two apart, so
    /// that HTTP/1 requests which are shorter (a health check without fields) get no answer.
    #[serde(default)]
    pub h2c: bool,
    /// Whether every connection begins with a PROXY protocol header (version 1 or 2), before TLS, that says whose it is. Only
    /// `trusted_peers` may send one; everybody else's connections are closed.
    #[serde(default)]
    pub proxy_protocol: bool,
}

/// A certificate chain and its key, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A server behind the gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// `http://host:port` or `https://host[:port]`.
    pub url: url::Url,
    /// Speak HTTP/2 to it (over TLS by ALPN; without TLS by prior knowledge).
    #[serde(default)]
    pub http2: bool,
    /// Verify its certificate; only `false` for a test.
    #[serde(default = "yes")]
    pub verify: bool,
    /// The name to verify and to send in SNI; the URL's host by default.
    #[serde(default)]
    pub sni: Option<String>,
}

/// What the operator's network says about one site.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSettings {
    /// The scheme that visitors of this site use.
    #[serde(default)]
    pub scheme: Option<Scheme>,
    /// The request fields in which trusted peers say where a visitor of this site is.
    #[serde(default)]
    pub region_headers: Option<RegionHeaders>,
    /// The page that the dashboard's live check asks for, as visitors reach it; the first page of each host that the rules name when
    /// not given.
    #[serde(default)]
    pub live_check: Option<url::Url>,
}

impl SiteSettings {
    fn check(&self) -> Result<(), String> {
        let Some(url) = &self.live_check else { return Ok(()) };
        let is_page = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !is_page || !url.username().is_empty() || url.password().is_some() {
            // What may hold a password is not repeated.
            return Err(format!(
                "live_check begins `{}:` and is no address like https://shop.example/, without name and password",
                url.scheme()
            ));
        }
        Ok(())
    }
}

/// `http` or `https`, as visitors see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain.
    #[default]
    Http,
    /// TLS, here or before us.
    Https,
}

impl Scheme {
    /// As in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The keys of the consent cookie (D4).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// A file with one hexadecimal key of 32 bytes a line: the first signs, all verify. Generated beside the store when
    /// not given.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

/// What is wrong with the configuration, and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be; the message names line, key and what would be right.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, key and problem.
        source: Box<toml::de::Error>,
    },
    /// The file is well formed and makes no sense.
    #[error("{path}: {problem}")]
    Meaning {
        /// The file.
        path: PathBuf,
        /// What, and what would be right.
        problem: String,
    },
}

impl Config {
    /// Reads and checks a file. Relative paths in it are relative to its directory.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file, the line and the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })?;
        config.check().map_err(|problem| ConfigError::Meaning { path: path.into(), problem })?;
        config.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// The configuration of a run by flags alone (D18): every Host, one origin.
    pub fn from_flags(listen: SocketAddr, origin: url::Url) -> Self {
        let origin = Origin { url: origin, http2: false, verify: true, sni: None };
        Self {
            format: 1,
            listen: vec![Listen { address: listen, tls: None, h2c: false, proxy_protocol: false }],
            origins: BTreeMap::from([("default".to_owned(), origin)]),
            rules: None,
            sources: Vec::new(),
            sites: BTreeMap::new(),
            scheme: Scheme::default(),
            trusted_peers: Peers::default(),
            forwarded: Forwarded::default(),
            region_headers: RegionHeaders::default(),
            store: Store::default(),
            checkpoints: Checkpoints::default(),
            retention: Retention::default(),
            keys: Keys::default(),
            admin: Admin::default(),
            workers: default_workers(),
            limits: Limits::default(),
            compression: Compression::default(),
            cache: Cache::default(),
        }
    }

    /// The scheme visitors of a site use.
    pub fn scheme_of(&self, site: &str) -> Scheme {
        self.sites.get(site).and_then(|s| s.scheme).unwrap_or(self.scheme)
    }

    /// The fields that name the region of a site's visitors.
    pub fn region_of(&self, site: &str) -> &RegionHeaders {
        self.sites.get(site).and_then(|s| s.region_headers.as_ref()).unwrap_or(&self.region_headers)
    }

    /// What is wrong, in words for the operator.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn check(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!("format = {}: this version reads format 1", self.format));
        }
        if self.listen.is_empty() {
            return Err("listen: at least one `[[listen]]` with an address is needed".to_owned());
        }
        if self.origins.is_empty() {
            return Err("origins: at least one `[origins.<name>]` with a url is needed".to_owned());
        }
        if self.workers == 0 {
            return Err("workers = 0: at least 1 is needed; leave it out for one per core".to_owned());
        }
        if self.trusted_peers == Peers::default() && self.listen.iter().any(|listen| listen.proxy_protocol) {
            return Err(
                "proxy_protocol: nobody's word is believed; name the load balancers before the gateway in trusted_peers"
                    .to_owned(),
            );
        }
        if self.trusted_peers == Peers::default() && self.names_regions() {
            return Err(
                "region_headers: nobody's word is believed; name the proxies before the gateway in trusted_peers"
                    .to_owned(),
            );
        }
        self.compression.check()?;
        self.checkpoints.check()?;
        self.sites
            .iter()
            .try_for_each(|(name, site)| site.check().map_err(|problem| format!("sites.{name}: {problem}")))?;
        self.origins
            .iter()
            .try_for_each(|(name, origin)| origin.check().map_err(|p| format!("origins.{name}.url: {p}")))
    }

    fn names_regions(&self) -> bool {
        let of_sites = self.sites.values().filter_map(|site| site.region_headers.as_ref());
        of_sites.chain([&self.region_headers]).any(|fields| !fields.names().is_empty())
    }

    fn resolve_paths(&mut self, directory: &Path) {
        let mut paths: Vec<&mut PathBuf> = Vec::new();
        paths.extend(self.rules.as_mut());
        paths.extend(self.keys.file.as_mut());
        paths.extend(self.checkpoints.file.as_mut());
        paths.extend(self.checkpoints.key_file.as_mut());
        paths.extend(self.admin.token_file.as_mut());
        paths.extend(self.admin.viewer_token_file.as_mut());
        paths.extend(self.admin.audit_file.as_mut());
        paths.extend(self.admin.cron_secret_file.as_mut());
        paths.extend(self.store.file());
        paths.extend(
            self.listen.iter_mut().filter_map(|l| l.tls.as_mut()).flat_map(|t| [&mut t.certificate, &mut t.key]),
        );
        paths.into_iter().for_each(|path| *path = directory.join(&*path));
    }
}

impl Origin {
    /// `host`, port and whether TLS is spoken.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn address(&self) -> Result<(String, u16, bool), String> {
        let tls = match self.url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(format!("`{other}` is not a scheme of an origin; use http or https")),
        };
        if self.url.path() != "/" || self.url.query().is_some() {
            return Err(format!("`{}` has a path; an origin is scheme, host and port only", self.url));
        }
        let host = self.url.host_str().ok_or("a host is missing")?.trim_matches(['[', ']']).to_owned();
        let port = self.url.port_or_known_default().ok_or("a port is missing")?;
        Ok((host, port, tls))
    }

    fn check(&self) -> Result<(), String> {
        self.address().map(drop)
    }
}

fn yes() -> bool {
    true
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str =
        "format = 1\n[[listen]]\naddress = \"127.0.0.1:8080\"\n[origins.main]\nurl = \"http://127.0.0.1:3000\"\n";

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("consentry.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path)
    }

    #[test]
    fn the_smallest_file_gets_every_default() {
        let config = load(MINIMAL).unwrap();
        assert_eq!(config.limits.request_head, 32 * 1024);
        assert_eq!(config.admin.listen, AdminListen::At("127.0.0.1:9090".parse().unwrap()));
        assert_eq!(config.scheme_of("shop"), Scheme::Http);
        assert!(config.workers >= 1);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = load(&format!("{MINIMAL}prot = 1\n")).unwrap_err().to_string();
        assert!(error.contains("consentry.toml") && error.contains("line 6") && error.contains("prot"), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (text, needle) in [
            (MINIMAL.replace("format = 1", "format = 2"), "format 1"),
            (MINIMAL.replace("http://", "ftp://"), "use http or https"),
            (MINIMAL.replace(":3000", ":3000/app"), "has a path"),
            (MINIMAL.replacen("[[listen]]", "region_headers = [\"x-region\"]\n[[listen]]", 1), "trusted_peers"),
            (MINIMAL.replacen("[origins", "proxy_protocol = true\n[origins", 1), "proxy_protocol"),
            (MINIMAL.replacen("[[listen]]", "trusted_peers = [\"10.0.0\"]\n[[listen]]", 1), "10.0.0.0/8"),
            (format!("{MINIMAL}[checkpoints]\nurl = \"ftp://keeper.example/\"\n"), "checkpoints.url"),
            (format!("{MINIMAL}[checkpoints]\nurl = \"https://me:pw@keeper.example/\"\n"), "put a secret in its path"),
            (
                format!("{MINIMAL}[sites.shop]\nlive_check = \"ftp://shop.example/\"\n"),
                "sites.shop: live_check begins `ftp:`",
            ),
            (
                format!("{MINIMAL}[sites.shop]\nlive_check = \"https://me:pw@shop.example/\"\n"),
                "without name and password",
            ),
            (MINIMAL.replacen("[[listen]]", "workers = 0\n[[listen]]", 1), "at least 1"),
        ] {
            let error = load(&text).unwrap_err().to_string();
            assert!(error.contains(needle), "{error}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = load(&MINIMAL.replacen("[[listen]]", "rules = \"rules\"\n[[listen]]", 1)).unwrap();
        assert!(config.rules.unwrap().is_absolute());
    }

    #[test]
    fn admin_can_be_off() {
        let config = load(&format!("{MINIMAL}[admin]\nlisten = \"off\"\n")).unwrap();
        assert_eq!(config.admin.listen, AdminListen::Off);
        assert!(load(&format!("{MINIMAL}[admin]\nlisten = \"nowhere\"\n")).is_err());
    }
}
