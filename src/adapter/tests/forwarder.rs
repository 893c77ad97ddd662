//! A network between a process and Redis that can be cut and restored.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::task::TaskTracker;

/// The accepting task checks twice whether the network is up; each connection checks once more.
const LISTENING: usize = 2;

/// Forwards connections while the network is up.
pub(super) struct Forwarder {
    port: u16,
    is_whole: watch::Sender<bool>,
}

impl Forwarder {
    /// Starts with the network up.
    pub(super) async fn start(target: String, tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_whole, whole) = watch::channel(true);
        let connections = tasks.clone();
        tasks.spawn(async move {
            let mut stays = whole.clone();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (near, _) = accepted.unwrap();
                        connections.spawn(forward(near, target.clone(), whole.clone()));
                    }
                    // The test is over.
                    gone = async { while stays.changed().await.is_ok() {} } => return gone,
                }
            }
        });
        Self { port, is_whole }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Closes every connection, and closes new ones at once.
    pub(super) async fn cut(&self) {
        self.is_whole.send_replace(false);
        super::until(async || self.is_whole.receiver_count() == LISTENING).await;
    }

    /// Forwards connections again.
    pub(super) fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn forward(mut near: TcpStream, target: String, mut whole: watch::Receiver<bool>) {
    if !*whole.borrow() {
        return;
    }
    let mut far = TcpStream::connect(target).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}
