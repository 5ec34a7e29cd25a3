//! `[admin]` of `consentry.toml`.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The operator's listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// `host:port`, or `off`.
    #[serde(default = "default_admin")]
    pub listen: AdminListen,
    /// A file whose first line is the operator's token: for POSTs and exports as `Authorization: Bearer`, and to log in with.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// A file whose first line is a token that one can log in with, and export, but change nothing.
    #[serde(default)]
    pub viewer_token_file: Option<PathBuf>,
    /// The log of who changed what and when; made beside the store when not given.
    #[serde(default)]
    pub audit_file: Option<PathBuf>,
    /// A file whose first line is the secret of whoever calls `/api/cron/daily-stats`; without it there is no such path.
    #[serde(default)]
    pub cron_secret_file: Option<PathBuf>,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: default_admin(),
            token_file: None,
            viewer_token_file: None,
            audit_file: None,
            cron_secret_file: None,
        }
    }
}

/// An address, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AdminListen {
    /// Listens there.
    At(SocketAddr),
    /// No operator's listener.
    Off,
}

impl TryFrom<String> for AdminListen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for AdminListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            _ => text
                .parse()
                .map(Self::At)
                .map_err(|_| format!("`{text}` is neither an address like 127.0.0.1:9090 nor `off`")),
        }
    }
}

fn default_admin() -> AdminListen {
    AdminListen::At(SocketAddr::from(([127, 0, 0, 1], 9090)))
}
