//! One attempt at a run: from the claim to the recorded end.

use std::{
    collections::HashMap,
    sync::{
        Arc, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Live, ModelEntry,
    answer::{Answer, End, relay},
    ending::{Ending, run_error},
    recorder::Recorder,
    turn::Turn,
};
use crate::{
    domain::{AccountId, ConversationId, EventBody, Lease, Run, RunId, RunStatus},
    error::{Error, Result},
};

/// How an attempt is stopped before its end.
struct Stop {
    token: CancellationToken,
    /// Because it takes too long, and not because someone asked.
    is_late: AtomicBool,
}

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
    /// Answers the conversation's runs until nothing is left to do there.
    pub(super) async fn work_off(&self, account: AccountId, conversation: ConversationId) {
        let inner = &self.inner;
        loop {
            let slot = tokio::select! {
                biased;
                () = inner.draining.cancelled() => return,
                slot = inner.slots.acquire() => slot,
            };
            let now = inner.parts.clock.now();
            let until = now + inner.parts.config.lease();
            let claimed = inner
                .parts
                .store
                .tenant(account)
                .claim_next(conversation, inner.owner, now, until)
                .await;
            match claimed {
                Ok(Some((lease, run))) => self.own(lease, run).await,
                Ok(None) => return,
                Err(error) => {
                    return tracing::warn!(%conversation, cause = error.cause(), "claiming the next run failed");
                }
            }
            drop(slot);
        }
    }

    /// Holds the lease for one attempt, in reach of `cancel`.
    async fn own(&self, lease: Lease, run: Run) {
        let stop = Stop {
            token: self.inner.aborting.child_token(),
            is_late: AtomicBool::new(false),
        };
        if run.cancel_requested {
            stop.token.cancel();
        }
        let (end, ended) = watch::channel(());
        self.live().insert(
            run.id,
            Live {
                cancel: stop.token.clone(),
                ended,
            },
        );
        let mut attempt = Box::pin(self.attempt(&lease, &run, &stop));
        let ended_by_itself =
            tokio::time::timeout(self.inner.parts.config.deadline(), &mut attempt).await;
        let outcome = if let Ok(outcome) = ended_by_itself {
            outcome
        } else {
            // stopped and not dropped, so that its end is recorded
            stop.is_late.store(true, Ordering::Relaxed);
            stop.token.cancel();
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
        let mut recorder =
            Recorder::open(Arc::clone(&parts.log), Arc::clone(&parts.clock), *lease).await?;
        if lease.attempt > parts.config.attempts {
            // whoever answers it dies of it, or is stopped each time
            let error = Error::unavailable(format!(
                "the answer was begun {} times and never came to its end",
                parts.config.attempts
            ));
            return self
                .end(lease, run, Ending::failed(run, &error), recorder)
                .await;
        }
        recorder
            .record(EventBody::Started {
                attempt: lease.attempt,
            })
            .await?;
        recorder
            .record(EventBody::AgentSelected {
                route: run.route.clone(),
            })
            .await?;
        let verdict = match self.gather(lease, run).await {
            Ok((turn, models)) => self.converse(&turn, &models, &mut recorder, stop).await?,
            Err(error) => Verdict::Ended(Ending::failed(run, &error)),
        };
        match verdict {
            Verdict::Ended(mut ending) => {
                ending.usage.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
                self.end(lease, run, ending, recorder).await
            }
            Verdict::Again if lease.attempt >= parts.config.attempts => {
                let error = Error::unavailable(format!(
                    "the model broke off in each of {} attempts",
                    lease.attempt
                ));
                self.end(lease, run, Ending::failed(run, &error), recorder)
                    .await
            }
            Verdict::Again => {
                parts
                    .store
                    .tenant(lease.account)
                    .let_go(lease, parts.clock.now())
                    .await
            }
            Verdict::LetGo => Ok(()),
        }
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
                () = stop.token.cancelled() => None,
                stream = entry.model.stream(prompt) => Some(stream),
            };
            let (answer, end) = match stream {
                None => (Answer::default(), End::Stopped),
                Some(Ok(stream)) => relay(stream, recorder, &stop.token).await?,
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

    /// What a stop means: the process goes, time is up, or someone asked for it.
    fn stopped(&self, stop: &Stop, ending: Ending) -> Verdict {
        if self.inner.aborting.is_cancelled() {
            return Verdict::LetGo;
        }
        if !stop.is_late.load(Ordering::Relaxed) {
            return Verdict::Ended(ending.with(RunStatus::Cancelled, None));
        }
        let seconds = self.inner.parts.config.deadline_seconds;
        let late = Error::unavailable(format!(
            "the answer took longer than {seconds} s; ask for less, or try again later"
        ));
        Verdict::Ended(ending.with(RunStatus::Failed, Some(run_error(&late))))
    }

    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.inner
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
