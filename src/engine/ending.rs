//! The end of a run: what is committed, and in which order.

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    ClaimedRun, EngineParts,
    models::NamedModel,
    recorder::Recorder,
    relay::Relayed,
    step_journal::{PARAGRAPH, StepJournal, add_section},
};
use crate::{
    domain::{
        AgentId, EventBody, FinishReason, KeptState, Message, MessageId, MessageRole,
        MessageSection, Run, RunError, RunStatus, RunStep, ScoredPassage, ToolCall, Usage,
        UsageShare,
    },
    error::{Error, Kind, Result},
    store::RunOutcome,
};

/// The end of a run, to be committed.
pub(super) struct Ending {
    status: RunStatus,
    text: String,
    /// What the model thought.
    reasoning: String,
    /// Members of the provider's message that go back to it.
    extra: Map<String, Value>,
    /// Why the answer ended.
    finish_reason: FinishReason,
    model: Option<String>,
    demo_quality: bool,
    /// Whether the steps of the run that this attempt knows have tool calls.
    has_calls: bool,
    /// The parts of the text by agent and privacy.
    sections: Vec<MessageSection>,
    /// Whether handoffs to the agent that answered are open.
    pub(super) resolves_handoffs: bool,
    /// The workflow's state after the run, if it keeps one.
    pub(super) state: Option<KeptState>,
    /// The passages that the model was given, best first.
    pub(super) citations: Vec<ScoredPassage>,
    pub(super) usage: Usage,
    /// The usage by the agents and models that caused it.
    shares: Vec<UsageShare>,
    error: Option<RunError>,
}

impl Ending {
    /// Commits the end of a run, then reports it to the run's readers. CONFLICT when another process owns the run.
    pub(super) async fn commit(
        self,
        parts: &EngineParts,
        ClaimedRun { lease, run }: &ClaimedRun,
        mut recorder: Recorder,
    ) -> Result<()> {
        let at = parts.clock.now();
        let answer = (!self.text.is_empty()).then(|| Message {
            id: MessageId::new(parts.clock.as_ref()),
            conversation: run.conversation,
            role: MessageRole::Assistant,
            text: self.text,
            finish_reason: Some(self.finish_reason),
            reasoning: (!self.reasoning.is_empty()).then_some(self.reasoning),
            agent: run.agent,
            run: run.id,
            rating: None,
            demo_quality: self.demo_quality,
            private: self.sections.iter().any(|section| section.private),
            // one section of the whole text tells nothing more
            sections: if self.sections.len() > 1 {
                self.sections
            } else {
                Vec::new()
            },
            created_at: at,
        });
        let message = answer.as_ref().map(|answer| answer.id);
        let last_event = match (self.status, message, &self.error) {
            (RunStatus::Succeeded, Some(message), _) => EventBody::Succeeded {
                message,
                usage: self.usage,
                finish_reason: self.finish_reason,
            },
            (RunStatus::Failed, _, Some(error)) => EventBody::Failed {
                error: error.clone(),
            },
            _ => EventBody::Cancelled,
        };
        let outcome = RunOutcome {
            has_calls: self.has_calls || lease.attempt > 1,
            state: self.state,
            resolves_handoffs: self.resolves_handoffs && self.status == RunStatus::Succeeded,
            status: self.status,
            answer,
            citations: self.citations,
            usage: self.usage,
            shares: self.shares,
            finish_reason: message.map(|_| self.finish_reason),
            error: self.error,
            model: self.model,
            last_sequence: recorder.sequence() + 1,
            at,
        };
        let tenant = parts.store.tenant(lease.account);
        if !tenant.finish(lease, &outcome).await? {
            return Err(Error::conflict("another process has taken this run over"));
        }
        tracing::info!(run = %run.id, status = ?outcome.status, attempt = lease.attempt, duration_ms = outcome.usage.duration_ms, "run ended");
        recorder.record(last_event).await
    }

    /// The end of a run that failed with this error and has no answer; what its finished steps used counts.
    pub(super) fn failed(run: &Run, error: &Error, journal: &StepJournal) -> Self {
        if *error.kind() == Kind::Internal {
            tracing::error!(run = %run.id, attempting = error.message(), cause = error.cause(), "the run failed");
        }
        Self {
            status: RunStatus::Failed,
            text: String::new(),
            reasoning: String::new(),
            extra: Map::new(),
            finish_reason: FinishReason::Error,
            model: None,
            demo_quality: false,
            has_calls: false,
            sections: Vec::new(),
            resolves_handoffs: false,
            state: None,
            citations: Vec::new(),
            usage: journal.usage(),
            shares: journal.shares(),
            error: Some(run_error(error)),
        }
    }

