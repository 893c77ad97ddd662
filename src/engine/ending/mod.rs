//! The end of a run: what is committed, and in which order.

mod failure;
mod report;

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub(super) use self::report::{record_agent, report_unstarted, run_span};
use self::{
    failure::{private_cause, run_error},
    report::{announce, count_end, log_end, trace_end},
};
use super::{
    ClaimedRun, EngineParts,
    models::NamedModel,
    recorder::Recorder,
    relay::Relayed,
    step_journal::{StepJournal, add_section},
    trace::TraceScope,
};
use crate::{
    domain::{
        AgentId, Citation, EventBody, FinishReason, KeptState, Message, MessageDraft, MessageId,
        MessageRole, MessageSection, NumberedPassage, Run, RunError, RunStatus, RunStep, ToolCall,
        Usage, UsageShare,
    },
    error::{Error, Result},
    port::Clock,
    store::RunOutcome,
};

/// The end of a run, to be committed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the run"
)]
pub(super) struct Ending {
    status: RunStatus,
    /// The text of the last model call.
    text: String,
    /// What the model thought in this call.
    reasoning: String,
    /// Members of the provider's message that go back to it.
    extra: Map<String, Value>,
    /// Why the answer ended.
    finish_reason: FinishReason,
    model: Option<String>,
    demo_quality: bool,
    /// Whether the steps of the run that this attempt knows have tool calls.
    has_calls: bool,
    /// Whether model calls of the run may have reserved something of a budget.
    pub(super) has_holds: bool,
    /// The parts of the text by agent and privacy.
    sections: Vec<MessageSection>,
    /// Whether handoffs to the agent that answered are open.
    pub(super) resolves_handoffs: bool,
    /// The workflow's state after the run, if it keeps one.
    pub(super) state: Option<KeptState>,
    /// The passages that the model was given.
    pub(super) sources: Vec<NumberedPassage>,
    /// The length of the text of other agents before the one that was given the sources, in Unicode code points.
    characters_before: usize,
    pub(super) usage: Usage,
    /// The usage by the agents and models that caused it.
    shares: Vec<UsageShare>,
    error: Option<RunError>,
    /// The private cause of the failure, for the log.
    cause: Option<String>,
    /// The place of the run's spans, with the agent that answered; none before an agent began.
    pub(super) trace: Option<TraceScope>,
}

/// The agent that wrote a text.
#[derive(Clone, Copy)]
pub(super) struct Author {
    pub(super) agent: Option<AgentId>,
    /// Whether the agent may have seen private items.
    pub(super) is_private: bool,
}

impl Ending {
    /// Commits the end of a run, then reports it to the run's readers. CONFLICT when another process owns the run.
    pub(super) async fn commit(
        mut self,
        parts: &EngineParts,
        ClaimedRun { lease, run }: &ClaimedRun,
        mut recorder: Recorder,
    ) -> Result<()> {
        let at = parts.clock.now();
        let answer = self.message(run, recorder.take_draft(), parts.clock.as_ref());
        let message = answer.as_ref().map(|answer| answer.id);
        self.usage.attempts = i64::from(lease.attempt);
        let last_event = self.last_event(message);
        let outcome = RunOutcome {
            has_calls: self.has_calls || lease.attempt > 1,
            has_holds: self.has_holds || lease.attempt > 1,
            state: self.state,
            resolves_handoffs: self.resolves_handoffs && self.status == RunStatus::Succeeded,
            status: self.status,
            answer,
            sources: self.sources,
            usage: self.usage,
            shares: self.shares,
            finish_reason: message.map(|_| self.finish_reason),
            error: self.error,
            route: run.route.outcome(),
            model: self.model,
            last_sequence: recorder.sequence() + 1,
            at,
        };
        let tenant = parts.store.tenant(lease.account);
        if !tenant.finish(lease, &outcome).await? {
            return Err(Error::conflict("another process has taken this run over"));
        }
        log_end(lease, run, &outcome, self.cause.as_deref());
        count_end(parts, run, &outcome);
        let trace = self.trace.or_else(|| parts.trace_of(run, lease.attempt));
        trace_end(trace.as_ref(), run, &outcome);
        recorder.record(last_event).await?;
        announce(parts, run, message);
        Ok(())
    }

