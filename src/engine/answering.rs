//! Answers claimed runs. The span of a run is opened here: each line of the log that is written within it names the run.

use std::sync::Arc;

use tracing::Instrument;

use super::{
    ClaimedRun, Engine,
    attempt::Attempt,
    ending::run_span,
    offer,
    schedule::ScheduleSlot,
    stop::{StopReason, StopSignal},
    trace::OpenSpan,
    turn::RunInputs,
};
use crate::error::Result;

impl Engine {
    /// Claims and answers the next run of a conversation, if there is one.
    pub(super) async fn answer_next(&self, mut slot: ScheduleSlot) {
        let parts = &self.inner.parts;
        let (account, conversation) = slot.subject();
        let tenant = parts.store.tenant(account);
        let claimed = tenant
            .claim_next(conversation, &self.inner.claimant, parts.clock.now())
            .await;
        match claimed {
            Ok(Some((lease, run))) => {
                self.answer(ClaimedRun { lease, run }, None).await;
                slot.has_more();
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%account, %conversation, cause = error.cause(), "claiming the next run failed");
            }
        }
    }

    /// Makes one attempt at a claimed run, which [`Engine::cancel`] can stop. Returns whether the run has ended with it.
    pub(super) async fn answer(&self, claimed: ClaimedRun, inputs: Option<RunInputs>) -> bool {
        let ClaimedRun { lease, run } = &claimed;
        let (class, attempt) = (run.latency_class.name(), lease.attempt);
        let span = run_span(lease, run);
        let metrics = &self.inner.parts.metrics;
        metrics.attempt_begun(class, attempt);
        let traced = self.inner.parts.trace_of(run, attempt);
        let traced = traced.map(|scope| scope.open_attempt(run, attempt));
        let attempted = async {
            let outcome = self.attempt(claimed, inputs).await;
            end_span(traced, &outcome);
            if let Err(error) = &outcome {
                // the lease expires, and the process that takes the run over starts the next attempt
                metrics.attempt_abandoned(class);
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "the attempt was abandoned"
                );
            }
            matches!(outcome, Ok(true))
        };
        attempted.instrument(span).await
    }

    async fn attempt(&self, claimed: ClaimedRun, inputs: Option<RunInputs>) -> Result<bool> {
        let ClaimedRun { lease, run } = &claimed;
        let stop = Arc::new(StopSignal::under(&self.inner.aborting));
        if run.cancel_requested {
            stop.set(StopReason::Cancelled);
        }
        let offer = offer(lease.account, lease.conversation, run.latency_class);
        let _live = self.inner.live.add(run.id, offer, Arc::clone(&stop));
        let parts = &self.inner.parts;
        let deadline = parts.config.get().deadline();
        let mut attempted = Box::pin(Attempt::perform(parts, claimed, inputs, &stop));
        if let Ok(outcome) = tokio::time::timeout(deadline, &mut attempted).await {
            return outcome;
        }
        // stopped, not dropped, so that its end is recorded
        stop.set(StopReason::TimedOut);
        attempted.await
    }
}

/// Ends the span of an attempt: the run has ended with it, another attempt follows, or it was given up.
fn end_span(span: Option<OpenSpan>, attempt: &Result<bool>) {
    let Some(mut span) = span else {
        return;
    };
    match attempt {
        Ok(true) => span.succeeded("ENDED"),
        Ok(false) => span.succeeded("RELEASED"),
        Err(error) => span.failed(error.code().name()),
    }
}
