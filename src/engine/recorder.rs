//! Writes one attempt's events to the log, in order.

use std::sync::Arc;

use crate::{
    domain::{EventBody, Lease, RunEvent},
    error::Result,
    port::{Clock, RunLog},
};

/// The one writer of a run's events while its lease holds.
pub(super) struct Recorder {
    log: Arc<dyn RunLog>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    sequence: i64,
}

impl Recorder {
    /// Goes on after the last event in the log.
    pub(super) async fn open(
        log: Arc<dyn RunLog>,
        clock: Arc<dyn Clock>,
        lease: Lease,
    ) -> Result<Self> {
        let sequence = log.last_sequence(lease.account, lease.run).await?;
        Ok(Self {
            log,
            clock,
            lease,
            sequence,
        })
    }

    /// The sequence of the last event.
    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Appends one event; CONFLICT when the run was taken over.
    pub(super) async fn record(&mut self, body: EventBody) -> Result<()> {
        self.sequence += 1;
        let event = RunEvent {
            run: self.lease.run,
            sequence: self.sequence,
            at: self.clock.now(),
            body,
        };
        self.log.append(&self.lease, vec![Arc::new(event)]).await
    }
}
