//! One attempt at a run, from the claimed lease to the recorded end: open the log → gather the inputs → converse, which
//! also carries out the workflow's stages and settles tool calls → commit the end.

mod answer_stream;
mod converse;
mod failed;
mod hand_off;
mod settle;
mod stages;

use std::{sync::Arc, time::Instant};

use futures::join;

use self::failed::{always_broken, did_not_answer, failed, never_ended};
use super::{
    ClaimedRun, EngineParts,
    ending::{Author, Ending, record_agent},
    recorder::Recorder,
    step_journal::StepJournal,
    stop::StopSignal,
    tool_calls::ToolCalls,
    turn::{RunInputs, Turn},
    workflow,
};
use crate::{
    domain::{AgentId, EventBody, KeptState, Lease, NumberedPassage, Run},
    error::{Error, Kind, Result},
    store::{AttemptCount, AttemptEnd},
};

/// One attempt at a run by the process that holds its lease.
pub(super) struct Attempt<'e> {
    parts: &'e EngineParts,
    lease: &'e Lease,
    /// Set when the attempt must stop.
    stop: &'e StopSignal,
    /// Writes the attempt's events.
    recorder: &'e mut Recorder,
    /// The inputs of the answer.
    turn: &'e Turn,
    /// The finished steps.
    journal: StepJournal,
    /// The passages that the model was given last.
    sources: Vec<NumberedPassage>,
}

/// How an attempt ended.
pub(super) enum AttemptOutcome {
    /// The run has ended.
    Ended(Box<Ending>),
    /// The model failed after text was streamed, or the inputs could not be read: the next attempt starts over, or the
    /// run fails when this was the last one.
    Retry {
        error: Error,
        /// The model that failed; the next attempt begins with another one.
        failed_model: Option<String>,
        /// The end of the run if this was the last attempt.
        so_far: Box<Ending>,
    },
    /// This process releases the run: another one owns it, it waits for approvals, or this process ends.
    Release,
    /// The agent handed the conversation over to another one, which goes on in the same attempt.
    HandedOver(StepJournal, AgentId),
}

impl AttemptOutcome {
    /// The outcome of an attempt with which the run has ended.
    fn ended(ending: Ending) -> Self {
        Self::Ended(Box::new(ending))
    }

    /// The outcome of an attempt whose inputs could not be read.
    fn retry(error: Error) -> Self {
        Self::Retry {
            error,
            failed_model: None,
            so_far: Box::new(Ending::so_far(&StepJournal::default())),
        }
    }
}

/// The position of an agent's part in an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AttemptPart {
    /// The part begins the attempt: what earlier attempts have reported is repeated.
    First,
    /// The part follows a handoff.
    AfterHandoff,
}

impl Attempt<'_> {
    /// Makes one attempt at a run, and returns whether the run has ended with it. After an error the lease expires, and
    /// the next owner makes another attempt.
    pub(super) async fn perform(
        parts: &EngineParts,
        claimed: ClaimedRun,
        inputs: Option<RunInputs>,
        stop: &StopSignal,
    ) -> Result<bool> {
        let began = Instant::now();
        let ClaimedRun { lease, run } = &claimed;
        let mut recorder = Box::pin(open(parts, lease)).await?;
        // the person's message is the first event, unless an earlier attempt has recorded it
        let added = EventBody::MessageAdded {
            message: run.question,
        };
        let is_first = recorder.sequence() == 0;
        let mut opening: Vec<_> = is_first.then_some(added).into_iter().collect();
        let outcome = if lease.tries > parts.config.get().attempts {
            if !opening.is_empty() {
                recorder.record_all(opening).await?;
            }
            Box::pin(never_ended(parts, &claimed, &mut recorder)).await?
        } else {
            opening.push(EventBody::Started {
                attempt: lease.attempt,
            });
            opening.push(EventBody::AgentSelected {
                route: run.route.clone(),
            });
            let (reported, gathered) = join!(
                recorder.record_all(opening),
                // boxed, like the next steps: a run that waits for its model does not need the memory
                Box::pin(Turn::gather(parts, lease, run, inputs, stop.token()))
            );
            reported?;
            Box::pin(answer_by_agents(
                parts,
                &claimed,
                gathered,
                &mut recorder,
                stop,
            ))
            .await?
        };
        let mut ending = match outcome {
            AttemptOutcome::Ended(ending) => *ending,
            AttemptOutcome::Retry { failed_model, .. }
                if lease.tries < parts.config.get().attempts =>
            {
                let end = AttemptEnd {
                    count: AttemptCount::Counted,
                    failed_model: failed_model.as_deref(),
                };
                Box::pin(release(parts, lease, end)).await?;
                return Ok(false);
            }
            AttemptOutcome::Retry { error, so_far, .. } => {
                so_far.failed_with(&always_broken(lease.tries, &error))
            }
            // only the loop over agents gets the other one
            AttemptOutcome::Release | AttemptOutcome::HandedOver(..) => return Ok(false),
        };
        ending.usage.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
        Box::pin(ending.commit(parts, &claimed, recorder)).await?;
        Ok(true)
    }

    /// Reports the handoffs that lead to this agent and the passages that the answer is based on, and answers.
    async fn answer(mut self, part: AttemptPart) -> Result<AttemptOutcome> {
        if part == AttemptPart::First {
            for handoff in self.turn.opening.clone() {
                self.recorder
                    .record(EventBody::HandedOff { handoff })
                    .await?;
            }
        }
        let passages = self.turn.passages();
        if !passages.is_empty() {
            let found = EventBody::KnowledgeRetrieved {
                passages: passages.clone(),
            };
            self.recorder.record(found).await?;
        }
        if part == AttemptPart::First {
            Box::pin(self.repeat_steps()).await?;
        }
        self.sources = NumberedPassage::all(passages);
        let mut outcome = self.converse().await?;
        if let AttemptOutcome::Ended(ending) | AttemptOutcome::Retry { so_far: ending, .. } =
            &mut outcome
        {
            ending.state = self.state_after();
            ending.has_holds = self.turn.models.iter().any(|model| model.meter.is_some());
            ending.sources = std::mem::take(&mut self.sources);
            ending.resolves_handoffs = self.turn.resolves_handoffs;
            ending.trace.clone_from(&self.turn.trace);
            let author = Author {
                agent: Some(self.turn.agent.id),
                is_private: self.is_private(),
            };
            let characters = self.recorder.draft().characters();
            ending.attribute(&self.journal, characters, author);
        }
        Ok(outcome)
    }

    /// The workflow's state after this run; none while a stage of it is not finished.
    fn state_after(&self) -> Option<KeptState> {
        let preparation = workflow::prepare(self.turn, &self.journal).ok()?;
        Some(KeptState {
            state: preparation.state?,
            private: self.is_private(),
        })
    }

    /// Whether the agent has seen private items.
    fn is_private(&self) -> bool {
        self.turn.is_private || self.journal.is_private()
    }

    /// The part that decides about the tool calls of this run and makes them.
    fn tool_calls<'t>(&self) -> ToolCalls<'t>
    where
        Self: 't,
    {
        ToolCalls::new(self.parts, self.lease, self.turn)
    }
}

