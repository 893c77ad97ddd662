//! Writes the events of one attempt to the event log, in order.

use std::sync::Arc;

use super::feed::{EventWriter, Feed, PendingAppend};
use crate::{
    domain::{EventBody, Lease, MessageDraft, RunEvent, RunStep},
    error::Result,
    port::Clock,
};

/// Gives the events of an attempt their sequences and times.
pub(super) struct Recorder {
    writer: EventWriter,
    clock: Arc<dyn Clock>,
    /// What the recorded events make up.
    draft: MessageDraft,
}

impl Recorder {
    /// Continues after the last event in the log. An earlier owner of the run can no longer append.
    pub(super) async fn open(feed: &Feed, clock: Arc<dyn Clock>, lease: &Lease) -> Result<Self> {
        Ok(Self {
            writer: feed.open(lease).await?,
            clock,
            draft: MessageDraft::default(),
        })
    }

    /// Takes over what earlier attempts showed to the run's readers, for a run that ends without a further attempt.
    pub(super) async fn restore(&mut self, feed: &Feed, lease: &Lease) -> Result<()> {
        let mut after = 0;
        loop {
            let events = feed.logged(lease.account, lease.run, after).await?;
            let Some(last) = events.last() else {
                return Ok(());
            };
            after = last.sequence;
            for event in &events {
                self.draft.apply(&event.body);
            }
        }
    }

    /// The answer as far as it is recorded.
    pub(super) fn draft(&self) -> &MessageDraft {
        &self.draft
    }

    /// The recorded answer; afterwards only the end of the run is recorded.
    pub(super) fn take_draft(&mut self) -> MessageDraft {
        std::mem::take(&mut self.draft)
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

    /// Appends events together.
    pub(super) async fn record_all(&mut self, bodies: Vec<EventBody>) -> Result<()> {
        let numbered = (self.sequence() + 1..).zip(bodies);
        let events = numbered.map(|(sequence, body)| self.event(body, sequence));
        let events = events.collect();
        self.writer.append(events).await?.await
    }

    /// Repeats the reasoning and the text of a step of an earlier attempt.
    pub(super) async fn repeat(&mut self, step: &RunStep) -> Result<()> {
        let mut repeated = Vec::new();
        if !step.reasoning.is_empty() {
            let text = step.reasoning.clone();
            repeated.push(EventBody::ReasoningDelta { text });
        }
        if !step.text.is_empty() {
            repeated.push(self.draft.token_delta(step.text.clone()));
        }
        if repeated.is_empty() {
            return Ok(());
        }
        self.record_all(repeated).await
    }

    fn event(&mut self, body: EventBody, sequence: i64) -> Arc<RunEvent> {
        self.draft.apply(&body);
        Arc::new(RunEvent {
            run: self.writer.run(),
            sequence,
            at: self.clock.now(),
            body,
        })
    }
}
