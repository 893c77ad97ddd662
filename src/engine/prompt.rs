//! Assembles what a model is asked: the persona, as much of the history as its budget holds, and the question.

use serde_json::Value;

use crate::{
    domain::{Agent, Message, MessageRole, Template},
    error::{Error, Result},
    port::{ChatModel, ChatPrompt, PromptMessage, PromptRole},
};

/// A message costs a few tokens more than its text: the marks around it.
const TOKENS_AROUND_MESSAGE: usize = 6;

/// Everything that a turn is answered from.
pub(super) struct Turn {
    /// Who answers.
    pub(super) agent: Agent,
    /// Its template.
    pub(super) template: Template,
    /// Its settings, merged.
    pub(super) settings: Value,
    /// The conversation's context, an object.
    pub(super) context: Value,
    /// What was said before, the oldest first.
    pub(super) history: Vec<Message>,
    /// What is asked.
    pub(super) question: Message,
}

impl Turn {
    /// The prompt for `model`, for at most `longest_answer` tokens. BAD_USER_INPUT when the question alone is too long for it.
    pub(super) fn prompt(&self, model: &dyn ChatModel, longest_answer: usize) -> Result<ChatPrompt> {
        let system = self.template.spec.system_prompt(&self.agent.name, &self.settings, &self.context)?;
        let cost = |text: &str| model.count_tokens(text) + TOKENS_AROUND_MESSAGE;
        let asked = cost(&system) + cost(&self.question.text) + TOKENS_AROUND_MESSAGE;
        let room = model.context_tokens().saturating_sub(asked);
        let max_output_tokens = self.number("maxOutputTokens", 512).min(longest_answer).min(room);
        if max_output_tokens == 0 {
            let limit = model.context_tokens();
            return Err(Error::bad_input("input.message", format!("about {asked} tokens with the agent's instructions, and the model takes {limit} with its answer; shorten it")));
        }
        let mut budget = self.number("historyTokens", 1200).min(room - max_output_tokens);
        let mut remembered: Vec<&Message> = Vec::new();
        for message in self.history.iter().rev() {
            let Some(left) = budget.checked_sub(cost(&message.text)) else { break };
            budget = left;
            remembered.push(message);
        }
        // an answer without its question would only confuse
        while remembered.last().is_some_and(|message| message.role == MessageRole::Assistant) {
            remembered.pop();
        }
        let said = remembered.into_iter().rev().chain([&self.question]).map(|message| PromptMessage { role: role(message.role), text: message.text.clone() });
        let messages = std::iter::once(PromptMessage { role: PromptRole::System, text: system }).chain(said).collect();
        let temperature = self.settings.get("temperature").and_then(Value::as_f64).unwrap_or(0.3);
        Ok(ChatPrompt { messages, max_output_tokens, temperature })
    }

    fn number(&self, setting: &str, otherwise: usize) -> usize {
        self.settings.get(setting).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(otherwise)
    }
}

fn role(role: MessageRole) -> PromptRole {
    match role {
        MessageRole::User => PromptRole::User,
        MessageRole::Assistant => PromptRole::Assistant,
    }
}
