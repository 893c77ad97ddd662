//! The loop of an attempt: the model answers or requests tools; the results of the tools go back to it until it
//! answers.

use std::time::Instant;

use super::{
    Attempt, AttemptOutcome,
    answer_stream::{StreamLimits, open_stream},
    settle::Settled,
    stages::Prepared,
};
use crate::{
    domain::{FinishReason, ModelCall, NumberedPassage, RunStep},
    engine::{
        ending::Ending,
        models::{BudgetHold, NamedModel},
        relay::{Relayed, StreamEnd, relay},
        stop::StopReason,
        turn::TurnPrompt,
        workflow::Preparation,
    },
    error::{Error, ErrorCode, Kind, Result},
    port::ChatPrompt,
};

/// The failure of a call that wrote no text before a budget ended it.
const CUT_BEFORE_TEXT: &str = "what is left of the budget was too little for an answer";

/// The result of one model call.
enum ModelReply {
    /// The attempt has an outcome.
    Final(AttemptOutcome),
    /// A model asks for tools.
    ToolCalls(Box<RunStep>),
}

impl ModelReply {
    /// A model failed after its first text or reasoning: the next attempt begins with another one.
    fn broken_off(error: Error, model: &NamedModel, so_far: Ending) -> Self {
        Self::Final(AttemptOutcome::Retry {
            error,
            failed_model: Some(model.name.clone()),
            so_far: Box::new(so_far),
        })
    }
}

