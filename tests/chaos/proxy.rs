//! A proxy to a server that can be slowed down, cut, reset or turned into a black hole, and restored.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
};
use tokio_util::task::TaskTracker;

/// The state of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Forwards immediately.
    Open,
    /// Delays each chunk by this time.
    Slow(Duration),
    /// Forwards nothing and reports nothing: connections stay open, and new ones are accepted. The bytes arrive when
    /// the proxy opens again, as over TCP.
    Hole,
    /// Resets new connections immediately.
    Shut,
}

#[derive(Debug, Clone, Copy)]
struct State {
    way: Way,
    /// Connections made before the last cut are reset.
    cuts: u64,
}

/// A proxy to one server; cheap to clone.
#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    state: watch::Sender<State>,
}

impl Proxy {
    /// Opens a proxy to `target`, a host and a port.
    pub(crate) async fn to(target: &str, tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, _) = watch::channel(State {
            way: Way::Open,
            cuts: 0,
        });
        let proxy = Self {
            port,
            state: state.clone(),
        };
        let (target, accepted) = (target.to_owned(), tasks.clone());
        tasks.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                accepted.spawn(carry(client, target.clone(), state.subscribe()));
            }
        });
        proxy
    }

    /// The listening port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sets the state.
    pub(crate) fn becomes(&self, way: Way) {
        self.state.send_modify(|state| state.way = way);
    }

    /// Resets every open connection.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }
}

/// Forwards one connection until one of its ends or the proxy closes it.
async fn carry(mut client: TcpStream, target: String, mut state: watch::Receiver<State>) {
    let cuts = state.borrow().cuts;
    let mut changes = state.clone();
    let cut = async {
        let _ = changes.wait_for(|state| state.cuts != cuts).await;
    };
    tokio::pin!(cut);
    let mut server = tokio::select! {
        Some(server) = reach(&target, &mut state) => server,
        () = &mut cut => return reset(&client),
        else => return reset(&client),
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let is_cut = {
        let ((near_in, near_out), (far_in, far_out)) = (client.split(), server.split());
        let (to_far, to_near) = (state.clone(), state.clone());
        let whole = async {
            tokio::join!(
                pump(near_in, far_out, to_far),
                pump(far_in, near_out, to_near)
            )
        };
        tokio::select! {
            ((), ()) = whole => false,
            () = cut => true,
        }
    };
    if is_cut {
        reset(&client);
        reset(&server);
    }
}

/// Connects to the server as soon as the state allows it; none when the proxy is shut or the server refuses.
async fn reach(target: &str, state: &mut watch::Receiver<State>) -> Option<TcpStream> {
    let way = state
        .wait_for(|state| state.way != Way::Hole)
        .await
        .ok()?
        .way;
    if way == Way::Shut {
        return None;
    }
    TcpStream::connect(target).await.ok()
}

/// Copies bytes from one end to the other, as the state allows.
async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut state: watch::Receiver<State>) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(Some(())) = carry_piece(&mut from, &mut to, &mut state, &mut piece).await {}
    let _ = to.shutdown().await;
}

async fn carry_piece(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    state: &mut watch::Receiver<State>,
    piece: &mut [u8],
) -> io::Result<Option<()>> {
    let length = from.read(piece).await?;
    if length == 0 {
        return Ok(None);
    }
    let way = state.borrow().way;
    if let Way::Slow(pause) = way {
        tokio::time::sleep(pause).await;
    }
    let opened = state.wait_for(|state| state.way != Way::Hole).await;
    opened.map_err(|_| io::ErrorKind::BrokenPipe)?;
    to.write_all(&piece[..length]).await?;
    Ok(Some(()))
}

/// Makes the close of this stream a reset for the other end.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}
