//! The test harness's contract of a reserved port.

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::ReservedPort;

#[tokio::test]
async fn a_reserved_port_refuses_connections_and_is_given_to_no_other_socket() {
    let port = ReservedPort::new();
    for _ in 0..3 {
        assert!(TcpStream::connect(port.address()).await.is_err());
        let other = TcpSocket::new_v4().unwrap();
        assert!(other.bind(port.address()).is_err());
        let listener = TcpListener::bind(port.address()).await.unwrap();
        let both = tokio::join!(TcpStream::connect(port.address()), listener.accept());
        both.0.unwrap();
        both.1.unwrap();
    }
}
