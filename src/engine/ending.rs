//! The end of a run: what is recorded, and in which order.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::{Engine, ModelEntry, answer::Answer, journal::Journal, recorder::Recorder};
use crate::{
    domain::{
        EventBody, Lease, Message, MessageId, MessageRole, Round, Run, RunError, RunStatus,
        ScoredPassage, ToolCall, Usage,
    },
    error::{Error, Kind, Result},
    store::RunOutcome,
};

/// What there is to record of a run that has ended.
pub(super) struct Ending {
    status: RunStatus,
    text: String,
    model: Option<String>,
    demo_quality: bool,
    /// Whether tools were asked for in this attempt.
    has_calls: bool,
    /// The passages that the text stands on, the best first.
    pub(super) citations: Vec<ScoredPassage>,
    pub(super) usage: Usage,
    error: Option<RunError>,
}

impl Engine {
    /// Commits how the run ended, then tells its readers.
    pub(super) async fn end(
        &self,
        lease: &Lease,
        run: &Run,
        ending: Ending,
        mut recorder: Recorder,
    ) -> Result<()> {
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
        let body = last_event(ending.status, message, ending.usage, ending.error.as_ref());
        let last_sequence = recorder.sequence() + 1;
        let outcome = RunOutcome {
            has_calls: ending.has_calls || lease.attempt > 1,
            status: ending.status,
            answer,
            citations: ending.citations,
            usage: ending.usage,
            error: ending.error,
            model: ending.model,
            last_sequence,
            at,
        };
        if !parts
            .store
            .tenant(lease.account)
            .finish(lease, &outcome)
            .await?
        {
            return Err(Error::conflict("another process has taken this run over"));
        }
        tracing::info!(run = %run.id, status = ?ending.status, attempt = lease.attempt, duration_ms = ending.usage.duration_ms, "run ended");
        recorder.record(body).await
    }
}

impl Ending {
    /// No answer, because of this.
    pub(super) fn failed(run: &Run, error: &Error) -> Self {
        if *error.kind() == Kind::Internal {
            tracing::error!(run = %run.id, attempting = error.message(), cause = error.cause(), "the run failed");
        }
        Self::without_answer(run_error(error))
    }

    /// No answer.
    pub(super) fn without_answer(error: RunError) -> Self {
        Self {
            status: RunStatus::Failed,
            text: String::new(),
            model: None,
            demo_quality: false,
            has_calls: false,
            citations: Vec::new(),
            usage: Usage::default(),
            error: Some(error),
        }
    }

    /// What there is of an answer before the model has gone on with it.
    pub(super) fn so_far(journal: &Journal) -> Self {
        Self {
            status: RunStatus::Cancelled,
            text: String::new(),
            model: None,
            demo_quality: false,
            has_calls: false,
            citations: Vec::new(),
            usage: Usage::default(),
            error: None,
        }
        .after(journal)
    }

    /// With what was settled before it.
    pub(super) fn after(mut self, journal: &Journal) -> Self {
        let settled = journal.usage();
        self.text.insert_str(0, &journal.text());
        self.usage.input_tokens += settled.input_tokens;
        self.usage.output_tokens += settled.output_tokens;
        self.usage.cost_usd += settled.cost_usd;
        self.has_calls |= journal.len() > 0;
        self
    }

    /// An answer that asked for tools.
    pub(super) fn into_round(self, number: i32, calls: Vec<ToolCall>, at: DateTime<Utc>) -> Round {
        Round {
            number,
            text: self.text,
            model: self.model.unwrap_or_default(),
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            cost_usd: self.usage.cost_usd,
            at,
            calls,
        }
    }

    /// What an answer used; `read` counts where the model did not tell.
    pub(super) fn of(
        name: &str,
        entry: &ModelEntry,
        answer: &Answer,
        read: usize,
        began: Instant,
    ) -> Self {
        let tokens = |told: Option<u64>, counted: usize| {
            told.and_then(|told| i64::try_from(told).ok())
                .unwrap_or_else(|| i64::try_from(counted).unwrap_or_default())
        };
        let input_tokens = tokens(answer.input_tokens, read);
        let output_tokens = tokens(answer.output_tokens, entry.model.count_tokens(&answer.text));
        let usage = Usage {
            input_tokens,
            output_tokens,
            cost_usd: entry.price.of(input_tokens, output_tokens),
            first_token_ms: answer
                .first_text_at
                .and_then(|at| i64::try_from(at.duration_since(began).as_millis()).ok()),
            duration_ms: None,
        };
        Self {
            status: RunStatus::Succeeded,
            text: answer.text.clone(),
            model: Some(name.to_owned()),
            demo_quality: entry.model.demo_quality(),
            has_calls: false,
            citations: Vec::new(),
            usage,
            error: None,
        }
    }

    pub(super) fn with(mut self, status: RunStatus, error: Option<RunError>) -> Self {
        self.status = status;
        self.error = error;
        self
    }
}

fn last_event(
    status: RunStatus,
    message: Option<MessageId>,
    usage: Usage,
    error: Option<&RunError>,
) -> EventBody {
    match (status, message, error) {
        (RunStatus::Succeeded, Some(message), _) => EventBody::Succeeded { message, usage },
        (RunStatus::Failed, _, Some(error)) => EventBody::Failed {
            error: error.clone(),
        },
        _ => EventBody::Cancelled,
    }
}

/// What the run's readers learn of a failure.
pub(super) fn run_error(error: &Error) -> RunError {
    let message = if *error.kind() == Kind::Internal {
        "internal error"
    } else {
        error.message()
    };
    RunError {
        code: error.kind().code().to_owned(),
        message: message.to_owned(),
    }
}
