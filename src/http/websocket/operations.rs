//! The operations on one socket, each a separate task; all of them end with the socket.

use tracing::Instrument;

use crate::{
    domain::AnonymousCaller,
    error::Error,
    http::{
        HttpState, admission,
        lifetime::Lifetime,
        params::Params,
        refusal::Refusal,
        request_id,
        requester::{MethodSafety, Requester},
    },
};

use super::{
    operation_task::OperationTask,
    outbox::Outbox,
    protocol::{Close, ServerMessage},
    running_operations::RunningOperations,
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
        if self.running.count() >= most {
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
        let tasks = self.state.tasks();
        self.running.add(id, self.started, || {
            tasks.spawn(run.instrument(span)).abort_handle()
        });
        Ok(())
    }

    /// Closes the socket for an id that is in use.
    pub(super) fn check_id(&self, id: &str) -> Result<(), Close> {
        if self.running.contains(id) {
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
        for id in self.running.stop_all() {
            self.refuse(&id, refusal).await;
        }
    }

    /// Stops an operation that the client has completed.
    pub(super) fn stop(&self, id: &str) {
        self.running.stop(id);
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.running.stop_all();
    }
}