impl Attempt<'_> {
    /// Continues from the finished steps to the answer.
    pub(super) async fn converse(&mut self) -> Result<AttemptOutcome> {
        loop {
            match Box::pin(self.settle_calls()).await? {
                Settled::AllEnded => {}
                Settled::AwaitingApproval => return Ok(AttemptOutcome::Release),
                Settled::Stopped => return Ok(self.stopped(Ending::so_far(&self.journal))),
            }
            let preparation = match Box::pin(self.prepare()).await? {
                Prepared::Ready(preparation) => preparation,
                Prepared::Settled(Settled::AwaitingApproval) => return Ok(AttemptOutcome::Release),
                Prepared::Settled(_) => return Ok(self.stopped(Ending::so_far(&self.journal))),
            };
            match self.ask_models(&preparation).await? {
                ModelReply::Final(outcome) => return Ok(outcome),
                ModelReply::ToolCalls(step) => {
                    let handoff = step.handoff.clone();
                    Box::pin(self.report_calls(&step.calls)).await?;
                    self.journal.push(*step);
                    if let Some(receiver) = Box::pin(self.report_handoff(handoff)).await? {
                        let journal = std::mem::take(&mut self.journal);
                        return Ok(AttemptOutcome::HandedOver(journal, receiver));
                    }
                }
            }
        }
    }

    /// Asks one model after the other until one of them answers or requests tools.
    #[expect(
        clippy::too_many_lines,
        reason = "one model call, from its prompt to what its end means"
    )]
    async fn ask_models(&mut self, preparation: &Preparation) -> Result<ModelReply> {
        let mut failure = Error::unavailable("no model is configured");
        for model in &self.turn.models {
            let began = Instant::now();
            let chat = &model.entry.model;
            let bounds = self.parts.bounds();
            let prompt = self.turn.prompt(model, preparation, &self.journal, bounds);
            let (mut prompt, given) = match prompt {
                Ok(TurnPrompt { chat, passages }) => (chat, passages),
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            self.sources = self.given(preparation, given);
            let read = prompt.count_tokens(chat.as_ref());
            let hold = match self.reserve(model, &mut prompt, read).await {
                Ok(hold) => hold,
                Err(error) if matches!(error.kind(), Kind::QuotaExceeded(_)) => {
                    self.parts.metrics.usage.budget_refused("model_call");
                    return Ok(ModelReply::Final(self.out_of_budget(&error)));
                }
                Err(error) => return Err(error),
            };
            let is_cut = hold.as_ref().is_some_and(|hold| hold.is_cut);
            let (may_call, limit) = (prompt.may_call, prompt.max_output_tokens);
            let guard = preparation.guard.clone();
            let (mut answer, end) = self
                .stream(model, prompt, StreamLimits { guard, is_cut })
                .await?;
            let calls = std::mem::take(&mut answer.calls);
            let has_begun = !answer.text.is_empty() || !answer.reasoning.is_empty();
            let ending = Ending::of_model(self.turn.agent.id, model, &mut answer, read, began);
            model.settle(hold, ending.usage).await;
            match end {
                StreamEnd::Cancelled => {
                    let outcome = self.stopped(ending.after(&self.journal));
                    return Ok(ModelReply::Final(outcome));
                }
                StreamEnd::Complete(reason)
                    if !calls.is_empty()
                        && reason != FinishReason::ContentFilter
                        && self.journal.len() < bounds.steps =>
                {
                    let step = self.record_step(ending, calls, reason).await?;
                    return Ok(ModelReply::ToolCalls(Box::new(step)));
                }
                // the text of earlier steps is an answer as well
                StreamEnd::Complete(reason) if !self.recorder.draft().is_empty() => {
                    let reason = match self.final_reason(reason, may_call) {
                        FinishReason::Length if is_cut => FinishReason::Budget,
                        reason => reason,
                    };
                    let ending = ending.finished(reason).after(&self.journal);
                    return Ok(ModelReply::Final(AttemptOutcome::ended(ending)));
                }
                StreamEnd::Complete(reason)
                    if !calls.is_empty() && reason != FinishReason::ContentFilter =>
                {
                    failure = only_calls(self.journal.len() + 1);
                }
                StreamEnd::Complete(FinishReason::Length) if is_cut => {
                    failure = Error::quota_exceeded(CUT_BEFORE_TEXT, None);
                }
                StreamEnd::Complete(reason) => failure = empty_answer(reason, limit),
                StreamEnd::Failed(error) => {
                    Self::log_failure(model, &error);
                    if has_begun {
                        let so_far = ending.after(&self.journal);
                        return Ok(ModelReply::broken_off(error, model, so_far));
                    }
                    failure = error;
                }
            }
        }
        let failed = Ending::so_far(&self.journal).failed_with(&failure);
        Ok(ModelReply::Final(AttemptOutcome::ended(failed)))
    }

    /// Reserves what a model call may cost. An attempt that must stop reserves nothing: its stream ends at once.
    async fn reserve(
        &self,
        model: &NamedModel,
        prompt: &mut ChatPrompt,
        read: usize,
    ) -> Result<Option<BudgetHold>> {
        tokio::select! {
            biased;
            () = self.stop.token().cancelled() => Ok(None),
            reserved = Box::pin(model.reserve(prompt, read)) => reserved,
        }
    }

    /// The end of a run for whose next model call too little is left: what was written so far is its answer.
    fn out_of_budget(&self, error: &Error) -> AttemptOutcome {
        let so_far = Ending::so_far(&self.journal);
        if self.recorder.draft().is_empty() {
            return AttemptOutcome::ended(so_far.failed_with(error));
        }
        AttemptOutcome::ended(so_far.succeeded(FinishReason::Budget))
    }

    /// The passages that a model is given: those of the workflow, or this number of the passages that were found.
    fn given(&self, preparation: &Preparation, found: usize) -> Vec<NumberedPassage> {
        match &preparation.passages {
            Some(numbered) => numbered.clone(),
            None => NumberedPassage::all(self.turn.passages().into_iter().take(found)),
        }
    }

    /// Streams one model's answer into the log.
    async fn stream(
        &mut self,
        model: &NamedModel,
        prompt: ChatPrompt,
        limits: StreamLimits,
    ) -> Result<(Relayed, StreamEnd)> {
        let stop = self.stop.token();
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok((Relayed::default(), StreamEnd::Cancelled)),
            stream = open_stream(self, model, prompt, limits) => stream,
        };
        let stream = stream.map(|(stream, quoted)| {
            if let Some(quoted) = quoted {
                self.sources = NumberedPassage::all(quoted);
            }
            stream
        });
        match stream {
            Ok(stream) => relay(stream, self.recorder, stop).await,
            Err(error) => Ok((Relayed::default(), StreamEnd::Failed(error))),
        }
    }

    /// Decides about the calls that a model asks for, and records them with its text as a step.
    async fn record_step(
        &self,
        ending: Ending,
        asked: Vec<ModelCall>,
        reason: FinishReason,
    ) -> Result<RunStep> {
        let tool_calls = self.tool_calls();
        let (calls, mut notes) = tool_calls.decide(&self.journal, asked, reason).await?;
        let number = self.journal.next_number();
        let mut step = ending.into_step(number, calls, self.parts.clock.now());
        step.agent = Some(self.turn.agent.id);
        step.private = self.is_private() || tool_calls.ask_for_private(&step.calls);
        let switch = Box::pin(self.hand_off(&mut step)).await?;
        notes.extend(switch.as_ref().map(|switch| switch.note.clone()));
        let store = self.parts.store.tenant(self.lease.account);
        let recorded = store.record_step(self.lease, &step, notes, switch.as_ref());
        if Box::pin(recorded).await? {
            step.handoff = switch.map(|switch| switch.handoff);
            return Ok(step);
        }
        Err(Error::conflict("another process has taken this run over"))
    }

    /// Why an answer ended; `TOOL_LIMIT` for a model that was no longer allowed to call tools.
    fn final_reason(&self, reason: FinishReason, may_call: bool) -> FinishReason {
        match reason {
            FinishReason::Stop if !may_call && self.journal.len() > 0 => FinishReason::ToolLimit,
            reason => reason,
        }
    }

    /// Logs a failure of a model, with the provider's own words.
    fn log_failure(model: &NamedModel, error: &Error) {
        tracing::warn!(
            model = %model.name,
            error = error.message(),
            detail = error.detail(),
            cause = error.cause(),
            "the model failed"
        );
    }

    /// The outcome of an attempt that was stopped.
    fn stopped(&self, ending: Ending) -> AttemptOutcome {
        match self.stop.reason() {
            None | Some(StopReason::LeaseLost) => AttemptOutcome::Release,
            Some(StopReason::Cancelled) => AttemptOutcome::ended(ending.cancelled()),
            Some(StopReason::TimedOut) => {
                let seconds = self.parts.config.get().deadline_seconds;
                let late = Error::unavailable(format!(
                    "the answer took longer than {seconds} s; ask for less, or try again later"
                ))
                .with_code(ErrorCode::Timeout);
                AttemptOutcome::ended(ending.failed_with(&late))
            }
        }
    }
}

fn only_calls(times: usize) -> Error {
    Error::unavailable(format!(
        "the model asked for tools {times} times and gave no answer"
    ))
}

/// The failure for an answer without a text; the reason tells which setting or filter ended it.
fn empty_answer(reason: FinishReason, limit: usize) -> Error {
    match reason {
        FinishReason::ContentFilter => Error::bad_input(
            "input.message",
            "was answered with nothing: the content filter of the model's provider withheld the answer; say it in other words",
        )
        .with_code(ErrorCode::ContentFiltered),
        FinishReason::Length => Error::unavailable(format!(
            "the model used its limit of {limit} output tokens before it wrote an answer; raise the setting maxOutputTokens"
        )),
        FinishReason::Stop
        | FinishReason::ToolLimit
        | FinishReason::Budget
        | FinishReason::Cancelled
        | FinishReason::Error => Error::unavailable("the model gave an empty answer"),
    }
}
