//! The only room that knows pingora: every hook is a few lines that call the rooms above.

mod context;
pub mod decode;
mod origin;
mod serve;

pub use origin::Origins;
pub use serve::{ServeError, run};

use crate::config::{Config, Limits};
use async_trait::async_trait;
use context::Context;
use pingora::prelude::{Error, ErrorType, HttpPeer, Result, Session};
use pingora::proxy::ProxyHttp;
use std::sync::Arc;

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    /// What was configured.
    pub config: Config,
    /// The servers behind.
    pub origins: Origins,
}

/// The proxy.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Shared>);

impl Gateway {
    /// A proxy over what was configured.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

#[async_trait]
impl ProxyHttp for Gateway {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context::default()
    }

    async fn early_request_filter(&self, session: &mut Session, _ctx: &mut Context) -> Result<()> {
        let limits = &self.0.config.limits;
        session.set_read_timeout(Limits::seconds(limits.client_read_seconds));
        session.set_write_timeout(Limits::seconds(limits.client_write_seconds));
        Ok(())
    }

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut Context) -> Result<Box<HttpPeer>> {
        let origins = &self.0.origins;
        let peer = origins.only().and_then(|name| origins.peer(name));
        peer.map(Box::new)
            .ok_or_else(|| Error::explain(ErrorType::HTTPStatus(502), "the origin's name does not resolve"))
    }

    /// Neither path nor host of a visitor in a log line (pitfall 104).
    fn request_summary(&self, session: &Session, _ctx: &Context) -> String {
        session.req_header().method.to_string()
    }
}
