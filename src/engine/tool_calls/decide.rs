//! Decides about the calls that a model requests, before any of them is made.

use serde_json::{Value, json};

use super::{ToolCalls, outcome};
use crate::{
    domain::{
        AuditNote, FinishReason, McpTransport, ModelCall, ToolApprover, ToolCall, ToolCallId,
        ToolCallStatus, ToolPolicy, arguments_digest, check_json, discount_problem,
        readable_arguments, without_excess_nulls,
    },
    engine::{
        handoff::HAND_OFF,
        step_journal::StepJournal,
        tool_set::{Tool, ToolSet},
    },
    error::{Kind, Problem, Result},
    schema_checker::SchemaChecker,
};

/// The maximum number of characters that are stored of arguments that are not JSON.
const LONGEST_UNUSABLE: usize = 4_000;
/// The maximum number of problems with its arguments that are returned to the model.
const MOST_PROBLEMS: usize = 10;

/// The type of the built-in pricing.
const PRICING: &str = "pricing";

/// The place of a call in its run: the number of its step, and its position among the step's calls, from 0.
#[derive(Clone, Copy)]
struct CallPlace {
    step: i32,
    position: i32,
    /// Whether the step has no other call.
    is_alone: bool,
}

/// The reason why a call is not made.
struct CallRefusal {
    status: ToolCallStatus,
    reason: String,
}

impl ToolCalls<'_> {
    /// The calls of an answer that ended with `reason`, with their first status (approved, waiting for a person's approval, or ended), and the audit notes of
    /// those that have ended.
    pub(in crate::engine) async fn decide(
        &self,
        journal: &StepJournal,
        asked: Vec<ModelCall>,
        reason: FinishReason,
    ) -> Result<(Vec<ToolCall>, Vec<AuditNote>)> {
        let before = journal.count_calls();
        let mut calls: Vec<ToolCall> = Vec::with_capacity(asked.len());
        let is_alone = asked.len() == 1;
        for (call, position) in asked.into_iter().zip(0..) {
            let made = before + calls.len();
            let place = CallPlace {
                step: journal.next_number(),
                position,
                is_alone,
            };
            calls.push(self.decide_one(place, call, made, reason).await?);
        }
        let notes = calls
            .iter()
            .filter(|call| call.status.is_final())
            .map(|call| self.audit_note(call, outcome(call.status)))
            .collect();
        Ok((calls, notes))
    }

    async fn decide_one(
        &self,
        place: CallPlace,
        asked: ModelCall,
        before: usize,
        reason: FinishReason,
    ) -> Result<ToolCall> {
        let parts = self.parts;
        let now = parts.clock.now();
        let tool = self.tools.find(&asked.name);
        let (arguments, problems) = parse_arguments(&asked.arguments);
        let arguments = match tool {
            Some(tool) => as_the_tool_takes_them(tool, arguments),
            None => arguments,
        };
        let refusal = refuse_cut(reason).or_else(|| self.refuse(&asked.name, place, before));
        let refusal = refusal.or_else(|| self.refuse_discount(tool, &arguments));
        let refusal = match refusal.or(problems) {
            Some(refusal) => Some(refusal),
            None => check_arguments(&parts.schemas, tool, &arguments).await,
        };
        let waits = tool.filter(|tool| refusal.is_none() && tool.policy == ToolPolicy::Approve);
        let approver = match waits {
            Some(tool) => Some(self.approver(tool, &arguments).await?),
            None => None,
        };
        let status = match &refusal {
            Some(refusal) => refusal.status,
            None if waits.is_some() => ToolCallStatus::AwaitingApproval,
            None => ToolCallStatus::Running,
        };
        Ok(ToolCall {
            id: ToolCallId::new(parts.clock.as_ref()),
            account: self.lease.account,
            run: self.lease.run,
            agent: Some(self.agent),
            server: tool.map(|tool| tool.server().id),
            tool: tool.map_or_else(|| plain_name(&asked.name), |tool| tool.name().to_owned()),
            digest: arguments_digest(&arguments),
            arguments,
            step: place.step,
            position: place.position,
            reference: asked.reference,
            extra: asked.extra,
            result: None,
            answer: None,
            status,
            finished_at: refusal.is_some().then_some(now),
            error: refusal.map(|refusal| refusal.reason),
            duration_ms: None,
            requested_at: now,
            approver,
            expires_at: waits.map(|_| now + parts.config.get().approval()),
            called_at: None,
            resolved_at: None,
            resolved_by: None,
        })
    }

    /// Who approves a call. The end user is asked only where there is one whom the account knows, and who can be shown all of
    /// the arguments.
    async fn approver(&self, tool: &Tool, arguments: &Value) -> Result<ToolApprover> {
        if tool.approver == ToolApprover::Staff || readable_arguments(arguments).is_none() {
            return Ok(ToolApprover::Staff);
        }
        let store = self.parts.store.tenant(self.lease.account);
        let ids = [self.lease.conversation];
        let conversation = store.conversations_by_ids(&ids).await?.pop();
        let Some(end_user) = conversation.and_then(|conversation| conversation.end_user) else {
            return Ok(ToolApprover::Staff);
        };
        let known = store.end_user(&end_user).await?;
        Ok(if known.is_some_and(|person| person.anonymous) {
            ToolApprover::Staff
        } else {
            ToolApprover::EndUser
        })
    }

    /// The reason why a call of the built-in pricing exceeds the agent's discount policy, if it does.
    fn refuse_discount(&self, tool: Option<&Tool>, arguments: &Value) -> Option<CallRefusal> {
        let server = tool?.server();
        let prices = server.transport == McpTransport::BuiltIn && server.kind == PRICING;
        let reason = discount_problem(arguments, self.most_discount?).filter(|_| prices)?;
        Some(CallRefusal {
            status: ToolCallStatus::Denied,
            reason,
        })
    }

    /// The reason why a call is refused by its name and place, if it is.
    fn refuse(&self, name: &str, place: CallPlace, before: usize) -> Option<CallRefusal> {
        if self.hand_off.is_some() && name == HAND_OFF {
            refuse_together(place)
        } else {
            refuse(self.tools, name, before)
        }
    }
}

