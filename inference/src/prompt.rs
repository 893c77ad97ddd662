//! The input of an answer: the conversation so far, and how to continue it.

use std::sync::Arc;

use serde_json::Value;

use crate::{Grammar, GrammarError, SubmitError};

/// A conversation to be continued by one answer.
#[derive(Debug, Clone)]
pub struct ChatPrompt {
    /// The conversation, oldest message first.
    pub messages: Vec<PromptMessage>,
    /// The maximum number of tokens of the answer; the end of the context may come earlier.
    pub max_tokens: usize,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// Strings that end the answer; they are not part of it. Empty strings are ignored.
    pub stop: Vec<String>,
    /// The texts that the answer may be; it ends with the end of one. `None` for any text.
    pub grammar: Option<Grammar>,
    /// The tools that the answer may call, in the format of the model's chat template. Ignored with a grammar, and by a
    /// model whose template has no tools.
    pub tools: Arc<[PromptTool]>,
}

/// A tool that an answer may call.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptTool {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: Value,
}

impl PromptTool {
    /// A tool with the JSON Schema of its arguments. An error for a schema that a grammar cannot express.
    pub fn new(name: String, description: String, parameters: Value) -> Result<Self, GrammarError> {
        Grammar::of_arguments("", &parameters, "")?;
        Ok(Self {
            name,
            description,
            parameters,
        })
    }
}

/// A call of a tool in an earlier answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptCall {
    /// The name of the tool.
    pub name: String,
    /// The arguments, usually an object.
    pub arguments: Value,
}

/// The format in which a model calls tools; its chat template explains it to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFormat {
    /// `<tool_call>`, an object with `name` and `arguments`, `</tool_call>`, any number of times: qwen2, Hermes.
    Tagged,
    /// The answer is one object with `name` and `parameters`: llama 3.
    Object,
}

impl CallFormat {
    /// The mark before a tagged call.
    pub const OPEN: &'static str = "<tool_call>";
    /// The mark after one.
    pub const CLOSE: &'static str = "</tool_call>";
}

impl ChatPrompt {
    /// Refuses settings that cannot produce an answer.
    pub(crate) fn check(&self) -> Result<(), SubmitError> {
        if self.max_tokens == 0 {
            return Err(SubmitError::BadSetting("max_tokens must be at least 1"));
        }
        self.sampling.check()
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// The author of the message.
    pub role: Role,
    /// The text. The model's special tokens are removed from it, so that no text can imitate another role.
    pub content: String,
    /// The calls of tools after the text, of a message of the model.
    pub calls: Vec<PromptCall>,
}

impl PromptMessage {
    /// A message without calls.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            calls: Vec::new(),
        }
    }
}

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions; chat templates expect them first.
    System,
    /// The user of the chat.
    User,
    /// The model.
    Assistant,
    /// A tool that the model has called.
    Tool,
}

impl Role {
    /// The role's name in chat templates.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// How the next token is chosen from the model's scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 always chooses the token with the best score; higher values vary more.
    pub temperature: f32,
    /// Restricts the choice to the most likely tokens whose probabilities add up to this value, from 0 to 1.
    pub top_p: f32,
    /// Divides the scores of recently written tokens; 1 changes nothing.
    pub repetition_penalty: f32,
    /// The same seed, prompt and settings give the same answer.
    pub seed: u64,
}

impl Sampling {
    /// A penalty that keeps small models out of repetition loops.
    pub const DEFAULT_REPETITION_PENALTY: f32 = 1.1;

    /// Always chooses the token with the best score, with the default repetition penalty.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            repetition_penalty: Self::DEFAULT_REPETITION_PENALTY,
            seed: 0,
        }
    }

    /// Refuses values outside their range, `NaN` included.
    fn check(&self) -> Result<(), SubmitError> {
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return Err(SubmitError::BadSetting("temperature must be 0 or more"));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(SubmitError::BadSetting(
                "top_p must be above 0 and at most 1",
            ));
        }
        if !(self.repetition_penalty >= 1.0 && self.repetition_penalty.is_finite()) {
            return Err(SubmitError::BadSetting(
                "repetition_penalty must be 1 or more",
            ));
        }
        Ok(())
    }
}
