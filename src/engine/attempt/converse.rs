//! The loop of an attempt: the model answers or requests tools; the results of the tools go back to it until it
//! answers.

use std::time::Instant;

use futures::{StreamExt, stream};

use super::{Attempt, AttemptOutcome, settle::Settled};
use crate::{
    domain::{EventBody, RunStatus, RunStep},
    engine::{
        ModelEntry,
        ending::{Ending, run_error},
        models::NamedModel,
        relay::{Relayed, StreamEnd, relay},
        stop::StopReason,
    },
    error::{Error, Result},
    port::{ChatPrompt, FinishReason, ModelCall, ModelEvent, ModelStream},
};

/// The separator between the model's text before a tool call and its text afterwards.
const PARAGRAPH: &str = "\n\n";

/// The result of one model call.
enum ModelReply {
    /// The attempt has an outcome.
    Final(AttemptOutcome),
    /// A model asks for tools.
    ToolCalls(RunStep),
}

impl Attempt<'_> {
    /// Continues from the finished steps to the answer.
    pub(super) async fn converse(&mut self) -> Result<AttemptOutcome> {
        let text = self.journal.text();
        if !text.is_empty() {
            let repeated = EventBody::TokenDelta { text, offset: 0 };
            self.recorder.record(repeated).await?;
        }
        // the readers of this attempt have not seen the calls of an earlier one
        Box::pin(self.report_calls()).await?;
        loop {
            match Box::pin(self.settle_calls()).await? {
                Settled::AllEnded => {}
                Settled::AwaitingApproval => return Ok(AttemptOutcome::Release),
                Settled::Stopped => return Ok(self.stopped(Ending::so_far(&self.journal))),
            }
            match self.ask_models().await? {
                ModelReply::Final(outcome) => return Ok(outcome),
                ModelReply::ToolCalls(step) => {
                    self.journal.push(step);
                    Box::pin(self.report_calls()).await?;
                }
            }
        }
    }

    /// Asks one model after the other until one of them answers or requests tools.
    async fn ask_models(&mut self) -> Result<ModelReply> {
        let mut failure = Error::unavailable("no model is configured");
        let before = self.journal.text();
        for model in &self.turn.models {
            let began = Instant::now();
            let (name, chat) = (&model.name, &model.entry.model);
            let bounds = self.parts.bounds();
            let prompt = match self.turn.prompt(chat.as_ref(), &self.journal, bounds) {
                Ok(prompt) => prompt,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            let read = prompt.count_tokens(chat.as_ref());
            let (mut answer, end) = self.stream(model, prompt, &before).await?;
            let calls = std::mem::take(&mut answer.calls);
            let ending = Ending::of_model(model, &answer, read, began);
            match end {
                StreamEnd::Cancelled => {
                    let outcome = self.stopped(ending.after(&self.journal));
                    return Ok(ModelReply::Final(outcome));
                }
                StreamEnd::Complete if !calls.is_empty() && self.journal.len() < bounds.steps => {
                    let step = self.record_step(ending, calls).await?;
                    return Ok(ModelReply::ToolCalls(step));
                }
                // the text of earlier steps is an answer as well
                StreamEnd::Complete if !answer.text.is_empty() || !before.is_empty() => {
                    let outcome = AttemptOutcome::Ended(ending.after(&self.journal));
                    return Ok(ModelReply::Final(outcome));
                }
                StreamEnd::Complete if !calls.is_empty() => {
                    failure = Error::unavailable(format!(
                        "the model asked for tools {} times and gave no answer",
                        self.journal.len() + 1
                    ));
                }
                StreamEnd::Complete => {
                    failure = Error::unavailable("the model gave an empty answer");
                }
                StreamEnd::Failed(error) => {
                    tracing::warn!(model = %name, error = error.message(), cause = error.cause(), "the model failed");
                    if !answer.text.is_empty() {
                        return Ok(ModelReply::Final(AttemptOutcome::Retry));
                    }
                    failure = error;
                }
            }
        }
        let error = run_error(&failure);
        let failed = Ending::so_far(&self.journal).with(RunStatus::Failed, Some(error));
        Ok(ModelReply::Final(AttemptOutcome::Ended(failed)))
    }

    /// Streams one model's answer into the log.
    async fn stream(
        &mut self,
        model: &NamedModel,
        prompt: ChatPrompt,
        before: &str,
    ) -> Result<(Relayed, StreamEnd)> {
        let stop = self.stop.token();
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok((Relayed::default(), StreamEnd::Cancelled)),
            stream = self.open_stream(&model.entry, prompt) => stream,
        };
        match stream {
            Ok(stream) => {
                let separator = if before.is_empty() { "" } else { PARAGRAPH };
                relay(stream, before, separator, self.recorder, stop).await
            }
            Err(error) => Ok((Relayed::default(), StreamEnd::Failed(error))),
        }
    }

    /// Opens the stream of the model's answer. A model for demonstrations would mix the passages with inventions;
    /// instead of its answer, the sentences of the passages that are close to the question are quoted, if there are
    /// any.
    async fn open_stream(&self, entry: &ModelEntry, prompt: ChatPrompt) -> Result<ModelStream> {
        if !entry.model.demo_quality() || self.turn.passages.is_empty() {
            return entry.model.stream(prompt).await;
        }
        let (question, passages) = (&self.turn.question.text, self.turn.passages());
        match self.parts.knowledge.quoter.quote(question, &passages).await {
            Ok(Some(quotes)) => Ok(word_by_word(&quotes)),
            Ok(None) | Err(_) => entry.model.stream(prompt).await,
        }
    }

    /// Decides about the calls that a model asks for, and records them with its text as a step.
    async fn record_step(&self, ending: Ending, asked: Vec<ModelCall>) -> Result<RunStep> {
        let (calls, notes) = self.tool_calls().decide(&self.journal, asked).await;
        let number = self.journal.next_number();
        let step = ending.into_step(number, calls, self.parts.clock.now());
        let store = self.parts.store.tenant(self.lease.account);
        if Box::pin(store.record_step(self.lease, &step, notes)).await? {
            return Ok(step);
        }
        Err(Error::conflict("another process has taken this run over"))
    }

    /// The outcome of an attempt that was stopped.
    fn stopped(&self, ending: Ending) -> AttemptOutcome {
        match self.stop.reason() {
            None | Some(StopReason::LeaseLost) => AttemptOutcome::Release,
            Some(StopReason::Cancelled) => {
                AttemptOutcome::Ended(ending.with(RunStatus::Cancelled, None))
            }
            Some(StopReason::TimedOut) => {
                let seconds = self.parts.config.deadline_seconds;
                let late = Error::unavailable(format!(
                    "the answer took longer than {seconds} s; ask for less, or try again later"
                ));
                AttemptOutcome::Ended(ending.with(RunStatus::Failed, Some(run_error(&late))))
            }
        }
    }
}

/// A text as a stream of words.
fn word_by_word(text: &str) -> ModelStream {
    let words: Vec<_> = text
        .split_inclusive(' ')
        .map(|word| Ok(ModelEvent::Text(word.to_owned())))
        .chain([Ok(ModelEvent::Finished(FinishReason::Stop))])
        .collect();
    stream::iter(words).boxed()
}