    /// The end of a run with the text of its finished steps only. Its status is CANCELLED until [`Self::with`] changes
    /// it.
    pub(super) fn so_far(journal: &StepJournal) -> Self {
        Self {
            status: RunStatus::Cancelled,
            text: String::new(),
            reasoning: String::new(),
            extra: Map::new(),
            finish_reason: FinishReason::Cancelled,
            model: None,
            demo_quality: false,
            has_calls: false,
            sections: Vec::new(),
            resolves_handoffs: false,
            state: None,
            citations: Vec::new(),
            usage: Usage::default(),
            shares: Vec::new(),
            error: None,
        }
        .after(journal)
    }

    /// Adds the text, the usage and the calls of the finished steps.
    pub(super) fn after(mut self, journal: &StepJournal) -> Self {
        self.text.insert_str(0, &journal.text());
        let before = journal.reasoning();
        if !before.is_empty() && !self.reasoning.is_empty() {
            self.reasoning.insert_str(0, PARAGRAPH);
        }
        self.reasoning.insert_str(0, &before);
        self.usage += journal.usage();
        for share in journal.shares() {
            share.add_to(&mut self.shares);
        }
        self.has_calls |= journal.has_steps();
        self
    }

    /// The step of a model call that asked for tools.
    pub(super) fn into_step(self, number: i32, calls: Vec<ToolCall>, at: DateTime<Utc>) -> RunStep {
        RunStep {
            number,
            text: self.text,
            reasoning: self.reasoning,
            extra: self.extra,
            model: self.model.unwrap_or_default(),
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            cost_usd: self.usage.cost_usd,
            at,
            calls,
            agent: None,
            private: false,
            handoff: None,
            stage: None,
            outcome: None,
        }
    }

    /// Attributes the text after the finished steps to the agent that answered last, and the text of each step to the
    /// agent of the step.
    pub(super) fn attribute(&mut self, journal: &StepJournal, agent: AgentId, private: bool) {
        let mut sections = journal.sections();
        let of_steps: usize = sections.iter().map(|section| section.characters).sum();
        let last = MessageSection {
            agent: Some(agent),
            characters: self.text.chars().count().saturating_sub(of_steps),
            private,
        };
        add_section(&mut sections, last);
        self.sections = sections;
    }

    /// The end of a run that a model of `agent` has answered; `read` is the estimated number of input tokens for a model that
    /// reports none.
    pub(super) fn of_model(
        agent: AgentId,
        model: &NamedModel,
        answer: &mut Relayed,
        read: usize,
        began: Instant,
    ) -> Self {
        let usage = Usage {
            first_token_ms: answer
                .first_text_at
                .and_then(|at| i64::try_from(at.duration_since(began).as_millis()).ok()),
            ..model.usage_of(answer.tokens, read, &answer.text)
        };
        Self {
            status: RunStatus::Succeeded,
            text: answer.text.clone(),
            reasoning: std::mem::take(&mut answer.reasoning),
            extra: std::mem::take(&mut answer.extra),
            finish_reason: FinishReason::Stop,
            model: Some(model.name.clone()),
            demo_quality: model.entry.model.demo_quality(),
            has_calls: false,
            sections: Vec::new(),
            resolves_handoffs: false,
            state: None,
            citations: Vec::new(),
            usage,
            shares: vec![UsageShare {
                agent: Some(agent),
                model: Some(model.name.clone()),
                usage,
            }],
            error: None,
        }
    }

    /// The same end with the reason why the answer ended.
    pub(super) fn finished(self, finish_reason: FinishReason) -> Self {
        Self {
            finish_reason,
            ..self
        }
    }

    /// The same end of a run that did not succeed.
    pub(super) fn with(mut self, status: RunStatus, error: Option<RunError>) -> Self {
        self.finish_reason = match status {
            RunStatus::Cancelled => FinishReason::Cancelled,
            _ => FinishReason::Error,
        };
        self.status = status;
        self.error = error;
        self
    }
}

/// The error as the run's readers receive it, without the details of an internal error.
pub(super) fn run_error(error: &Error) -> RunError {
    let message = if *error.kind() == Kind::Internal {
        "internal error"
    } else {
        error.message()
    };
    RunError {
        code: error.kind().code().to_owned(),
        message: message.to_owned(),
        detail: error.detail().map(str::to_owned),
    }
}
