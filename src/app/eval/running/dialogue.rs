//! A dialogue: the turns of one case over the public API.

use std::{pin::pin, time::Instant};

use futures::StreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Observation, ObservedCall, ObservedRoute,
    chat_event::{
        AnswerPassage, CHAT, ChatData, ChatEvent, ChosenRoute, ContextData, PREVIEW, PreviewData,
        Success, UpdatedCall,
    },
    observation::{ObservedCitation, ObservedFailure, ObservedPassage},
};
use crate::{
    app::eval::{account::EvalAccount, case_file::CaseTurn},
    error::{Error, Result},
};

const CONTEXT: &str = "query($id: ID!) { conversation(id: $id) { context } }";
const RESOLVE: &str = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }";
const CANCEL: &str = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";

/// The conversation of a case.
pub(super) struct Dialogue<'a> {
    account: &'a EvalAccount,
    /// The id, once the first message was sent.
    conversation: Option<String>,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(account: &'a EvalAccount) -> Self {
        Self {
            account,
            conversation: None,
        }
    }

    /// Asks which agent would answer.
    pub(super) async fn preview(&self, turn: &CaseTurn) -> Result<Observation> {
        let began = Instant::now();
        let variables = json!({"message": turn.message, "conversation": self.conversation});
        let answer: PreviewData = self.account.client.ask(PREVIEW, variables).await?;
        let mut seen = Observation {
            route: Some(self.route(answer.preview_route)),
            ..Observation::default()
        };
        seen.cost.route_ms = Some(milliseconds(began));
        Ok(seen)
    }

    /// Sends the message, and follows its run to the end.
    pub(super) async fn send(&mut self, turn: &CaseTurn) -> Result<Observation> {
        let began = Instant::now();
        let input = json!({"input": self.input(turn)?});
        let client = &self.account.client;
        let mut events = pin!(client.subscribe::<ChatData>(CHAT, input).await?);
        let mut seen = Observation::default();
        while let Some(event) = events.next().await {
            self.observe(event?.chat, turn, &mut seen, began).await?;
        }
        if seen.cost.answer_ms.is_none() {
            return Err(Error::unavailable("the events ended before the run"));
        }
        if turn.expect.context.is_some() {
            let variables = json!({"id": self.conversation});
            let answer: ContextData = client.ask(CONTEXT, variables).await?;
            seen.context = answer.conversation.context;
        }
        Ok(seen)
    }

    fn input(&self, turn: &CaseTurn) -> Result<Value> {
        let names = &self.account.names;
        let agent = turn.agent.as_deref().map(|slug| names.id(slug));
        let context = turn.context.clone().map(Value::Object);
        Ok(json!({
            "message": turn.message,
            "agentId": agent.transpose()?,
            "conversationId": self.conversation,
            "context": context.map(|context| self.account.rows.resolve(&context)),
            "allowTools": turn.allow_tools,
            "private": turn.private,
            "clientMessageId": Uuid::now_v7().to_string(),
        }))
    }

    /// Adds what an event tells.
    async fn observe(
        &mut self,
        event: ChatEvent,
        turn: &CaseTurn,
        seen: &mut Observation,
        began: Instant,
    ) -> Result<()> {
        let end = |seen: &mut Observation| seen.cost.answer_ms = Some(milliseconds(began));
        match event {
            ChatEvent::RunStarted { run } => {
                self.conversation.get_or_insert(run.conversation.id);
            }
            // after a handoff, events with the reason HANDOFF follow
            ChatEvent::AgentSelected { route } if seen.route.is_none() => {
                seen.route = Some(self.route(route));
            }
            ChatEvent::TokenDelta {} => {
                let first = &mut seen.cost.first_token_ms;
                first.get_or_insert_with(|| milliseconds(began));
            }
            ChatEvent::ToolCallUpdated { run_id, tool_call } => {
                if tool_call.status == "AWAITING_APPROVAL" {
                    self.decide(&tool_call, turn, &run_id).await?;
                }
                add_call(&mut seen.calls, tool_call);
            }
            ChatEvent::HandedOff { handoff } if handoff.outcome != "REJECTED" => {
                let names = &self.account.names;
                let to = handoff.to.map(|to| names.slug(&to.id).to_owned());
                seen.handoffs.extend(to);
            }
            ChatEvent::RunSucceeded(success) => {
                add_answer(seen, *success);
                end(seen);
            }
            ChatEvent::RunFailed { error } => {
                seen.failure = Some(ObservedFailure {
                    code: error.code,
                    message: error.message,
                });
                end(seen);
            }
            ChatEvent::RunCancelled {} => {
                let message = "a call waits for approval, and the case has no decision about it";
                seen.failure = Some(ObservedFailure {
                    code: "CANCELLED".to_owned(),
                    message: message.to_owned(),
                });
                end(seen);
            }
            ChatEvent::AgentSelected { .. } | ChatEvent::HandedOff { .. } | ChatEvent::Other => {}
        }
        Ok(())
    }

    /// Makes the case's decision about a waiting call; without one, the run is cancelled.
    async fn decide(&self, call: &UpdatedCall, turn: &CaseTurn, run: &str) -> Result<()> {
        let client = &self.account.client;
        let mut decisions = turn.decisions.iter();
        let Some(decision) = decisions.find(|decision| call.tool == decision.tool) else {
            let _: Value = client.ask(CANCEL, json!({"id": run})).await?;
            return Ok(());
        };
        let input = json!({
            "toolCallId": call.id,
            "argumentsDigest": call.arguments_digest,
            "approve": decision.approve,
            "comment": decision.comment,
        });
        let _: Value = client.ask(RESOLVE, json!({"input": input})).await?;
        Ok(())
    }

    fn route(&self, route: ChosenRoute) -> ObservedRoute {
        ObservedRoute {
            agent: self.account.names.slug(&route.agent.id).to_owned(),
            reason: route.reason,
            confidence: route.confidence,
            explanation: route.explanation,
        }
    }
}

/// Adds a call, or replaces what was known of it.
fn add_call(calls: &mut Vec<ObservedCall>, call: UpdatedCall) {
    let observed = ObservedCall {
        id: call.id,
        tool: call.tool,
        arguments: call.arguments,
        result: call.result,
        status: call.status,
        error: call.error.unwrap_or_default(),
    };
    match calls.iter_mut().find(|known| known.id == observed.id) {
        Some(known) => *known = observed,
        None => calls.push(observed),
    }
}

fn add_answer(seen: &mut Observation, success: Success) {
    let Success {
        finish_reason,
        usage,
        message,
    } = success;
    let observed = |passage: AnswerPassage| ObservedPassage {
        document: passage.document.title,
        text: passage.text,
    };
    let citations = message.citations.into_iter();
    let citations = citations.map(|cited| ObservedCitation {
        number: cited.number,
        passage: observed(cited.passage),
    });
    seen.citations = citations.collect();
    seen.sources = message.sources.into_iter().map(observed).collect();
    seen.text = message.text;
    seen.finish_reason = finish_reason;
    seen.cost.input_tokens = usage.input_tokens;
    seen.cost.output_tokens = usage.output_tokens;
    seen.cost.cost_usd = usage.cost_usd;
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
