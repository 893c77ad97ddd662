//! One attempt at a run: from the claim to the recorded end.

use std::{sync::Arc, time::Instant};

use futures::{StreamExt, join, stream};
use tokio::sync::watch;

use super::{
    Engine, Live, ModelEntry,
    answer::{Answer, End, relay},
    ending::{Ending, run_error},
    offer,
    recorder::Recorder,
    schedule::Place,
    stop::{Stop, Why},
    turn::Turn,
};
use crate::{
    domain::{EventBody, Lease, Run, RunStatus},
    error::{Error, Kind, Result},
    port::{ChatPrompt, FinishReason, ModelEvent, ModelStream},
    store::Blame,
};

/// How an attempt ended.
enum Verdict {
    /// The run has ended.
    Ended(Ending),
    /// Text was shown and then the model failed: the next attempt starts over.
    Again,
    /// This process is to let go of the run: it was taken over, or the process is ending.
    LetGo,
}

impl Engine {
    /// Answers the run that is due in a conversation, if there is one.
    pub(super) async fn work(&self, mut place: Place) {
        let parts = &self.inner.parts;
        let (account, conversation) = place.subject();
        let tenant = parts.store.tenant(account);
        let claimed = tenant
            .claim_next(conversation, &self.inner.claimant, parts.clock.now())
            .await;
        match claimed {
            Ok(Some((lease, run))) => {
                self.own(lease, run).await;
                place.has_more();
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%conversation, cause = error.cause(), "claiming the next run failed");
            }
        }
    }

    /// Holds the lease for one attempt, in reach of `cancel`.
    async fn own(&self, lease: Lease, run: Run) {
        let stop = Arc::new(Stop::under(&self.inner.aborting));
        if run.cancel_requested {
            stop.because(Why::Asked);
        }
        let (end, ended) = watch::channel(());
        let live = Live {
            offer: offer(lease.account, lease.conversation, run.latency_class),
            stop: Arc::clone(&stop),
            ended,
        };
        self.live().insert(run.id, live);
        let mut attempt = Box::pin(self.attempt(&lease, &run, &stop));
        let ended_by_itself =
            tokio::time::timeout(self.inner.parts.config.deadline(), &mut attempt).await;
        let outcome = if let Ok(outcome) = ended_by_itself {
            outcome
        } else {
            // stopped and not dropped, so that its end is recorded
            stop.because(Why::Late);
            attempt.await
        };
        if let Err(error) = outcome {
            // the lease lapses, and whoever takes it over starts the next attempt
            tracing::warn!(run = %run.id, attempt = lease.attempt, error = error.message(), cause = error.cause(), "the attempt was left");
        }
        self.live().remove(&run.id);
        drop(end);
    }

    async fn attempt(&self, lease: &Lease, run: &Run, stop: &Stop) -> Result<()> {
        let parts = &self.inner.parts;
        let began = Instant::now();
        let opened = Recorder::open(&parts.feed, Arc::clone(&parts.clock), lease).await;
        let mut recorder = match opened {
            Err(error) if *error.kind() == Kind::Unavailable => {
                // nobody can tell what the owner before said: that is no fault of the run
                self.let_go(lease, Blame::Nobody).await?;
                return Err(error);
            }
            opened => opened?,
        };
        if lease.tries > parts.config.attempts {
            // whoever answers it dies of it, or is stopped each time
            let error = Error::unavailable(format!(
                "the answer was begun {} times and never came to its end",
                parts.config.attempts
            ));
            return self
                .end(lease, run, Ending::failed(run, &error), recorder)
                .await;
        }
        let started = EventBody::Started {
            attempt: lease.attempt,
        };
        let selected = EventBody::AgentSelected {
            route: run.route.clone(),
        };
        let (told, gathered) = join!(
            recorder.record_both(started, selected),
            self.gather(lease, run)
        );
        told?;
        let verdict = match gathered {
            Ok((turn, models)) => self.answer(&turn, &models, &mut recorder, stop).await?,
            Err(error) => Verdict::Ended(Ending::failed(run, &error)),
        };
        match verdict {
            Verdict::Ended(mut ending) => {
                ending.usage.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
                self.end(lease, run, ending, recorder).await
            }
            Verdict::Again if lease.tries >= parts.config.attempts => {
                let error = Error::unavailable(format!(
                    "the model broke off in each of {} attempts",
                    lease.tries
                ));
                self.end(lease, run, Ending::failed(run, &error), recorder)
                    .await
            }
            Verdict::Again => self.let_go(lease, Blame::Run).await,
            Verdict::LetGo => Ok(()),
        }
    }

    async fn let_go(&self, lease: &Lease, blame: Blame) -> Result<()> {
        let parts = &self.inner.parts;
        let tenant = parts.store.tenant(lease.account);
        tenant.let_go(lease, blame, parts.clock.now()).await
    }

    /// Says what the answer stands on, and gives it.
    async fn answer(
        &self,
        turn: &Turn,
        models: &[(String, ModelEntry)],
        recorder: &mut Recorder,
        stop: &Stop,
    ) -> Result<Verdict> {
        let passages = turn.passages();
        if !passages.is_empty() {
            let found = EventBody::KnowledgeRetrieved {
                passages: passages.clone(),
            };
            recorder.record(found).await?;
        }
        let mut verdict = self.converse(turn, models, recorder, stop).await?;
        if let Verdict::Ended(ending) = &mut verdict {
            ending.citations = passages;
        }
        Ok(verdict)
    }

    /// Asks one model after the other until one of them answers.
    async fn converse(
        &self,
        turn: &Turn,
        models: &[(String, ModelEntry)],
        recorder: &mut Recorder,
        stop: &Stop,
    ) -> Result<Verdict> {
        let mut failure = Error::unavailable("no model is configured");
        for (name, entry) in models {
            let began = Instant::now();
            let longest = self.inner.parts.config.max_output_tokens;
            let prompt = match turn.prompt(entry.model.as_ref(), longest) {
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
            let (answer, end) = match stream {
                None => (Answer::default(), End::Stopped),
                Some(Ok(stream)) => relay(stream, recorder, stop.token()).await?,
                Some(Err(error)) => (Answer::default(), End::Broken(error)),
            };
            let ending = Ending::of(name, entry, &answer, read, began);
            match end {
                End::Stopped => return Ok(self.stopped(stop, ending)),
                End::Whole if !answer.text.is_empty() => return Ok(Verdict::Ended(ending)),
                End::Whole => failure = Error::unavailable("the model gave an empty answer"),
                End::Broken(error) => {
                    tracing::warn!(model = %name, error = error.message(), cause = error.cause(), "the model failed");
                    if !answer.text.is_empty() {
                        return Ok(Verdict::Again);
                    }
                    failure = error;
                }
            }
        }
        Ok(Verdict::Ended(Ending::without_answer(run_error(&failure))))
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
