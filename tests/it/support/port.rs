//! Ports that stay reserved from before anyone is told of them until the reservation is dropped.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on which one program at a time listens, is ended and listens again, and which nothing else gets meanwhile.
///
/// A socket that is bound and never listens holds it: connections are refused as if it did not exist, a listener with
/// `SO_REUSEADDR` (which tokio, Redis and PostgreSQL set) may bind the port beside it, and the system gives the port neither
/// to an outgoing connection nor to a listener that asks for any port. It is bound to all addresses because BSD and macOS
/// let a second socket beside it on another address only.
pub(crate) struct ReservedPort {
    port: u16,
    _socket: TcpSocket,
}

impl ReservedPort {
    /// Reserves a port that the system chooses.
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket
            .bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
            .unwrap();
        Self {
            port: socket.local_addr().unwrap().port(),
            _socket: socket,
        }
    }

    /// The port, on 127.0.0.1.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}
