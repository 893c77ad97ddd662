//! The operations on one socket, each a separate task; all of them end with the socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt, stream::BoxStream};
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::{
    domain::AnonymousCaller,
    error::Error,
    http::{
        HttpState, admission,
        lifetime::Lifetime,
        operation_result::OperationResult,
        params::Params,
        refusal::Refusal,
        request_id,
        requester::{MethodSafety, Requester},
    },
};

use super::{
    outbox::{Closed, Outbox},
    protocol::{Close, NextWriter, ServerMessage},
};

/// The caller of a socket's operations.
pub(super) struct SocketCaller {
    /// The lifetime of the socket, which knows the authenticated actor.
    pub(super) life: Lifetime,
    /// What is known of a caller without credentials, who is counted by its address.
    pub(super) anonymous: AnonymousCaller,
}

/// The running operations of a socket.
pub(super) struct Operations {
    state: HttpState,
    caller: SocketCaller,
    outbox: Outbox,
    running: RunningOperations,
    /// The serial number of the last operation; it distinguishes operations that reuse an id.
    started: u64,
}

#[derive(Clone, Default)]
struct RunningOperations(Arc<Mutex<HashMap<String, (u64, AbortHandle)>>>);

impl RunningOperations {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u64, AbortHandle)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes an operation; false when the client has already completed it.
    fn finish(&self, id: &str, serial: u64) -> bool {
        let mut running = self.lock();
        let mine = running.get(id).is_some_and(|(known, _)| *known == serial);
        if mine {
            running.remove(id);
        }
        mine
    }
}

impl Operations {
    pub(super) fn new(state: HttpState, caller: SocketCaller, outbox: Outbox) -> Self {
        Self {
            state,
            caller,
            outbox,
            running: RunningOperations::default(),
            started: 0,
        }
    }

    /// Starts an operation. An id that is in use closes the socket; an operation over the limit only gets an error.
    pub(super) async fn start(&mut self, id: String, params: Params) -> Result<(), Close> {
        let most = self.state.config().socket.operations;
        self.check_id(&id)?;
        if self.running.lock().len() >= most {
            let message = format!(
                "{most} operations run on this socket, at most {most} are allowed; complete one first"
            );
            let refusal = Refusal::from(Error::rate_limited(message, None));
            self.refuse(&id, &refusal).await;
            return Ok(());
        }
        let actor = self.caller.life.actor();
        if let Err(error) =
            admission::count(&self.state, actor.as_ref(), self.caller.anonymous.address)
        {
            self.refuse(&id, &Refusal::from(error)).await;
            return Ok(());
        }
        self.started += 1;
        let request_id = request_id::mint(self.state.clock());
        let span = request_id::operation_span(request_id);
        let one = OperationTask {
            id: id.clone(),
            serial: self.started,
            outbox: self.outbox.clone(),
            running: self.running.clone(),
        };
        let state = self.state.clone();
        let requester = Requester {
            actor,
            anonymous: self.caller.anonymous.clone(),
            request_id,
        };
        // boxed: used once, and its size would stay for the lifetime of the operation
        let admitted = Box::pin(async move {
            let executor = state.executor();
            let admitted = executor.admit(params, requester, MethodSafety::Any).await;
            admitted.map(|operation| executor.stream(operation))
        });
        let run = async move {
            // the client may have disconnected; then no task waits for the end
            let _ = match admitted.await {
                Ok(answers) => one.run(answers).await,
                Err(refusal) => one.refuse(&refusal).await,
            };
        };
        // under the lock, so that the task cannot finish before it is registered
        let mut running = self.running.lock();
        let task = self.state.tasks().spawn(run.instrument(span));
        running.insert(id, (self.started, task.abort_handle()));
        Ok(())
    }

    /// Closes the socket for an id that is in use.
    pub(super) fn check_id(&self, id: &str) -> Result<(), Close> {
        if self.running.lock().contains_key(id) {
            return Err(Close::subscriber_exists(id));
        }
        Ok(())
    }

    /// Refuses an operation that never started.
    pub(super) async fn refuse(&self, id: &str, refusal: &Refusal) {
        let error = ServerMessage::Error {
            id,
            payload: refusal.errors(),
        };
        // the client may have disconnected
        let _ = self.outbox.send(error.written()).await;
    }

    /// Ends every operation with an error.
    pub(super) async fn end_all(&self, refusal: &Refusal) {
        let running: Vec<_> = self.running.lock().drain().collect();
        for (id, (_, task)) in running {
            task.abort();
            self.refuse(&id, refusal).await;
        }
    }

    /// Stops an operation that the client has completed.
    pub(super) fn stop(&self, id: &str) {
        if let Some((_, task)) = self.running.lock().remove(id) {
            task.abort();
        }
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, (_, task)) in self.running.lock().drain() {
            task.abort();
        }
    }
}

/// The parts of an operation that its task needs.
struct OperationTask {
    id: String,
    serial: u64,
    outbox: Outbox,
    running: RunningOperations,
}

type SendResult = Result<(), Closed>;

impl OperationTask {
    /// Sends the results. The next one is produced after this one has a slot in the queue.
    async fn run(self, mut answers: BoxStream<'static, OperationResult>) -> SendResult {
        let next = NextWriter::of(&self.id);
        while let Some(answer) = answers.next().await {
            if let OperationResult::Refused(refusal) = &answer {
                return self.refuse(refusal).await;
            }
            self.outbox.send(next.written(&answer)).await?;
        }
        if self.running.finish(&self.id, self.serial) {
            self.outbox
                .send(ServerMessage::Complete { id: &self.id }.written())
                .await?;
        }
        Ok(())
    }

    /// Sends the final `error` of an operation that never ran.
    async fn refuse(self, refusal: &Refusal) -> SendResult {
        if self.running.finish(&self.id, self.serial) {
            let error = ServerMessage::Error {
                id: &self.id,
                payload: refusal.errors(),
            };
            self.outbox.send(error.written()).await?;
        }
        Ok(())
    }
}
