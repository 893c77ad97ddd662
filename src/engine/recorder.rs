//! Writes the events of one attempt to the event log, in order.

use std::sync::Arc;

use super::feed::{EventWriter, Feed, PendingAppend};
use crate::{
    domain::{EventBody, Lease, RunEvent},
    error::Result,
    port::Clock,
};

/// Gives the events of an attempt their sequences and times.
pub(super) struct Recorder {
    writer: EventWriter,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    /// Continues after the last event in the log. An earlier owner of the run can no longer append.
    pub(super) async fn open(feed: &Feed, clock: Arc<dyn Clock>, lease: &Lease) -> Result<Self> {
        Ok(Self {
            writer: feed.open(lease).await?,
            clock,
        })
    }

    /// The sequence of the last event.
    pub(super) fn sequence(&self) -> i64 {
        self.writer.sequence()
    }

    /// Appends one event and waits until it is durable; CONFLICT when the run was taken over.
    pub(super) async fn record(&mut self, body: EventBody) -> Result<()> {
        self.begin(body).await?.await
    }

    /// Starts to append one event; the returned future completes when the event is durable.
    pub(super) async fn begin(&mut self, body: EventBody) -> Result<PendingAppend> {
        let event = self.event(body, self.sequence() + 1);
        self.writer.append(vec![event]).await
    }

    /// Appends two events together.
    pub(super) async fn record_both(&mut self, first: EventBody, second: EventBody) -> Result<()> {
        let next = self.sequence() + 1;
        let events = vec![self.event(first, next), self.event(second, next + 1)];
        self.writer.append(events).await?.await
    }

    fn event(&self, body: EventBody, sequence: i64) -> Arc<RunEvent> {
        Arc::new(RunEvent {
            run: self.writer.run(),
            sequence,
            at: self.clock.now(),
            body,
        })
    }
}