    /// The answer as its readers have it; none without a text.
    fn message(&mut self, run: &Run, draft: MessageDraft, clock: &dyn Clock) -> Option<Message> {
        let (text, parts) = draft.into_text_and_parts();
        if text.is_empty() {
            return None;
        }
        let sections = std::mem::take(&mut self.sections);
        let is_given = |number| self.sources.iter().any(|source| source.number == number);
        Some(Message {
            id: MessageId::new(clock),
            conversation: run.conversation,
            role: MessageRole::Assistant,
            citations: Citation::all_in(&text, self.characters_before, is_given),
            text,
            finish_reason: Some(self.finish_reason),
            parts,
            agent: run.agent,
            run: run.id,
            rating: None,
            demo_quality: self.demo_quality,
            private: sections.iter().any(|section| section.private),
            // one section of the whole text tells nothing more
            sections: if sections.len() > 1 {
                sections
            } else {
                Vec::new()
            },
            created_at: clock.now(),
        })
    }

    /// The run's last event.
    fn last_event(&self, message: Option<MessageId>) -> EventBody {
        let usage = self.usage;
        match (self.status, message, &self.error) {
            (RunStatus::Succeeded, Some(message), _) => EventBody::Succeeded {
                message,
                usage,
                finish_reason: self.finish_reason,
            },
            (RunStatus::Failed, message, Some(error)) => EventBody::Failed {
                error: error.clone(),
                message,
                usage,
            },
            (_, message, _) => EventBody::Cancelled { message, usage },
        }
    }

    /// The end of a run that failed with this error; what its finished steps used counts.
    pub(super) fn failed(error: &Error, journal: &StepJournal) -> Self {
        Self {
            has_holds: journal.has_steps(),
            ..Self::so_far(journal)
        }
        .failed_with(error)
    }

    /// The end of a run after its finished steps. Its status is CANCELLED until another method changes it.
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
            has_holds: false,
            sections: Vec::new(),
            resolves_handoffs: false,
            state: None,
            sources: Vec::new(),
            characters_before: 0,
            usage: Usage::default(),
            shares: Vec::new(),
            error: None,
            cause: None,
            trace: None,
        }
        .after(journal)
    }

    /// Adds the usage and the calls of the finished steps.
    pub(super) fn after(mut self, journal: &StepJournal) -> Self {
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

    /// Attributes the text of each finished step to the agent of the step, and the text after them, in an answer of this
    /// many code points, to the agent that answered last.
    pub(super) fn attribute(&mut self, journal: &StepJournal, characters: usize, last: Author) {
        let mut sections = journal.sections();
        let of_steps: usize = sections.iter().map(|section| section.characters).sum();
        let last = MessageSection {
            agent: last.agent,
            characters: characters.saturating_sub(of_steps),
            private: last.is_private,
        };
        add_section(&mut sections, last);
        self.sections = sections;
        self.characters_before = journal.characters_before_part();
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
            has_holds: false,
            sections: Vec::new(),
            resolves_handoffs: false,
            state: None,
            sources: Vec::new(),
            characters_before: 0,
            usage,
            shares: vec![UsageShare {
                agent: Some(agent),
                model: Some(model.name.clone()),
                usage,
            }],
            error: None,
            cause: None,
            trace: None,
        }
    }

    /// The same end with the reason why the answer ended.
    pub(super) fn finished(self, finish_reason: FinishReason) -> Self {
        Self {
            finish_reason,
            ..self
        }
    }

    /// The end of a run whose answer is what was written so far.
    pub(super) fn succeeded(self, finish_reason: FinishReason) -> Self {
        Self {
            status: RunStatus::Succeeded,
            ..self.finished(finish_reason)
        }
    }

    /// The same end of a run that was cancelled.
    pub(super) fn cancelled(self) -> Self {
        Self {
            status: RunStatus::Cancelled,
            ..self.finished(FinishReason::Cancelled)
        }
    }

    /// The same end of a run that failed with this error.
    pub(super) fn failed_with(self, error: &Error) -> Self {
        Self {
            status: RunStatus::Failed,
            error: Some(run_error(error)),
            cause: private_cause(error),
            ..self.finished(FinishReason::Error)
        }
    }
}