/// Answers with the gathered inputs, and with those of other agents as long as an agent hands the conversation over.
async fn answer_by_agents(
    parts: &EngineParts,
    ClaimedRun { lease, run }: &ClaimedRun,
    gathered: Result<Turn>,
    recorder: &mut Recorder,
    stop: &StopSignal,
) -> Result<AttemptOutcome> {
    let turn = match gathered {
        Ok(turn) => turn,
        Err(error) if did_not_answer(&error) && lease.tries < parts.config.get().attempts => {
            return Ok(AttemptOutcome::retry(error));
        }
        Err(error) => {
            let journal = Box::pin(earlier_steps(parts, lease)).await?;
            for step in journal.steps() {
                Box::pin(recorder.repeat(step)).await?;
            }
            return Ok(failed(run, &error, &journal, recorder));
        }
    };
    let journal = Box::pin(earlier_steps(parts, lease)).await?;
    let (mut turn, mut journal, mut part) = (Box::new(turn), journal, AttemptPart::First);
    loop {
        let attempt = Attempt {
            parts,
            lease,
            stop,
            recorder: &mut *recorder,
            turn: &turn,
            journal,
            sources: Vec::new(),
        };
        let (finished, receiver) = match attempt.answer(part).await? {
            AttemptOutcome::HandedOver(finished, receiver) => (finished, receiver),
            outcome => return Ok(outcome),
        };
        record_agent(receiver);
        let handed_over = Run {
            agent: Some(receiver),
            ..run.clone()
        };
        match Box::pin(Turn::gather(parts, lease, &handed_over, None, stop.token())).await {
            Ok(next) => *turn = next,
            Err(error) if did_not_answer(&error) && lease.tries < parts.config.get().attempts => {
                return Ok(AttemptOutcome::retry(error));
            }
            Err(error) => {
                return Ok(failed(run, &error, &finished, recorder));
            }
        }
        (journal, part) = (finished, AttemptPart::AfterHandoff);
    }
}

/// Opens the event log for this attempt. When the log does not answer, the run is released, which does not count as an
/// attempt: the events of the previous owner are unknown.
async fn open(parts: &EngineParts, lease: &Lease) -> Result<Recorder> {
    let opened = Recorder::open(&parts.feed, Arc::clone(&parts.clock), lease).await;
    if let Err(error) = &opened
        && *error.kind() == Kind::Unavailable
    {
        release(parts, lease, AttemptCount::NotCounted.into()).await?;
    }
    opened
}

/// The steps of earlier attempts; the first attempt has none before it.
async fn earlier_steps(parts: &EngineParts, lease: &Lease) -> Result<StepJournal> {
    if lease.attempt == 1 {
        return Ok(StepJournal::default());
    }
    read_journal(parts, lease).await
}

/// The recorded steps of all attempts.
async fn read_journal(parts: &EngineParts, lease: &Lease) -> Result<StepJournal> {
    let store = parts.store.tenant(lease.account);
    Ok(StepJournal::new(store.steps_of(lease.run).await?))
}

async fn release(parts: &EngineParts, lease: &Lease, end: AttemptEnd<'_>) -> Result<()> {
    let tenant = parts.store.tenant(lease.account);
    tenant.release_run(lease, end, parts.clock.now()).await
}
