//! The handoff that an agent asks for during a run, and the events that report it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Attempt;
use crate::{
    domain::{
        Agent, AgentId, AgentStatus, AgentSwitch, ContextPolicy, EventBody, Handoff,
        HandoffInitiator, HandoffOutcome, HandoffSource, Route, RunStep, ToolCall, ToolCallStatus,
        Usage, excerpt, extract_summary, facts_of, handoff_refusal, reason_text, split_at_question,
        transcript,
    },
    engine::{
        handoff::{HAND_OFF, HandoffRequest, Sender, plan, rejected, summarize},
        trace::OpenSpan,
        turn::LONGEST_HISTORY,
    },
    error::Result,
    port::{HandoffSpan, SpanDetails},
    store::TenantStore,
};

/// The reason of a handoff by an agent that has seen private items: its own words could contain them.
const NEUTRAL_REASON: &str = "the agent handed the conversation over";

impl Attempt<'_> {
    /// Repeats what earlier attempts reported, step by step: the reasoning, the text, the calls and the handoffs.
    pub(super) async fn repeat_steps(&mut self) -> Result<()> {
        for step in self.journal.steps().to_vec() {
            self.recorder.repeat(&step).await?;
            // the readers of this attempt have not seen the calls of an earlier one
            Box::pin(self.report_calls(&step.calls)).await?;
            self.report_handoff(step.handoff).await?;
        }
        Ok(())
    }

    /// Reports a handoff to the run's readers; returns the agent that answers from now on if it is another one.
    pub(super) async fn report_handoff(
        &mut self,
        handoff: Option<Handoff>,
    ) -> Result<Option<AgentId>> {
        let Some(handoff) = handoff else {
            return Ok(None);
        };
        let reported = EventBody::HandedOff {
            handoff: handoff.id,
        };
        let receiver = handoff.to.filter(|_| handoff.is_accepted());
        if let Some(receiver) = receiver {
            let selected = EventBody::AgentSelected {
                route: Route::handed_over(receiver),
            };
            self.recorder.record_all(vec![reported, selected]).await?;
        } else {
            self.recorder.record(reported).await?;
        }
        Ok(receiver)
    }

    /// Decides about the handoff that a call of the step asks for, and ends that call. None when no call asks for a
    /// handoff, or when it names no agent.
    pub(super) async fn hand_off(&self, step: &mut RunStep) -> Result<Option<AgentSwitch>> {
        let is_open = |call: &&mut ToolCall| {
            call.server.is_none() && call.tool == HAND_OFF && call.status == ToolCallStatus::Running
        };
        let Some(call) = step.calls.iter_mut().find(is_open) else {
            return Ok(None);
        };
        let now = self.parts.clock.now();
        let store = self.parts.store.tenant(self.lease.account);
        let word = |name: &str| call.arguments.get(name).and_then(Value::as_str);
        let slug = word("to").unwrap_or_default().to_owned();
        let reason = reason_text(word("reason").unwrap_or_default());
        let target = store.agent_by_slug(&slug).await?;
        let target = target.filter(|target| target.id != self.turn.agent.id);
        let Some(target) = target else {
            let slug = excerpt(&slug);
            let why = format!("arguments.to: no other agent has the slug \"{slug}\"");
            end(call, ToolCallStatus::Failed, why, now);
            return Ok(None);
        };
        let target = self.version_for_run(target, &store).await?;
        let request = HandoffRequest {
            account: self.lease.account,
            conversation: self.lease.conversation,
            run: Some(self.lease.run),
            step: Some(step.number),
            from: Some(self.turn.agent.id),
            initiator: HandoffInitiator::Agent,
            policy: self.turn.handoff.policy,
            reason: if self.is_private() || reason.is_empty() {
                NEUTRAL_REASON.to_owned()
            } else {
                reason
            },
            actor: self.turn.agent.id.to_string(),
        };
        let span = self.open_handoff_span(target.id);
        if let Some(why) = self.refusal(&target) {
            end(call, ToolCallStatus::Denied, why.clone(), now);
            let refused = rejected(self.parts, &request, &target, &why);
            end_span(span, &refused.handoff, target.id);
            return Ok(Some(refused));
        }
        let (switch, usage) = self.planned(request, &target, &store).await?;
        end_span(span, &switch.handoff, target.id);
        step.input_tokens += usage.input_tokens;
        step.output_tokens += usage.output_tokens;
        step.cost_usd += usage.cost_usd;
        let id = switch.handoff.id.to_string();
        call.status = ToolCallStatus::Succeeded;
        call.answer = Some(format!(
            "The conversation was handed over to {}.",
            target.name
        ));
        call.result = Some(json!({"to": target.slug, "handoff": id}));
        call.finished_at = Some(now);
        Ok(Some(switch))
    }

    /// The span of the handoff, in which its summary is written; none while traces are off.
    fn open_handoff_span(&self, to: AgentId) -> Option<OpenSpan> {
        let trace = self.turn.trace.as_ref()?;
        Some(trace.open(SpanDetails::Handoff(HandoffSpan { to, id: None })))
    }

    /// The agent in the version that would answer this run.
    async fn version_for_run(&self, agent: Agent, store: &TenantStore) -> Result<Agent> {
        if agent.canary.is_none() {
            return Ok(agent);
        }
        let (runs, conversations) = ([self.lease.run], [self.lease.conversation]);
        let (run, conversation) = futures::try_join!(
            store.runs_by_ids(&runs),
            store.conversations_by_ids(&conversations)
        )?;
        Ok(match (run.first(), conversation.first()) {
            (Some(run), Some(conversation)) => {
                agent.for_message(conversation.canary_subject(), run.created_at)
            }
            _ => agent,
        })
    }

    /// The reason why the agent may not hand over to another one, if it may not.
    fn refusal(&self, target: &Agent) -> Option<String> {
        if target.status != AgentStatus::Active {
            return Some(format!("the agent \"{}\" is not active", target.slug));
        }
        let tool = self.turn.hand_off.as_ref();
        if !tool.is_some_and(|tool| tool.targets.contains(&target.id)) {
            return Some(format!(
                "the agent's settings do not allow a handoff to \"{}\"",
                target.slug
            ));
        }
        let earlier: Vec<&Handoff> = self
            .journal
            .handoffs()
            .filter(|handoff| handoff.outcome != HandoffOutcome::Rejected)
            .collect();
        let most = self.parts.config.get().handoffs;
        handoff_refusal(&earlier, self.turn.agent.id, target.id, most)
    }

    /// The accepted handoff with what it carries, and what its summary took.
    async fn planned(
        &self,
        request: HandoffRequest,
        target: &Agent,
        store: &TenantStore,
    ) -> Result<(AgentSwitch, Usage)> {
        let turn = self.turn;
        let (conversation, run) = (self.lease.conversation, self.lease.run);
        let past = store
            .answers_before(conversation, run, LONGEST_HISTORY)
            .await?;
        let (past, _) = split_at_question(past, turn.question.id);
        let question = Some(&turn.question).filter(|question| !question.private);
        let lines = match request.policy {
            ContextPolicy::Summary => transcript(&past, question),
            ContextPolicy::Full | ContextPolicy::Isolated => None,
        };
        let (summary, usage) = match &lines {
            None => (None, Usage::default()),
            Some(lines) => {
                let stop = self.stop.token();
                let written = Box::pin(summarize(&turn.models, lines, stop)).await;
                let (text, usage) = written.unzip();
                let text = text.or_else(|| extract_summary(&past, question));
                (text, usage.unwrap_or_default())
            }
        };
        let state = self.state_after();
        let known = state.as_ref().map_or(&turn.state, |kept| &kept.state);
        let source = HandoffSource {
            policy: request.policy,
            past: &past,
            question,
            results: self.journal.results(),
            facts: facts_of(turn.workflow, known),
            facts_are_private: self.is_private(),
            passages: turn.passages.len(),
            summary,
        };
        let sender = Sender {
            context: &turn.context,
            schema: Some(&turn.template.context_schema),
            state: state.as_ref(),
        };
        let planned = Box::pin(plan(self.parts, request, target, sender, source)).await;
        Ok((planned?, usage))
    }
}

fn end_span(span: Option<OpenSpan>, handoff: &Handoff, to: AgentId) {
    let Some(mut span) = span else {
        return;
    };
    let id = Some(handoff.id);
    span.describe(SpanDetails::Handoff(HandoffSpan { to, id }));
    span.succeeded(if handoff.is_accepted() {
        "ACCEPTED"
    } else {
        "REJECTED"
    });
}

fn end(call: &mut ToolCall, status: ToolCallStatus, why: String, at: DateTime<Utc>) {
    call.status = status;
    call.error = Some(why);
    call.finished_at = Some(at);
}
