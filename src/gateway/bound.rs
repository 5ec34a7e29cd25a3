//! Listening sockets that are ours before pingora starts, and are handed to it when it does.
//!
//! Left alone, pingora calls a service ready before it has bound anything: who reads that we listen and connects at once
//! is refused. And a port that was looked for and given back can be somebody else's when pingora wants it.

use super::ServeError;
use async_trait::async_trait;
use pingora::server::{ListenFds, ShutdownWatch};
use pingora::services::Service;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::IntoRawFd;

/// A socket that listens: clients wait in its queue until it is served.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) address: SocketAddr,
    socket: TcpListener,
}

impl Bound {
    /// Binds; port 0 becomes a free one.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub(super) fn new(address: SocketAddr) -> Result<Self, ServeError> {
        let bind = || {
            let socket = TcpListener::bind(address)?;
            // As pingora's runtime wants it.
            socket.set_nonblocking(true)?;
            Ok(Self { address: socket.local_addr()?, socket })
        };
        bind().map_err(|source| ServeError::Listen { address, source })
    }
}

/// A service with the sockets that it listens on. They are left in the table in which a service looks for the sockets of
/// a predecessor before it binds its own.
pub(super) struct OnBound<S> {
    pub(super) service: S,
    pub(super) sockets: Vec<Bound>,
}

#[async_trait]
impl<S: Service> Service for OnBound<S> {
    async fn start_service(&mut self, fds: Option<ListenFds>, shutdown: ShutdownWatch, listeners_per_fd: usize) {
        if let Some(table) = &fds {
            for bound in self.sockets.drain(..) {
                table.lock().add(bound.address.to_string(), bound.socket.into_raw_fd());
            }
        }
        self.service.start_service(fds, shutdown, listeners_per_fd).await;
    }

    fn name(&self) -> &str {
        self.service.name()
    }

    fn threads(&self) -> Option<usize> {
        self.service.threads()
    }
}
