//! The task of one operation: sends its results.

use std::{
    future::poll_fn,
    iter,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::extract::ws::Message;
use futures::StreamExt;

use super::{
    outbox::{Closed, Outbox},
    protocol::{NextWriter, ServerMessage},
    run_readers::{Released, RunReaders},
    running_operations::RunningOperations,
};
use crate::{
    graphql::TokenResponse,
    http::{executor::OperationStream, operation_result::OperationResult, refusal::Refusal},
};

/// The parts of an operation that its task needs.
pub(super) struct OperationTask {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) outbox: Outbox,
    pub(super) running: RunningOperations,
}

type SendResult = Result<(), Closed>;

/// What a poll of the results led to.
enum Polled {
    /// The next result, or the end.
    Result(Option<OperationResult>),
    /// Another operation reads the run for this one.
    Asleep(Released),
}

impl OperationTask {
    /// Sends the results. The next one is produced after this one has a slot in the queue.
    pub(super) async fn run(self, mut results: OperationStream) -> SendResult {
        let next = Arc::new(NextWriter::of(&self.id));
        // the others read by themselves when this operation ends, for whatever reason
        let place = GroupPlace(&self);
        while let Some(result) = self.next(&mut results, &next).await {
            match &result {
                OperationResult::TokenResponse(piece) => {
                    self.send_piece(piece, next.written(&result)).await?;
                }
                OperationResult::Executed { .. } => {
                    self.running.leave(self.serial);
                    self.send(next.written(&result)).await?;
                }
                OperationResult::Refused(refusal) => return self.refuse(refusal).await,
            }
        }
        drop(place);
        self.send_last(&ServerMessage::Complete { id: &self.id })
            .await
    }

    /// Sends the final `error` of an operation that never ran.
    pub(super) async fn refuse(&self, refusal: &Refusal) -> SendResult {
        let error = ServerMessage::Error {
            id: &self.id,
            payload: refusal.errors(),
        };
        self.send_last(&error).await
    }

    /// The next result that no other operation has sent for this one; none at the end.
    async fn next(
        &self,
        results: &mut OperationStream,
        next: &Arc<NextWriter>,
    ) -> Option<OperationResult> {
        loop {
            let polled = poll_fn(|waiting| match results.poll_next_unpin(waiting) {
                Poll::Ready(result) => Poll::Ready(Polled::Result(result)),
                Poll::Pending => match self.join(results, next) {
                    Some(released) => Poll::Ready(Polled::Asleep(released)),
                    None => Poll::Pending,
                },
            });
            let released = match polled.await {
                Polled::Result(result) => return result,
                Polled::Asleep(released) => released,
            };
            // the results know this task's waker, and would wake it for each event that another operation sends for it
            let polled = results.poll_next_unpin(&mut Context::from_waker(Waker::noop()));
            if polled.is_pending() && results.waiting().is_some() {
                // an error: the sender was dropped, which is the signal
                let _ = released.await;
                continue;
            }
            self.running.leave(self.serial);
            if let Poll::Ready(result) = polled {
                return result;
            }
        }
    }

    /// Joins the operations that wait for the same event of a run; returns the wait for the end of its sleep if one of them
    /// reads for it.
    fn join(&self, results: &OperationStream, next: &Arc<NextWriter>) -> Option<Released> {
        let subscription = results.waiting()?;
        self.while_running(|readers| readers.join(self.serial, next, subscription))
            .flatten()
    }

    /// Sends a result to the client.
    async fn send(&self, message: Message) -> SendResult {
        let slots = self.outbox.reserve(1).await?;
        self.while_running(|_| slots.put([message]));
        Ok(())
    }

    /// Sends a piece of text to the client, also for the operations that sleep meanwhile.
    async fn send_piece(&self, piece: &TokenResponse, own: Message) -> SendResult {
        let run = piece.cursor().run;
        let others = self.while_running(|readers| readers.followers(self.serial, run));
        let slots = self.outbox.reserve(1 + others.unwrap_or_default()).await?;
        self.while_running(|readers| {
            let others = readers.messages(self.serial, piece);
            slots.put(iter::once(own).chain(others));
        });
        Ok(())
    }

    /// Sends the last message of the operation, unless the client has completed it.
    async fn send_last(&self, message: &ServerMessage<'_>) -> SendResult {
        let slots = self.outbox.reserve(1).await?;
        let last = || slots.put([message.written()]);
        self.running.finish(&self.id, self.serial, last);
        Ok(())
    }

    /// Calls `with` unless the operation was stopped. What is queued meanwhile comes before everything of a later
    /// operation with the same id.
    fn while_running<T>(&self, with: impl FnOnce(&mut RunReaders) -> T) -> Option<T> {
        self.running.while_running(&self.id, self.serial, with)
    }
}

/// The place of an operation among those that follow the same run.
struct GroupPlace<'t>(&'t OperationTask);

impl Drop for GroupPlace<'_> {
    fn drop(&mut self) {
        self.0.running.leave(self.0.serial);
    }
}
