//! A chat model: takes a prompt and streams an answer.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map, Value};

use crate::{
    domain::{FinishReason, ModelCall, Secret, ToolText},
    error::{Error, Result},
};

/// The events of one answer. Dropping the stream stops the model and releases its connection.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, Error>>;

/// A chat model that streams answers.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Starts an answer. Errors are `UNAVAILABLE`, `RATE_LIMITED` or `INTERNAL`, with a message for the caller; the
    /// adapter has already retried where a retry may help.
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream>;

    /// The number of tokens of a text; a cautious estimate where the model has no tokenizer here.
    fn count_tokens(&self, text: &str) -> usize;

    /// The context window: the maximum number of tokens of prompt and answer together.
    fn context_tokens(&self) -> usize;

    /// Whether the model can answer now.
    fn readiness(&self) -> Readiness;

    /// Whether the model supports tool calls.
    fn calls_tools(&self) -> bool {
        false
    }

    /// Whether the model is good enough for a demonstration only: then its own text is never shown.
    fn demo_quality(&self) -> bool {
        false
    }
}

/// Whether a dependency can be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// The dependency can be used.
    Ready,
    /// The dependency is still starting; the text is the reason.
    Starting(String),
    /// The dependency cannot be used; the text is the reason and the remedy.
    Missing(String),
}

/// The input of one model call.
#[derive(Debug, Clone)]
pub struct ChatPrompt {
    /// The conversation so far, the system prompt first.
    pub messages: Vec<PromptMessage>,
    /// The tools that the model may call; empty for a model without tool support.
    pub tools: Vec<OfferedTool>,
    /// Whether the model may call a tool in this answer. If not, the tools are listed only because earlier messages
    /// contain calls of them.
    pub may_call: bool,
    /// The maximum number of tokens of the answer.
    pub max_output_tokens: usize,
    /// The sampling temperature, 0 (most likely answer) to 2.
    pub temperature: f64,
    /// The JSON object that the answer must be; none for a text. An adapter whose provider can be held to a schema does
    /// so; the messages ask for the object as well.
    pub output: Option<OutputSchema>,
    /// The key of the account that asks, instead of the operator's.
    pub api_key: Option<Secret>,
}

/// The JSON object that an answer must be.
#[derive(Debug, Clone)]
pub struct OutputSchema {
    /// The name of the object, in letters, digits and `_`.
    pub name: &'static str,
    /// The JSON Schema of the object. Every object in it is closed and requires all of its properties, as providers'
    /// strict modes demand.
    pub schema: Arc<Value>,
}

impl ChatPrompt {
    /// The tokens of the messages and tools, as `model` counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        let said = self
            .messages
            .iter()
            .map(|message| message.count_tokens(model));
        let offered = self.tools.iter().map(|tool| tool.count_tokens(model));
        said.chain(offered).sum()
    }
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptMessage {
    /// The system prompt, from the template.
    System(String),
    /// A message of the end user.
    User(String),
    /// An earlier message of the model.
    Assistant {
        /// The text; may be empty when there are calls.
        text: String,
        /// The tool calls that the model made.
        calls: Vec<ModelCall>,
        /// Members of the provider's message that are unknown here; empty for a message of another model.
        extra: Map<String, Value>,
    },
    /// The result of a tool call.
    Tool {
        /// The [`ModelCall::reference`] of the call.
        reference: String,
        /// The result's text.
        text: String,
    },
}

impl PromptMessage {
    /// The role that the message is sent with.
    pub fn role(&self) -> PromptRole {
        match self {
            Self::System(_) => PromptRole::System,
            Self::User(_) => PromptRole::User,
            Self::Assistant { .. } => PromptRole::Assistant,
            Self::Tool { .. } => PromptRole::Tool,
        }
    }

    /// The message's text, without tool calls.
    pub fn text(&self) -> &str {
        match self {
            Self::System(text)
            | Self::User(text)
            | Self::Assistant { text, .. }
            | Self::Tool { text, .. } => text,
        }
    }

    /// The tokens of the text and the calls, as `model` counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        let calls = match self {
            Self::Assistant { calls, .. } => calls.as_slice(),
            Self::System(_) | Self::User(_) | Self::Tool { .. } => &[],
        };
        let called = calls
            .iter()
            .map(|call| model.count_tokens(&call.name) + model.count_tokens(&call.arguments));
        model.count_tokens(self.text()) + called.sum::<usize>()
    }
}

/// A tool in the form in which it is offered to a model.
#[derive(Debug, Clone)]
pub struct OfferedTool {
    /// The name: at most 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`, unique in the prompt.
    pub name: String,
    /// The description and the schema of the arguments.
    pub text: Arc<ToolText>,
}

impl OfferedTool {
    /// The tokens of name, description and schema, as `model` counts them.
    pub fn count_tokens(&self, model: &dyn ChatModel) -> usize {
        model.count_tokens(&self.name)
            + model.count_tokens(&self.text.description)
            + model.count_tokens(self.text.input_schema.get())
    }
}

/// The role of a prompt message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The system prompt.
    System,
    /// The end user.
    User,
    /// The model, in an earlier answer.
    Assistant,
    /// A tool that the model called.
    Tool,
}

impl PromptRole {
    /// The role's name in chat templates and providers' APIs.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// An event of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelEvent {
    /// More text; never empty.
    Text(String),
    /// More of what the model thinks before it answers; never empty.
    Reasoning(String),
    /// A tool call, always complete and after all the text before it.
    Call(ModelCall),
    /// The tokens used so far; what a later event reports replaces what an earlier one did.
    Usage(TokenCounts),
    /// The end of the answer; no event follows.
    Finished {
        /// STOP, LENGTH or `CONTENT_FILTER`.
        reason: FinishReason,
        /// Members of the provider's message that are unknown here. They go back to it in
        /// [`PromptMessage::Assistant`].
        extra: Map<String, Value>,
        /// The name of the model that answered, if the provider reported it.
        answered_by: Option<String>,
    },
}

/// The tokens of a model call as the provider reports them; each count may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// All prompt tokens, with the next two.
    pub input: Option<u64>,
    /// Prompt tokens that the provider read from its cache.
    pub cached_input: Option<u64>,
    /// Prompt tokens that the provider wrote to its cache.
    pub cache_write: Option<u64>,
    /// Output tokens.
    pub output: Option<u64>,
}

impl TokenCounts {
    /// Takes over the counts that a later report has.
    pub fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.cached_input = later.cached_input.or(self.cached_input);
        self.cache_write = later.cache_write.or(self.cache_write);
        self.output = later.output.or(self.output);
    }
}

impl ModelEvent {
    /// The end of an answer without unknown members.
    pub fn finished(reason: FinishReason) -> Self {
        Self::Finished {
            reason,
            extra: Map::new(),
            answered_by: None,
        }
    }
}

/// The limits on a model's silence; after them the call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelTimeouts {
    /// The wait for the first byte of the answer.
    pub first_byte: Duration,
    /// The wait between two chunks.
    pub idle: Duration,
}
