//! One attempt at a run: from the claim to the recorded end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Live, ModelEntry,
    answer::{Answer, End, relay},
    prompt::Turn,
    recorder::Recorder,
};
use crate::{
    domain::{AccountId, ConversationId, EventBody, Lease, Message, MessageId, MessageRole, Run, RunError, RunStatus, Usage, layers_for},
    error::{Error, Kind, Result},
    store::RunOutcome,
};

/// At most this many earlier messages are looked at; the token budget is usually spent before.
const LONGEST_HISTORY: u64 = 100;

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

/// What there is to record of a run that has ended.
struct Ending {
    status: RunStatus,
    text: String,
    model: Option<String>,
    demo_quality: bool,
    usage: Usage,
    error: Option<RunError>,
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
            let claimed = inner.parts.store.tenant(account).claim_next(conversation, inner.owner, now, until).await;
            match claimed {
                Ok(Some((lease, run))) => self.own(lease, run).await,
                Ok(None) => return,
                Err(error) => return tracing::warn!(%conversation, cause = error.cause(), "claiming the next run failed"),
            }
            drop(slot);
        }
    }

    /// Holds the lease for one attempt, in reach of `cancel`.
    async fn own(&self, lease: Lease, run: Run) {
        let stop = Stop { token: self.inner.aborting.child_token(), is_late: AtomicBool::new(false) };
        if run.cancel_requested {
            stop.token.cancel();
        }
        let (end, ended) = watch::channel(());
        self.live().insert(run.id, Live { cancel: stop.token.clone(), ended });
        let mut attempt = Box::pin(self.attempt(&lease, &run, &stop));
        let ended_by_itself = tokio::time::timeout(self.inner.parts.config.deadline(), &mut attempt).await;
        let outcome = match ended_by_itself {
            Ok(outcome) => outcome,
            Err(_) => {
                // stopped and not dropped, so that its end is recorded
                stop.is_late.store(true, Ordering::Relaxed);
                stop.token.cancel();
                attempt.await
            }
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
        let mut recorder = Recorder::open(parts.log.clone(), parts.clock.clone(), *lease).await?;
        if lease.attempt > parts.config.attempts {
            // whoever answers it dies of it, or is stopped each time
            let error = Error::unavailable(format!("the answer was begun {} times and never came to its end", parts.config.attempts));
            return self.end(lease, run, Ending::failed(run, &error), recorder).await;
        }
        recorder.record(EventBody::Started { attempt: lease.attempt }).await?;
        recorder.record(EventBody::AgentSelected { route: run.route.clone() }).await?;
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
                let error = Error::unavailable(format!("the model broke off in each of {} attempts", lease.attempt));
                self.end(lease, run, Ending::failed(run, &error), recorder).await
            }
            Verdict::Again => parts.store.tenant(lease.account).let_go(lease, parts.clock.now()).await,
            Verdict::LetGo => Ok(()),
        }
    }

    /// Everything that the answer is made from, and the models that may make it.
    async fn gather(&self, lease: &Lease, run: &Run) -> Result<(Turn, Vec<(String, ModelEntry)>)> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(lease.account);
        let missing = |noun| move || Error::not_found(noun);
        let agent = run.agent.ok_or_else(|| Error::not_found("agent: it was deleted"))?;
        let agent = store.agents_by_ids(&[agent]).await?.pop().ok_or_else(missing("agent"))?;
        let template = parts.store.platform().templates_by_ids(&[agent.template]).await?.pop().ok_or_else(missing("template"))?;
        let conversation = store.conversations_by_ids(&[run.conversation]).await?.pop().ok_or_else(missing("conversation"))?;
        let question = store.messages_by_ids(&[run.question]).await?.pop().ok_or_else(missing("message"))?;
        let history = store.answers_before(run.conversation, run.id, LONGEST_HISTORY).await?;
        let account = store.account().await?;
        let tier = template.spec.tier(&agent.tier).ok_or_else(missing("pricing tier"))?;
        let mut models: Vec<(String, ModelEntry)> = Vec::new();
        for (name, entry) in parts.models.in_order(&tier.models) {
            // two names may mean one model, which would fail again
            if !models.iter().any(|(_, known)| Arc::ptr_eq(&known.model, &entry.model)) {
                models.push((name.to_owned(), entry.clone()));
            }
        }
        if models.is_empty() {
            return Err(Error::unavailable(format!("none of the models of tier \"{}\" is configured: {}", tier.name, tier.models.join(", "))));
        }
        let settings = layers_for(&template.spec, tier, &parts.app_settings, &account.configuration, &agent.configuration).merged();
        Ok((Turn { agent, template, settings, context: conversation.context, history, question }, models))
    }

    /// Asks one model after the other until one of them answers.
    async fn converse(&self, turn: &Turn, models: &[(String, ModelEntry)], recorder: &mut Recorder, stop: &Stop) -> Result<Verdict> {
        let mut failure = Error::unavailable("no model is configured");
        for (name, entry) in models {
            let began = Instant::now();
            let prompt = match turn.prompt(entry.model.as_ref(), self.inner.parts.config.max_output_tokens) {
                Ok(prompt) => prompt,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            let read: usize = prompt.messages.iter().map(|message| entry.model.count_tokens(&message.text)).sum();
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
            let ending = |status, error| Verdict::Ended(Ending::of(name, entry, &answer, read, began).with(status, error));
            match end {
                End::Stopped if self.inner.aborting.is_cancelled() => return Ok(Verdict::LetGo),
                End::Stopped if stop.is_late.load(Ordering::Relaxed) => return Ok(ending(RunStatus::Failed, Some(self.too_late()))),
                End::Stopped => return Ok(ending(RunStatus::Cancelled, None)),
                End::Whole if !answer.text.is_empty() => return Ok(ending(RunStatus::Succeeded, None)),
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
        let error = Some(run_error(&failure));
        Ok(Verdict::Ended(Ending { status: RunStatus::Failed, text: String::new(), model: None, demo_quality: false, usage: Usage::default(), error }))
    }

    /// Commits how the run ended, then tells its readers.
    async fn end(&self, lease: &Lease, run: &Run, ending: Ending, mut recorder: Recorder) -> Result<()> {
        let parts = &self.inner.parts;
        let at = parts.clock.now();
        let answer = (!ending.text.is_empty()).then(|| Message {
            id: MessageId::new(parts.clock.as_ref()),
            conversation: run.conversation,
            role: MessageRole::Assistant,
            text: ending.text,
            agent: run.agent,
            run: run.id,
            rating: None,
            demo_quality: ending.demo_quality,
            created_at: at,
        });
        let message = answer.as_ref().map(|answer| answer.id);
        let body = match (ending.status, message, &ending.error) {
            (RunStatus::Succeeded, Some(message), _) => EventBody::Succeeded { message, usage: ending.usage },
            (RunStatus::Failed, _, Some(error)) => EventBody::Failed { error: error.clone() },
            _ => EventBody::Cancelled,
        };
        let last_sequence = recorder.sequence() + 1;
        let outcome = RunOutcome { status: ending.status, answer, usage: ending.usage, error: ending.error, model: ending.model, last_sequence, at };
        if !parts.store.tenant(lease.account).finish(lease, &outcome).await? {
            return Err(Error::conflict("another process has taken this run over"));
        }
        tracing::info!(run = %run.id, status = ?ending.status, attempt = lease.attempt, duration_ms = ending.usage.duration_ms, "run ended");
        recorder.record(body).await
    }

    fn too_late(&self) -> RunError {
        let seconds = self.inner.parts.config.deadline_seconds;
        run_error(&Error::unavailable(format!("the answer took longer than {seconds} s; ask for less, or try again later")))
    }

    fn live(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<crate::domain::RunId, Live>> {
        self.inner.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Ending {
    fn failed(run: &Run, error: &Error) -> Self {
        if *error.kind() == Kind::Internal {
            tracing::error!(run = %run.id, attempting = error.message(), cause = error.cause(), "the run failed");
        }
        Self { status: RunStatus::Failed, text: String::new(), model: None, demo_quality: false, usage: Usage::default(), error: Some(run_error(error)) }
    }

    /// What an answer used; `read` counts where the model did not tell.
    fn of(name: &str, entry: &ModelEntry, answer: &Answer, read: usize, began: Instant) -> Self {
        let tokens = |told: Option<u64>, counted: usize| told.and_then(|told| i64::try_from(told).ok()).unwrap_or_else(|| i64::try_from(counted).unwrap_or_default());
        let input_tokens = tokens(answer.input_tokens, read);
        let output_tokens = tokens(answer.output_tokens, entry.model.count_tokens(&answer.text));
        let usage = Usage {
            input_tokens,
            output_tokens,
            cost_usd: entry.price.of(input_tokens, output_tokens),
            first_token_ms: answer.first_text_at.and_then(|at| i64::try_from(at.duration_since(began).as_millis()).ok()),
            duration_ms: None,
        };
        Self { status: RunStatus::Succeeded, text: answer.text.clone(), model: Some(name.to_owned()), demo_quality: entry.model.demo_quality(), usage, error: None }
    }

    fn with(mut self, status: RunStatus, error: Option<RunError>) -> Self {
        self.status = status;
        self.error = error;
        self
    }
}

/// What the run's readers learn of a failure.
fn run_error(error: &Error) -> RunError {
    let message = if *error.kind() == Kind::Internal { "internal error" } else { error.message() };
    RunError { code: error.kind().code().to_owned(), message: message.to_owned() }
}
