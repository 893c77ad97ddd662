//! Ports that stay reserved until the reservation is dropped.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on which one process at a time listens, with restarts, and which no other socket gets meanwhile.
///
/// A socket that is bound and never listens holds the port: connections are refused as if it did not exist, a listener
/// with `SO_REUSEADDR` (which tokio, Redis and PostgreSQL set) may bind the port as well, and the system gives it
/// neither to an outgoing connection nor to a listener on any free port. The socket is bound to all addresses because
/// BSD and macOS allow a second socket beside it only on another address.
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
