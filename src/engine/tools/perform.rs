//! Makes the calls of a round, side by side, each at most once unless it may be repeated.

use std::time::Instant;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::{
    outcome, update,
    verify::{Check, Offers},
};
use crate::{
    domain::{McpTransport, ToolCall, ToolCallStatus, ToolDefinition},
    engine::{Engine, journal::Journal, recorder::Recorder, stop::Stop, turn::Turn},
    error::{Error, Kind, Result},
    port::{Announcement, ToolAnswer, ToolFailure, ToolRequest},
};

/// So many calls of a round are made at once.
const AT_ONCE: usize = 8;
/// What a run's readers see of a tool's own error has at most this many characters.
const LONGEST_ERROR: usize = 500;

/// How the calls of a round ended.
pub(in crate::engine) enum Settled {
    /// Every one has come to its end.
    All,
    /// The run was laid aside: people have to decide.
    Parked,
    /// Somebody wants the run to stop.
    Stopped,
}

impl Engine {
    /// Brings every call of the last round to its end, or lays the run aside until people have decided.
    pub(in crate::engine) async fn settle_calls(
        &self,
        turn: &Turn,
        journal: &mut Journal,
        recorder: &mut Recorder,
        stop: &Stop,
    ) -> Result<Settled> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(turn.lease.account);
        loop {
            let calls = journal.last_calls();
            if calls.iter().all(|call| call.status.is_final()) {
                return Ok(Settled::All);
            }
            if !self.make_calls(turn, calls, recorder, stop).await? {
                return Ok(Settled::Stopped);
            }
            let waits = |call: &ToolCall| call.status == ToolCallStatus::AwaitingApproval;
            if !journal.last_calls().iter().any(waits) {
                return Ok(Settled::All);
            }
            if store.park(&turn.lease, parts.clock.now()).await? {
                return Ok(Settled::Parked);
            }
            // they were decided while others were being made
            let ids: Vec<_> = journal.last_calls().iter().map(|call| call.id).collect();
            let now = store.calls_by_ids(&ids).await?;
            for call in journal.last_calls() {
                if let Some(now) = now.iter().find(|now| now.id == call.id) {
                    let was = call.status;
                    call.clone_from(now);
                    if call.status != was && call.status.is_final() {
                        recorder.record(update(call)).await?;
                    }
                }
            }
        }
    }

    /// Tells the run's readers, and whoever decides, how the calls of a round stand.
    pub(in crate::engine) async fn tell_calls(
        &self,
        turn: &Turn,
        calls: &[ToolCall],
        recorder: &mut Recorder,
    ) -> Result<()> {
        for call in calls {
            recorder.record(update(call)).await?;
            if call.status == ToolCallStatus::AwaitingApproval {
                let changed = Announcement::ToolCallChanged(call.id);
                let announcements = &self.inner.parts.announcements;
                announcements.publish(turn.lease.account, changed);
            }
        }
        Ok(())
    }

    /// Makes the calls that may be made; false when it was stopped.
    async fn make_calls(
        &self,
        turn: &Turn,
        calls: &mut [ToolCall],
        recorder: &mut Recorder,
        stop: &Stop,
    ) -> Result<bool> {
        let offers = Offers::of(calls);
        let due: Vec<ToolCall> = calls
            .iter()
            .filter(|call| call.status == ToolCallStatus::Running)
            .cloned()
            .collect();
        let (tell, mut told) = mpsc::channel(due.len().max(1));
        let made = due
            .into_iter()
            .map(|call| self.make_call(turn, call, &offers));
        let mut made = stream::iter(made).buffer_unordered(AT_ONCE);
        let making = async move {
            loop {
                let next = tokio::select! {
                    biased;
                    () = stop.token().cancelled() => return Ok(false),
                    next = made.next() => next,
                };
                let Some(done) = next else {
                    return Ok(true);
                };
                let _ = tell.send(done?).await;
            }
        };
        // beside the making: a call that holds the database must not wait for one that is told, nor the other way round
        let telling = async {
            while let Some(done) = told.recv().await {
                recorder.record(update(&done)).await?;
                if let Some(call) = calls.iter_mut().find(|call| call.id == done.id) {
                    *call = done;
                }
            }
            Ok::<_, Error>(())
        };
        let (is_whole, ()) = futures::try_join!(making, telling)?;
        Ok(is_whole)
    }

    /// Brings one call to its end, and keeps what became of it.
    async fn make_call(
        &self,
        turn: &Turn,
        mut call: ToolCall,
        offers: &Offers,
    ) -> Result<ToolCall> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(turn.lease.account);
        // a built-in tool has its effect once for its key, whatever it says of itself
        let may_repeat = turn.belt.of(&call).is_some_and(|tool| {
            tool.definition().is_some_and(ToolDefinition::may_repeat)
                || tool.server().transport == McpTransport::BuiltIn
        });
        let went_out_before = call.called_at.is_some();
        if went_out_before && !may_repeat {
            // whoever made it is gone, and so is the answer
            unknown(
                &mut call,
                "the process that made the call ended before its answer was kept",
            );
        } else {
            match self.check_call(turn, &call, offers).await? {
                Check::Denied(why) | Check::Failed(why) if went_out_before => {
                    unknown(&mut call, &why);
                }
                Check::Denied(why) => end(&mut call, ToolCallStatus::Denied, why),
                Check::Failed(why) => end(&mut call, ToolCallStatus::Failed, why),
                Check::Good(endpoint) => {
                    let now = parts.clock.now();
                    if !store.begin_call(&turn.lease, &call, now).await? {
                        return Err(taken_over());
                    }
                    call.called_at = Some(now);
                    let request = ToolRequest {
                        tool: call.tool.clone(),
                        arguments: call.arguments.clone(),
                        idempotency_key: call.idempotency_key(),
                        may_repeat,
                    };
                    let began = Instant::now();
                    let mut answer = parts.tools.call(&endpoint, request).await;
                    if let Err(failure) = &mut answer {
                        failure.may_have_happened |= went_out_before;
                    }
                    call.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
                    take(&mut call, answer);
                }
            }
        }
        call.finished_at = Some(parts.clock.now());
        // a tool that says the same words has answered
        let is_unknown = call.answer.is_none()
            && call
                .error
                .as_deref()
                .is_some_and(|why| why.starts_with(UNKNOWN));
        let outcome = if is_unknown {
            "unknown"
        } else {
            outcome(call.status)
        };
        let note = self.note_of(turn, &call, outcome);
        tracing::info!(run = %call.run, tool = %call.tool, tool_call = %call.id, outcome, duration_ms = call.duration_ms, "tool call ended");
        if !store.finish_call(&turn.lease, &call, note).await? {
            return Err(taken_over());
        }
        Ok(call)
    }
}

