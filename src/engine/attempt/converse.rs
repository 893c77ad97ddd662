//! The loop of an attempt: the model answers or requests tools; the results of the tools go back to it until it
//! answers.

use std::time::Instant;

use futures::{StreamExt, stream};

use super::{Attempt, AttemptOutcome, settle::Settled, stages::Prepared};
use crate::{
    domain::{
        ErrorCode, FinishReason, ModelCall, NumberedPassage, RunStatus, RunStep, ScoredPassage,
        TextGuard,
    },
    engine::{
        EngineParts, ModelEntry,
        ending::{Ending, run_error},
        models::NamedModel,
        quoted_reply::QuotedReply,
        relay::{Relayed, StreamEnd, relay},
        stop::StopReason,
        turn::{Turn, TurnPrompt},
        workflow::Preparation,
    },
    error::{Error, Result},
    port::{ChatPrompt, ModelEvent, ModelStream},
};

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
    async fn ask_models(&mut self, preparation: &Preparation) -> Result<ModelReply> {
        let mut failure = Error::unavailable("no model is configured");
        for model in &self.turn.models {
            let began = Instant::now();
            let chat = &model.entry.model;
            let bounds = self.parts.bounds();
            let prompt = self.turn.prompt(model, preparation, &self.journal, bounds);
            let (prompt, given) = match prompt {
                Ok(TurnPrompt { chat, passages }) => (chat, passages),
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            self.sources = self.given(preparation, given);
            let read = prompt.count_tokens(chat.as_ref());
            let (may_call, limit) = (prompt.may_call, prompt.max_output_tokens);
            let guard = preparation.guard.clone();
            let (mut answer, end) = self.stream(model, prompt, guard).await?;
            let calls = std::mem::take(&mut answer.calls);
            let has_begun = !answer.text.is_empty() || !answer.reasoning.is_empty();
            let ending = Ending::of_model(self.turn.agent.id, model, &mut answer, read, began);
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
                    let reason = self.final_reason(reason, may_call);
                    let ending = ending.finished(reason).after(&self.journal);
                    return Ok(ModelReply::Final(AttemptOutcome::ended(ending)));
                }
                StreamEnd::Complete(reason)
                    if !calls.is_empty() && reason != FinishReason::ContentFilter =>
                {
                    failure = only_calls(self.journal.len() + 1);
                }
                StreamEnd::Complete(reason) => failure = empty_answer(reason, limit),
                StreamEnd::Failed(error) => {
                    self.log_failure(model, &error);
                    if has_begun {
                        let so_far = ending.after(&self.journal);
                        return Ok(ModelReply::broken_off(error, model, so_far));
                    }
                    failure = error;
                }
            }
        }
        let error = run_error(&failure);
        let failed = Ending::so_far(&self.journal).with(RunStatus::Failed, Some(error));
        Ok(ModelReply::Final(AttemptOutcome::ended(failed)))
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
        guard: TextGuard,
    ) -> Result<(Relayed, StreamEnd)> {
        let stop = self.stop.token();
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok((Relayed::default(), StreamEnd::Cancelled)),
            stream = open_stream(self.parts, self.turn, &model.entry, prompt) => stream,
        };
        let stream = stream.map(|(stream, quoted)| {
            if let Some(quoted) = quoted {
                self.sources = NumberedPassage::all(quoted);
            }
            guarded(stream, guard)
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
        let (calls, mut notes) = tool_calls.decide(&self.journal, asked, reason).await;
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
    fn log_failure(&self, model: &NamedModel, error: &Error) {
        tracing::warn!(
            run = %self.lease.run,
            account = %self.lease.account,
            agent = %self.turn.agent.id,
            model = %model.name,
            error = error.message(),
            cause = error.cause(),
            "the model failed"
        );
    }

    /// The outcome of an attempt that was stopped.
    fn stopped(&self, ending: Ending) -> AttemptOutcome {
        match self.stop.reason() {
            None | Some(StopReason::LeaseLost) => AttemptOutcome::Release,
            Some(StopReason::Cancelled) => {
                AttemptOutcome::ended(ending.with(RunStatus::Cancelled, None))
            }
            Some(StopReason::TimedOut) => {
                let seconds = self.parts.config.deadline_seconds;
                let late = Error::unavailable(format!(
                    "the answer took longer than {seconds} s; ask for less, or try again later"
                ))
                .with_code(ErrorCode::Timeout);
                AttemptOutcome::ended(ending.with(RunStatus::Failed, Some(run_error(&late))))
            }
        }
    }
}

/// Opens the stream of a model's answer; with the passages that it quotes, if it quotes some. A model for demonstrations would mix the passages with inventions, so a [`QuotedReply`] stands in for its answer.
async fn open_stream(
    parts: &EngineParts,
    turn: &Turn,
    entry: &ModelEntry,
    prompt: ChatPrompt,
) -> Result<(ModelStream, Option<Vec<ScoredPassage>>)> {
    if !entry.model.demo_quality() {
        return Ok((entry.model.stream(prompt).await?, None));
    }
    let reply = QuotedReply::to(parts, turn).await?;
    Ok((word_by_word(&reply.text), Some(reply.cited)))
}

/// The stream with its text checked by the workflow's guard.
fn guarded(stream: ModelStream, guard: TextGuard) -> ModelStream {
    if matches!(guard, TextGuard::Open) {
        return stream;
    }
    let mut guard = guard;
    let mut has_calls = false;
    let checked = stream.flat_map(move |event| {
        let text = |text: String| (!text.is_empty()).then_some(Ok(ModelEvent::Text(text)));
        let events: Vec<_> = match event {
            Ok(ModelEvent::Text(piece)) => text(guard.push(&piece)).into_iter().collect(),
            Ok(call @ ModelEvent::Call(_)) => {
                has_calls = true;
                let held = text(guard.release());
                held.into_iter().chain([Ok(call)]).collect()
            }
            Ok(end @ ModelEvent::Finished { .. }) => {
                // an answer that goes on after its tool calls is not at its end
                let last = if has_calls {
                    guard.release()
                } else {
                    guard.finish()
                };
                text(last).into_iter().chain([Ok(end)]).collect()
            }
            other => vec![other],
        };
        stream::iter(events)
    });
    checked.boxed()
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
        | FinishReason::Cancelled
        | FinishReason::Error => Error::unavailable("the model gave an empty answer"),
    }
}

/// A text as a stream of words.
fn word_by_word(text: &str) -> ModelStream {
    let words: Vec<_> = text
        .split_inclusive(' ')
        .map(|word| Ok(ModelEvent::Text(word.to_owned())))
        .chain([Ok(ModelEvent::finished(FinishReason::Stop))])
        .collect();
    stream::iter(words).boxed()
}
