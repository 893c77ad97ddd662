//! The input of a user's message.

use std::collections::BTreeSet;

use serde_json::Value;

use super::refuse;
use crate::{
    domain::{Actor, AgentId, ConversationId, check_json, check_name, check_text},
    error::{Problem, Result},
};

/// The maximum length of a message, in characters.
pub(super) const LONGEST_MESSAGE: usize = 32_000;
/// The maximum number of tools that a message may name.
const MOST_TOOLS: usize = 100;

/// The input of a user's message.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The text of the message.
    pub text: String,
    /// The agent that should answer.
    pub agent: Option<AgentId>,
    /// The conversation that the message continues; a new one when not given.
    pub conversation: Option<ConversationId>,
    /// The caller's own id of the end user.
    pub end_user: Option<String>,
    /// The agent-specific context; replaces the conversation's context.
    pub context: Option<Value>,
    /// The idempotency key: a repeated message returns the run that the first one started.
    pub client_message_id: Option<String>,
    /// The only tools that may be used for this message.
    pub allow_tools: Option<Vec<String>>,
    /// Whether the message and its answer must not reach another agent.
    pub private: bool,
}

impl NewMessage {
    /// The message as this caller may send it: an end user's is its own. `BAD_USER_INPUT` when it names another end
    /// user, or sets what only the account's server may set.
    pub(super) fn sent_by(mut self, actor: &Actor) -> Result<Self> {
        let Some(scope) = actor.end_user() else {
            return Ok(self);
        };
        let mut problems = Vec::new();
        if self
            .end_user
            .as_ref()
            .is_some_and(|named| *named != scope.external_id)
        {
            problems.push(Problem::new(
                "input.endUser",
                "is not the end user of this session; leave it out",
            ));
        }
        if self.context.is_some() {
            problems.push(Problem::new(
                "input.context",
                "is set by the account's server, with an API key; leave it out",
            ));
        }
        refuse(problems)?;
        self.end_user = Some(scope.external_id.clone());
        Ok(self)
    }

    /// Everything that is wrong with the input.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_text("input.message", &self.text, LONGEST_MESSAGE)
            .into_iter()
            .collect();
        problems.extend(
            self.end_user
                .as_deref()
                .and_then(|name| check_name("input.endUser", name)),
        );
        problems.extend(
            self.client_message_id
                .as_deref()
                .and_then(|key| check_name("input.clientMessageId", key)),
        );
        problems.extend(
            self.context
                .iter()
                .flat_map(|context| check_json("input.context", context)),
        );
        let tools = self.allow_tools.as_deref().unwrap_or_default();
        if tools.len() > MOST_TOOLS {
            problems.push(Problem::new(
                "input.allowTools",
                format!("{} tools, at most {MOST_TOOLS}", tools.len()),
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, tool) in tools.iter().take(MOST_TOOLS).enumerate() {
            let path = format!("input.allowTools[{index}]");
            if !seen.insert(tool) {
                problems.push(Problem::new(&path, "stands in the list twice"));
            }
            problems.extend(check_name(&path, tool));
        }
        problems
    }
}
