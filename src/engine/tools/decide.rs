//! What becomes of the calls that a model asks for, before any of them goes out.

use serde_json::{Value, json};

use super::{Tool, outcome};
use crate::{
    domain::{
        AuditNote, ToolCall, ToolCallId, ToolCallStatus, ToolPolicy, arguments_digest, check_json,
    },
    engine::{Engine, journal::Journal, turn::Turn},
    error::{Kind, Problem},
    port::ModelCall,
    schema_checker::SchemaChecker,
};

/// Of arguments that are no JSON object, at most this many characters are kept.
const LONGEST_NONSENSE: usize = 4_000;
/// A model is told at most this many problems of its arguments.
const MOST_PROBLEMS: usize = 10;

/// Why a call is not made.
struct Refusal {
    status: ToolCallStatus,
    why: String,
}

impl Engine {
    /// The calls as they stand at first: to be made, to be decided by a person, or over; and what the audit log keeps of
    /// those that are over.
    pub(in crate::engine) async fn decide(
        &self,
        turn: &Turn,
        journal: &Journal,
        asked: Vec<ModelCall>,
    ) -> (Vec<ToolCall>, Vec<AuditNote>) {
        let before = journal.count_calls();
        let mut calls: Vec<ToolCall> = Vec::with_capacity(asked.len());
        for (call, position) in asked.into_iter().zip(0..) {
            let made = before + calls.len();
            let place = (journal.next_number(), position);
            calls.push(self.decide_one(turn, place, call, made).await);
        }
        let notes = calls
            .iter()
            .filter(|call| call.status.is_final())
            .map(|call| self.note_of(turn, call, outcome(call.status)))
            .collect();
        (calls, notes)
    }

    async fn decide_one(
        &self,
        turn: &Turn,
        (round, position): (i32, i32),
        asked: ModelCall,
        before: usize,
    ) -> ToolCall {
        let parts = &self.inner.parts;
        let now = parts.clock.now();
        let tool = turn.belt.find(&asked.name);
        let (arguments, problems) = read(&asked.arguments);
        let refusal = match refuse(turn, tool, &asked.name, before).or(problems) {
            Some(refusal) => Some(refusal),
            None => misfit(&parts.schemas, tool, &arguments).await,
        };
        let waits =
            refusal.is_none() && tool.is_some_and(|tool| tool.policy == ToolPolicy::Approve);
        let status = match &refusal {
            Some(refusal) => refusal.status,
            None if waits => ToolCallStatus::AwaitingApproval,
            None => ToolCallStatus::Running,
        };
        ToolCall {
            id: ToolCallId::new(parts.clock.as_ref()),
            account: turn.lease.account,
            run: turn.lease.run,
            agent: Some(turn.agent.id),
            server: tool.map(|tool| tool.server().id),
            tool: tool.map_or_else(
                || {
                    asked
                        .name
                        .chars()
                        .filter(|c| !c.is_control())
                        .take(128)
                        .collect()
                },
                |tool| tool.name().to_owned(),
            ),
            digest: arguments_digest(&arguments),
            arguments,
            round,
            position,
            reference: asked.reference,
            result: None,
            answer: None,
            status,
            finished_at: refusal.is_some().then_some(now),
            error: refusal.map(|refusal| refusal.why),
            duration_ms: None,
            requested_at: now,
            expires_at: waits.then(|| now + parts.config.approval()),
            called_at: None,
            resolved_at: None,
            resolved_by: None,
        }
    }
}

/// Why the policy does not let the call be made, if it does not.
fn refuse(turn: &Turn, tool: Option<&Tool>, name: &str, before: usize) -> Option<Refusal> {
    let denied = |why: String| {
        Some(Refusal {
            status: ToolCallStatus::Denied,
            why,
        })
    };
    if tool.is_none() {
        let known = turn.belt.names();
        let known = if known.is_empty() { "none" } else { &known };
        let name = crate::domain::excerpt(name);
        return denied(format!(
            "\"{name}\" is no tool that may be used here; these are: {known}"
        ));
    }
    let most = turn.belt.most_calls();
    if before >= most {
        return denied(format!(
            "{most} tool calls were made for this message, and no more may be; answer with what is known"
        ));
    }
    None
}

/// The arguments as JSON, and what is wrong with them whatever the tool.
fn read(text: &str) -> (Value, Option<Refusal>) {
    let nonsense = |why: String| {
        let kept: String = text
            .chars()
            .filter(|c| *c != '\0')
            .take(LONGEST_NONSENSE)
            .collect();
        let refusal = Refusal {
            status: ToolCallStatus::Failed,
            why,
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
            Some(problems) => nonsense(problems),
        },
        Err(error) => nonsense(format!("arguments: are not JSON ({error})")),
    }
}

/// What keeps the arguments from fitting the tool's schema.
async fn misfit(
    schemas: &SchemaChecker,
    tool: Option<&Tool>,
    arguments: &Value,
) -> Option<Refusal> {
    let schema = &tool?.definition()?.input_schema;
    let why = match schemas.check(schema, arguments, "arguments").await {
        Ok(problems) => problems_of(&problems)?,
        Err(error) if *error.kind() == Kind::Unavailable => error.message().to_owned(),
        Err(_) => "the tool's input schema cannot be used".to_owned(),
    };
    Some(Refusal {
        status: ToolCallStatus::Failed,
        why,
    })
}

fn problems_of(problems: &[Problem]) -> Option<String> {
    let told: Vec<String> = problems
        .iter()
        .take(MOST_PROBLEMS)
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}
