//! The turn itself: the model answers, or asks for tools, whose answers it is told, until it answers.

use std::time::Instant;

use futures::{StreamExt, stream};

use super::{
    Engine, ModelEntry,
    answer::{Answer, End, relay},
    attempt::Verdict,
    ending::{Ending, run_error},
    journal::Journal,
    recorder::Recorder,
    stop::{Stop, Why},
    tools::Settled,
    turn::Turn,
};
use crate::{
    domain::{EventBody, Round, RunStatus},
    error::{Error, Result},
    port::{ChatPrompt, FinishReason, ModelEvent, ModelStream},
};

/// What stands between what the model said before it called tools, and what it said afterwards.
const PARAGRAPH: &str = "\n\n";

/// What came of asking the models.
enum Said {
    /// The run is over, or this attempt at it.
    End(Verdict),
    /// A model wants tools to be called.
    Calls(Round),
}

impl Engine {
    /// Goes on from what earlier attempts have settled, to the answer.
    pub(super) async fn converse(
        &self,
        turn: &Turn,
        models: &[(String, ModelEntry)],
        recorder: &mut Recorder,
        stop: &Stop,
    ) -> Result<Verdict> {
        let mut journal = Box::pin(self.recall(turn)).await?;
        let text = journal.text();
        if !text.is_empty() {
            let replayed = EventBody::TokenDelta { text, offset: 0 };
            recorder.record(replayed).await?;
        }
        let mut is_new = false;
        loop {
            if !is_new {
                // how the calls of the attempt before stand now
                Box::pin(self.tell_calls(turn, journal.last_calls(), recorder)).await?;
            }
            match Box::pin(self.settle_calls(turn, &mut journal, recorder, stop)).await? {
                Settled::All => {}
                Settled::Parked => return Ok(Verdict::LetGo),
                Settled::Stopped => return Ok(self.stopped(stop, Ending::so_far(&journal))),
            }
            match self
                .say(turn, models, (&journal, &mut *recorder), stop)
                .await?
            {
                Said::End(verdict) => return Ok(verdict),
                Said::Calls(round) => {
                    Box::pin(self.tell_calls(turn, &round.calls, recorder)).await?;
                    journal.push(round);
                    is_new = true;
                }
            }
        }
    }

    /// What earlier attempts have settled; the first one has none before it.
    async fn recall(&self, turn: &Turn) -> Result<Journal> {
        if turn.lease.attempt == 1 {
            return Ok(Journal::default());
        }
        let store = self.inner.parts.store.tenant(turn.lease.account);
        Ok(Journal::new(store.rounds_of(turn.lease.run).await?))
    }

    /// Asks one model after the other until one of them answers.
    async fn say(
        &self,
        turn: &Turn,
        models: &[(String, ModelEntry)],
        (journal, recorder): (&Journal, &mut Recorder),
        stop: &Stop,
    ) -> Result<Said> {
        let mut failure = Error::unavailable("no model is configured");
        let before = journal.text();
        for (name, entry) in models {
            let began = Instant::now();
            let prompt = match turn.prompt(entry.model.as_ref(), journal, self.bounds()) {
                Ok(prompt) => prompt,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            let read = prompt.count_tokens(entry.model.as_ref());
            let stream = tokio::select! {
                biased;
                () = stop.token().cancelled() => None,
                stream = self.stream(turn, entry, prompt) => Some(stream),
            };
            let (mut answer, end) = match stream {
                None => (Answer::default(), End::Stopped),
                Some(Ok(stream)) => {
                    relay(stream, (&before, PARAGRAPH), recorder, stop.token()).await?
                }
                Some(Err(error)) => (Answer::default(), End::Broken(error)),
            };
            let calls = std::mem::take(&mut answer.calls);
            let ending = Ending::of(name, entry, &answer, read, began);
            match end {
                End::Stopped => return Ok(Said::End(self.stopped(stop, ending.after(journal)))),
                End::Whole if !calls.is_empty() && journal.len() < self.bounds().rounds => {
                    let (calls, notes) = self.decide(turn, journal, calls).await;
                    let round = ending.into_round(journal.next_number(), calls, self.now());
                    let store = self.inner.parts.store.tenant(turn.lease.account);
                    if !Box::pin(store.record_round(&turn.lease, &round, notes)).await? {
                        return Err(Error::conflict("another process has taken this run over"));
                    }
                    return Ok(Said::Calls(round));
                }
                // what was said before counts as well
                End::Whole if !answer.text.is_empty() || !before.is_empty() => {
                    return Ok(Said::End(Verdict::Ended(ending.after(journal))));
                }
                End::Whole if !calls.is_empty() => {
                    failure = Error::unavailable(format!(
                        "the model asked for tools {} times and gave no answer",
                        journal.len() + 1
                    ));
                }
                End::Whole => failure = Error::unavailable("the model gave an empty answer"),
                End::Broken(error) => {
                    tracing::warn!(model = %name, error = error.message(), cause = error.cause(), "the model failed");
                    if !answer.text.is_empty() {
                        return Ok(Said::End(Verdict::Again));
                    }
                    failure = error;
                }
            }
        }
        let failed = Ending::so_far(journal).with(RunStatus::Failed, Some(run_error(&failure)));
        Ok(Said::End(Verdict::Ended(failed)))
    }

    /// The model's answer. A model that only demonstrates does not speak about what is known: it would invent the rest.
    async fn stream(
        &self,
        turn: &Turn,
        entry: &ModelEntry,
        prompt: ChatPrompt,
    ) -> Result<ModelStream> {
        if !entry.model.demo_quality() || turn.passages.is_empty() {
            return entry.model.stream(prompt).await;
        }
        let knowledge = &self.inner.parts.knowledge;
        match knowledge
            .quotes(&turn.question.text, &turn.passages())
            .await
        {
            Ok(Some(quotes)) => Ok(spoken(&quotes)),
            Ok(None) | Err(_) => entry.model.stream(prompt).await,
        }
    }

    /// What a stop means.
    fn stopped(&self, stop: &Stop, ending: Ending) -> Verdict {
        match stop.why() {
            None | Some(Why::Lost) => Verdict::LetGo,
            Some(Why::Asked) => Verdict::Ended(ending.with(RunStatus::Cancelled, None)),
            Some(Why::Late) => {
                let seconds = self.inner.parts.config.deadline_seconds;
                let late = Error::unavailable(format!(
                    "the answer took longer than {seconds} s; ask for less, or try again later"
                ));
                Verdict::Ended(ending.with(RunStatus::Failed, Some(run_error(&late))))
            }
        }
    }
}

/// A text as a model says it: word by word.
fn spoken(text: &str) -> ModelStream {
    let words: Vec<_> = text
        .split_inclusive(' ')
        .map(|word| Ok(ModelEvent::Text(word.to_owned())))
        .chain([Ok(ModelEvent::Finished(FinishReason::Stop))])
        .collect();
    stream::iter(words).boxed()
}
