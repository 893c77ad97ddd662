//! The reader of a socket: handles `connection_init`, then operations, until either side closes the socket.

use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    domain::AnonymousCaller,
    error::{Error, Kind},
    http::{
        HttpState, admission, caller,
        lifetime::{EndReason, Lifetime},
        open_connections::{self, ConnectionEnd, ConnectionKind},
        params::Params,
        refusal::Refusal,
        request_id,
        usage::ConnectionUsage,
    },
    service::Credentials,
};

use super::{
    operations::{Operations, SocketCaller},
    outbox::{self, MessagesWritten, Outbox},
    protocol::{ClientMessage, Close, ServerMessage},
    reader::SocketReader,
};

/// The timeout for the client to receive our close frame and answer it.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// A new socket.
pub(super) struct SocketConnection {
    state: HttpState,
    headers: Credentials,
    address: IpAddr,
    usage: Option<Arc<ConnectionUsage>>,
}

/// The reason why the reader stops.
pub(super) enum SocketEnd {
    /// This side closes the socket.
    Close(Close),
    /// The client closes the socket, and waits for our close frame.
    Farewell,
    /// The connection is lost.
    Gone,
}

impl From<Close> for SocketEnd {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl SocketConnection {
    /// A socket of a caller at `address`, whose upgrade request had these credentials.
    pub(super) fn new(
        state: HttpState,
        headers: Credentials,
        address: IpAddr,
        usage: Option<Arc<ConnectionUsage>>,
    ) -> Self {
        Self {
            state,
            headers,
            address,
            usage,
        }
    }

    /// Runs the protocol to its end.
    pub(super) fn run(self, socket: WebSocket) -> impl Future<Output = ()> + Send {
        // the future must hold the two halves, and not the socket as well
        let (sink, stream) = socket.split();
        let (outbox, queue) = outbox::open();
        let taken = MessagesWritten::default();
        let writer = outbox::write(sink, queue, MessagesWritten::clone(&taken)).in_current_span();
        let writer = self.state.tasks().spawn(writer);
        let mut reader = SocketReader::new(stream, taken, self.state.config());
        async move {
            let mut gone = pin!(async {
                // ends when the writer fails: the connection is lost, although the reading half does not show it
                outbox.closed().await;
                SocketEnd::Gone
            });
            let stop = tokio::select! {
                stop = self.speak(&mut reader, outbox.clone()) => stop,
                stop = &mut gone => stop,
            };
            let farewell = async {
                match stop {
                    SocketEnd::Close(close) => {
                        tracing::debug!(?close, "closing the socket");
                        if outbox.send(close.frame()).await.is_ok() {
                            reader.drain().await;
                        }
                    }
                    // continuing to read is what sends the close frame back
                    SocketEnd::Farewell => reader.drain().await,
                    SocketEnd::Gone => {}
                }
            };
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
            writer.abort();
        }
    }

