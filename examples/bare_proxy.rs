//! pingora and nothing else: the yardstick that the gateway's cost is measured against.
//!
//! `bare_proxy LISTEN ORIGIN [WORKERS]`, the first two `host:port`, plain HTTP/1.1. One worker where none are said, like the
//! gateway with `--workers 1`: threads that wait for each other cost, whatever they do.

use async_trait::async_trait;
use pingora::prelude::{HttpPeer, Result, Server, Session, http_proxy_service};
use pingora::proxy::ProxyHttp;
use pingora::server::configuration::ServerConf;
use std::sync::Arc;

struct Bare {
    origin: HttpPeer,
}

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut ()) -> Result<Box<HttpPeer>> {
        Ok(Box::new(self.origin.clone()))
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(listen), Some(origin)) = (args.next(), args.next()) else {
        eprintln!("usage: bare_proxy LISTEN ORIGIN [WORKERS] (host:port, host:port, a number)");
        std::process::exit(2);
    };
    let threads = args.next().map_or(Ok(1), |workers| workers.parse()).unwrap_or_else(|error| {
        eprintln!("WORKERS: {error}");
        std::process::exit(2);
    });
    let conf = || ServerConf { grace_period_seconds: Some(0), threads, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf());
    server.bootstrap();
    let mut service =
        http_proxy_service(&Arc::new(conf()), Bare { origin: HttpPeer::new(origin, false, String::new()) });
    service.add_tcp(&listen);
    server.add_service(service);
    server.run_forever();
}
