//! The reader of a socket: `connection_init`, then operations, until one of the two sides has enough.

use std::{convert::Infallible, net::IpAddr, pin::pin, sync::atomic::Ordering, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::SplitStream};
use tokio::time::Instant;
use tracing::Instrument;
use tungstenite::error::{CapacityError, Error as SocketError};

use crate::{
    domain::Actor,
    error::{Error, Kind},
    http::{
        HttpState, caller,
        life::{Ending, Life},
        params::Params,
        sessions::{self, What},
    },
    service::Credentials,
};

use super::{
    operations::Operations,
    outbox::{self, Outbox, Taken},
    protocol::{ClientMessage, Close, ServerMessage},
    rate::Rate,
};

/// How long we wait for the client to take our close frame and answer it.
const FAREWELL: Duration = Duration::from_secs(2);

/// A socket before anything was said on it.
pub(super) struct Connection {
    state: HttpState,
    headers: Credentials,
    address: IpAddr,
}

/// Why the reader stops: with something to say, or because the client is gone.
enum Stop {
    /// We close it.
    Close(Close),
    /// The client closes it, and waits for our answer.
    Farewell,
    /// The client is gone.
    Gone,
}

impl From<Close> for Stop {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Connection {
    /// A socket of a caller at `address`, whose upgrade request had these credentials.
    pub(super) fn new(state: HttpState, headers: Credentials, address: IpAddr) -> Self {
        Self {
            state,
            headers,
            address,
        }
    }

    /// Speaks the protocol until the end.
    pub(super) fn run(self, socket: WebSocket) -> impl Future<Output = ()> + Send {
        // what follows holds its halves, and not the socket as well
        let (sink, stream) = socket.split();
        let (outbox, queue) = outbox::open();
        let taken = Taken::default();
        let writer = outbox::write(sink, queue, Taken::clone(&taken)).in_current_span();
        let writer = self.state.tasks().spawn(writer);
        let mut reader = Reader {
            stream,
            rate: Rate::new(self.state.config().socket.messages_per_second),
            signs: Signs::new(taken),
            largest: self.state.config().socket.message_bytes,
            deaf: false,
        };
        async move {
            let mut gone = pin!(async {
                // Ends when the writer fails: the client is gone, although nothing says so on the reading side.
                outbox.closed().await;
                Stop::Gone
            });
            let stop = tokio::select! {
                stop = self.speak(&mut reader, outbox.clone()) => stop,
                stop = &mut gone => stop,
            };
            let farewell = async {
                match stop {
                    Stop::Close(close) => {
                        tracing::debug!(?close, "closing the socket");
                        if outbox.send(close.frame()).await.is_ok() {
                            reader.drain().await;
                        }
                    }
                    // reading on is what sends the answer to the client's close
                    Stop::Farewell => reader.drain().await,
                    Stop::Gone => {}
                }
            };
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
            writer.abort();
        }
    }