/// How the error of a call begins of which nobody knows whether it had its effect.
const UNKNOWN: &str = "unknown whether it had its effect";

fn unknown(call: &mut ToolCall, why: &str) {
    end(call, ToolCallStatus::Failed, format!("{UNKNOWN}: {why}"));
}

fn end(call: &mut ToolCall, status: ToolCallStatus, why: String) {
    call.status = status;
    call.error = Some(why);
}

/// What came of a call.
fn take(call: &mut ToolCall, answer: Result<ToolAnswer, ToolFailure>) {
    match answer {
        Ok(answer) => {
            call.status = ToolCallStatus::Succeeded;
            if answer.is_error {
                let error = answer.text.chars().take(LONGEST_ERROR).collect();
                end(call, ToolCallStatus::Failed, error);
            }
            call.result = Some(answer.content);
            call.answer = Some(answer.text);
        }
        Err(failure) => {
            let error = &failure.error;
            tracing::warn!(tool_call = %call.id, tool = %call.tool, error = error.message(), cause = error.cause(), "a tool call failed");
            let why = match error.kind() {
                Kind::Internal => "internal error",
                _ => error.message(),
            };
            if failure.may_have_happened {
                unknown(call, why);
            } else {
                end(call, ToolCallStatus::Failed, why.to_owned());
            }
        }
    }
}

fn taken_over() -> Error {
    Error::conflict("another process has taken this run over")
}
