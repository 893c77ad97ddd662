//! One attempt at a run: from the claim to the recorded end.

use std::{sync::Arc, time::Instant};

use futures::join;
use tokio::sync::watch;

use super::{
    Engine, Live, ModelEntry, Opening,
    ending::Ending,
    offer,
    recorder::Recorder,
    schedule::Place,
    stop::{Stop, Why},
    turn::Turn,
};
use crate::{
    domain::{EventBody, Lease, Run},
    error::{Error, Kind, Result},
    store::Blame,
};

/// How an attempt ended.
pub(super) enum Verdict {
    /// The run has ended.
    Ended(Ending),
    /// Text was shown and then the model failed: the next attempt starts over.
    Again,
    /// This process is to let go of the run: it was taken over or laid aside, or the process is ending.
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
                self.own(lease, run, None).await;
                place.has_more();
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%conversation, cause = error.cause(), "claiming the next run failed");
            }
        }
    }

    /// Holds the lease for one attempt, in reach of `cancel`; whether the run has ended with it.
    pub(super) async fn own(&self, lease: Lease, run: Run, opening: Option<Opening>) -> bool {
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
        let mut attempt = Box::pin(self.attempt(&lease, &run, opening, &stop));
        let ended_by_itself =
            tokio::time::timeout(self.inner.parts.config.deadline(), &mut attempt).await;
        let outcome = if let Ok(outcome) = ended_by_itself {
            outcome
        } else {
            // stopped and not dropped, so that its end is recorded
            stop.because(Why::Late);
            attempt.await
        };
        if let Err(error) = &outcome {
            // the lease lapses, and whoever takes it over starts the next attempt
            tracing::warn!(run = %run.id, attempt = lease.attempt, error = error.message(), cause = error.cause(), "the attempt was left");
        }
        self.live().remove(&run.id);
        drop(end);
        matches!(outcome, Ok(true))
    }

    async fn attempt(
        &self,
        lease: &Lease,
        run: &Run,
        opening: Option<Opening>,
        stop: &Stop,
    ) -> Result<bool> {
        let parts = &self.inner.parts;
        let began = Instant::now();
        let open = Recorder::open(&parts.feed, Arc::clone(&parts.clock), lease);
        let opened = Box::pin(open).await;
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
            Box::pin(self.end(lease, run, Ending::failed(run, &error), recorder)).await?;
            return Ok(true);
        }
        let started = EventBody::Started {
            attempt: lease.attempt,
        };
        let selected = EventBody::AgentSelected {
            route: run.route.clone(),
        };
        let (told, gathered) = join!(
            recorder.record_both(started, selected),
            // boxed, as what follows: a run that waits for its model has no need of the room
            Box::pin(self.gather(lease, run, opening))
        );
        told?;
        let verdict = match gathered {
            Ok((turn, models)) => self.answer(&turn, &models, &mut recorder, stop).await?,
            // a table that did not answer is no reason to give no answer
            Err(error) if was_away(&error) && lease.tries < parts.config.attempts => Verdict::Again,
            Err(error) => Verdict::Ended(Ending::failed(run, &error)),
        };
        match verdict {
            Verdict::Ended(mut ending) => {
                ending.usage.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
                Box::pin(self.end(lease, run, ending, recorder)).await?;
                Ok(true)
            }
            Verdict::Again if lease.tries >= parts.config.attempts => {
                let error = Error::unavailable(format!(
                    "the model broke off in each of {} attempts",
                    lease.tries
                ));
                Box::pin(self.end(lease, run, Ending::failed(run, &error), recorder)).await?;
                Ok(true)
            }
            Verdict::Again => {
                Box::pin(self.let_go(lease, Blame::Run)).await?;
                Ok(false)
            }
            Verdict::LetGo => Ok(false),
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
}

/// Whether something outside did not answer; what we ourselves say is not there has no cause.
fn was_away(error: &Error) -> bool {
    *error.kind() == Kind::Unavailable && error.cause().is_some()
}