    /// All of the conversation; the operations end with it.
    async fn speak(&self, reader: &mut Reader, outbox: Outbox) -> Stop {
        let patience = self.state.config().socket.init_timeout();
        let begun = tokio::select! {
            begun = tokio::time::timeout(patience, Box::pin(self.begin(reader, &outbox))) => begun,
            () = self.state.closing().cancelled() => {
                return Close::restart(Ending::Closing.reason()).into();
            }
        };
        let payload = match begun {
            Ok(Ok(payload)) => payload,
            Ok(Err(stop)) => return stop,
            Err(_) => return Close::init_timeout().into(),
        };
        // boxed: done once, and it would take room for as long as the socket lives
        let (actor, life) = match Box::pin(self.authenticate(payload.as_ref())).await {
            Ok(authenticated) => authenticated,
            Err(close) => return close.into(),
        };
        if outbox
            .send(ServerMessage::ConnectionAck.written())
            .await
            .is_err()
        {
            return Stop::Gone;
        }
        let operations = Operations::new(self.state.clone(), actor, outbox.clone());
        let ended = async move { life.ended().await }.boxed();
        match self.converse(reader, outbox, operations, ended).await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    /// Waits for `connection_init`.
    async fn begin(
        &self,
        reader: &mut Reader,
        outbox: &Outbox,
    ) -> Result<Option<serde_json::Value>, Stop> {
        loop {
            match reader.next().await? {
                ClientMessage::ConnectionInit { payload } => return Ok(payload),
                ClientMessage::Ping { payload } => pong(outbox, payload).await?,
                ClientMessage::Subscribe { .. } => return Err(Close::unauthorized().into()),
                ClientMessage::Pong { .. } | ClientMessage::Complete { .. } => {}
            }
        }
    }

    /// Who it is, and for how long. A bad key reads the same whatever is wrong with it.
    async fn authenticate(
        &self,
        payload: Option<&serde_json::Value>,
    ) -> Result<(Option<Actor>, Life), Close> {
        let credentials = caller::init_credentials(payload, &self.headers);
        let actor = self
            .state
            .actor(&credentials)
            .await
            .map_err(|error| refused(&error))?;
        let opened = sessions::open(&self.state, actor.as_ref(), self.address, What::Socket).await;
        let session = opened.map_err(|error| refused(&error))?;
        let closing = self.state.closing().clone();
        let life = Life::new(session, actor.as_ref(), self.state.clock(), closing);
        Ok((actor, life))
    }

    async fn converse(
        &self,
        reader: &mut Reader,
        outbox: Outbox,
        mut operations: Operations,
        mut ended: BoxFuture<'static, Ending>,
    ) -> Result<Infallible, Stop> {
        let keep_alive = self.state.config().keep_alive();
        let mut pings = tokio::time::interval_at(Instant::now() + keep_alive, keep_alive);
        loop {
            let message = tokio::select! {
                biased;
                ending = &mut ended => return Err(close(ending).into()),
                message = reader.next() => message?,
                _ = pings.tick() => {
                    if reader.signs.silent_for() > keep_alive * 2 {
                        return Err(Stop::Gone);
                    }
                    let ping = Message::Ping(axum::body::Bytes::new());
                    // A client that reads slowly gets no pings; it has other things to read.
                    outbox.try_send(ping);
                    continue;
                }
            };
            match message {
                ClientMessage::Subscribe { id, payload } => {
                    let params = Params::from_json(payload).map_err(|refusal| {
                        let said = refusal.errors().first();
                        Close::bad_request(
                            said.map_or_else(String::new, |error| error.message.clone()),
                        )
                    })?;
                    Box::pin(operations.start(id, params)).await?;
                }
                ClientMessage::Complete { id } => operations.stop(&id),
                ClientMessage::Ping { payload } => pong(&outbox, payload).await?,
                ClientMessage::Pong { .. } => {}
                ClientMessage::ConnectionInit { .. } => {
                    return Err(Close::too_many("Too many initialisation requests").into());
                }
            }
        }
    }
}

/// How a socket ends whose caller may not come in.
fn refused(error: &Error) -> Close {
    match error.kind() {
        // clients come back after these closes, and never after that of an error of ours
        Kind::Unavailable => {
            tracing::warn!(cause = error.cause(), "{}", error.message());
            Close::unavailable()
        }
        Kind::RateLimited(_) => Close::no_room(error.message().to_owned()),
        Kind::Internal => {
            tracing::error!(cause = error.cause(), "{}", error.message());
            Close::internal()
        }
        _ => Close::forbidden("Forbidden"),
    }
}

fn close(ending: Ending) -> Close {
    match ending {
        Ending::Revoked | Ending::Expired => Close::forbidden(ending.reason()),
        Ending::Closing => Close::restart(ending.reason()),
    }
}

async fn pong(outbox: &Outbox, payload: Option<serde_json::Value>) -> Result<(), Stop> {
    outbox
        .send(ServerMessage::Pong { payload }.written())
        .await
        .map_err(|_| Stop::Gone)
}

/// The client's half of a socket.
struct Reader {
    stream: SplitStream<WebSocket>,
    rate: Rate,
    signs: Signs,
    largest: usize,
    /// After an error the stream says nothing more, though the client may still be sending.
    deaf: bool,
}

impl Reader {
    async fn next(&mut self) -> Result<ClientMessage, Stop> {
        loop {
            let message = match self.stream.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.stop(error)),
                None => return Err(Stop::Gone),
            };
            self.signs.heard();
            if !self.rate.take() {
                return Err(Close::too_many("too many messages per second").into());
            }
            match message {
                Message::Text(text) => return Ok(ClientMessage::read(&text)?),
                Message::Binary(_) => {
                    return Err(Close::bad_request("invalid message: expected text").into());
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(_) => return Err(Stop::Farewell),
            }
        }
    }

    fn stop(&mut self, error: axum::Error) -> Stop {
        self.deaf = true;
        let error = error.into_inner();
        match error.downcast_ref::<SocketError>() {
            Some(SocketError::Capacity(CapacityError::MessageTooLong { .. })) => {
                Close::too_large(self.largest).into()
            }
            Some(SocketError::Utf8(_)) => Close::not_utf8().into(),
            Some(SocketError::Protocol(_)) => Close::protocol_error().into(),
            _ => Stop::Gone,
        }
    }

    /// Takes what is still coming, so that the client gets to read our last words.
    async fn drain(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
        if self.deaf {
            tokio::time::sleep(FAREWELL).await;
        }
    }
}

/// When the client last gave a sign of life: it said something, or it took something.
struct Signs {
    last: Instant,
    taken: Taken,
    known: u64,
}

impl Signs {
    fn new(taken: Taken) -> Self {
        Self {
            last: Instant::now(),
            taken,
            known: 0,
        }
    }

    fn heard(&mut self) {
        self.last = Instant::now();
    }

    fn silent_for(&mut self) -> Duration {
        let taken = self.taken.load(Ordering::Relaxed);
        if taken != self.known {
            self.known = taken;
            self.heard();
        }
        self.last.elapsed()
    }
}