/// A name that a model invented, in a form that can be stored.
fn plain_name(asked: &str) -> String {
    let plain = asked.chars().filter(|c| !c.is_control());
    plain.take(128).collect()
}

/// Refuses every call of an answer that was cut: the model may have meant to write more.
fn refuse_cut(reason: FinishReason) -> Option<CallRefusal> {
    (reason == FinishReason::Length).then(|| CallRefusal {
        status: ToolCallStatus::Denied,
        reason: "the answer was cut at the output limit, so none of its calls was made; write less, and ask for fewer \
                 calls at once"
            .to_owned(),
    })
}

/// Refuses a handoff beside other calls: their results would be the receiver's.
fn refuse_together(place: CallPlace) -> Option<CallRefusal> {
    (!place.is_alone).then(|| CallRefusal {
        status: ToolCallStatus::Denied,
        reason: format!("call {HAND_OFF} alone, after the other calls have ended"),
    })
}

/// The reason why the policy refuses the call, if it does.
fn refuse(tools: &ToolSet, name: &str, before: usize) -> Option<CallRefusal> {
    let denied = |reason: String| {
        Some(CallRefusal {
            status: ToolCallStatus::Denied,
            reason,
        })
    };
    if tools.find(name).is_none() {
        let names = tools.names();
        let names = if names.is_empty() { "none" } else { &names };
        let name = crate::domain::excerpt(name);
        return denied(format!(
            "\"{name}\" is no tool that may be used here; these are: {names}"
        ));
    }
    let most = tools.most_calls();
    if before >= most {
        return denied(format!(
            "{most} tool calls were made for this message, and no more may be; answer with what is known"
        ));
    }
    None
}

/// A model's arguments with the tool's own names of properties, and without the nulls that the tool does not allow.
fn as_the_tool_takes_them(tool: &Tool, arguments: Value) -> Value {
    let arguments = tool.offered.text.renamed.restored(arguments);
    match tool.definition() {
        Some(definition) => without_excess_nulls(&definition.input_schema, arguments),
        None => arguments,
    }
}

/// The arguments as JSON, and their problems that do not depend on the tool.
fn parse_arguments(text: &str) -> (Value, Option<CallRefusal>) {
    let unusable = |reason: String| {
        let kept: String = text
            .chars()
            .filter(|c| *c != '\0')
            .take(LONGEST_UNUSABLE)
            .collect();
        let refusal = CallRefusal {
            status: ToolCallStatus::Failed,
            reason,
        };
        (Value::String(kept), Some(refusal))
    };
    let text = text.trim();
    if text.is_empty() {
        return (json!({}), None);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(arguments) => match problems_of(&check_json("arguments", &arguments)) {
            None => (arguments, None),
            Some(problems) => unusable(problems),
        },
        Err(error) => unusable(format!("arguments: are not JSON ({error})")),
    }
}

/// The problems of the arguments against the tool's schema.
async fn check_arguments(
    schemas: &SchemaChecker,
    tool: Option<&Tool>,
    arguments: &Value,
) -> Option<CallRefusal> {
    let schema = &tool?.definition()?.input_schema;
    let reason = match schemas.check(schema, arguments, "arguments").await {
        Ok(problems) => problems_of(&problems)?,
        Err(error) if *error.kind() == Kind::Unavailable => error.message().to_owned(),
        Err(_) => "the tool's input schema cannot be used".to_owned(),
    };
    Some(CallRefusal {
        status: ToolCallStatus::Failed,
        reason,
    })
}

fn problems_of(problems: &[Problem]) -> Option<String> {
    let shown: Vec<String> = problems
        .iter()
        .take(MOST_PROBLEMS)
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    (!shown.is_empty()).then(|| shown.join("; "))
}