    /// Runs the whole protocol; the operations end with it.
    async fn speak(&self, reader: &mut SocketReader, outbox: Outbox) -> SocketEnd {
        let timeout = self.state.config().socket.init_timeout();
        let begun = tokio::select! {
            begun = tokio::time::timeout(timeout, Box::pin(self.begin(reader, &outbox))) => begun,
            () = self.state.closing().cancelled() => {
                return Close::restart(EndReason::Closing.reason()).into();
            }
        };
        let payload = match begun {
            Ok(Ok(payload)) => payload,
            Ok(Err(stop)) => return stop,
            Err(_) => return Close::init_timeout().into(),
        };
        // boxed: used once, and its size would stay for the lifetime of the socket
        let life = match Box::pin(self.authenticate(payload.as_ref())).await {
            Ok(life) => life,
            Err(close) => return close.into(),
        };
        if outbox
            .send(ServerMessage::ConnectionAck.written())
            .await
            .is_err()
        {
            return SocketEnd::Gone;
        }
        reader.set_limits(self.state.config().request_limits(life.actor().as_ref()));
        let caller = SocketCaller {
            life: life.clone(),
            anonymous: AnonymousCaller {
                address: self.address,
                origin: self.headers.origin.clone(),
            },
        };
        let operations = Operations::new(self.state.clone(), caller, outbox.clone());
        let ended = async move { life.ended().await }.boxed();
        match self.converse(reader, outbox, operations, ended).await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    /// Waits for `connection_init`.
    async fn begin(
        &self,
        reader: &mut SocketReader,
        outbox: &Outbox,
    ) -> Result<Option<serde_json::Value>, SocketEnd> {
        loop {
            match reader.next().await? {
                ClientMessage::ConnectionInit { payload } => return Ok(payload),
                ClientMessage::Ping { payload } => pong(outbox, payload).await?,
                ClientMessage::Subscribe { .. } | ClientMessage::Refused { .. } => {
                    return Err(Close::unauthorized("Unauthorized").into());
                }
                ClientMessage::Pong { .. } | ClientMessage::Complete { .. } => {}
            }
        }
    }

    /// Authenticates the caller. The error for a wrong key does not say what is wrong with it.
    async fn authenticate(&self, payload: Option<&serde_json::Value>) -> Result<Lifetime, Close> {
        let credentials = caller::init_credentials(payload, &self.headers);
        let actor = self.state.access().authenticate(&credentials).await;
        let counted_as = actor.as_ref().ok().and_then(Option::as_ref);
        let counted = admission::count(&self.state, counted_as, self.address);
        let actor = counted.and(actor).map_err(|error| self.refused(&error))?;
        if let Some(usage) = &self.usage
            && usage.slot.is_on_trial()
            && (actor.is_none() || !usage.slot.promote())
        {
            return Err(Close::unavailable());
        }
        let opened = open_connections::open(
            &self.state,
            actor.as_ref(),
            self.address,
            ConnectionKind::Socket,
        )
        .await;
        let session = opened.map_err(|error| self.refused(&error))?;
        let closing = self.state.closing().clone();
        Ok(Lifetime::new(session, closing))
    }

    /// The close code and reason for a caller that is refused.
    fn refused(&self, error: &Error) -> Close {
        let request_id = request_id::mint(self.state.clock());
        self.state.failures().log(error, &request_id);
        match error.kind() {
            // clients reconnect after these codes, but not after the code of an internal error
            Kind::Unavailable => Close::unavailable(),
            Kind::RateLimited(_) | Kind::QuotaExceeded(_) => {
                Close::no_room(error.message().to_owned())
            }
            Kind::Internal => Close::internal(),
            // clients never retry after this code, so that a person sees the reason at once
            Kind::Unauthenticated => Close::unauthorized(error.message().to_owned()),
            Kind::Forbidden | Kind::NotFound | Kind::BadInput(_) | Kind::Conflict => {
                Close::forbidden("Forbidden")
            }
        }
    }

    async fn converse(
        &self,
        reader: &mut SocketReader,
        outbox: Outbox,
        mut operations: Operations,
        mut ended: BoxFuture<'static, EndReason>,
    ) -> Result<Infallible, SocketEnd> {
        let keep_alive = self.state.config().keep_alive();
        let mut pings = tokio::time::interval_at(Instant::now() + keep_alive, keep_alive);
        loop {
            let message = tokio::select! {
                biased;
                ending = &mut ended => {
                    if let Some(error) = ending.error() {
                        operations.end_all(&Refusal::from(error)).await;
                    }
                    return Err(close(ending).into());
                }
                message = reader.next() => message?,
                _ = pings.tick() => {
                    if reader.silent_for() > keep_alive * 2 {
                        return Err(SocketEnd::Gone);
                    }
                    let ping = Message::Ping(axum::body::Bytes::new());
                    // a client that reads slowly gets no pings; other messages are waiting for it
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
                ClientMessage::Refused { id, refusal } => {
                    operations.check_id(&id)?;
                    operations.refuse(&id, &refusal).await;
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

fn close(ending: EndReason) -> Close {
    match ending {
        // a revoked session cannot be used again, and clients never retry after this code; after the others they do, with a
        // new token where they have one
        EndReason::Barred(ConnectionEnd::SessionRevoked | ConnectionEnd::TokenRevoked) => {
            Close::unauthorized(ending.reason())
        }
        EndReason::Barred(_) => Close::forbidden(ending.reason()),
        EndReason::Closing => Close::restart(ending.reason()),
    }
}

async fn pong(outbox: &Outbox, payload: Option<serde_json::Value>) -> Result<(), SocketEnd> {
    outbox
        .send(ServerMessage::Pong { payload }.written())
        .await
        .map_err(|_| SocketEnd::Gone)
}
